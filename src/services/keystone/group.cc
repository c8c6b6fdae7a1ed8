#include "services/keystone/group.h"

#include <fmt/format.h>

#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/extra.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/identity/core.py, keystone/api/groups.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;
using resource::Where;

constexpr auto kFields =
    resource::fields(field<&Group::id>("id"),
                     field<&Group::name>("name")
                         .settable(create | update)
                         .required()
                         .range(1, 64)
                         .filter()
                         .sort_key(),
                     field<&Group::domain_id>("domain_id").settable(create).range(1, 64).filter(),
                     field<&Group::description>("description").settable(create | update),
                     field<&Group::extra>("extra").hidden());
static_assert(resource::complete<Group>(kFields));

constexpr std::string_view kNameTaken =
    "SELECT id FROM user_groups WHERE domain_id = ? AND name = ?";

void before_create(State& state, Change& change, Group& group) {
  group.name = stripped_name(change.call, group.name);
  group.domain_id = domain_for(change.call, group.domain_id);
  domain_or_fault(state, change.tx, group.domain_id);
  refuse_write(state, change.tx, group.domain_id);
  if (!change.given.has("description")) group.description = "";
  keep_extra(kGroup, change.given, group.extra);
  refuse_same_name(change.tx, kNameTaken, "group", group.name, group.domain_id, group.id);
}

void before_update(State& state, Change& change, const Group& old, Group& fresh) {
  refuse_other_id(change.given, old.id);
  refuse_change(change.given, "domain_id", old.domain_id, "Cannot change Domain ID");
  refuse_write(state, change.tx, old.domain_id);
  if (fresh.name != old.name) fresh.name = stripped_name(change.call, fresh.name);
  keep_extra(kGroup, change.given, fresh.extra);
  refuse_same_name(change.tx, kNameTaken, "group", fresh.name, fresh.domain_id, fresh.id);
}

void before_remove(State& state, db::Transaction& tx, const Group& group) {
  refuse_write(state, tx, group.domain_id);
  std::vector<std::string> members;
  {
    db::Rows rows =
        tx.query("SELECT user_id FROM group_members_now WHERE group_id = ?", {group.id});
    while (rows.next()) members.push_back(rows.string(0));
  }
  for (const auto& id : members) state.revoke_user(tx, id);
  tx.execute("DELETE FROM group_members WHERE group_id = ?", {group.id});
  tx.execute("DELETE FROM expiring_group_members WHERE group_id = ?", {group.id});
  tx.execute("DELETE FROM role_assignments WHERE actor_id = ? AND actor_kind = 'group'",
             {group.id});
}

resource::Hooks<Group> view_hooks() {
  resource::Hooks<Group> h;
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) page.where.equals("domain_id", domain);
  };
  h.extras = [](const Call&, db::Session&, std::span<const Group>) {
    return [](const Group& group, json::Writer& w) { write_extra(w, group.extra); };
  };
  return h;
}

resource::Hooks<Group> hooks(State& state) {
  resource::Hooks<Group> h = view_hooks();
  h.before_create = [&](Change& c, Group& group) { before_create(state, c, group); };
  h.before_update = [&](Change& c, const Group& old, Group& fresh) {
    before_update(state, c, old, fresh);
  };
  h.before_remove = [&](Change& c, const Group& group) { before_remove(state, c.tx, group); };
  h.before_look = [&](Call& call) { sync_groups_for(state, call); };
  h.narrow = [&state, narrow = h.narrow](const Call& call, db::Session& session,
                                         resource::Page& page) {
    narrow(call, session, page);
    narrow_to_domain(state, call, session, "group", page);
  };
  h.list_target = [](const Call& call, access::PairsTarget& target) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) target.add("target.group.domain_id", domain);
  };
  return h;
}

// Asks the policy about a group and maybe a user, which may both be absent; then they may not.
void enforce_on_member(const State& state, const Call& call, db::Session& session,
                       const char* rule) {
  const auto group = state.groups.find(session, call.param("group_id"));
  const auto user = state.users.find(session, call.param("user_id"));
  access::PairsTarget target{{"user_id", call.param("user_id")},
                             {"group_id", call.param("group_id")}};
  if (group) target.add("target.group.domain_id", group->domain_id);
  if (user) {
    target.add("target.user.id", user->id);
    target.add("target.user.domain_id", user->domain_id);
  }
  call.enforce(rule, target);
  if (!user && !call.param("user_id").empty()) throw no_such("user", call.param("user_id"));
  if (!group) throw no_such("group", call.param("group_id"));
}

