#include "services/keystone/trust.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/trusts.py, keystone/trust/core.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::field;
using resource::Where;

constexpr auto kFields = resource::fields(
    field<&Trust::id>("id"), field<&Trust::trustor_user_id>("trustor_user_id"),
    field<&Trust::trustee_user_id>("trustee_user_id"), field<&Trust::project_id>("project_id"),
    field<&Trust::impersonation>("impersonation"), field<&Trust::expires_at>("expires_at"),
    field<&Trust::remaining_uses>("remaining_uses"),
    field<&Trust::redelegated_trust_id>("redelegated_trust_id"),
    field<&Trust::redelegation_count>("redelegation_count"),
    field<&Trust::extra>("extra").hidden());
static_assert(resource::complete<Trust>(kFields));

constexpr std::size_t kChainMax = 100;

bool is_expired(const State& state, const Trust& trust) {
  return trust.expires_at && *trust.expires_at < state.now();
}

void write_trust(json::Writer& w, const Call& call, const Trust& trust) {
  w.member("id", trust.id).member("trustor_user_id", trust.trustor_user_id);
  w.member("trustee_user_id", trust.trustee_user_id).member("project_id", trust.project_id);
  w.member("impersonation", trust.impersonation).key("expires_at");
  trust.expires_at ? w.value(iso_micros(*trust.expires_at)) : w.null();
  w.member("remaining_uses", trust.remaining_uses).key("deleted_at").null();
  w.member("redelegated_trust_id", trust.redelegated_trust_id);
  w.member("redelegation_count", trust.redelegation_count);
  write_extra(w, trust.extra);
  write_self_link(w, call, "/OS-TRUST/trusts/" + trust.id);
}

void write_role(json::Writer& w, const Call& call, const Role& role) {
  w.begin_object();
  write_role_members(w, role);
  write_self_link(w, call, "/roles/" + role.id);
  w.end_object();
}

void write_roles(json::Writer& w, const Call& call, const State& state, db::Session& session,
                 const std::string& trust_id) {
  w.key("roles").begin_array();
  for (const auto& id : roles_of_trust(session, trust_id)) {
    if (const auto role = state.roles.find(session, id)) write_role(w, call, *role);
  }
  w.end_array();
}

void write_roles_links(json::Writer& w, const Call& call, const char* key, const std::string& id) {
  w.key(key).begin_object();
  w.member("self", fmt::format("{}/OS-TRUST/trusts/{}/roles", v3_url(call), id));
  w.key("next").null().key("previous").null().end_object();
}

access::PairsTarget target_of(const Trust& trust) {
  return {{"target.trust.trustor_user_id", trust.trustor_user_id},
          {"target.trust.trustee_user_id", trust.trustee_user_id}};
}

// Looked up before the policy is asked: a missing one is 404 for everybody.
Trust permitted(const Call& call, const State& state, db::Session& session, const char* rule) {
  Trust trust = usable_trust(state, session, call.param("trust_id"));
  call.enforce(rule, target_of(trust));
  refuse_delegated_token(call);
  return trust;
}

http::Response show(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    return trust_answer(200, call, state, session,
                        permitted(call, state, session, "identity:get_trust"));
  });
}

