#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "services/keystone/dialect.h"
#include "services/keystone/expiry.h"
#include "services/keystone/state.h"
#include "services/keystone/trust.h"

// upstream: openstack/keystone:keystone/api/trusts.py (post), keystone/trust/core.py (create_trust)
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Form;

constexpr resource::TextRule kId{.chars_min = 1, .chars_max = 64};
constexpr resource::IntegerRule kCount{.minimum = 0, .null_allowed = true, .text_allowed = false};
constexpr std::size_t kRolesMax = 1000;

// What a request wants, checked as far as the body tells.
struct Wanted {
  Trust trust;
  std::vector<std::string> role_ids, role_names;
  bool allow_redelegation = false;
  std::optional<std::int64_t> redelegation_count;
};

void read_roles(Form& form, Wanted& wanted) {
  const json::Array* roles = form.array("roles", kRolesMax);
  if (!roles) return;
  for (std::size_t i = 0; i < roles->size(); ++i) {
    Form role = form.item((*roles)[i], "roles", i);
    const auto id = role.text("id", kId), name = role.text("name", {.chars_min = 1});
    role.done();
    if (id.has_value() == name.has_value()) {
      role.fail({.kind = resource::Problem::Kind::missing, .field = "id"});
    }
    id ? wanted.role_ids.push_back(*id) : wanted.role_names.push_back(*name);
  }
}

Wanted read_wanted(Form& form, const State& state) {
  Wanted wanted;
  Trust& trust = wanted.trust;
  trust.trustor_user_id = form.required_text("trustor_user_id", kId);
  trust.trustee_user_id = form.required_text("trustee_user_id", kId);
  const auto impersonation = form.boolean("impersonation");
  if (!impersonation) {
    form.fail({.kind = resource::Problem::Kind::missing, .field = "impersonation"});
  }
  trust.impersonation = *impersonation;
  trust.project_id =
      form.text("project_id", {.chars_min = 1, .chars_max = 64, .null_allowed = true});
  trust.remaining_uses =
      form.integer("remaining_uses", {.minimum = 1, .null_allowed = true, .text_allowed = false});
  if (const auto* flag = form.any("allow_redelegation"); flag && !flag->is_null()) {
    wanted.allow_redelegation = form.boolean("allow_redelegation").value_or(false);
  }
  wanted.redelegation_count = form.integer("redelegation_count", kCount);
  read_roles(form, wanted);
  trust.expires_at = read_expiry(state, form);
  return wanted;
}

void check_redelegable(const State& state, db::Session& session, const Trust& above,
                       Wanted& wanted) {
  const auto most = state.options.redelegations_max;
  if (above.redelegation_count <= 0 || above.redelegation_count > most) {
    throw Fault::forbidden(
        fmt::format("Remaining redelegation depth of {} out of allowed range of [0..{}]",
                    above.redelegation_count, most));
  }
  Trust& trust = wanted.trust;
  if (trust.remaining_uses) {
    throw Fault::forbidden(
        fmt::format("Field \"remaining_uses\" is set to {} while it must not be "
                    "set in order to redelegate a trust",
                    *trust.remaining_uses));
  }
  if (!trust.expires_at) trust.expires_at = above.expires_at;
  if (above.expires_at && *above.expires_at < *trust.expires_at) {
    throw Fault::forbidden("Requested expiration time is more than redelegated trust can provide");
  }
  const auto roles = roles_of_trust(session, above.id);
  for (const auto& id : wanted.role_ids) {
    if (std::find(roles.begin(), roles.end(), id) != roles.end()) continue;
    throw Fault::forbidden("Some of requested roles are not in redelegated trust");
  }
  if (trust.impersonation && !above.impersonation) {
    throw Fault::forbidden(fmt::format(
        "Impersonation is not allowed because redelegated trust does not specify impersonation. "
        "Redelegated trust id: {}",
        above.id));
  }
}

