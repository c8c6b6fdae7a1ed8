#include "services/keystone/domain.h"

#include <algorithm>

#include "base/id.h"
#include "base/text.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/identity_provider.h"
#include "services/keystone/project_tag.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/resource/core.py, keystone/api/domains.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Domain::id>("id").filter(),
    field<&Domain::name>("name")
        .settable(create | update)
        .required()
        .range(1, 64)
        .filter()
        .sort_key(),
    field<&Domain::enabled>("enabled").settable(create | update).filter(),
    field<&Domain::description>("description").settable(create | update),
    field<&Domain::tags>("tags").settable(create | update).max(kProjectTagsMax),
    field<&Domain::options>("options").settable(create | update),
    field<&Domain::extra>("extra").hidden(), field<&Domain::is_domain>("is_domain").hidden());
static_assert(resource::complete<Domain>(kFields));

constexpr std::string_view kOwnKeys[] = {"explicit_domain_id", "is_domain", "domain_id",
                                         "parent_id"};

void refuse_same_domain_name(db::Session& session, const Domain& d) {
  const auto taken =
      session.text("SELECT id FROM projects WHERE domain_id = '' AND name = ?", {d.name});
  if (!taken || *taken == d.id) return;
  throw conflict("domain",
                 "it is not permitted to have two projects acting as domains with the "
                 "same name: " +
                     d.name);
}

// Ids that the client chose look like those made here.
void take_explicit_id(const json::Object& given, Domain& d) {
  const json::Value* id = given.find("explicit_domain_id");
  if (!id || id->is_null()) return;
  const bool fits = id->text() && id->text()->size() == 32 && is_uuid_like(*id->text()) &&
                    lower(*id->text()) == *id->text();
  if (!fits) throw Fault::bad_request("Domain ID does not conform to required UUID format.");
  d.id = *id->text();
}

void before_create(Change& change, Domain& d) {
  take_explicit_id(change.given, d);
  d.name = stripped_name(change.call, d.name);
  check_tags(change.call, d.tags);
  d.options = merged_options(change.call, {}, d.options, kImmutable);
  keep_extra(kDomain, change.given, d.extra, kOwnKeys);
  if (!change.given.has("description")) d.description = "";
  refuse_same_domain_name(change.tx, d);
  if (change.tx.text("SELECT id FROM projects WHERE id = ?", {d.id})) {
    throw conflict("domain", "Duplicate ID, " + d.id + ".");
  }
}

void before_update(Change& change, const Domain& old, Domain& fresh) {
  refuse_other_id(change.given, old.id);
  refuse_immutable_update("domain", old.id, old.options, change.given);
  if (fresh.name != old.name) fresh.name = stripped_name(change.call, fresh.name);
  check_tags(change.call, fresh.tags);
  if (change.given.has("options")) {
    fresh.options = merged_options(change.call, old.options, fresh.options, kImmutable);
  }
  keep_extra(kDomain, change.given, fresh.extra, kOwnKeys);
  refuse_same_domain_name(change.tx, fresh);
}

void before_remove(const Domain& d) {
  refuse_immutable_removal("domain", d.id, d.options);
  if (d.enabled) {
    throw Fault::forbidden("Cannot delete a domain that is enabled, please disable it first.");
  }
}