http::Response show_roles(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    const Trust trust = permitted(call, state, session, "identity:list_roles_for_trust");
    json::Writer w;
    w.begin_object();
    write_roles(w, call, state, session, trust.id);
    write_roles_links(w, call, "links", trust.id);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show_role(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    const Trust trust = permitted(call, state, session, "identity:get_role_for_trust");
    const auto& id = call.param("role_id");
    const auto ids = roles_of_trust(session, trust.id);
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) throw no_such("role", id);
    json::Writer w;
    w.begin_object().key("role");
    write_role(w, call, role_or_fault(state, session, id));
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

// What the query asks for, once the policy for asking so has said yes.
Where wanted(const Call& call) {
  const std::string* trustor = call.query().find("trustor_user_id");
  const std::string* trustee = call.query().find("trustee_user_id");
  if (trustor && !trustor->empty()) {
    call.enforce("identity:list_trusts_for_trustor",
                 access::PairsTarget{{"target.trust.trustor_user_id", *trustor}});
    return Where().equals("trustor_user_id", *trustor);
  }
  if (trustee && !trustee->empty()) {
    call.enforce("identity:list_trusts_for_trustee",
                 access::PairsTarget{{"target.trust.trustee_user_id", *trustee}});
    return Where().equals("trustee_user_id", *trustee);
  }
  call.enforce("identity:list_trusts");
  return {};
}

http::Response list(Call& call, const State& state) {
  const Where where = wanted(call);
  refuse_delegated_token(call);
  json::Writer w;
  w.begin_object().key("trusts").begin_array();
  call.db().read([&](db::Session& session) {
    for (const Trust& trust : state.trusts.list(session, where)) {
      w.begin_object();
      write_trust(w, call, trust);
      w.end_object();
    }
  });
  w.end_array();
  write_list_links(w, call);
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response remove(Call& call, State& state) {
  call.db().write([&](db::Transaction& tx) {
    const Trust trust = permitted(call, state, tx, "identity:delete_trust");
    remove_trust(state, tx, trust.id);
    call.record(tx, {.type = "identity.OS-TRUST:trust.deleted", .subject = trust.id});
  });
  return http::Response::empty(204);
}

void remove_where(State& state, db::Transaction& tx, const Where& where) {
  for (const Trust& trust : state.trusts.list(tx, where)) remove_trust(state, tx, trust.id);
}

}  // namespace

constinit const resource::Resource kTrust{.singular = "trust",
                                          .plural = "trusts",
                                          .path = "/v3/OS-TRUST/trusts",
                                          .scope = resource::Scope::cloud,
                                          .policy = {},
                                          .event = "identity.OS-TRUST:trust",
                                          .fields = kFields};

std::vector<Trust> trust_chain(const State& state, db::Session& session, const std::string& id) {
  std::vector<Trust> chain;
  std::optional<std::string> next = id;
  while (next) {
    auto trust = state.trusts.find(session, *next);
    if (!trust || is_expired(state, *trust) || chain.size() == kChainMax) return {};
    if (!chain.empty()) {
      const auto agent = state.users.find(session, trust->trustee_user_id);
      if (!agent || !is_enabled(state, *agent)) return {};
    }
    next = trust->redelegated_trust_id;
    chain.push_back(std::move(*trust));
  }
  return chain;
}

std::vector<std::string> roles_of_trust(db::Session& session, const std::string& id) {
  std::vector<std::string> ids;
  db::Rows rows =
      session.query("SELECT role_id FROM trust_roles WHERE trust_id = ? ORDER BY role_id", {id});
  while (rows.next()) ids.push_back(rows.string(0));
  return ids;
}

Trust usable_trust(const State& state, db::Session& session, const std::string& id) {
  const auto chain = trust_chain(state, session, id);
  if (chain.empty() || chain.front().remaining_uses.value_or(1) <= 0) throw no_such("trust", id);
  return chain.front();
}

void consume_trust(State& state, const std::string& id) {
  state.world.db.write([&](db::Transaction& tx) {
    const auto changed = tx.execute(
        "UPDATE trusts SET remaining_uses = remaining_uses - 1 WHERE id = ? AND "
        "COALESCE(remaining_uses, 1) > 0",
        {id});
    if (changed == 0) {
      throw Fault::forbidden(fmt::format("No remaining uses for trust: {}.", id));
    }
  });
}

void remove_trust(State& state, db::Transaction& tx, const std::string& id) {
  constexpr std::string_view kBelow =
      "IN (WITH RECURSIVE below(id) AS (SELECT ? UNION SELECT t.id FROM trusts t JOIN below b ON "
      "t.redelegated_trust_id = b.id) SELECT id FROM below)";
  static const std::string kRoles =
      fmt::format("DELETE FROM trust_roles WHERE trust_id {}", kBelow);
  static const std::string kTrusts = fmt::format("DELETE FROM trusts WHERE id {}", kBelow);
  state.revocations.add(tx, Revocations::What::trust, id, state.now());
  tx.execute(kRoles, {id});
  tx.execute(kTrusts, {id});
}

void remove_trusts_of_user(State& state, db::Transaction& tx, const std::string& user_id) {
  remove_where(state, tx,
               Where().and_("trustor_user_id = ? OR trustee_user_id = ?", {user_id, user_id}));
}

void remove_trusts_of_project(State& state, db::Transaction& tx, const std::string& project_id) {
  remove_where(state, tx, Where().equals("project_id", project_id));
}

http::Response trust_answer(int status, const Call& call, const State& state, db::Session& session,
                            const Trust& trust) {
  json::Writer w;
  w.begin_object().key("trust").begin_object();
  write_trust(w, call, trust);
  write_roles(w, call, state, session, trust.id);
  write_roles_links(w, call, "roles_links", trust.id);
  w.end_object().end_object();
  return http::Response::json(status, w.take());
}

void refuse_delegated_token(const Call& call) {
  const auto& methods = call.caller().methods;
  const auto has = [&](const char* m) {
    return std::find(methods.begin(), methods.end(), m) != methods.end();
  };
  const bool delegated = !call.caller().app_cred_id.empty() || has("application_credential") ||
                         has("oauth1") || has("ec2credential");
  if (delegated) throw forbidden_action("Delegated tokens cannot manage trusts.");
}

void add_trusts(resource::Service& service, State& state) {
  const std::string all(kTrust.path), one = all + "/{trust_id}";
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("POST", all, [&](Call& c) { return create_trust(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
  service.route("GET", one + "/roles", [&](Call& c) { return show_roles(c, state); });
  service.route("GET", one + "/roles/{role_id}", [&](Call& c) { return show_role(c, state); });
}

}  // namespace haneul::keystone
