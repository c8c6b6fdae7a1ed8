#include "services/neutron/rbac_policy.h"

#include <fmt/format.h>

#include "resource/call.h"
#include "services/neutron/errors.h"
#include "services/neutron/network.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

Refusal object_type(json::Value& value) {
  if (value.text() && *value.text() == "network") return std::nullopt;
  return fmt::format("{} is not in ['network']", shown(value));
}

Refusal action(json::Value& value) {
  if (value.text() && *value.text() == "access_as_shared") return std::nullopt;
  return fmt::format("{} is not in ['access_as_shared']", shown(value));
}

constexpr auto kFields = resource::fields(
    field<&RbacPolicy::id>("id").filter().sort_key(),
    field<&RbacPolicy::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&RbacPolicy::object_type>("object_type")
        .checked(object_type)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&RbacPolicy::object_id>("object_id")
        .checked(uuid)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&RbacPolicy::action>("action")
        .checked(action)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&RbacPolicy::target_project>("target_tenant")
        .stored_as("target_project")
        .settable(create | update)
        .required()
        .guarded(create | update)
        .max(255)
        .filter()
        .sort_key());
static_assert(resource::complete<RbacPolicy>(kFields));

constexpr resource::Resource kRbacPolicy{
    .singular = "rbac_policy",
    .plural = "rbac_policies",
    .path = "/v2.0/rbac-policies",
    .policy = {"create_rbac_policy", "get_rbac_policy", "get_rbac_policy", "update_rbac_policy",
               "delete_rbac_policy"},
    .quota = "rbac_policy",
    .event = "rbac_policy",
    .fields = kFields,
};

void check_object(const Context& context, resource::Change& change, const RbacPolicy& policy) {
  const auto& caller = change.call.caller();
  const bool admin = context.is_admin(caller);
  const auto network =
      networks().find(change.tx, policy.object_id, visible_networks(caller, admin));
  if (!network) throw network_not_found(policy.object_id);
  if (!admin && network->project_id != caller.project_id.text) {
    throw invalid_input("Only admins can manipulate policies on networks they do not own");
  }
}

// Whoever loses the network must not have ports on it.
void check_unused(db::Session& session, const RbacPolicy& policy) {
  const auto used = session.integer(
      "SELECT 1 FROM ports p JOIN networks n ON n.id = p.network_id WHERE n.id = ? AND"
      " p.project_id <> n.project_id AND p.project_id <> '' AND (? = '*' OR p.project_id = ?)"
      " AND NOT EXISTS (SELECT 1 FROM rbac_policies r WHERE r.object_id = n.id AND r.id <> ? AND"
      " r.target_project IN ('*', p.project_id)) LIMIT 1",
      {policy.object_id, policy.target_project, policy.target_project, policy.id});
  if (!used) return;
  throw Fault::conflict(fmt::format("RBAC policy on object {} cannot be removed because other "
                                    "objects depend on it. Details: Unable to reconfigure sharing "
                                    "settings for network {}. Multiple projects are using it.",
                                    policy.object_id, policy.object_id))
      .named("RbacPolicyInUse");
}

void refresh_shared(db::Transaction& tx, std::string_view network_id) {
  tx.execute(
      "UPDATE networks SET shared = EXISTS (SELECT 1 FROM rbac_policies WHERE object_id = ?"
      " AND action = 'access_as_shared' AND target_project = '*') WHERE id = ?",
      {network_id, network_id});
}

}  // namespace

Noun rbac_policy_noun(const Context& context) {
  Hooks<RbacPolicy> h;
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.equals("project_id", call.caller().project_id.text);
  };
  h.before_create = [&context](resource::Change& c, RbacPolicy& p) { check_object(context, c, p); };
  h.after_create = [](resource::Change& c, const RbacPolicy& p) {
    refresh_shared(c.tx, p.object_id);
  };
  h.before_update = [](resource::Change& c, const RbacPolicy& old, RbacPolicy& fresh) {
    if (old.target_project != fresh.target_project) check_unused(c.tx, old);
  };
  h.after_update = [](resource::Change& c, const RbacPolicy&, const RbacPolicy& p) {
    refresh_shared(c.tx, p.object_id);
  };
  h.before_remove = [](resource::Change& c, const RbacPolicy& p) { check_unused(c.tx, p); };
  h.after_remove = [](resource::Change& c, const RbacPolicy& p) {
    refresh_shared(c.tx, p.object_id);
  };
  return neutron_noun(kRbacPolicy, std::move(h));
}

}  // namespace haneul::neutron
