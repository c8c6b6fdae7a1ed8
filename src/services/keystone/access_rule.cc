#include "services/keystone/access_rule.h"

#include <fmt/format.h>

#include "base/id.h"
#include "services/keystone/dialect.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Call;

constexpr std::string_view kOfCredential =
    "SELECT r.id, r.service, r.path, r.method FROM application_credential_access_rules a "
    "JOIN access_rules r ON r.id = a.access_rule_id WHERE a.application_credential_id = ? "
    "ORDER BY r.id";
constexpr std::string_view kMethods[] = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"};

AccessRule read_rule(resource::Form rule) {
  AccessRule r;
  r.id = rule.text("id", {.chars_max = 64, .null_allowed = true}).value_or("");
  r.service = rule.text("service", {.chars_min = 1, .chars_max = 64}).value_or("");
  r.path = rule.text("path", {.chars_max = 225}).value_or("");
  r.method = rule.choice("method", kMethods).value_or("");
  if (!r.path.empty() && !r.path.starts_with('/')) rule.malformed("path", "path");
  return r;
}

void write_rule(json::Writer& w, const db::Rows& rows) {
  w.member("id", rows.text(0)).member("service", rows.text(1));
  w.member("path", rows.text(2)).member("method", rows.text(3));
}

// Finds the user's own rule by id, else an equal one, else makes it.
std::string stored_rule(db::Transaction& tx, const std::string& user_id, const AccessRule& rule) {
  if (!rule.id.empty() && rule.service.empty()) {
    const auto id =
        tx.text("SELECT id FROM access_rules WHERE id = ? AND user_id = ?", {rule.id, user_id});
    if (!id) throw no_such("Access Rule", rule.id);
    return *id;
  }
  const auto same = tx.text(
      "SELECT id FROM access_rules WHERE user_id = ? AND service = ? AND "
      "path = ? AND method = ?",
      {user_id, rule.service, rule.path, rule.method});
  if (same) return *same;
  const std::string id = new_hex_id();
  tx.execute("INSERT INTO access_rules (id, user_id, service, path, method) VALUES (?, ?, ?, ?, ?)",
             {id, user_id, rule.service, rule.path, rule.method});
  return id;
}

std::string self_path(const Call& call, std::string_view id) {
  return fmt::format("/users/{}/access_rules/{}", call.param("user_id"), id);
}

void enforce_own(const Call& call, const State& state, db::Session& session, const char* rule) {
  const auto& id = call.param("user_id");
  access::PairsTarget target{{"user_id", id}};
  const auto user = state.users.find(session, id);
  if (user) {
    target.add("target.user.id", user->id);
    target.add("target.user.domain_id", user->domain_id);
  }
  call.enforce(rule, target);
}

http::Response list(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    enforce_own(call, state, session, "identity:list_access_rules");
    resource::Where where;
    where.equals("user_id", call.param("user_id"));
    for (const char* key : {"service", "path", "method"}) {
      if (const std::string* value = call.query().find(key)) where.equals(key, *value);
    }
    std::vector<db::Bind> binds;
    where.append_binds(binds);
    json::Writer w;
    w.begin_object().key("access_rules").begin_array();
    db::Rows rows = session.query(
        "SELECT id, service, path, method FROM access_rules WHERE " + where.sql() + " ORDER BY id",
        binds);
    while (rows.next()) {
      w.begin_object();
      write_rule(w, rows);
      write_self_link(w, call, self_path(call, rows.text(0)));
      w.end_object();
    }
    w.end_array();
    write_list_links(w, call);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    enforce_own(call, state, session, "identity:get_access_rule");
    const auto& id = call.param("id");
    db::Rows rows = session.query(
        "SELECT id, service, path, method FROM access_rules WHERE id = ? AND user_id = ?",
        {id, call.param("user_id")});
    if (!rows.next()) throw no_such("Access Rule", id);
    json::Writer w;
    w.begin_object().key("access_rule").begin_object();
    write_rule(w, rows);
    write_self_link(w, call, self_path(call, id));
    w.end_object().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response remove(Call& call, const State& state) {
  call.db().write([&](db::Transaction& tx) {
    enforce_own(call, state, tx, "identity:delete_access_rule");
    const auto& id = call.param("id");
    const auto there = tx.text("SELECT id FROM access_rules WHERE id = ? AND user_id = ?",
                               {id, call.param("user_id")});
    if (!there) throw no_such("Access Rule", id);
    const auto used = tx.text(
        "SELECT application_credential_id FROM "
        "application_credential_access_rules WHERE access_rule_id = ?",
        {id});
    if (used) {
      throw forbidden_action("May not delete access rule in use by application credentials");
    }
    tx.execute("DELETE FROM access_rules WHERE id = ?", {id});
    call.record(tx, {.type = "identity.access_rule.deleted", .subject = id});
  });
  return http::Response::empty(204);
}

}  // namespace

std::vector<AccessRule> read_access_rules(const resource::Form& form, const json::Array& rules) {
  std::vector<AccessRule> read;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    read.push_back(read_rule(form.item(rules[i], "access_rules", i)));
  }
  return read;
}

void store_access_rules(db::Transaction& tx, const std::string& user_id,
                        const std::string& app_cred_id, const std::vector<AccessRule>& rules) {
  for (const AccessRule& rule : rules) {
    const auto id = stored_rule(tx, user_id, rule);
    tx.execute(
        "DELETE FROM application_credential_access_rules WHERE "
        "application_credential_id = ? AND access_rule_id = ?",
        {app_cred_id, id});
    tx.execute(
        "INSERT INTO application_credential_access_rules (application_credential_id, "
        "access_rule_id) VALUES (?, ?)",
        {app_cred_id, id});
  }
}

access::AccessRules access_rules_of(db::Session& session, std::string_view app_cred_id) {
  access::AccessRules rules;
  db::Rows rows = session.query(kOfCredential, {app_cred_id});
  while (rows.next()) rules.push_back({rows.string(1), rows.string(2), rows.string(3)});
  return rules;
}

void write_access_rules(json::Writer& w, db::Session& session, std::string_view app_cred_id) {
  db::Rows rows = session.query(kOfCredential, {app_cred_id});
  while (rows.next()) {
    w.begin_object();
    write_rule(w, rows);
    w.end_object();
  }
}

void add_access_rules(resource::Service& service, State& state) {
  const std::string all = "/v3/users/{user_id}/access_rules", one = all + "/{id}";
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
}

}  // namespace haneul::keystone
