#include <fmt/format.h>

#include "resource/call.h"
#include "services/neutron/errors.h"
#include "services/neutron/logic/security_rules.h"
#include "services/neutron/security_group.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using Rule = SecurityGroupRule;

constexpr auto kFields = resource::fields(
    field<&Rule::id>("id").filter().sort_key(),
    field<&Rule::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&Rule::security_group_id>("security_group_id")
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&Rule::direction>("direction")
        .checked(direction)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&Rule::ethertype>("ethertype").checked(ethertype).settable(create).filter().sort_key(),
    field<&Rule::protocol>("protocol").checked(protocol).settable(create).filter().sort_key(),
    field<&Rule::port_range_min>("port_range_min")
        .checked(port_number)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Rule::port_range_max>("port_range_max")
        .checked(port_number)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Rule::remote_ip_prefix>("remote_ip_prefix")
        .checked(remote_prefix)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Rule::remote_group_id>("remote_group_id").settable(create).filter().sort_key(),
    field<&Rule::remote_address_group_id>("remote_address_group_id").filter().sort_key(),
    field<&Rule::normalized_cidr>("normalized_cidr"),
    field<&Rule::description>("description").settable(create).max(255).filter().sort_key(),
    field<&Rule::belongs_to_default_sg>("belongs_to_default_sg").filter(),
    field<&Rule::created_at>("created_at").sort_key(),
    field<&Rule::updated_at>("updated_at").sort_key(),
    field<&Rule::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<Rule>(kFields));

constexpr resource::Resource kRule{
    .singular = "security_group_rule",
    .plural = "security_group_rules",
    .path = "/v2.0/security-group-rules",
    .policy = {"create_security_group_rule", "get_security_group_rule", "get_security_group_rule",
               "", "delete_security_group_rule"},
    .quota = "security_group_rule",
    .event = "security_group_rule",
    .fields = kFields,
};

// A group that rules of this project may be added to or may name.
void check_group(const Context& context, const resource::Call& call, db::Session& session,
                 const Rule& rule, const std::string& id, bool own) {
  resource::Where where;
  if (!context.is_admin(call.caller())) {
    own ? where.equals("project_id", rule.project_id)
        : where.and_("project_id = ? OR shared = 1", {rule.project_id});
  }
  if (!security_groups().find(session, id, where)) throw security_group_not_found(id);
}

void before_create(const Context& context, resource::Change& change, Rule& rule) {
  if (rule.description && rule.description->empty()) rule.description = "";
  check_rule(rule);
  if (rule.remote_group_id) {
    check_group(context, change.call, change.tx, rule, *rule.remote_group_id, false);
  }
  check_group(context, change.call, change.tx, rule, rule.security_group_id, true);
  for (const Rule& other : rules_of(change.tx, {rule.security_group_id})) {
    if (!is_same_rule(rule, other)) continue;
    throw Fault::conflict(
        fmt::format("Security group rule already exists. Rule id is {}.", other.id))
        .named("SecurityGroupRuleExists");
  }
  const auto group = security_groups().find(change.tx, rule.security_group_id);
  rule.belongs_to_default_sg = group->is_default;
}

// Rules are part of their group's revision.
void touch_group(db::Transaction& tx, const Context& context, std::string_view id) {
  tx.execute(
      "UPDATE security_groups SET revision_number = revision_number + 1, updated_at = ?"
      " WHERE id = ?",
      {context.now(), id});
  mark_dirty(tx, context, net::Kind::security_group, id);
}

}  // namespace

const resource::Store<Rule>& security_group_rules() {
  static const resource::Store<Rule> store(kRule);
  return store;
}

std::vector<Rule> rules_of(db::Session& session, const std::vector<std::string>& groups) {
  constexpr std::size_t kAtOnce = 500;
  std::vector<Rule> all;
  for (std::size_t i = 0; i < groups.size(); i += kAtOnce) {
    const auto end = std::min(groups.size(), i + kAtOnce);
    const std::vector<std::string> some(groups.begin() + static_cast<std::ptrdiff_t>(i),
                                        groups.begin() + static_cast<std::ptrdiff_t>(end));
    auto rows =
        security_group_rules().list(session, resource::Where().in("security_group_id", some));
    all.insert(all.end(), std::make_move_iterator(rows.begin()),
               std::make_move_iterator(rows.end()));
  }
  return all;
}

void write_rule(json::Writer& w, const Rule& rule) {
  w.begin_object();
  for (const auto& f : kFields) {
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<Rule*>(&rule)), resource::TimeStyle::seconds_z);
  }
  w.member("tenant_id", rule.project_id).end_object();
}

Noun security_group_rule_noun(const Context& context) {
  Hooks<Rule> h;
  h.before_look = [&context](resource::Call& call) {
    ensure_default_group(context, call.caller().project_id.text);
  };
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    const std::string& project = call.caller().project_id.text;
    return where.and_(
        "project_id = ? OR security_group_id IN (SELECT id FROM security_groups"
        " WHERE project_id = ?)",
        {project, project});
  };
  h.facts = [](db::Session& session, const Rule& rule, RowFacts& facts) {
    const auto owner = session.text("SELECT project_id FROM security_groups WHERE id = ?",
                                    {rule.security_group_id});
    if (!owner) throw security_group_not_found(rule.security_group_id);
    facts.add("security_group:project_id", *owner);
    facts.add("security_group:tenant_id", *owner);
  };
  h.before_create = [&context](resource::Change& c, Rule& rule) {
    before_create(context, c, rule);
  };
  h.after_create = [&context](resource::Change& c, const Rule& rule) {
    touch_group(c.tx, context, rule.security_group_id);
  };
  h.after_remove = [&context](resource::Change& c, const Rule& rule) {
    touch_group(c.tx, context, rule.security_group_id);
  };
  return neutron_noun(kRule, std::move(h));
}

}  // namespace haneul::neutron
