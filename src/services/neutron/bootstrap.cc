#include "base/id.h"
#include "services/neutron/logic/subnet_rules.h"
#include "services/neutron/neutron_impl.h"
#include "services/neutron/router.h"
#include "services/neutron/security_group.h"

namespace haneul::neutron {
namespace {

template <class T>
std::optional<T> named(db::Session& session, const resource::Store<T>& store,
                       std::string_view project, std::string_view name) {
  resource::Where where;
  where.equals("name", name).equals("project_id", project);
  return store.first(session, where);
}

template <class T>
T fresh(const Context& context, std::string_view project, std::string_view name) {
  T row;
  row.id = new_uuid();
  row.name = name;
  row.project_id = project;
  row.created_at = row.updated_at = context.now();
  return row;
}

void store_network(db::Transaction& tx, const Context& context, Network& network) {
  complete_network(tx, context, network);
  networks().insert(tx, network);
  count_usage(tx, context, network.project_id, "network", 1);
  mark_dirty(tx, context, net::Kind::network, network.id);
}

void store_subnet(db::Transaction& tx, const Context& context, Subnet& subnet,
                  const json::Object& given) {
  complete_subnet(tx, context, subnet, given);
  subnets().insert(tx, subnet);
  count_usage(tx, context, subnet.project_id, "subnet", 1);
  settle_subnet(tx, context, subnet);
}

Network ensure_public(db::Transaction& tx, const Context& context, const FirstNetworks& firsts) {
  if (auto known = named(tx, networks(), firsts.admin_project_id, "public")) return *known;
  auto network = fresh<Network>(context, firsts.admin_project_id, "public");
  network.external = true;
  network.is_default = true;
  network.network_type = "flat";
  network.physical_network = firsts.physical_network;
  store_network(tx, context, network);
  auto subnet = fresh<Subnet>(context, firsts.admin_project_id, "public-subnet");
  subnet.network_id = network.id;
  subnet.cidr = firsts.public_cidr;
  subnet.gateway_ip = firsts.public_gateway;
  subnet.enable_dhcp = false;
  store_subnet(tx, context, subnet, {{"gateway_ip", firsts.public_gateway}});
  return network;
}

Subnet ensure_private(db::Transaction& tx, const Context& context, const FirstNetworks& firsts) {
  if (auto known = named(tx, subnets(), firsts.project_id, "private-subnet")) return *known;
  auto network = named(tx, networks(), firsts.project_id, "private");
  if (!network) {
    network = fresh<Network>(context, firsts.project_id, "private");
    store_network(tx, context, *network);
  }
  auto subnet = fresh<Subnet>(context, firsts.project_id, "private-subnet");
  subnet.network_id = network->id;
  subnet.cidr = "10.0.0.0/26";
  subnet.dns_nameservers = json_of(firsts.dns_nameservers);
  store_subnet(tx, context, subnet, {});
  return subnet;
}

void ensure_router(db::Transaction& tx, const Context& context, const FirstNetworks& firsts,
                   const Network& outside, const Subnet& inside) {
  if (named(tx, routers(), firsts.project_id, "router1")) return;
  access::Caller owner;
  owner.project_id = access::ProjectId(firsts.project_id);
  auto router = fresh<RouterRow>(context, firsts.project_id, "router1");
  routers().insert(tx, router);
  count_usage(tx, context, router.project_id, "router", 1);
  set_gateway(tx, context, owner, router, json::Object{{"network_id", outside.id}});
  save_router(tx, context, router);
  add_interface_by_subnet(tx, context, owner, router, inside.id);
}

}  // namespace

void Neutron::bootstrap(const FirstNetworks& firsts) {
  const Context& context = impl_->context;
  context.world.db.write([&](db::Transaction& tx) {
    const Network outside = ensure_public(tx, context, firsts);
    if (firsts.project_id.empty()) return;
    const Subnet inside = ensure_private(tx, context, firsts);
    ensure_router(tx, context, firsts, outside, inside);
    ensure_default_group(tx, context, firsts.project_id);
  });
}

}  // namespace haneul::neutron
