#include "services/keystone/application_credential.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/access_rule.h"
#include "services/keystone/delegation.h"
#include "services/keystone/dialect.h"
#include "services/keystone/expiry.h"
#include "services/keystone/extra.h"
#include "services/keystone/logic/jose.h"
#include "services/keystone/state.h"
#include "services/keystone/user_password.h"

// upstream: openstack/keystone:keystone/api/users.py, keystone/application_credential/core.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::field;
using resource::Form;

constexpr auto kFields =
    resource::fields(field<&ApplicationCredential::id>("id"),
                     field<&ApplicationCredential::user_id>("user_id").hidden(),
                     field<&ApplicationCredential::name>("name").filter().sort_key(),
                     field<&ApplicationCredential::project_id>("project_id"),
                     field<&ApplicationCredential::description>("description"),
                     field<&ApplicationCredential::secret_hash>("secret_hash").hidden(),
                     field<&ApplicationCredential::expires_at>("expires_at"),
                     field<&ApplicationCredential::unrestricted>("unrestricted"),
                     field<&ApplicationCredential::has_access_rules>("has_access_rules").hidden());
static_assert(resource::complete<ApplicationCredential>(kFields));

constexpr std::size_t kSecretBytes = 64;
constexpr std::size_t kRulesMax = 1000;

// What a request wants, checked as far as the body tells.
struct Wanted {
  ApplicationCredential row;
  std::string secret;
  std::vector<std::string> role_ids, role_names;
  std::vector<AccessRule> rules;
};

std::string new_secret() {
  return base64url_unpadded(random_bytes(kSecretBytes));
}

[[noreturn]] void invalid(std::string_view detail) {
  throw Fault::bad_request(fmt::format("Invalid application credential: {}", detail));
}

void read_roles(Form& form, Wanted& wanted) {
  const json::Array* roles = form.array("roles");
  if (!roles) return;
  for (std::size_t i = 0; i < roles->size(); ++i) {
    Form role = form.item((*roles)[i], "roles", i);
    const auto id = role.text("id"), name = role.text("name");
    if (id && !id->empty()) {
      wanted.role_ids.push_back(*id);
    } else if (name && !name->empty()) {
      wanted.role_names.push_back(*name);
    } else {
      role.fail({.kind = resource::Problem::Kind::missing, .field = "id"});
    }
  }
}

Wanted read_wanted(Call& call, const State& state) {
  Form form = call.form("application_credential", true);
  Wanted wanted;
  auto& row = wanted.row;
  row.name = stripped_name(call, form.required_text("name", {.chars_min = 1}));
  row.description = form.text("description", {.chars_max = 64 * 1024, .null_allowed = true});
  row.expires_at = read_expiry(state, form);
  if (const json::Value* flag = form.any("unrestricted"); flag && !flag->is_null()) {
    row.unrestricted = form.boolean("unrestricted").value_or(false);
  }
  wanted.secret = form.text("secret", {.chars_max = 64 * 1024, .null_allowed = true}).value_or("");
  if (wanted.secret.empty()) wanted.secret = new_secret();
  read_roles(form, wanted);
  if (const json::Array* rules = form.array("access_rules", kRulesMax)) {
    wanted.rules = read_access_rules(form, *rules);
    row.has_access_rules = true;
  }
  return wanted;
}

// Asked-for roles with those they imply, which the token must all have; without any, the token's.
std::vector<std::string> roles_for(const RoleGraph& graph, db::Session& session, const Call& call,
                                   const Wanted& wanted) {
  std::vector<std::string> asked = wanted.role_ids, own, all;
  for (const auto& name : wanted.role_names) {
    const auto id = session.text("SELECT id FROM roles WHERE domain_id = '' AND name = ?", {name});
    if (!id) throw no_such("role", name);
    asked.push_back(*id);
  }
  for (const auto& id : call.caller().role_ids) own.push_back(id.text);
  if (asked.empty()) return own;
  for (const auto& id : asked) {
    if (!graph.find(id)) throw no_such("role", id);
  }
  for (const auto* role : graph.closure(asked, true)) {
    if (std::find(own.begin(), own.end(), role->id) == own.end()) {
      invalid("Cannot create an application credential with unassigned role");
    }
    all.push_back(role->id);
  }
  return all;
}

