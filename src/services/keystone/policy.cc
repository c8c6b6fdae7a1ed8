#include "services/keystone/policy.h"

#include "resource/field.h"
#include "services/keystone/extra.h"

// upstream: openstack/keystone:keystone/api/policy.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr std::size_t kBlobCharsMax = 1024 * 1024;

constexpr auto kFields = resource::fields(
    field<&Policy::id>("id"),
    field<&Policy::type>("type").settable(create | update).required().max(255).filter(),
    field<&Policy::blob>("blob").settable(create | update).required().max(kBlobCharsMax),
    field<&Policy::extra>("extra").hidden());
static_assert(resource::complete<Policy>(kFields));

resource::Hooks<Policy> hooks() {
  resource::Hooks<Policy> h;
  h.before_create = [](Change& c, Policy& row) { keep_extra(kPolicy, c.given, row.extra); };
  h.before_update = [](Change& c, const Policy& old, Policy& fresh) {
    refuse_other_id(c.given, old.id);
    keep_extra(kPolicy, c.given, fresh.extra);
  };
  h.after_remove = [](Change& c, const Policy& row) {
    c.tx.execute("DELETE FROM policy_associations WHERE policy_id = ?", {row.id});
  };
  h.extras = [](const resource::Call&, db::Session&, std::span<const Policy>) {
    return [](const Policy& row, json::Writer& w) { write_extra(w, row.extra); };
  };
  return h;
}

}  // namespace

constinit const resource::Resource kPolicy{
    .singular = "policy",
    .plural = "policies",
    .path = "/v3/policies",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_policy", "identity:list_policies", "identity:get_policy",
               "identity:update_policy", "identity:delete_policy"},
    .event = "identity.policy",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> policy_noun() {
  return resource::make_noun<Policy>(kPolicy, hooks());
}

void add_policies(resource::Service& service) {
  service.resource<Policy>(kPolicy, hooks());
}

}  // namespace haneul::keystone
