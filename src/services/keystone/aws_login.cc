#include "services/keystone/aws_login.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/keystone/auth_scope.h"
#include "services/keystone/credential.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Form;

constexpr resource::TextRule kText{.chars_max = 64 * 1024, .null_allowed = true};

// A credential and what its blob says.
struct AwsKey {
  std::string user_id, project_id;
  std::string secret;
  std::string trust_id, app_cred_id, access_token_id;
};

bool is_something(const json::Value* value) {
  return value && !value->is_null() && *value != json::Value(json::Object());
}

Form credentials_of(Call& call) {
  Form body = call.form("");
  if (body.given().empty()) throw Fault::bad_request("request must include a request body");
  for (const char* key : {"credentials", "credential", "ec2Credentials"}) {
    if (is_something(body.any(key))) return *body.object(key);
  }
  throw Fault::unauthorized("EC2 Signature not supplied");
}

AwsKey find_key(const State& state, db::Session& session, std::string_view access) {
  const auto c = state.credentials.find(session, ec2_credential_id(access));
  if (!c || c->type != kEc2) throw Fault::not_found("EC2 access key not found.");
  const auto blob = json::parse(blob_of(state, *c));
  const auto text = [&](const char* key) {
    const json::Value* value = blob ? blob->at({key}) : nullptr;
    return value && value->text() ? *value->text() : std::string();
  };
  return {c->user_id,       c->project_id.value_or(""), text("secret"),
          text("trust_id"), text("app_cred_id"),        text("access_token_id")};
}

const std::string* timestamp_of(Form& credentials) {
  const auto text = [&](const char* part, const char* key) -> const std::string* {
    const json::Value* object = credentials.any(part);
    const json::Value* value = object ? object->at({key}) : nullptr;
    return value && value->text() && !value->text()->empty() ? value->text() : nullptr;
  };
  if (const auto* found = text("params", "Timestamp")) return found;
  if (const auto* found = text("headers", "X-Amz-Date")) return found;
  return text("params", "X-Amz-Date");
}

// 20110909T233600Z, as version 4 writes it, as 2011-09-09T23:36:00Z.
std::string with_dashes(const std::string& text) {
  const bool compact = text.size() >= 15 && text[8] == 'T' && text.find('-') == text.npos;
  if (!compact) return text;
  return fmt::format("{}-{}-{}T{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                     text.substr(9, 2), text.substr(11, 2), text.substr(13));
}

// Without a time it is good for ever, as upstream has it.
void check_time(const State& state, Form& credentials) {
  const std::string* text = timestamp_of(credentials);
  if (!text) return;
  const auto when = parse_instant(with_dashes(*text));
  if (!when) throw Fault::unauthorized("Credential timestamp is invalid: " + *text);
  if (state.now() > *when + std::chrono::minutes(state.options.signature_minutes_max)) {
    throw Fault::unauthorized("Credential is expired");
  }
}

// The credential is the trustor's where the trustee's tokens are, else the trustee's.
void take_trust(const State& state, db::Session& session, const AwsKey& key, TokenPayload& token) {
  const auto chain = trust_chain(state, session, key.trust_id);
  if (chain.empty()) throw no_such("trust", key.trust_id);
  const Trust& trust = chain.front();
  if (key.user_id != (trust.impersonation ? trust.trustor_user_id : trust.trustee_user_id)) {
    throw unauthorized();
  }
  token.user_id = trust.trustee_user_id;
  token.trust_id = trust.id;
  if (trust.expires_at) token.expires_at = std::min(token.expires_at, *trust.expires_at);
}

void take_app_cred(const State& state, db::Session& session, const AwsKey& key,
                   TokenPayload& token) {
  const auto cred = state.application_credentials.find(session, key.app_cred_id);
  if (!cred) throw no_such("Application Credential", key.app_cred_id);
  if (cred->project_id != key.project_id) {
    throw Fault::unauthorized(
        "EC2 credential project does not match the application credential project.");
  }
  token.app_cred_id = cred->id;
  if (cred->expires_at) token.expires_at = std::min(token.expires_at, *cred->expires_at);
}

void take_access_token(const State& state, db::Session& session, const AwsKey& key,
                       TokenPayload& token) {
  const auto access = access_token_or_fault(state, session, key.access_token_id);
  if (access.project_id != key.project_id) {
    throw Fault::unauthorized(
        "EC2 credential project does not match the OAuth1 access token project.");
  }
  if (access.authorizing_user_id != key.user_id) throw unauthorized();
  token.access_token_id = access.id;
  if (access.expires_at) token.expires_at = std::min(token.expires_at, *access.expires_at);
}

TokenPayload token_for(const State& state, db::Session& session, const AwsKey& key) {
  const auto project = project_or_fault(state, session, key.project_id);
  const auto user = user_or_fault(state, session, key.user_id);
  if (!user.enabled || !project.enabled) throw unauthorized();
  TokenPayload token;
  token.user_id = user.id;
  token.project_id = project.id;
  token.methods = {"ec2credential"};
  token.expires_at = (state.now() + state.options.token_lifetime).truncated();
  if (!key.trust_id.empty()) {
    take_trust(state, session, key, token);
  } else if (!key.app_cred_id.empty()) {
    take_app_cred(state, session, key, token);
  } else if (!key.access_token_id.empty()) {
    take_access_token(state, session, key, token);
  }
  if (token.expires_at <= state.now()) throw unauthorized();
  return token;
}

}  // namespace

Tokens::Issued aws_login(Call& call, State& state, Tokens& tokens, const CheckSignature& check) {
  Form credentials = credentials_of(call);
  const auto access = credentials.text("access", kText);
  if (!access) throw Fault::unauthorized("EC2 Signature not supplied");
  const auto key =
      call.db().read([&](db::Session& session) { return find_key(state, session, *access); });
  check(credentials, key.secret);
  auto wanted =
      call.db().read([&](db::Session& session) { return token_for(state, session, key); });
  check_time(state, credentials);
  check_trust(state, wanted);
  auto issued = tokens.issue(std::move(wanted));
  if (!issued) throw Fault::unauthorized("User not valid for project.");
  return std::move(*issued);
}

}  // namespace haneul::keystone
