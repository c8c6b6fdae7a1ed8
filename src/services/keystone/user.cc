#include "services/keystone/user.h"

#include <fmt/format.h>

#include "base/text.h"
#include "resource/crud.h"
#include "resource/field.h"
#include "services/keystone/auth.h"
#include "services/keystone/dialect.h"
#include "services/keystone/directory_sync.h"
#include "services/keystone/extra.h"
#include "services/keystone/federated_user.h"
#include "services/keystone/logic/password.h"
#include "services/keystone/login.h"
#include "services/keystone/state.h"
#include "services/keystone/user_password.h"

// upstream: openstack/keystone:keystone/identity/core.py, keystone/api/users.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;
using resource::Where;

constexpr auto kFields =
    resource::fields(field<&User::id>("id"),
                     field<&User::name>("name")
                         .settable(create | update)
                         .required()
                         .range(1, 255)
                         .filter()
                         .sort_key(),
                     field<&User::domain_id>("domain_id").settable(create).range(1, 64).filter(),
                     field<&User::enabled>("enabled").settable(create | update).filter().hidden(),
                     field<&User::default_project_id>("default_project_id")
                         .settable(create | update)
                         .max(64)
                         .hidden(),
                     field<&User::password_hash>("password_hash").hidden(),
                     field<&User::password_created_at>("password_created_at").hidden(),
                     field<&User::password_expires_at>("password_expires_at"),
                     field<&User::password_self_service>("password_self_service").hidden(),
                     field<&User::last_active_at>("last_active_at").hidden(),
                     field<&User::created_at>("created_at").hidden(),
                     field<&User::options>("options").settable(create | update),
                     field<&User::extra>("extra").hidden());
static_assert(resource::complete<User>(kFields));

constexpr std::string_view kOwnKeys[] = {"password", "original_password", "federated"};
constexpr OptionRule kOptions[] = {{"ignore_change_password_upon_first_use"},
                                   {"ignore_password_expiry"},
                                   {"ignore_lockout_failure_attempts"},
                                   {"lock_password"},
                                   {"ignore_user_inactivity"},
                                   {"multi_factor_auth_enabled"},
                                   {"multi_factor_auth_rules", false}};
constexpr std::string_view kNameTaken = "SELECT id FROM users WHERE domain_id = ? AND name = ?";

void check_default_project(const State& state, db::Session& session, const User& user) {
  if (!user.default_project_id) return;
  const auto project = state.projects.find(session, *user.default_project_id);
  if (!project || !project->is_domain) return;
  throw Fault::bad_request("User's default project ID cannot be a domain ID: " + project->id);
}

void take_password(const State& state, const Change& change, User& user, PasswordGiver giver) {
  if (!change.given.has("password")) return;
  const auto hash = change.prepared.empty() ? std::nullopt : std::optional(change.prepared);
  set_password(state, change.tx, user, hash, giver);
}

// Whoever is enabled, or stays so while something else is changed, starts afresh.
void note_enabled(const State& state, Change& change, User& user) {
  if (!user.enabled) return;
  if (state.options.compliance.inactive_days > 0) user.last_active_at = day_of(state.now());
  forget_failures(change.tx, user.id);
}

void before_create(State& state, Change& change, User& user) {
  user.name = stripped_name(change.call, user.name);
  user.domain_id = domain_for(change.call, user.domain_id);
  domain_or_fault(state, change.tx, user.domain_id);
  refuse_write(state, change.tx, user.domain_id);
  user.options = merged_options(change.call, {}, user.options, kOptions);
  user.created_at = state.now();
  note_enabled(state, change, user);
  take_password(state, change, user, PasswordGiver::creator);
  keep_extra(kUser, change.given, user.extra, kOwnKeys);
  check_default_project(state, change.tx, user);
  refuse_same_name(change.tx, kNameTaken, "user", user.name, user.domain_id, user.id);
}

void before_update(State& state, Change& change, const User& old, User& fresh) {
  refuse_other_id(change.given, old.id);
  refuse_change(change.given, "domain_id", old.domain_id, "Cannot change Domain ID");
  refuse_write(state, change.tx, old.domain_id);
  if (fresh.name != old.name) fresh.name = stripped_name(change.call, fresh.name);
  if (change.given.has("options")) {
    fresh.options = merged_options(change.call, old.options, fresh.options, kOptions);
  }
  if (!change.given.has("enabled")) fresh.enabled = is_enabled(state, old);
  note_enabled(state, change, fresh);
  take_password(state, change, fresh, PasswordGiver::admin);
  keep_extra(kUser, change.given, fresh.extra, kOwnKeys);
  check_default_project(state, change.tx, fresh);
  refuse_same_name(change.tx, kNameTaken, "user", fresh.name, fresh.domain_id, fresh.id);
}

void after_update(State& state, Change& change, const User& old, const User& fresh) {
  const bool locked_out =
      (old.enabled && !fresh.enabled) || old.password_hash != fresh.password_hash;
  if (locked_out) return state.revoke_user(change.tx, fresh.id);
  state.epochs.change_user(change.tx, fresh.id);
}

void after_remove(State& state, Change& change, const User& user) {
  auto& tx = change.tx;
  tx.execute("DELETE FROM role_assignments WHERE actor_id = ? AND actor_kind = 'user'", {user.id});
  tx.execute("DELETE FROM group_members WHERE user_id = ?", {user.id});
  tx.execute("DELETE FROM credentials WHERE user_id = ?", {user.id});
  tx.execute("DELETE FROM former_passwords WHERE user_id = ?", {user.id});
  forget_failures(tx, user.id);
  remove_federated_user(tx, user.id);
  remove_application_credentials(state, tx, user.id);
  remove_trusts_of_user(state, tx, user.id);
  remove_access_tokens(state, tx, "authorizing_user_id", user.id);
  state.revoke_user(tx, user.id);
}

