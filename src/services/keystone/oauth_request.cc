#include "services/keystone/oauth_request.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/digest.h"

namespace haneul::keystone {
namespace {

constexpr std::int64_t kClockSkewSecondsMax = 600;
constexpr std::size_t kKeyLength = 32, kTimestampLength = 10;
constexpr std::string_view kHex = "abcdef0123456789";

[[noreturn]] void invalid(std::string_view error, std::string_view detail) {
  throw Fault::bad_request(
      fmt::format("Validation failed with errors: {}, detail message is: {}.", error, detail));
}

void must(bool good, std::string_view detail) {
  if (!good) invalid("invalid_request", detail);
}

bool is_made_of(std::string_view text, std::string_view chars) {
  return text.find_first_not_of(chars) == text.npos;
}

bool is_key(std::string_view text) {
  return text.size() == kKeyLength && is_made_of(text, kHex);
}

bool has_duplicates(const OauthParams& params) {
  for (auto it = params.begin(); it != params.end(); ++it) {
    const auto same = [&](const auto& other) { return other.first == it->first; };
    if (it->first.starts_with("oauth_") && std::any_of(it + 1, params.end(), same)) return true;
  }
  return false;
}

}  // namespace

OauthSigned::OauthSigned(const resource::Call& call) : call_(call) {
  auto params = parse_oauth_header(call.request().headers.get("Authorization"));
  if (!params) throw Fault::bad_request("Cannot retrieve Authorization headers");
  params_ = std::move(*params);
}

const std::string& OauthSigned::get(std::string_view name) const {
  static const std::string kNone;
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  return kNone;
}

const std::string& OauthSigned::required(std::string_view name) const {
  const auto& value = get(name);
  if (value.empty()) throw expected(name, "request");
  return value;
}

void OauthSigned::check_form(const Needs& needs) const {
  must(!has_duplicates(params_), "Duplicate OAuth1 entries.");
  for (const char* name : {"oauth_signature", "oauth_consumer_key", "oauth_nonce",
                           "oauth_timestamp", "oauth_signature_method"}) {
    must(!get(name).empty(), "Missing mandatory OAuth parameters.");
  }
  const auto& method = get("oauth_signature_method");
  if (method != "HMAC-SHA1" && method != "PLAINTEXT") {
    invalid("invalid_signature_method",
            fmt::format("Invalid signature, {} not in ('HMAC-SHA1', 'PLAINTEXT').", method));
  }
  const auto& version = get("oauth_version");
  must(version.empty() || version == "1.0", "Invalid OAuth version.");
  must(get("oauth_timestamp").size() == kTimestampLength, "Invalid timestamp size");
  const auto when = parse_int(get("oauth_timestamp"));
  must(when.has_value(), "Timestamp must be an integer.");
  must(std::abs(call_.now().seconds() - *when) <= kClockSkewSecondsMax,
       fmt::format("Timestamp given is invalid, differ from allowed by over {} seconds.",
                   kClockSkewSecondsMax));
  must(is_key(get("oauth_consumer_key")), "Invalid client key format.");
  must(is_made_of(get("oauth_nonce"), kHex), "Invalid nonce format.");
  if (needs.callback) must(!get("oauth_callback").empty(), "Missing callback URI.");
  if (needs.token) {
    must(!get("oauth_token").empty(), "Missing resource owner.");
    must(is_key(get("oauth_token")), "Invalid resource owner key format.");
  }
  if (!needs.verifier) return;
  const auto& verifier = get("oauth_verifier");
  must(!verifier.empty(), "Missing verifier.");
  must(verifier.size() == kVerifierLength && is_made_of(verifier, kVerifierChars),
       "Invalid verifier format.");
}

bool OauthSigned::is_signed_with(const OauthSecrets& secrets) const {
  const std::string url = call_.base_url() + call_.request().path;
  OauthRequest request{.method = call_.request().method, .url = url, .params = params_};
  for (const auto& pair : call_.query().all()) request.params.push_back(pair);
  const auto wanted = oauth_signature(request, get("oauth_signature_method"), secrets);
  return wanted && same_secret(get("oauth_signature"), *wanted);
}

}  // namespace haneul::keystone
