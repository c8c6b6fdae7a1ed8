#include "services/neutron/subnet.h"

#include <fmt/format.h>

#include "base/id.h"
#include "resource/call.h"
#include "resource/quota.h"
#include "services/neutron/errors.h"
#include "services/neutron/ipam.h"
#include "services/neutron/logic/subnet_rules.h"
#include "services/neutron/network.h"
#include "services/neutron/port.h"
#include "services/neutron/subnetpool.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

// A cidr is null where a pool is to choose it; the row's text stays empty then.
Refusal cidr_or_nothing(json::Value& value) {
  if (value.is_null()) value = "";
  return value.text() && value.text()->empty() ? std::nullopt : cidr(value);
}

// Null pools are as good as none given.
Refusal pools_or_nothing(json::Value& value) {
  if (value.is_null()) value = json::Array{};
  return allocation_pools(value);
}

constexpr auto kFields = resource::fields(
    field<&Subnet::id>("id").filter().sort_key(),
    field<&Subnet::name>("name").settable(create | update).max(255).filter().sort_key(),
    field<&Subnet::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&Subnet::network_id>("network_id")
        .checked(uuid)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&Subnet::ip_version>("ip_version")
        .checked(ip_version)
        .settable(create)
        .required()
        .filter()
        .sort_key(),
    field<&Subnet::cidr>("cidr").checked(cidr_or_nothing).settable(create).filter().sort_key(),
    field<&Subnet::gateway_ip>("gateway_ip")
        .checked(address_or_null)
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnet::enable_dhcp>("enable_dhcp").settable(create | update).filter().sort_key(),
    field<&Subnet::ipv6_ra_mode>("ipv6_ra_mode")
        .checked(ipv6_mode)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Subnet::ipv6_address_mode>("ipv6_address_mode")
        .checked(ipv6_mode)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Subnet::allocation_pools>("allocation_pools")
        .checked(pools_or_nothing)
        .settable(create | update),
    field<&Subnet::dns_nameservers>("dns_nameservers")
        .checked(nameservers)
        .settable(create | update),
    field<&Subnet::host_routes>("host_routes").checked(host_routes).settable(create | update),
    field<&Subnet::subnetpool_id>("subnetpool_id")
        .checked(uuid_or_null)
        .settable(create)
        .filter()
        .sort_key(),
    field<&Subnet::service_types>("service_types")
        .checked(text_list)
        .settable(create | update)
        .guarded(create | update),
    field<&Subnet::dns_publish_fixed_ip>("dns_publish_fixed_ip").settable(create | update).filter(),
    field<&Subnet::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&Subnet::tags>("tags"), field<&Subnet::created_at>("created_at").sort_key(),
    field<&Subnet::updated_at>("updated_at").sort_key(),
    field<&Subnet::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<Subnet>(kFields));

constexpr resource::Resource kSubnet{
    .singular = "subnet",
    .plural = "subnets",
    .path = "/v2.0/subnets",
    .policy = {"create_subnet", "get_subnet", "get_subnet", "update_subnet", "delete_subnet"},
    .quota = "subnet",
    .event = "subnet",
    .fields = kFields,
};

constexpr resource::KnownKey kAlsoKnown[] = {{"prefixlen", integer_or_null},
                                             {"use_default_subnetpool", boolean_or_null},
                                             {"segment_id", uuid_or_null}};

SubnetLimits limits_of(const Context& context) {
  return {context.options.nameservers_per_subnet_max, context.options.host_routes_per_subnet_max};
}

void check_overlap(db::Session& session, const Subnet& subnet) {
  const auto own = *parse_prefix(subnet.cidr);
  for (const auto& other : subnets_of(session, subnet.network_id)) {
    const auto theirs = parse_prefix(other.cidr);
    if (!theirs || !theirs->overlaps(own)) continue;
    throw invalid_input(
        fmt::format("Requested subnet with cidr: {} for network: {} overlaps with "
                    "another subnet",
                    subnet.cidr, subnet.network_id));
  }
}

void check_mtu(db::Session& session, const Subnet& subnet) {
  const std::int64_t mtu =
      session.integer("SELECT mtu FROM networks WHERE id = ?", {subnet.network_id}).value_or(0);
  const std::int64_t needed = subnet.ip_version == 6 ? 1280 : 68;
  if (mtu == 0 || mtu >= needed) return;
  throw Fault::conflict(fmt::format("MTU of {} is not valid, subnet requires a minimum of {}",
                                    subnet.network_id, needed))
      .named("NetworkMTUSubnetConflict");
}

