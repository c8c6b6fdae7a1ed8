#include "services/keystone/endpoint_group.h"

#include <algorithm>

#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/extra.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_ep_filter.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&EndpointGroup::id>("id"),
    field<&EndpointGroup::name>("name")
        .settable(create | update)
        .required()
        .range(1, 255)
        .filter()
        .sort_key(),
    field<&EndpointGroup::description>("description").settable(create | update).max(64 * 1024),
    field<&EndpointGroup::filters>("filters").settable(create | update).required());
static_assert(resource::complete<EndpointGroup>(kFields));

constexpr std::string_view kFilterKeys[] = {"service_id", "region_id", "interface"};

void check_filters(const EndpointGroup& group) {
  for (const auto& [key, value] : group.filters) {
    const auto known = std::find(std::begin(kFilterKeys), std::end(kFilterKeys), key);
    if (known == std::end(kFilterKeys) || (!value.text() && !value.is_null())) {
      throw expected("service_id or region_id or interface", "endpoint_group");
    }
  }
}

resource::Hooks<EndpointGroup> hooks(State& state) {
  resource::Hooks<EndpointGroup> h;
  h.before_create = [](Change&, EndpointGroup& group) {
    if (group.filters.empty()) {
      throw Fault::bad_request("filters field is required and cannot be empty");
    }
    check_filters(group);
  };
  h.before_update = [](Change& c, const EndpointGroup& old, EndpointGroup& fresh) {
    refuse_other_id(c.given, old.id);
    check_filters(fresh);
  };
  h.after_update = [&](Change& c, const EndpointGroup&, const EndpointGroup&) {
    state.epochs.change_all(c.tx);
  };
  h.after_remove = [&](Change& c, const EndpointGroup& group) {
    c.tx.execute("DELETE FROM project_endpoint_groups WHERE endpoint_group_id = ?", {group.id});
    state.epochs.change_all(c.tx);
  };
  return h;
}

}  // namespace

constinit const resource::Resource kEndpointGroup{
    .singular = "endpoint_group",
    .plural = "endpoint_groups",
    .path = "/v3/OS-EP-FILTER/endpoint_groups",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_endpoint_group", "identity:list_endpoint_groups",
               "identity:get_endpoint_group", "identity:update_endpoint_group",
               "identity:delete_endpoint_group"},
    .event = "identity.endpoint_group",
    .update_method = "PATCH",
    .fields = kFields};

std::shared_ptr<const resource::Noun> endpoint_group_noun(State& state) {
  return resource::make_noun<EndpointGroup>(kEndpointGroup, hooks(state));
}

void add_endpoint_groups(resource::Service& service, State& state) {
  service.noun(endpoint_group_noun(state));
}

}  // namespace haneul::keystone
