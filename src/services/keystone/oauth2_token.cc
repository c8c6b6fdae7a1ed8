#include "services/keystone/oauth2_token.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "services/keystone/auth.h"
#include "services/keystone/auth_request.h"
#include "services/keystone/dialect.h"
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
  const auto client = client_of(call, form);
  const auto& methods = state.options.oauth2_methods;
  const bool by_secrets =
      std::find(methods.begin(), methods.end(), "client_secret_basic") != methods.end();
  if (client.id.empty() || client.secret.empty() || !by_secrets) return refused_client(call);
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
