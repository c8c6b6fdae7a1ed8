#pragma once
#include <string>
#include <string_view>

#include "resource/call.h"
#include "services/keystone/logic/oauth_signature.h"

namespace haneul::keystone {

// A request signed as OAuth 1.0a has it, in its Authorization header.
class OauthSigned {
 public:
  // Ends the request if there is no such header.
  explicit OauthSigned(const resource::Call& call);

  // A parameter of the header; empty if absent.
  const std::string& get(std::string_view name) const;
  // The same; its absence ends the request.
  const std::string& required(std::string_view name) const;
  // Ends the request unless all is there and of a form that can be good. `token` and `verifier` say
  // whether it must have these.
  // upstream: oauthlib/oauthlib:oauthlib/oauth1/rfc5849/endpoints
  struct Needs {
    bool callback = false, token = false, verifier = false;
  };
  void check_form(const Needs& needs) const;
  bool is_signed_with(const OauthSecrets& secrets) const;

 private:
  const resource::Call& call_;
  OauthParams params_;
};

// Letters and digits that are not easily taken for each other.
inline constexpr std::string_view kVerifierChars =
    "abcdefghkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
inline constexpr std::size_t kVerifierLength = 8;

}  // namespace haneul::keystone