// A router's own address must stay the gateway's.
void check_gateway_free(db::Session& session, const Subnet& old) {
  if (!old.gateway_ip) return;
  const auto port = session.text(
      "SELECT p.id FROM ip_allocations a JOIN ports p ON p.id = a.port_id WHERE a.subnet_id = ?"
      " AND a.ip_address = ? AND p.device_owner = 'network:router_interface'",
      {old.id, *old.gateway_ip});
  if (!port) return;
  throw Fault::conflict(fmt::format("Current gateway ip {} already in use by port {}. Unable to "
                                    "update.",
                                    *old.gateway_ip, *port))
      .named("GatewayIpInUse");
}

void before_update(const Context& context, resource::Change& change, const Subnet& old,
                   Subnet& fresh) {
  check_subnet(fresh, limits_of(context), change.given, &old);
  if (fresh.gateway_ip != old.gateway_ip) check_gateway_free(change.tx, old);
  if (change.given.has("allocation_pools")) check_pools(fresh);
  if (change.given.has("allocation_pools") || fresh.gateway_ip != old.gateway_ip) {
    check_gateway_outside_pools(fresh);
  }
}

void mark_routers_on(db::Transaction& tx, const Context& context, const Subnet& subnet) {
  db::Rows rows = tx.query(
      "SELECT DISTINCT p.device_id FROM ip_allocations a JOIN ports p ON p.id = a.port_id"
      " WHERE a.network_id = ? AND p.device_owner IN ('network:router_interface',"
      " 'network:router_gateway')",
      {subnet.network_id});
  std::vector<std::string> ids;
  while (rows.next()) ids.push_back(rows.string(0));
  for (const auto& id : ids) mark_dirty(tx, context, net::Kind::router, id);
}

void after_update(const Context& context, resource::Change& change, const Subnet& old,
                  const Subnet& fresh) {
  if (old.allocation_pools != fresh.allocation_pools) reset_cursor(change.tx, fresh);
  if (old.enable_dhcp != fresh.enable_dhcp) refresh_dhcp_port(change.tx, context, fresh.network_id);
  mark_dirty(change.tx, context, net::Kind::network, fresh.network_id);
  mark_routers_on(change.tx, context, fresh);
}

// Ports that Neutron made for itself, or whose addresses nobody chose, do not keep a subnet.
// upstream: openstack/neutron:neutron/db/db_base_plugin_v2.py _subnet_check_ip_allocations
void check_unused(db::Session& session, const Subnet& subnet) {
  const auto used = session.integer(
      "SELECT 1 FROM ip_allocations a JOIN ports p ON p.id = a.port_id WHERE a.subnet_id = ?"
      " AND (? = 0 OR p.device_owner IN ('network:router_interface', 'network:router_gateway'))"
      " AND p.device_owner NOT IN ('network:distributed', 'network:dhcp') LIMIT 1",
      {subnet.id, is_auto_addressed(subnet)});
  if (!used) return;
  throw Fault::conflict(fmt::format("Unable to complete operation on subnet {}: One or more ports "
                                    "have an IP allocation from this subnet.",
                                    subnet.id))
      .named("SubnetInUse");
}

bool is_true(const json::Object& given, std::string_view key) {
  const json::Value* value = given.find(key);
  return value && value->boolean() && *value->boolean();
}

void choose_cidr(db::Transaction& tx, const Context& context, Subnet& subnet,
                 const json::Object& given) {
  const json::Value* length = given.find("prefixlen");
  const bool has_length = length && length->integer();
  if (!subnet.cidr.empty() && has_length) {
    throw bad_request("subnets", "cidr and prefixlen must not be supplied together");
  }
  if (!subnet.cidr.empty()) subnet.cidr = network_text(*parse_prefix(subnet.cidr));
  if (is_true(given, "use_default_subnetpool")) {
    if (subnet.subnetpool_id) {
      throw bad_request("subnets",
                        "subnetpool_id and use_default_subnetpool cannot both be specified");
    }
    subnet.subnetpool_id = default_subnetpool(tx, subnet.ip_version);
    if (!subnet.subnetpool_id) {
      throw bad_request("subnets",
                        fmt::format("No default subnetpool found for IPv{}", subnet.ip_version));
    }
  }
  if (subnet.subnetpool_id) {
    const bool chooses_pools =
        given.has("allocation_pools") && subnet.allocation_pools.text != "[]";
    if (subnet.cidr.empty() && chooses_pools) {
      throw bad_request("subnets", "allocation_pools allowed only for specific subnet requests.");
    }
    take_from_subnetpool(tx, context, subnet,
                         has_length ? std::optional(*length->integer()) : std::nullopt);
  } else if (subnet.cidr.empty()) {
    throw bad_request("subnets", "a subnetpool must be specified in the absence of a cidr");
  }
}

}  // namespace