// Statements with one ? for the domain: children first, so that sub-selects still find parents.
constexpr std::string_view kContents[] = {
    "DELETE FROM role_assignments WHERE actor_id IN (SELECT public_id FROM id_mapping WHERE "
    "domain_id = ?1)",
    "DELETE FROM id_mapping WHERE domain_id = ?1",
    "DELETE FROM domain_config WHERE domain_id = ?1",
    "DELETE FROM role_assignments WHERE target_kind <> 'system' AND target_id IN "
    "(SELECT id FROM projects WHERE id = ?1 OR domain_id = ?1)",
    "DELETE FROM role_assignments WHERE actor_id IN (SELECT id FROM users WHERE domain_id = ?1 "
    "UNION SELECT id FROM user_groups WHERE domain_id = ?1)",
    "DELETE FROM role_assignments WHERE role_id IN (SELECT id FROM roles WHERE domain_id = ?1)",
    "DELETE FROM implied_roles WHERE prior_role_id IN (SELECT id FROM roles WHERE domain_id = ?1) "
    "OR implied_role_id IN (SELECT id FROM roles WHERE domain_id = ?1)",
    "DELETE FROM group_members WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1) "
    "OR group_id IN (SELECT id FROM user_groups WHERE domain_id = ?1)",
    "DELETE FROM expiring_group_members WHERE user_id IN (SELECT id FROM users WHERE domain_id = "
    "?1) OR group_id IN (SELECT id FROM user_groups WHERE domain_id = ?1)",
    "DELETE FROM federated_users WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1)",
    "DELETE FROM credentials WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1) "
    "OR project_id IN (SELECT id FROM projects WHERE domain_id = ?1)",
    "DELETE FROM application_credential_roles WHERE application_credential_id IN (SELECT id FROM "
    "application_credentials WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1) OR "
    "project_id IN (SELECT id FROM projects WHERE domain_id = ?1))",
    "DELETE FROM application_credential_access_rules WHERE application_credential_id IN (SELECT "
    "id FROM application_credentials WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1) "
    "OR project_id IN (SELECT id FROM projects WHERE domain_id = ?1))",
    "DELETE FROM application_credentials WHERE user_id IN (SELECT id FROM users WHERE domain_id = "
    "?1) OR project_id IN (SELECT id FROM projects WHERE domain_id = ?1)",
    "DELETE FROM access_rules WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1)",
    "DELETE FROM limits WHERE domain_id = ?1 OR project_id IN (SELECT id FROM projects WHERE "
    "domain_id = ?1)",
    "UPDATE users SET default_project_id = NULL WHERE default_project_id IN (SELECT id FROM "
    "projects WHERE domain_id = ?1)",
    "DELETE FROM former_passwords WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1)",
    "DELETE FROM login_failures WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?1)",
    "DELETE FROM users WHERE domain_id = ?1",
    "DELETE FROM user_groups WHERE domain_id = ?1",
    "DELETE FROM roles WHERE domain_id = ?1",
    "DELETE FROM projects WHERE domain_id = ?1"};

resource::Hooks<Domain> hooks(State& state) {
  resource::Hooks<Domain> h;
  h.before_create = [&](Change& c, Domain& d) {
    before_create(c, d);
    state.epochs.change_directories(c.tx);  // files know domains by their names
  };
  h.before_update = before_update;
  h.after_update = [&](Change& c, const Domain& old, const Domain& fresh) {
    if (old.name != fresh.name) state.epochs.change_directories(c.tx);
    state.epochs.change_all(c.tx);
  };
  h.before_remove = [&](Change& c, const Domain& d) {
    before_remove(d);
    remove_identity_providers_of_domain(c.tx, d.id);
    for (const auto sql : kContents) c.tx.execute(sql, {d.id});
    state.epochs.change_directories(c.tx);
    state.epochs.change_all(c.tx);
  };
  h.visible = [](const resource::Call&) { return resource::Where().and_("is_domain = 1"); };
  h.list_target = [](const resource::Call& call, access::PairsTarget& target) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) target.add("target.domain.id", domain);
  };
  h.narrow = [](const resource::Call& call, db::Session&, resource::Page& page) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) page.where.equals("id", domain);
  };
  h.extras = [](const resource::Call&, db::Session&, std::span<const Domain>) {
    return [](const Domain& d, json::Writer& w) { write_extra(w, d.extra); };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kDomain{
    .singular = "domain",
    .plural = "domains",
    .path = "/v3/domains",
    .table = "projects",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_domain", "identity:list_domains", "identity:get_domain",
               "identity:update_domain", "identity:delete_domain"},
    .event = "identity.domain",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> plain_domain_noun() {
  resource::Hooks<Domain> h;
  h.visible = [](const resource::Call&) { return resource::Where().and_("is_domain = 1"); };
  h.extras = [](const resource::Call&, db::Session&, std::span<const Domain>) {
    return [](const Domain& d, json::Writer& w) { write_extra(w, d.extra); };
  };
  return resource::make_noun<Domain>(kDomain, std::move(h));
}

void add_domains(resource::Service& service, State& state) {
  service.resource<Domain>(kDomain, hooks(state));
}

}  // namespace haneul::keystone
