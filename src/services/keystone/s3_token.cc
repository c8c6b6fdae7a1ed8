#include "services/keystone/s3_token.h"

#include "base/text.h"
#include "services/keystone/aws_login.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/aws_signature.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/s3tokens.py
namespace haneul::keystone {
namespace {

constexpr resource::TextRule kText{.chars_max = 1024 * 1024, .null_allowed = true};

void check_signature(resource::Form& credentials, std::string_view secret) {
  const auto given = credentials.text("signature", kText).value_or("");
  const auto text = base64_decode(credentials.text("token", kText).value_or(""));
  if (!text) throw Fault::unauthorized("Invalid EC2 signature.");
  const auto wanted = s3_signature(*text, secret);
  if (!wanted) throw Fault::unauthorized("Invalid EC2 signature.");
  if (secret.empty() || !same_secret(given, *wanted)) {
    throw Fault::unauthorized("Credential signature mismatch");
  }
}

http::Response issue(resource::Call& call, State& state, Tokens& tokens) {
  call.enforce("identity:s3tokens_validate");
  const auto issued = aws_login(call, state, tokens, check_signature);
  return http::Response::json(200, token_body(*issued.token, true));
}

}  // namespace

void add_s3_tokens(resource::Service& service, State& state, Tokens& tokens) {
  service.route("POST", "/v3/s3tokens", [&](resource::Call& c) { return issue(c, state, tokens); });
}

}  // namespace haneul::keystone