const resource::Resource& subnet_resource() {
  return kSubnet;
}

const resource::Store<Subnet>& subnets() {
  static const resource::Store<Subnet> store(kSubnet);
  return store;
}

std::vector<Subnet> subnets_of(db::Session& session, std::string_view network_id) {
  resource::Page page;
  page.where.equals("network_id", network_id);
  page.order = {{"created_at", false}};
  return subnets().list(session, page);
}

std::vector<Range> pools_of(const Subnet& subnet) {
  std::vector<Range> pools;
  const auto value = subnet.allocation_pools.value();
  for (const auto& pool : *value.array()) {
    const json::Value* start = pool.at({"start"});
    const json::Value* end = pool.at({"end"});
    if (!start || !end) continue;
    pools.push_back({*parse_address(*start->text()), *parse_address(*end->text())});
  }
  return pools;
}

bool is_auto_addressed(const Subnet& subnet) {
  const auto automatic = [](const std::optional<std::string>& mode) {
    return mode == "slaac" || mode == "dhcpv6-stateless";
  };
  return subnet.ip_version == 6 &&
         (automatic(subnet.ipv6_address_mode) || automatic(subnet.ipv6_ra_mode));
}

void complete_subnet(db::Transaction& tx, const Context& context, Subnet& subnet,
                     const json::Object& given) {
  choose_cidr(tx, context, subnet, given);
  check_subnet(subnet, limits_of(context), given, nullptr);
  check_mtu(tx, subnet);
  check_overlap(tx, subnet);
  choose_gateway_and_pools(subnet, given);
}

void settle_subnet(db::Transaction& tx, const Context& context, const Subnet& subnet) {
  refresh_subnets(tx, context, subnet.network_id);
  if (is_auto_addressed(subnet)) {
    add_auto_addresses(tx, context, subnet);
  } else {
    reset_cursor(tx, subnet);
  }
  refresh_dhcp_port(tx, context, subnet.network_id);
  mark_routers_on(tx, context, subnet);
}

void delete_subnet_row(db::Transaction& tx, const Context& context, const Subnet& subnet) {
  forget_subnet(tx, subnet.id);
  subnets().remove(tx, subnet.id);
  if (subnet.tags.text != "[]") {
    tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {subnet.id});
  }
  context.world.quota.release(tx, "neutron", subnet.project_id, "subnet", 1);
}

Noun subnet_noun(const Context& context) {
  Hooks<Subnet> h;
  h.also_known.assign(std::begin(kAlsoKnown), std::end(kAlsoKnown));
  h.visible = [&context](const resource::Call& call) {
    return rows_on_visible_networks(call.caller(), context.is_admin(call.caller()), false);
  };
  h.facts = [](db::Session& s, const Subnet& row, RowFacts& facts) {
    add_network_facts(s, row.network_id, facts);
  };
  h.before_create = [&context](resource::Change& c, Subnet& s) {
    complete_subnet(c.tx, context, s, c.given);
  };
  h.after_create = [&context](resource::Change& c, const Subnet& s) {
    settle_subnet(c.tx, context, s);
  };
  h.before_update = [&context](resource::Change& c, const Subnet& old, Subnet& fresh) {
    before_update(context, c, old, fresh);
  };
  h.after_update = [&context](resource::Change& c, const Subnet& old, const Subnet& fresh) {
    after_update(context, c, old, fresh);
  };
  h.before_remove = [&context](resource::Change& c, const Subnet& s) {
    check_unused(c.tx, s);
    mark_routers_on(c.tx, context, s);
    drop_addresses_on(c.tx, context, s.id);
  };
  h.after_remove = [&context](resource::Change& c, const Subnet& s) {
    forget_subnet(c.tx, s.id);
    c.tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {s.id});
    refresh_subnets(c.tx, context, s.network_id);
    refresh_dhcp_port(c.tx, context, s.network_id);
  };
  return neutron_noun(kSubnet, std::move(h));
}

}  // namespace haneul::neutron
