#include "services/neutron/address_scope.h"

#include <fmt/format.h>

#include "resource/call.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&AddressScope::id>("id").filter().sort_key(),
    field<&AddressScope::name>("name").settable(create | update).max(255).filter().sort_key(),
    field<&AddressScope::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&AddressScope::ip_version>("ip_version")
        .checked(ip_version)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&AddressScope::shared>("shared")
        .settable(create | update)
        .guarded(create | update)
        .filter()
        .sort_key());
static_assert(resource::complete<AddressScope>(kFields));

constexpr resource::Resource kAddressScope{
    .singular = "address_scope",
    .plural = "address_scopes",
    .path = "/v2.0/address-scopes",
    .policy = {"create_address_scope", "get_address_scope", "get_address_scope",
               "update_address_scope", "delete_address_scope"},
    .event = "address_scope",
    .fields = kFields,
};

}  // namespace

Noun address_scope_noun(const Context& context) {
  Hooks<AddressScope> h;
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.and_("project_id = ? OR shared = 1", {call.caller().project_id.text});
  };
  h.before_update = [](resource::Change&, const AddressScope& old, AddressScope& fresh) {
    if (!old.shared || fresh.shared) return;
    throw Fault::bad_request(fmt::format("Unable to update address scope {} : Shared address scope "
                                         "can't be unshared",
                                         old.id))
        .named("AddressScopeUpdateError");
  };
  h.before_remove = [](resource::Change& c, const AddressScope& scope) {
    const auto used =
        c.tx.integer("SELECT 1 FROM subnetpools WHERE address_scope_id = ? LIMIT 1", {scope.id});
    if (!used) return;
    throw Fault::conflict(fmt::format("Unable to complete operation on address scope {}. There are "
                                      "one or more subnet pools in use on the address scope",
                                      scope.id))
        .named("AddressScopeInUse");
  };
  return neutron_noun(kAddressScope, std::move(h));
}

}  // namespace haneul::neutron
