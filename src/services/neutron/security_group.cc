#include "services/neutron/security_group.h"

#include <map>

#include <fmt/format.h>

#include "base/id.h"
#include "resource/call.h"
#include "resource/quota.h"
#include "services/neutron/errors.h"
#include "services/neutron/logic/security_rules.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&SecurityGroup::id>("id").filter().sort_key(),
    field<&SecurityGroup::name>("name")
        .checked(group_name)
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&SecurityGroup::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&SecurityGroup::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&SecurityGroup::stateful>("stateful").settable(create | update).filter(),
    field<&SecurityGroup::is_default>("is_default").hidden(),
    field<&SecurityGroup::shared>("shared").filter(), field<&SecurityGroup::tags>("tags"),
    field<&SecurityGroup::created_at>("created_at").sort_key(),
    field<&SecurityGroup::updated_at>("updated_at").sort_key(),
    field<&SecurityGroup::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<SecurityGroup>(kFields));

constexpr resource::Resource kGroup{
    .singular = "security_group",
    .plural = "security_groups",
    .path = "/v2.0/security-groups",
    .policy = {"create_security_group", "get_security_group", "get_security_group",
               "update_security_group", "delete_security_group"},
    .quota = "security_group",
    .event = "security_group",
    .fields = kFields,
};

SecurityGroupRule make_rule(const SecurityGroup& group, std::string_view way,
                            std::string_view family, bool from_itself) {
  SecurityGroupRule rule;
  rule.id = new_uuid();
  rule.project_id = group.project_id;
  rule.security_group_id = group.id;
  rule.direction = way;
  rule.ethertype = family;
  if (from_itself) rule.remote_group_id = group.id;
  rule.belongs_to_default_sg = group.is_default;
  rule.created_at = rule.updated_at = group.created_at;
  return rule;
}

// Everything out; into a default group, everything from its own members.
void add_first_rules(db::Transaction& tx, const Context& context, const SecurityGroup& group) {
  std::int64_t count = 0;
  for (const std::string_view family : {"IPv4", "IPv6"}) {
    security_group_rules().insert(tx, make_rule(group, "egress", family, false));
    ++count;
    if (!group.is_default) continue;
    security_group_rules().insert(tx, make_rule(group, "ingress", family, true));
    ++count;
  }
  count_usage(tx, context, group.project_id, "security_group_rule", count);
  mark_dirty(tx, context, net::Kind::security_group, group.id);
}

std::optional<std::string> default_group(db::Session& session, std::string_view project_id) {
  return session.text("SELECT id FROM security_groups WHERE project_id = ? AND is_default = 1",
                      {project_id});
}

bool is_bound(db::Session& session, std::string_view id) {
  return session
      .integer("SELECT 1 FROM security_group_bindings WHERE security_group_id = ? LIMIT 1", {id})
      .has_value();
}

Fault in_use(std::string_view id) {
  return Fault::conflict(fmt::format("Security Group {} in use.", id)).named("SecurityGroupInUse");
}

void before_update(resource::Change& change, const SecurityGroup& old, SecurityGroup& fresh) {
  if (old.is_default && change.given.has("name")) {
    throw Fault::conflict("Updating default security group not allowed.")
        .named("SecurityGroupCannotUpdateDefault");
  }
  if (old.stateful != fresh.stateful && is_bound(change.tx, old.id)) throw in_use(old.id);
}

