#include "services/keystone/auth_request.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/form.h"
#include "services/keystone/dialect.h"

namespace haneul::keystone {
namespace {

using resource::Form;

constexpr resource::TextRule kAnyText{.chars_max = 64 * 1024};
constexpr std::size_t kMethodsMax = 16;

std::string text_of(Form& form, std::string_view key) {
  return form.text(key, kAnyText).value_or("");
}

void need_id_or_name(const Form& form, std::string_view path) {
  if (form.has("id") || form.has("name")) return;
  throw Fault::bad_request(
      fmt::format("Invalid input for field {}: id or name must be present.", path));
}

DomainRef read_domain(Form form, std::string_view path) {
  need_id_or_name(form, path);
  return {text_of(form, "id"), text_of(form, "name")};
}

std::optional<DomainRef> read_domain_of(Form& form, std::string_view path) {
  auto domain = form.object("domain");
  if (!domain) return std::nullopt;
  return read_domain(std::move(*domain), fmt::format("{}/domain", path));
}

UserRef read_user(Form form, std::string_view path) {
  need_id_or_name(form, path);
  UserRef user;
  user.id = text_of(form, "id");
  user.name = text_of(form, "name");
  user.password = form.text("password", kAnyText);
  user.domain = read_domain_of(form, path);
  if (user.id.empty() && user.name.empty()) throw expected("id or name", "user");
  if (!user.name.empty() && !user.domain) throw expected("domain", "user");
  return user;
}

AppCredRef read_app_cred(Form form) {
  AppCredRef cred;
  cred.id = text_of(form, "id");
  cred.name = text_of(form, "name");
  cred.secret = form.text("secret", kAnyText);
  if (auto user = form.object("user")) {
    cred.user = read_user(std::move(*user), "identity/application_credential/user");
  }
  if (!cred.id.empty()) return cred;
  if (cred.name.empty()) throw expected("name or ID", "application credential");
  if (!cred.user) throw expected("user", "application credential");
  return cred;
}

ProjectRef read_project(Form form) {
  need_id_or_name(form, "scope/project");
  ProjectRef project{text_of(form, "id"), text_of(form, "name"),
                     read_domain_of(form, "scope/project")};
  if (!project.name.empty() && !project.domain) throw expected("domain", "project");
  return project;
}

ScopeWanted read_scope(const resource::Call& call, const json::Value& value) {
  using Kind = ScopeWanted::Kind;
  const auto wrong = [] {
    return expected("system, project, domain, OS-TRUST:trust or unscoped", "scope");
  };
  if (value.text()) {
    if (*value.text() != "unscoped") throw wrong();
    return {.kind = Kind::unscoped};
  }
  Form form(call.dialect(), value, "scope");
  int given = 0;
  for (const auto* key : {"project", "domain", "unscoped", "system", "OS-TRUST:trust"}) {
    given += form.has(key) ? 1 : 0;
  }
  if (given != 1) throw wrong();
  if (form.has("unscoped")) return {.kind = Kind::unscoped};
  if (auto project = form.object("project")) {
    return {.kind = Kind::project, .project = read_project(std::move(*project))};
  }
  if (auto domain = form.object("domain")) {
    return {.kind = Kind::domain, .domain = read_domain(std::move(*domain), "scope/domain")};
  }
  if (auto trust = form.object("OS-TRUST:trust")) {
    return {.kind = Kind::trust, .trust_id = text_of(*trust, "id")};
  }
  form.object("system");
  return {.kind = Kind::system};
}

std::vector<std::string> read_methods(Form& identity) {
  const json::Array* array = identity.array("methods", kMethodsMax);
  if (!array) identity.fail({.kind = resource::Problem::Kind::missing, .field = "methods"});
  std::vector<std::string> methods;
  for (const auto& value : *array) {
    if (!value.text()) {
      identity.fail({.kind = resource::Problem::Kind::wrong_type,
                     .field = "identity/methods",
                     .value = value,
                     .expected = "string"});
    }
    if (std::find(methods.begin(), methods.end(), *value.text()) == methods.end()) {
      methods.push_back(*value.text());
    }
  }
  return methods;
}

void read_method_data(Form& identity, AuthRequest& request) {
  for (const auto& method : request.methods) {
    if (!identity.has(method)) throw expected(method, "identity");
  }
  for (const auto& method : request.methods) {
    auto data = identity.object(method);
    if (method == "password") {
      auto user = data->object("user");
      if (!user) throw expected("user", "password");
      request.user = read_user(std::move(*user), "identity/password/user");
    } else if (method == "token") {
      request.token_id = data->required_text("id", kAnyText);
    } else if (method == "application_credential") {
      request.app_cred = read_app_cred(std::move(*data));
    } else {
      throw Fault::unauthorized("Attempted to authenticate with an unsupported method.");
    }
  }
}

}  // namespace

bool AuthRequest::has(std::string_view method) const {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

AuthRequest read_auth(resource::Call& call) {
  Form top(call.dialect(), call.body(), "");
  const json::Value* auth = top.any("auth");
  if (!auth || auth->is_null()) throw expected("auth", "request body");
  Form form(call.dialect(), *auth, "");
  auto identity = form.object("identity");
  if (!identity) form.fail({.kind = resource::Problem::Kind::missing, .field = "identity"});
  AuthRequest request;
  request.methods = read_methods(*identity);
  if (const json::Value* scope = form.any("scope")) request.scope = read_scope(call, *scope);
  read_method_data(*identity, request);
  return request;
}

}  // namespace haneul::keystone
