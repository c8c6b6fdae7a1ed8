#include "services/keystone/ec2_token.h"

#include "base/text.h"
#include "services/keystone/aws_login.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/aws_signature.h"
#include "services/keystone/logic/digest.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/ec2tokens.py
namespace haneul::keystone {
namespace {

using resource::Form;

constexpr resource::TextRule kText{.chars_max = 64 * 1024, .null_allowed = true};

std::string text_of(Form& form, const char* key) {
  return form.text(key, kText).value_or("");
}

// Numbers count as their digits.
std::map<std::string, std::string> texts_of(Form& credentials, const char* key) {
  std::map<std::string, std::string> texts;
  const json::Value* value = credentials.any(key);
  if (!value || value->is_null()) return texts;
  auto form = credentials.object(key);
  for (const auto& member : form->given()) {
    const auto* number = member.value.integer();
    texts[member.key] = number ? std::to_string(*number) : text_of(*form, member.key.c_str());
  }
  return texts;
}

// The name in lower case, without a port; in front of that is nobody.
std::string host_without_port(std::string_view host) {
  if (host.starts_with('[')) return lower(host.substr(1, host.find(']') - 1));
  return lower(host.substr(0, host.find(':')));
}

// Some clients sign the host without its port.
void check_signature(Form& credentials, std::string_view secret) {
  const auto given = text_of(credentials, "signature");
  if (given.empty()) throw Fault::unauthorized("EC2 signature not supplied.");
  AwsRequest request{.verb = text_of(credentials, "verb"),
                     .host = text_of(credentials, "host"),
                     .path = text_of(credentials, "path"),
                     .body_hash = text_of(credentials, "body_hash"),
                     .params = texts_of(credentials, "params"),
                     .headers = texts_of(credentials, "headers")};
  const auto is_signed = [&] {
    const auto wanted = aws_signature(request, secret);
    return !secret.empty() && wanted && same_secret(given, *wanted);
  };
  if (is_signed()) return;
  if (request.host.find(':') != request.host.npos) {
    request.host = host_without_port(request.host);
    if (is_signed()) return;
  }
  throw Fault::unauthorized("Invalid EC2 signature.");
}

http::Response issue(resource::Call& call, State& state, Tokens& tokens) {
  call.enforce("identity:ec2tokens_validate");
  const auto issued = aws_login(call, state, tokens, check_signature);
  auto response = http::Response::json(200, token_body(*issued.token, true));
  response.headers.set("X-Subject-Token", issued.text);
  return response;
}

}  // namespace

void add_ec2_tokens(resource::Service& service, State& state, Tokens& tokens) {
  service.route("POST", "/v3/ec2tokens",
                [&](resource::Call& c) { return issue(c, state, tokens); });
}

}  // namespace haneul::keystone