void before_remove(const Context& context, resource::Change& change, const SecurityGroup& group) {
  if (is_bound(change.tx, group.id)) throw in_use(group.id);
  if (group.is_default && !context.is_admin(change.call.caller())) {
    throw Fault::conflict("Insufficient rights for removing default security group.")
        .named("SecurityGroupCannotRemoveDefault");
  }
  db::Rows remote = change.tx.query(
      "SELECT DISTINCT security_group_id FROM security_group_rules WHERE remote_group_id = ?"
      " AND security_group_id <> ?",
      {group.id, group.id});
  std::vector<std::string> others;
  while (remote.next()) others.push_back(remote.string(0));
  for (const auto& other : others) mark_dirty(change.tx, context, net::Kind::security_group, other);
  std::map<std::string, std::int64_t> gone;
  for (const auto& rule : security_group_rules().list(
           change.tx, resource::Where().and_("security_group_id = ? OR remote_group_id = ?",
                                             {group.id, group.id}))) {
    ++gone[rule.project_id];
    security_group_rules().remove(change.tx, rule.id);
  }
  for (const auto& [project, count] : gone) {
    context.world.quota.release(change.tx, "neutron", project, "security_group_rule", count);
  }
  if (group.tags.text != "[]") {
    change.tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {group.id});
  }
  mark_dirty(change.tx, context, net::Kind::security_group, group.id);
}

WriteMember rules_writer(const resource::Call&, db::Session& session,
                         const resource::RowList& rows) {
  std::vector<std::string> ids;
  for (const auto& group : rows_of<SecurityGroup>(rows)) ids.push_back(group.id);
  auto by_group = std::make_shared<std::map<std::string, std::vector<SecurityGroupRule>>>();
  for (auto& rule : rules_of(session, ids)) {
    (*by_group)[rule.security_group_id].push_back(std::move(rule));
  }
  return [by_group](const void* row, json::Writer& w) {
    w.key("security_group_rules").begin_array();
    const auto found = by_group->find(static_cast<const SecurityGroup*>(row)->id);
    if (found != by_group->end()) {
      for (const auto& rule : found->second) write_rule(w, rule);
    }
    w.end_array();
  };
}

}  // namespace

const resource::Resource& security_group_resource() {
  return kGroup;
}

const resource::Store<SecurityGroup>& security_groups() {
  static const resource::Store<SecurityGroup> store(kGroup);
  return store;
}

std::string ensure_default_group(db::Transaction& tx, const Context& context,
                                 std::string_view project_id) {
  if (auto known = default_group(tx, project_id)) return *known;
  SecurityGroup group;
  group.id = new_uuid();
  group.name = "default";
  group.project_id = project_id;
  group.description = "Default security group";
  group.is_default = true;
  group.created_at = group.updated_at = context.now();
  security_groups().insert(tx, group);
  count_usage(tx, context, project_id, "security_group", 1);
  add_first_rules(tx, context, group);
  return group.id;
}

void ensure_default_group(const Context& context, std::string_view project_id) {
  if (project_id.empty()) return;
  const auto known = [&](db::Session& s) { return default_group(s, project_id).has_value(); };
  if (context.world.db.read(known)) return;
  context.world.db.write(
      [&](db::Transaction& tx) { ensure_default_group(tx, context, project_id); });
}

Noun security_group_noun(const Context& context) {
  Hooks<SecurityGroup> h;
  h.before_look = [&context](resource::Call& call) {
    const std::string* asked = call.query().find("project_id");
    if (!asked) asked = call.query().find("tenant_id");
    const bool other = asked && context.is_admin(call.caller());
    ensure_default_group(context, other ? *asked : call.caller().project_id.text);
  };
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.and_("project_id = ? OR shared = 1", {call.caller().project_id.text});
  };
  h.before_create = [&context](resource::Change& c, SecurityGroup& group) {
    ensure_default_group(c.tx, context, group.project_id);
  };
  h.after_create = [&context](resource::Change& c, const SecurityGroup& group) {
    add_first_rules(c.tx, context, group);
  };
  h.before_update = [](resource::Change& c, const SecurityGroup& old, SecurityGroup& fresh) {
    before_update(c, old, fresh);
  };
  h.after_update = [&context](resource::Change& c, const SecurityGroup&, const SecurityGroup& g) {
    mark_dirty(c.tx, context, net::Kind::security_group, g.id);
  };
  h.before_remove = [&context](resource::Change& c, const SecurityGroup& group) {
    before_remove(context, c, group);
  };
  h.members = {{"security_group_rules", rules_writer}};
  return neutron_noun(kGroup, std::move(h));
}

}  // namespace haneul::neutron
