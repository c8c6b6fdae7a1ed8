#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// OAuth 1.0a's signatures, RFC 5849.
namespace haneul::keystone {

using OauthParams = std::vector<std::pair<std::string, std::string>>;

// What an Authorization header of the scheme OAuth carries, decoded; at most 100 parameters.
// Nothing for any other header.
std::optional<OauthParams> parse_oauth_header(std::string_view header);

struct OauthRequest {
  std::string_view method;
  std::string_view url;  // scheme, host, port and path; the path encoded as it was sent
  OauthParams params;    // the header's and the query's; realm and oauth_signature do not count
};

// What is signed.
std::string oauth_base_string(const OauthRequest& request);

struct OauthSecrets {
  std::string_view consumer, token;  // no token: empty
};
// HMAC-SHA1 or PLAINTEXT, as the parameters name it; nothing for another method.
std::optional<std::string> oauth_signature(const OauthRequest& request, std::string_view method,
                                           const OauthSecrets& secrets);

}  // namespace haneul::keystone