[[noreturn]] void not_a_member(const Call& call) {
  throw Fault::not_found(fmt::format("User '{}' not found in group '{}'", call.param("user_id"),
                                     call.param("group_id")));
}

http::Response list_members(Call& call, State& state, const resource::Noun& users) {
  sync_members(state, call.param("group_id"));
  call.db().read([&](db::Session& session) {
    enforce_on_member(state, call, session, "identity:list_users_in_group");
  });
  return list_where(call, users,
                    Where().and_("id IN (SELECT user_id FROM group_members WHERE group_id = ?)",
                                 {call.param("group_id")}));
}

http::Response check_member(Call& call, State& state) {
  sync_user(state, call.param("user_id"));
  call.db().read([&](db::Session& session) {
    enforce_on_member(state, call, session, "identity:check_user_in_group");
    const auto there =
        session.text("SELECT user_id FROM group_members WHERE user_id = ? AND group_id = ?",
                     {call.param("user_id"), call.param("group_id")});
    if (!there) not_a_member(call);
  });
  return http::Response::empty(204);
}

void record_member(const Call& call, db::Transaction& tx, std::string_view what) {
  call.record(tx, {.type = "identity.group.updated",
                   .subject = call.param("group_id"),
                   .details = {{"actor_id", call.param("user_id")},
                               {"actor_type", "user"},
                               {"actor_operation", what}}});
}

// Both are the directory's, or neither is; and the directory's do not change.
void refuse_directory_members(State& state, const Call& call, db::Session& session) {
  if (!state.directories.may_exist()) return;
  const auto group = group_or_fault(state, session, call.param("group_id"));
  const auto user = user_or_fault(state, session, call.param("user_id"));
  const auto of_group = state.directories.find(session, group.domain_id);
  if (of_group != state.directories.find(session, user.domain_id)) {
    throw Fault::forbidden(
        fmt::format("Group membership across backend boundaries is not allowed. Group in question "
                    "is {}, user is {}.",
                    group.id, user.id));
  }
  refuse_write(state, session, group.domain_id);
}

http::Response add_member(Call& call, State& state) {
  call.db().write([&](db::Transaction& tx) {
    enforce_on_member(state, call, tx, "identity:add_user_to_group");
    refuse_directory_members(state, call, tx);
    const auto& user = call.param("user_id");
    const auto& group = call.param("group_id");
    tx.execute("DELETE FROM group_members WHERE user_id = ? AND group_id = ?", {user, group});
    tx.execute("INSERT INTO group_members (user_id, group_id) VALUES (?, ?)", {user, group});
    state.epochs.change_user(tx, user);
    record_member(call, tx, "added");
  });
  return http::Response::empty(204);
}

http::Response remove_member(Call& call, State& state) {
  call.db().write([&](db::Transaction& tx) {
    enforce_on_member(state, call, tx, "identity:remove_user_from_group");
    refuse_directory_members(state, call, tx);
    const auto gone = tx.execute("DELETE FROM group_members WHERE user_id = ? AND group_id = ?",
                                 {call.param("user_id"), call.param("group_id")});
    if (gone == 0) not_a_member(call);
    state.revoke_user(tx, call.param("user_id"));
    record_member(call, tx, "removed");
  });
  return http::Response::empty(204);
}

}  // namespace

constinit const resource::Resource kGroup{
    .singular = "group",
    .plural = "groups",
    .path = "/v3/groups",
    .table = "user_groups",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_group", "identity:list_groups", "identity:get_group",
               "identity:update_group", "identity:delete_group"},
    .event = "identity.group",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> plain_group_noun() {
  return resource::make_noun<Group>(kGroup, view_hooks());
}

void add_groups(resource::Service& service, State& state) {
  service.resource<Group>(kGroup, hooks(state));
  const std::string all = "/v3/groups/{group_id}/users", one = all + "/{user_id}";
  service.route("GET", all, [&state, users = plain_user_noun(state)](Call& c) {
    return list_members(c, state, *users);
  });
  service.route("GET", one, [&](Call& c) { return check_member(c, state); });
  service.route("PUT", one, [&](Call& c) { return add_member(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove_member(c, state); });
}

}  // namespace haneul::keystone