void refuse_restricted(const Call& call) {
  if (!call.caller().app_cred_restricted) return;
  throw forbidden_action(
      "Using method 'application_credential' is not allowed for managing "
      "additional application credentials.");
}

void refuse_delegated(const Call& call) {
  if (call.caller().trust_id.empty() && !is_by_oauth(call.caller())) return;
  throw Fault::forbidden("You are not authorized to perform the requested action.");
}

void refuse_beyond_limit(const State& state, db::Session& session, const std::string& user_id) {
  const auto limit = state.options.application_credentials_max;
  if (limit < 0) return;
  const auto count =
      session.integer("SELECT COUNT(*) FROM application_credentials WHERE user_id = ?", {user_id});
  if (count.value_or(0) < limit) return;
  throw Fault::forbidden(
      fmt::format("Unable to create additional application credentials, maximum "
                  "of {} already exceeded for user.",
                  limit));
}

void write_roles(json::Writer& w, db::Session& session, const std::string& id) {
  w.key("roles").begin_array();
  db::Rows rows = session.query(
      "SELECT r.id, r.name, r.domain_id, r.description FROM application_credential_roles a "
      "JOIN roles r ON r.id = a.role_id WHERE a.application_credential_id = ? ORDER BY r.name",
      {id});
  while (rows.next()) {
    w.begin_object().member("id", rows.text(0)).member("name", rows.text(1)).key("domain_id");
    rows.text(2).empty() ? w.null() : w.value(rows.text(2));
    w.key("description");
    rows.is_null(3) ? w.null() : w.value(rows.text(3));
    w.key("options").begin_object().end_object().end_object();
  }
  w.end_array();
}

void write_one(json::Writer& w, const Call& call, db::Session& session,
               const ApplicationCredential& c, const std::string& secret) {
  w.begin_object();
  for (const auto& f : kFields) {
    if (!f.shown(resource::show, {})) continue;
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<ApplicationCredential*>(&c)),
                   resource::TimeStyle::micros_naive);
  }
  write_roles(w, session, c.id);
  if (c.has_access_rules) {
    w.key("access_rules").begin_array();
    write_access_rules(w, session, c.id);
    w.end_array();
  }
  if (!secret.empty()) w.member("secret", secret);
  write_self_link(w, call, fmt::format("/users/{}/application_credentials/{}", c.user_id, c.id));
  w.end_object();
}

access::PairsTarget own(const Call& call) {
  return {{"user_id", call.param("user_id")}};
}

void store(State& state, db::Transaction& tx, Wanted& wanted,
           const std::vector<std::string>& roles) {
  const auto& row = wanted.row;
  const auto taken =
      tx.text("SELECT id FROM application_credentials WHERE user_id = ? AND name = ?",
              {row.user_id, row.name});
  if (taken) {
    throw conflict("application_credential",
                   fmt::format("Duplicate entry found with name {}", row.name));
  }
  state.application_credentials.insert(tx, row);
  for (const auto& role : roles) {
    tx.execute(
        "INSERT INTO application_credential_roles (application_credential_id, role_id) "
        "VALUES (?, ?)",
        {row.id, role});
  }
  store_access_rules(tx, row.user_id, row.id, wanted.rules);
}

