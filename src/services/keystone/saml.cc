#include "services/keystone/saml.h"

#include <fstream>
#include <iterator>

#include "base/id.h"
#include "json/writer.h"
#include "services/keystone/auth_refs.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/saml_writer.h"
#include "services/keystone/service_provider.h"
#include "services/keystone/state.h"
#include "services/keystone/token.h"

namespace haneul::keystone {
namespace {

using resource::Call;

// Small files of the operator's; nothing if one cannot be read.
std::optional<std::string> content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (path.empty() || !in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

SamlKey key_of(const Options& options) {
  if (options.saml_keyfile.empty() || options.saml_certfile.empty()) {
    throw Fault::not_found("This cloud is no identity provider: it has no key for assertions.");
  }
  const auto key = content_of(options.saml_keyfile), cert = content_of(options.saml_certfile);
  if (key && cert) {
    auto read = SamlKey::read(*key, *cert);
    if (read) return *std::move(read);
  }
  throw Fault::internal(
      "Unable to sign SAML assertion. The result of misconfiguration: [saml] keyfile and certfile "
      "are not a key and its certificate.");
}

struct Wanted {
  std::string token, service_provider;
};

Wanted read_wanted(Call& call) {
  auto auth = call.form("auth");
  auto identity = auth.object("identity"), scope = auth.object("scope");
  if (!identity) auth.fail({.kind = resource::Problem::Kind::missing, .field = "identity"});
  if (!scope) auth.fail({.kind = resource::Problem::Kind::missing, .field = "scope"});
  auth.done();
  auto token = identity->object("token");
  identity->array("methods");
  identity->done();
  auto provider = scope->object("service_provider");
  scope->done();
  if (!token) identity->fail({.kind = resource::Problem::Kind::missing, .field = "token"});
  if (!provider) {
    scope->fail({.kind = resource::Problem::Kind::missing, .field = "service_provider"});
  }
  Wanted wanted{token->required_text("id", kAuthText), provider->required_text("id", kAuthText)};
  token->done();
  provider->done();
  return wanted;
}

// 'JSON:{"name": …, "domain": {"name": …}}' for each group of the user.
std::vector<std::string> groups_of(db::Session& session, const std::string& user_id) {
  std::vector<std::string> groups;
  db::Rows rows = session.query(
      "SELECT g.name, d.name FROM user_groups g JOIN projects d ON d.id = g.domain_id WHERE g.id "
      "IN (SELECT group_id FROM group_members_now WHERE user_id = ?) ORDER BY g.name",
      {user_id});
  while (rows.next()) {
    json::Writer w;
    w.begin_object().member("name", rows.string(0)).key("domain").begin_object();
    w.member("name", rows.string(1)).end_object().end_object();
    groups.push_back("JSON:" + w.take());
  }
  return groups;
}

SamlStatement statement_of(const State& state, const access::Caller& who,
                           const ServiceProvider& to) {
  SamlStatement s;
  s.issuer = state.options.saml_entity_id;
  s.recipient = to.sp_url;
  s.user = who.user_name;
  s.user_domain = who.user_domain_name;
  s.project = who.project_name;
  s.project_domain = who.project_domain_name;
  s.roles = who.roles;
  s.now = state.now();
  s.expires_at = s.now + state.options.saml_assertion_lifetime;
  for (auto* id : {&s.assertion_id, &s.response_id, &s.session_id}) *id = "_" + new_hex_id();
  return s;
}

http::Response assertion(Call& call, const State& state, Tokens& tokens, bool in_envelope) {
  const Wanted wanted = read_wanted(call);
  const auto provider = call.db().read([&](db::Session& session) {
    return enabled_service_provider(session, wanted.service_provider);
  });
  const auto verdict = tokens.judge(wanted.token);
  if (!verdict.token) throw Fault::not_found(verdict.reason);
  if (!is_holder(*verdict.token, call.request().certificate)) throw unauthorized();
  const access::Caller& who = *verdict.token->caller;
  if (who.project_id.empty()) {
    throw forbidden_action("Use a project scoped token when attempting to create a SAML assertion");
  }
  auto statement = statement_of(state, who, provider);
  call.db().read(
      [&](db::Session& session) { statement.groups = groups_of(session, who.user_id.text); });
  const auto response = saml_response(statement, key_of(state.options));
  http::Response answer;
  answer.body =
      in_envelope ? saml_envelope(response, provider.relay_state_prefix.value_or("") + new_hex_id())
                  : response;
  answer.headers.set("Content-Type", "text/xml");
  answer.headers.set("X-sp-url", provider.sp_url);
  answer.headers.set("X-auth-url", provider.auth_url);
  return answer;
}

// The operator's file; without one, what the options say.
http::Response metadata(const State& state) {
  const Options& options = state.options;
  http::Response answer;
  answer.headers.set("Content-Type", "text/xml");
  if (auto text = content_of(options.saml_metadata_path)) {
    answer.body = std::move(*text);
    return answer;
  }
  if (options.saml_entity_id.empty() || options.saml_certfile.empty()) {
    throw Fault::not_found("This cloud is no identity provider: it has no SAML metadata.");
  }
  answer.body = saml_metadata(options.saml_entity_id, options.saml_sso_endpoint,
                              key_of(options).certificate());
  return answer;
}

}  // namespace

void add_saml(resource::Service& service, State& state, Tokens& tokens) {
  const resource::RouteOptions open{.open = true};
  service.route(
      "GET", "/v3/OS-FEDERATION/saml2/metadata", [&state](Call&) { return metadata(state); }, open);
  service.route(
      "POST", "/v3/auth/OS-FEDERATION/saml2",
      [&](Call& c) { return assertion(c, state, tokens, false); }, open);
  service.route(
      "POST", "/v3/auth/OS-FEDERATION/saml2/ecp",
      [&](Call& c) { return assertion(c, state, tokens, true); }, open);
}

}  // namespace haneul::keystone
