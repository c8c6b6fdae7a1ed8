#include "services/keystone/role.h"

#include <fmt/format.h>

#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/assignment/core.py, keystone/api/roles.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields =
    resource::fields(field<&Role::id>("id"),
                     field<&Role::name>("name")
                         .settable(create | update)
                         .required()
                         .range(1, 255)
                         .filter()
                         .sort_key(),
                     field<&Role::domain_id>("domain_id").settable(create).max(64).filter(),
                     field<&Role::description>("description").settable(create | update),
                     field<&Role::options>("options").settable(create | update),
                     field<&Role::extra>("extra").hidden());
static_assert(resource::complete<Role>(kFields));

constexpr std::string_view kNameTaken = "SELECT id FROM roles WHERE domain_id = ? AND name = ?";

void before_create(const State& state, Change& change, Role& role) {
  role.name = stripped_name(change.call, role.name);
  if (!role.domain_id.empty()) domain_or_fault(state, change.tx, role.domain_id.text);
  role.options = merged_options(change.call, {}, role.options, kImmutable);
  keep_extra(kRole, change.given, role.extra);
  refuse_same_name(change.tx, kNameTaken, "role", role.name, role.domain_id.text, role.id);
}

void before_update(Change& change, const Role& old, Role& fresh) {
  refuse_other_id(change.given, old.id);
  refuse_immutable_update("role", old.id, old.options, change.given);
  refuse_change(change.given, "domain_id", old.domain_id.text,
                "Update of `domain_id` is not allowed.");
  if (fresh.name != old.name) fresh.name = stripped_name(change.call, fresh.name);
  if (change.given.has("options")) {
    fresh.options = merged_options(change.call, old.options, fresh.options, kImmutable);
  }
  keep_extra(kRole, change.given, fresh.extra);
  refuse_same_name(change.tx, kNameTaken, "role", fresh.name, fresh.domain_id.text, fresh.id);
}

// Application credentials of those who held the role go with it, as upstream has it.
void remove_dependent_credentials(State& state, db::Transaction& tx, const Role& role) {
  std::vector<std::pair<std::string, std::string>> holders;
  {
    db::Rows rows = tx.query(
        "SELECT actor_id, target_id FROM role_assignments WHERE role_id = ? "
        "AND actor_kind = 'user' AND target_kind = 'project'",
        {role.id});
    while (rows.next()) holders.emplace_back(rows.string(0), rows.string(1));
  }
  for (const auto& [user, project] : holders) {
    remove_application_credentials(state, tx, user, project);
  }
}

void after_remove(State& state, db::Transaction& tx, const Role& role) {
  remove_dependent_credentials(state, tx, role);
  tx.execute("DELETE FROM role_assignments WHERE role_id = ?", {role.id});
  tx.execute("DELETE FROM implied_roles WHERE prior_role_id = ? OR implied_role_id = ?",
             {role.id, role.id});
  tx.execute("DELETE FROM application_credential_roles WHERE role_id = ?", {role.id});
  tx.execute("DELETE FROM trust_roles WHERE role_id = ?", {role.id});
  state.epochs.change_all(tx);
}

resource::Hooks<Role> hooks(State& state) {
  resource::Hooks<Role> h;
  h.before_create = [&](Change& c, Role& role) { before_create(state, c, role); };
  h.after_create = [&](Change& c, const Role&) { state.epochs.change_all(c.tx); };
  h.before_update = before_update;
  h.after_update = [&](Change& c, const Role&, const Role&) { state.epochs.change_all(c.tx); };
  h.before_remove = [](Change&, const Role& role) {
    refuse_immutable_removal("role", role.id, role.options);
  };
  h.after_remove = [&](Change& c, const Role& role) { after_remove(state, c.tx, role); };
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) {
    const std::string* domain = call.query().find("domain_id");
    if (!domain || domain->empty()) page.where.and_("domain_id = ''");
  };
  h.extras = [](const Call&, db::Session&, std::span<const Role>) {
    return [](const Role& role, json::Writer& w) { write_extra(w, role.extra); };
  };
  return h;
}

constexpr resource::Resource with_policies(resource::PolicyNames policy) {
  return {.singular = "role",
          .plural = "roles",
          .path = "/v3/roles",
          .table = "roles",
          .scope = resource::Scope::cloud,
          .policy = policy,
          .event = "identity.role",
          .update_method = "PATCH",
          .fields = kFields};
}

// The same rows under other policies: those of roles that belong to a domain.
constinit const resource::Resource kDomainRole = with_policies(
    {"identity:create_domain_role", "identity:list_domain_roles", "identity:get_domain_role",
     "identity:update_domain_role", "identity:delete_domain_role"});

bool names_domain(Call& call) {
  const auto form = call.form("role");
  const json::Value* domain = form.given().find("domain_id");
  return domain && !domain->is_null() && (!domain->text() || !domain->text()->empty());
}

}  // namespace

constinit const resource::Resource kRole =
    with_policies({"identity:create_role", "identity:list_roles", "identity:get_role",
                   "identity:update_role", "identity:delete_role"});

void write_role_members(json::Writer& w, const Role& role) {
  for (const auto& f : kFields) {
    if (!f.shown(resource::show, {})) continue;
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<Role*>(&role)), resource::TimeStyle::micros_naive);
  }
  write_extra(w, role.extra);
}

void add_roles(resource::Service& service, State& state) {
  const auto plain = resource::make_noun<Role>(kRole, hooks(state));
  const auto domains = resource::make_noun<Role>(kDomainRole, hooks(state));
  const auto noun_of = [plain, domains, &state](Call& call) -> const resource::Noun& {
    const auto role = call.db().read(
        [&](db::Session& session) { return state.roles.find(session, call.param("role_id")); });
    return role && !role->domain_id.empty() ? *domains : *plain;
  };
  service.route("POST", "/v3/roles",
                [=](Call& c) { return create_one(c, names_domain(c) ? *domains : *plain); });
  service.route("GET", "/v3/roles", [=](Call& c) {
    const std::string* domain = c.query().find("domain_id");
    return list_all(c, domain && !domain->empty() ? *domains : *plain);
  });
  const char* one = "/v3/roles/{role_id}";
  service.route("GET", one, [=](Call& c) { return show_one(c, noun_of(c), c.param("role_id")); });
  service.route("PATCH", one,
                [=](Call& c) { return update_one(c, noun_of(c), c.param("role_id")); });
  service.route("DELETE", one,
                [=](Call& c) { return remove_one(c, noun_of(c), c.param("role_id")); });
}

}  // namespace haneul::keystone