http::Response create(Call& call, State& state) {
  call.enforce("identity:create_application_credential", own(call));
  Wanted wanted = read_wanted(call, state);
  refuse_delegated(call);
  refuse_restricted(call);
  if (call.caller().user_id.text != call.param("user_id")) {
    throw forbidden_action("Cannot create an application credential for another user.");
  }
  if (call.caller().project_id.empty()) {
    invalid("a project-scoped token is required to create one");
  }
  wanted.row.id = new_hex_id();
  wanted.row.user_id = call.param("user_id");
  wanted.row.project_id = call.caller().project_id.text;
  wanted.row.secret_hash = new_password_hash(state, wanted.secret);
  return call.db().write([&](db::Transaction& tx) {
    refuse_beyond_limit(state, tx, wanted.row.user_id);
    store(state, tx, wanted, roles_for(*RoleGraph::read(tx), tx, call, wanted));
    call.record(tx, {.type = "identity.application_credential.created",
                     .subject = wanted.row.id,
                     .project_id = wanted.row.project_id});
    json::Writer w;
    w.begin_object().key("application_credential");
    write_one(w, call, tx, wanted.row, wanted.secret);
    w.end_object();
    return http::Response::json(201, w.take());
  });
}

http::Response list(Call& call, const State& state) {
  call.enforce("identity:list_application_credentials", own(call));
  refuse_delegated(call);
  resource::Where where;
  where.equals("user_id", call.param("user_id"));
  if (const std::string* name = call.query().find("name")) where.equals("name", *name);
  return call.db().read([&](db::Session& session) {
    json::Writer w;
    w.begin_object().key("application_credentials").begin_array();
    for (const auto& c : state.application_credentials.list(session, where)) {
      write_one(w, call, session, c, "");
    }
    w.end_array();
    write_list_links(w, call);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

// The policy is asked about the owner, whatever the path says.
ApplicationCredential find(const Call& call, const State& state, db::Session& session,
                           const char* rule) {
  const auto& id = call.param("id");
  auto c = state.application_credentials.find(session, id);
  const std::string owner = c ? c->user_id : call.param("user_id");
  call.enforce(rule, access::PairsTarget{{"user_id", owner}, {"target.user_id", owner}});
  refuse_delegated(call);
  if (!c) throw no_such("Application Credential", id);
  return std::move(*c);
}

http::Response show(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    const auto c = find(call, state, session, "identity:get_application_credential");
    json::Writer w;
    w.begin_object().key("application_credential");
    write_one(w, call, session, c, "");
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

void remove_where(State& state, db::Transaction& tx, const resource::Where& where) {
  const auto doomed = state.application_credentials.list(tx, where);
  for (const auto& c : doomed) {
    tx.execute("DELETE FROM application_credential_roles WHERE application_credential_id = ?",
               {c.id});
    tx.execute(
        "DELETE FROM application_credential_access_rules WHERE "
        "application_credential_id = ?",
        {c.id});
    state.application_credentials.remove(tx, c.id);
    state.epochs.change_user(tx, c.user_id);
  }
}

http::Response remove(Call& call, State& state) {
  call.db().write([&](db::Transaction& tx) {
    const auto c = find(call, state, tx, "identity:delete_application_credential");
    refuse_restricted(call);
    remove_where(state, tx, resource::Where().equals("id", c.id));
    call.record(tx, {.type = "identity.application_credential.deleted",
                     .subject = c.id,
                     .project_id = c.project_id});
  });
  return http::Response::empty(204);
}

}  // namespace

constinit const resource::Resource kApplicationCredential{
    .singular = "application_credential",
    .plural = "application_credentials",
    .path = "/v3/users/{user_id}/application_credentials",
    .table = "application_credentials",
    .scope = resource::Scope::cloud,
    .policy = {},
    .event = "identity.application_credential",
    .fields = kFields};

void remove_application_credentials(State& state, db::Transaction& tx, std::string_view user_id) {
  remove_where(state, tx, resource::Where().equals("user_id", user_id));
  tx.execute("DELETE FROM access_rules WHERE user_id = ?", {user_id});
}

void remove_application_credentials(State& state, db::Transaction& tx, std::string_view user_id,
                                    std::string_view project_id) {
  remove_where(state, tx,
               resource::Where().equals("user_id", user_id).equals("project_id", project_id));
}

void add_application_credentials(resource::Service& service, State& state) {
  const std::string all(kApplicationCredential.path), one = all + "/{id}";
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("POST", all, [&](Call& c) { return create(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
  add_access_rules(service, state);
}

}  // namespace haneul::keystone
