#include "services/neutron/extension.h"

#include <fmt/format.h>

#include "resource/call.h"

namespace haneul::neutron {
namespace {

struct Extension {
  std::string_view alias, name, updated, description;
};

// Only what works here is listed: clients ask before they use it.
// upstream: openstack/neutron-lib:neutron_lib/api/definitions
constexpr Extension kExtensions[] = {
    {"address-scope", "Address scope", "2015-07-26T10:00:00-00:00", "Address scopes extension."},
    {"agent", "agent", "2013-02-03T10:00:00-00:00", "The agent management extension."},
    {"allowed-address-pairs", "Allowed Address Pairs", "2013-07-23T10:00:00-00:00",
     "Provides allowed address pairs"},
    {"availability_zone", "Availability Zone", "2015-01-01T10:00:00-00:00",
     "The availability zone extension."},
    {"binding", "Port Binding", "2014-02-03T10:00:00-00:00",
     "Expose port bindings of a virtual port to external application"},
    {"default-subnetpools", "Default Subnetpools", "2016-02-18T18:00:00-00:00",
     "Provides ability to mark and use a subnetpool as the default."},
    {"dns-integration", "DNS Integration", "2015-08-15T18:00:00-00:00",
     "Provides integration with DNS."},
    {"empty-string-filtering", "Empty String Filtering Extension", "2018-05-01T10:00:00-00:00",
     "Allow filtering by attributes with empty string value"},
    {"ext-gw-mode", "Neutron L3 Configurable external gateway mode", "2013-03-28T10:00:00-00:00",
     "Extension of the router abstraction for specifying whether SNAT should occur on the external "
     "gateway"},
    {"external-net", "Neutron external network", "2013-01-14T10:00:00-00:00",
     "Adds external network attribute to network resource."},
    {"extra_dhcp_opt", "Neutron Extra DHCP options", "2013-03-17T12:00:00-00:00",
     "Extra options configuration for DHCP. For example PXE boot options to DHCP clients can be "
     "specified (e.g. tftp-server, server-ip-address, bootfile-name)"},
    {"extraroute", "Neutron Extra Route", "2013-02-01T10:00:00-00:00",
     "Extra routes configuration for L3 router"},
    {"extraroute-atomic", "Atomically add/remove extra routes", "2019-07-10T00:00:00+00:00",
     "Edit extra routes of a router on server side by atomically adding/removing extra routes"},
    {"filter-validation", "Filter parameters validation", "2018-07-04T10:00:00-00:00",
     "Provides validation on filter parameters."},
    {"fip-port-details", "Floating IP Port Details Extension", "2018-04-09T10:00:00-00:00",
     "Add port_details attribute to Floating IP resource"},
    {"ip-substring-filtering", "IP address substring filtering", "2017-11-28T09:00:00-00:00",
     "Provides IP address substring filtering when listing ports"},
    {"net-mtu", "Network MTU", "2015-03-25T10:00:00-00:00",
     "Provides MTU attribute for a network resource."},
    {"net-mtu-writable", "Network MTU (writable)", "2017-07-12T00:00:00-00:00",
     "Provides a writable MTU attribute for a network resource."},
    {"network-ip-availability", "Network IP Availability", "2015-09-24T00:00:00-00:00",
     "Provides IP availability data for each network and subnet."},
    {"pagination", "Pagination support", "2016-06-12T00:00:00-00:00",
     "Extension that indicates that pagination is enabled."},
    {"port-security", "Port Security", "2012-07-23T10:00:00-00:00", "Provides port security"},
    {"port-security-groups-filtering", "Port filtering on security groups",
     "2018-01-09T09:00:00-00:00", "Provides security groups filtering when listing ports"},
    {"project-id", "project_id field enabled", "2016-09-09T09:09:09-09:09",
     "Extension that indicates that project_id field is enabled."},
    {"provider", "Provider Network", "2012-09-07T10:00:00-00:00",
     "Expose mapping of virtual networks to physical networks"},
    {"quota-check-limit", "Quota engine limit check", "2021-09-08T16:00:00-00:00",
     "Support for checking the resource usage before applying a new quota limit"},
    {"quotas", "Quota management support", "2012-07-29T10:00:00-00:00",
     "Expose functions for quotas management per project"},
    {"quota_details", "Quota details management support", "2017-02-10T10:00:00-00:00",
     "Expose functions for quotas usage statistics per project"},
    {"rbac-policies", "RBAC Policies", "2015-06-17T12:15:12-00:00",
     "Allows creation and modification of policies that control tenant access to resources."},
    {"revision-if-match", "If-Match constraints based on revision_number",
     "2016-12-11T00:00:00-00:00",
     "Extension indicating that If-Match based on revision_number is supported."},
    {"router", "Neutron L3 Router", "2012-07-20T10:00:00-00:00",
     "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to "
     "external "
     "networks via a NAT gateway."},
    {"security-group", "security-group", "2012-10-05T10:00:00-00:00",
     "The security groups extension."},
    {"security-groups-normalized-cidr", "Normalized CIDR field for security group rules",
     "2020-07-28T10:00:00-00:00", "Add new field with normalized remote_ip_prefix cidr in SG rule"},
    {"security-groups-rules-belongs-to-default-sg",
     "Security group rule belongs to the project's default security group",
     "2023-05-23T10:00:00-00:00",
     "Flag to determine if the security group rule belongs to the project's default security "
     "group"},
    {"sort-key-validation", "Sort keys validation", "2018-07-04T10:00:00-00:00",
     "Provides validation on sort keys."},
    {"sorting", "Sorting support", "2016-06-12T00:00:00-00:00",
     "Extension that indicates that sorting is enabled."},
    {"standard-attr-description", "standard-attr-description", "2016-02-10T10:00:00-00:00",
     "Extension to add descriptions to standard attributes"},
    {"standard-attr-revisions", "Resource revision numbers", "2016-04-11T10:00:00-00:00",
     "This extension will display the revision number of neutron resources."},
    {"standard-attr-tag",
     "Tag support for resources with standard attribute: port, subnet, "
     "subnetpool, network, router, floatingip, security_group",
     "2017-01-01T00:00:00-00:00", "Enables to set tag on resources with standard attribute."},
    {"standard-attr-timestamp", "Resource timestamps", "2016-09-12T10:00:00-00:00",
     "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard "
     "attributes."},
    {"stateful-security-group", "Stateful security group", "2019-11-26T09:00:00-00:00",
     "Indicates if the security group is stateful or not"},
    {"subnet-dns-publish-fixed-ip", "Subnet DNS publish fixed IP", "2019-05-24T10:00:00-00:00",
     "Support choosing to publish DNS records for IPs from a subnet"},
    {"subnet-service-types", "Subnet service types", "2016-03-15T18:00:00-00:00",
     "Provides ability to set the subnet service_types field"},
    {"subnet_allocation", "Subnet Allocation", "2015-03-30T10:00:00-00:00",
     "Enables allocation of subnets from a subnet pool"},
    {"tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation",
     "2019-12-29T19:00:00-00:00", "Allow to tag ports during bulk creation"},
};

void write_extension(json::Writer& w, const Extension& e) {
  w.begin_object().member("alias", e.alias).member("name", e.name);
  w.member("description", e.description).member("updated", e.updated);
  w.key("links").begin_array().end_array().end_object();
}

http::Response list_extensions(resource::Call&) {
  json::Writer w;
  w.begin_object().key("extensions").begin_array();
  for (const Extension& e : kExtensions) write_extension(w, e);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_extension(resource::Call& call) {
  for (const Extension& e : kExtensions) {
    if (e.alias != call.param("alias")) continue;
    json::Writer w;
    w.begin_object().key("extension");
    write_extension(w, e);
    w.end_object();
    return http::Response::json(200, w.take());
  }
  throw Fault::not_found(fmt::format("Extension with alias {} does not exist", call.param("alias")))
      .named("HTTPNotFound");
}

}  // namespace

void add_extension_routes(resource::Service& service) {
  service.route("GET", "/v2.0/extensions", list_extensions);
  service.route("GET", "/v2.0/extensions/{alias}", show_extension);
}

}  // namespace haneul::neutron