std::string hash_given(const State& state, Call& call, const json::Object& given) {
  const json::Value* password = given.find("password");
  if (!password) return {};
  if (!password->is_null() && !password->text()) {
    throw call.dialect().invalid({.kind = resource::Problem::Kind::wrong_type,
                                  .field = "password",
                                  .value = "***",
                                  .expected = "string"});
  }
  const auto text = password->text() ? std::optional(*password->text()) : std::nullopt;
  validate_password(state, text);
  return text ? new_password_hash(state, *text) : std::string();
}

// Former passwords have expired too. upstream: keystone/identity/core.py
// (_translate_expired_password_hints)
constexpr std::string_view kExpiry =
    "(password_expires_at {0} ? OR id IN (SELECT user_id FROM former_passwords WHERE expires_at "
    "{0} ?))";

// password_expires_at=lt:2016-12-08T22:02:00Z
void narrow_by_expiry(const Call& call, resource::Page& page) {
  const std::string* asked = call.query().find("password_expires_at");
  if (!asked) return;
  const auto colon = asked->find(':', 2);
  const bool has_operator = colon == 2 || colon == 3;
  const auto op = has_operator ? asked->substr(0, colon) : "eq";
  const auto when = parse_instant(has_operator ? asked->substr(colon + 1) : *asked);
  if (!when) {
    throw Fault::bad_request(
        "Timestamp not in expected format. The server could not comply with "
        "the request since it is either malformed or otherwise incorrect. "
        "The client is assumed to be in error.");
  }
  constexpr std::pair<std::string_view, std::string_view> kOperators[] = {
      {"eq", "="}, {"neq", "<>"}, {"lt", "<"}, {"lte", "<="}, {"gt", ">"}, {"gte", ">="}};
  for (const auto& [name, sign] : kOperators) {
    if (name != op) continue;
    page.where.and_(fmt::format(kExpiry, sign), {*when, *when});
    return;
  }
  throw Fault::bad_request(
      fmt::format("The given operator {} is not valid. It must be one of the "
                  "following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.",
                  op));
}

resource::Hooks<User> view_hooks(const State& state) {
  resource::Hooks<User> h;
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) page.where.equals("domain_id", domain);
    narrow_by_expiry(call, page);
  };
  h.extras = [&state](const Call&, db::Session&, std::span<const User>) {
    return [&state](const User& user, json::Writer& w) {
      w.member("enabled", is_enabled(state, user));
      if (user.default_project_id) w.member("default_project_id", *user.default_project_id);
      write_extra(w, user.extra);
    };
  };
  return h;
}

resource::Hooks<User> hooks(State& state) {
  resource::Hooks<User> h = view_hooks(state);
  h.prepare = [&](Call& call, const json::Object& given) { return hash_given(state, call, given); };
  h.before_create = [&](Change& c, User& user) { before_create(state, c, user); };
  h.before_update = [&](Change& c, const User& old, User& fresh) {
    before_update(state, c, old, fresh);
  };
  h.after_update = [&](Change& c, const User& old, const User& fresh) {
    after_update(state, c, old, fresh);
  };
  h.before_remove = [&](Change& c, const User& user) { refuse_write(state, c.tx, user.domain_id); };
  h.after_remove = [&](Change& c, const User& user) { after_remove(state, c, user); };
  h.before_look = [&](Call& call) { sync_users_for(state, call); };
  h.narrow = [&state, narrow = h.narrow](const Call& call, db::Session& session,
                                         resource::Page& page) {
    narrow(call, session, page);
    narrow_to_domain(state, call, session, "user", page);
  };
  h.list_target = [](const Call& call, access::PairsTarget& target) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) target.add("target.domain_id", domain);
  };
  return h;
}

void enforce_on_user(const State& state, const Call& call, db::Session& session, const char* rule,
                     const std::string& id) {
  const auto user = state.users.find(session, id);
  if (!user) call.throw_absent(kUser, id, rule);
  access::PairsTarget target{{"user_id", user->id},
                             {"target.user.id", user->id},
                             {"target.user.domain_id", user->domain_id}};
  call.enforce(rule, target);
}

}  // namespace

constinit const resource::Resource kUser{
    .singular = "user",
    .plural = "users",
    .path = "/v3/users",
    .table = "users",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_user", "identity:list_users", "identity:get_user",
               "identity:update_user", "identity:delete_user"},
    .event = "identity.user",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> plain_user_noun(const State& state) {
  return resource::make_noun<User>(kUser, view_hooks(state));
}

void add_users(resource::Service& service, State& state) {
  service.resource<User>(kUser, hooks(state));
  add_user_passwords(service, state);
  service.route("GET", "/v3/users/{user_id}/projects",
                [&state, noun = plain_project_noun()](Call& c) {
                  const auto& id = c.param("user_id");
                  sync_user(state, id, state.options.identity_cache_time);
                  c.db().read([&](db::Session& session) {
                    enforce_on_user(state, c, session, "identity:list_user_projects", id);
                  });
                  return list_where(c, *noun, projects_of_user(id));
                });
  service.route("GET", "/v3/users/{user_id}/groups", [&state, noun = plain_group_noun()](Call& c) {
    const auto& id = c.param("user_id");
    sync_user(state, id);
    c.db().read([&](db::Session& session) {
      enforce_on_user(state, c, session, "identity:list_groups_for_user", id);
    });
    return list_where(
        c, *noun,
        Where().and_("id IN (SELECT group_id FROM group_members_now WHERE user_id = ?)", {id}));
  });
}

}  // namespace haneul::keystone
