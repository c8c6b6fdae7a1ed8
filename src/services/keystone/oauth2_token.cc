#include "services/keystone/oauth2_token.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "services/keystone/auth.h"
#include "services/keystone/auth_request.h"
#include "services/keystone/dialect.h"
#include "services/keystone/logic/client_certificate.h"
#include "services/keystone/mapping.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_oauth2.py, keystone/oauth2/handlers.py
namespace haneul::keystone {
namespace {

using resource::Call;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kWrongMethod = "The method is not allowed for the requested URL.";

// RFC 6749's form, not Keystone's.
http::Response refused(const Call& call, int status, std::string_view error,
                       std::string_view description) {
  json::Writer w;
  w.begin_object().member("error", error).member("error_description", description).end_object();
  auto response = http::Response::json(status, w.take());
  if (status == 401) {
    response.headers.set("WWW-Authenticate", fmt::format("Keystone uri=\"{}\"", v3_url(call)));
  }
  return response;
}

http::Response refused_client(const Call& call) {
  return refused(call, 401, "invalid_client", "Client authentication failed.");
}

http::Response refused_by(const Call& call, const Fault& fault) {
  const int status = call.dialect().error(fault, call.version(), call.request_id()).status;
  if (status == 401) return refused(call, status, "invalid_client", fault.message());
  if (status == 400) return refused(call, status, "invalid_request", fault.message());
  return refused(call, status, "other_error",
                 "An unknown error occurred and failed to get an OAuth2.0 access token.");
}

http::Query form_of(const Call& call) {
  const auto type = call.request().headers.get("Content-Type");
  if (!iequals(trim(type.substr(0, type.find(';'))), kForm)) return {};
  return http::Query::parse(call.request().body).value_or(http::Query());
}

struct Client {
  std::string id, secret;
};

// The Authorization header before the form.
Client client_of(const Call& call, const http::Query& form) {
  constexpr std::string_view kBasic = "Basic ";
  const auto header = call.request().headers.get("Authorization");
  if (iequals(header.substr(0, kBasic.size()), kBasic)) {
    const auto text = base64_decode(trim(header.substr(kBasic.size())));
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon != std::string::npos && is_valid_utf8(*text)) {
      return {text->substr(0, colon), text->substr(colon + 1)};
    }
  }
  const auto of_form = [&](const char* key) {
    const auto* value = form.find(key);
    return value ? *value : std::string();
  };
  return {of_form("client_id"), of_form("client_secret")};
}

http::Response answer(const State& state, std::string_view token) {
  json::Writer w;
  w.begin_object().member("access_token", token).member("token_type", "Bearer");
  w.member("expires_in", state.options.token_lifetime / std::chrono::seconds(1)).end_object();
  return http::Response::json(200, w.take());
}

// By certificate ---------------------------------------------------------------------------------

// Why a certificate is not its user's; empty if it is. What the mapping does not name is not asked,
// but it must name the user.
std::string why_not_its_own(const MappedUser& mapped, const User& user, const Project& domain) {
  if (mapped.id.empty() && mapped.name.empty()) return "the mapping does not name the user";
  const json::Value* email = user.extra.find("email");
  const std::string users_email = email && email->text() ? *email->text() : "";
  const struct {
    const std::string &wanted, &is;
    const char* what;
  } kPairs[] = {{mapped.id, user.id, "the user's id is another"},
                {mapped.name, user.name, "the user's name is another"},
                {mapped.email, users_email, "the user's email is another"},
                {mapped.domain.id, domain.id, "the domain's id is another"},
                {mapped.domain.name, domain.name, "the domain's name is another"}};
  for (const auto& [wanted, is, what] : kPairs) {
    if (!wanted.empty() && wanted != is) return what;
  }
  return {};
}

// upstream: openstack/keystone:keystone/api/os_oauth2.py (_check_mapped_properties)
std::string why_not_by(const State& state, db::Session& session, const std::string& user_id,
                       std::string_view certificate, Identity& who) {
  const auto names = assertion_of_certificate(certificate);
  if (!names) return "the certificate cannot be read";
  const auto user = state.users.find(session, user_id);
  if (!user) return "there is no such user";
  if (!user->default_project_id || user->default_project_id->empty()) {
    return "the user has no default project";
  }
  const auto domain = state.projects.find(session, user->domain_id);
  if (!domain) return "the user has no domain";
  const Mapping mapping = mapping_or_fault(session, state.options.oauth2_mapping_id);
  const auto mapped = map_assertion(mapping.rules, mapping.schema_version, *names);
  if (!mapped) return mapped.reason();
  if (auto why = why_not_its_own(mapped->user, *user, *domain); !why.empty()) return why;
  who.is(user->id);
  who.claims.project_id = *user->default_project_id;
  return {};
}

// A token for the user's default project, good with this certificate alone.
http::Response by_certificate(Call& call, State& state, Tokens& tokens,
                              const std::string& user_id) {
  const std::string& certificate = call.request().certificate;
  const Proof proof = [&](Identity& who) {
    const auto why = call.db().read([&](db::Session& session) {
      try {
        return why_not_by(state, session, user_id, certificate, who);
      } catch (const Fault& fault) {  // there is no such mapping
        return fault.message();
      }
    });
    if (!why.empty()) {
      log::warning("a certificate gave no token", {{"user_id", user_id}, {"why", why}});
      throw Fault::unauthorized("Client authentication failed.");
    }
    who.claims.thumbprint = certificate_thumbprint(certificate);
    who.claims.methods.emplace_back("oauth2_credential");
    who.scope_is_fixed = true;
  };
  const ScopeWanted scope{};
  const TokenPayload fixed;
  try {
    const auto issued = log_in({call, state, tokens, scope}, {}, {proof}, &fixed);
    if (issued.status != 201) return refused_client(call);  // a receipt
    return answer(state, issued.headers.get("X-Subject-Token"));
  } catch (const Fault& fault) {
    return refused_by(call, fault);
  }
}

// As POST /v3/auth/tokens does it.
http::Response by_secret(Call& call, State& state, Tokens& tokens, const Client& client) {
  const ScopeWanted scope{};
  const AuthContext context{call, state, tokens, scope};
  json::Object data;
  data.set("id", client.id);
  data.set("secret", client.secret);
  const json::Value value(std::move(data));
  try {
    resource::Form form(call.dialect(), value, "");
    const AuthRequest request{{std::string(kAuthByApplicationCredential.name)},
                              {kAuthByApplicationCredential.read(form, context)}};
    const auto issued = issue_for(context, request);
    if (issued.status != 201) return refused_client(call);  // a receipt: one secret is too little
    return answer(state, issued.headers.get("X-Subject-Token"));
  } catch (const Fault& fault) {
    return refused_by(call, fault);
  }
}

http::Response issue(Call& call, State& state, Tokens& tokens) {
  const auto form = form_of(call);
  const auto* grant = form.find("grant_type");
  if (!grant) return refused(call, 400, "invalid_request", "The parameter grant_type is required.");
  if (*grant != "client_credentials") {
    return refused(call, 400, "unsupported_grant_type",
                   fmt::format("The parameter grant_type {} is not supported.", *grant));
  }
  const auto& methods = state.options.oauth2_methods;
  const auto may = [&](std::string_view method) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  };
  if (!call.request().certificate.empty()) {  // then nothing else counts
    const auto* id = form.find("client_id");
    if (!id || id->empty() || !may("tls_client_auth")) return refused_client(call);
    return by_certificate(call, state, tokens, *id);
  }
  const auto client = client_of(call, form);
  if (client.id.empty() || client.secret.empty() || !may("client_secret_basic")) {
    return refused_client(call);
  }
  return by_secret(call, state, tokens, client);
}

}  // namespace

void add_oauth2_token(resource::Service& service, State& state, Tokens& tokens) {
  constexpr std::string_view kPath = "/v3/OS-OAUTH2/token";
  service.route("POST", kPath, [&](Call& c) { return issue(c, state, tokens); },
                {.open = true, .body = {.slow = true}});
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE"}) {
    service.route(method, kPath,
                  [](Call& c) { return refused(c, 405, "other_error", kWrongMethod); },
                  {.open = true});
  }
}

}  // namespace haneul::keystone