// How often it may be handed on.
void settle_count(const State& state, Wanted& wanted) {
  const auto most = state.options.redelegations_max;
  if (!wanted.allow_redelegation || wanted.redelegation_count == 0) {
    wanted.allow_redelegation = false;
    wanted.trust.redelegation_count = 0;
    return;
  }
  if (wanted.redelegation_count.value_or(0) > most) {
    throw Fault::forbidden(
        fmt::format("Requested redelegation depth of {} is greater than allowed {}",
                    *wanted.redelegation_count, most));
  }
  if (wanted.trust.remaining_uses) {
    throw Fault::bad_request("remaining_uses must not be set if redelegation is allowed");
  }
  wanted.trust.redelegation_count = wanted.redelegation_count.value_or(most);
}

// Made with a token of a trust, the new one hangs on that.
void redelegate(const Call& call, const State& state, db::Session& session, Wanted& wanted) {
  const auto& id = call.caller().trust_id.text;
  if (id.empty()) return;
  const auto chain = trust_chain(state, session, id);
  if (chain.empty()) throw no_such("trust", id);
  wanted.trust.redelegated_trust_id = id;
  const auto left = chain.front().redelegation_count - 1;
  if (wanted.allow_redelegation) {
    if (wanted.redelegation_count && *wanted.redelegation_count != left) {
      throw Fault::forbidden(
          "Modifying \"redelegation_count\" upon redelegation is forbidden. "
          "Omitting this parameter is advised.");
    }
    wanted.trust.redelegation_count = left;
  }
  for (const Trust& above : chain) check_redelegable(state, session, above, wanted);
}

void name_to_id(db::Session& session, Wanted& wanted) {
  for (const auto& name : wanted.role_names) {
    const auto id = session.text("SELECT id FROM roles WHERE domain_id = '' AND name = ?", {name});
    if (!id) throw no_such("role", name);
    wanted.role_ids.push_back(*id);
  }
}

// The one at the beginning of the chain must have every role there.
void check_roles(const Call& call, const State& state, db::Session& session, const Wanted& wanted) {
  std::string trustor = wanted.trust.trustor_user_id;
  const auto& above = call.caller().trust_id.text;
  if (!above.empty()) {
    const auto chain = trust_chain(state, session, above);
    if (chain.empty()) throw no_such("trust", above);
    trustor = chain.back().trustor_user_id;
  }
  std::vector<std::string> held;
  if (wanted.trust.project_id) {
    project_or_fault(state, session, *wanted.trust.project_id);
    held = assigned_roles(session, trustor, {RoleTarget::Kind::project, *wanted.trust.project_id});
  }
  const auto graph = RoleGraph::read(session);
  const auto all = graph->closure(held, true);
  for (const auto& id : wanted.role_ids) {
    const bool has = std::any_of(all.begin(), all.end(), [&](auto* r) { return r->id == id; });
    if (!has) throw no_such("role", id);
  }
}

void store(const State& state, db::Transaction& tx, const Wanted& wanted) {
  state.trusts.insert(tx, wanted.trust);
  for (const auto& id : wanted.role_ids) {
    tx.execute("INSERT OR IGNORE INTO trust_roles (trust_id, role_id) VALUES (?, ?)",
               {wanted.trust.id, id});
  }
}

}  // namespace

http::Response create_trust(Call& call, State& state) {
  Form form = call.form("trust", true);
  call.enforce("identity:create_trust", BodyTarget("trust", form.given()));
  Wanted wanted = read_wanted(form, state);
  refuse_delegated_token(call);
  if (wanted.trust.project_id && wanted.role_ids.empty() && wanted.role_names.empty()) {
    throw forbidden_action("At least one role should be specified");
  }
  if (call.caller().user_id.text != wanted.trust.trustor_user_id) {
    throw forbidden_action("The authenticated user should match the trustor");
  }
  wanted.trust.id = new_hex_id();
  return call.db().write([&](db::Transaction& tx) {
    user_or_fault(state, tx, wanted.trust.trustee_user_id);
    name_to_id(tx, wanted);
    check_roles(call, state, tx, wanted);
    settle_count(state, wanted);
    redelegate(call, state, tx, wanted);
    store(state, tx, wanted);
    call.record(tx, {.type = "identity.OS-TRUST:trust.created", .subject = wanted.trust.id});
    return trust_answer(201, call, state, tx, wanted.trust);
  });
}

}  // namespace haneul::keystone
