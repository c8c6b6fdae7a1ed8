#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "json/value.h"
#include "services/glance/glance.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/metadata.h"
#include "services/nova/networking.h"
#include "services/nova/server_actions.h"

namespace haneul::nova {
namespace {

virt::Nic nic_of(const net::Port& port, std::string tap, std::int64_t mtu) {
  return {.port_id = port.id, .tap = std::move(tap), .mac = port.mac_address, .mtu = mtu};
}

}  // namespace

Server ServerFlow::load(db::Session& session) const {
  auto server = cloud->servers.find(session, server_id);
  if (!server) throw Fault::gone("the server is gone");
  return std::move(*server);
}

Server ServerFlow::load(const flow::Visit& visit) const {
  return visit.db.read([&](db::Session& session) { return load(session); });
}

void ServerFlow::change(db::Transaction& tx, const std::function<void(Server&)>& edit) const {
  auto server = cloud->servers.find(tx, server_id);
  if (!server) return;
  const auto fault_before = server->fault;
  edit(*server);
  server->updated_at = cloud->world.clock.now();
  cloud->servers.update(tx, *server);
  finish_actions(tx, server_id, server->updated_at, server->fault && server->fault != fault_before);
}

Hosts::Drivers ServerFlow::drivers_of(const Server& server) const {
  if (!server.host) throw Fault::conflict("the server is on no host");
  return cloud->hosts.drivers(*server.host);
}

void ServerFlow::plug_ports(const flow::Visit& visit, const Server& server) const {
  const auto plugs =
      visit.db.read([&](db::Session& session) { return plugs_of(*cloud, session, server.id); });
  auto& net = drivers_of(server).net;
  for (const auto& plug : plugs) net.plug(plug.port, plug.mtu);
}

void ServerFlow::unplug_ports(const flow::Visit& visit, const Server& server) const {
  const auto plugs =
      visit.db.read([&](db::Session& session) { return plugs_of(*cloud, session, server.id); });
  auto& net = drivers_of(server).net;
  for (const auto& plug : plugs) net.unplug(plug.port.id);
}

void ServerFlow::make_disks(const flow::Visit& visit, const Server& server) const {
  auto& virt = drivers_of(server).virt;
  const auto source = visit.db.read(
      [&](db::Session& session) { return cloud->glance.source(session, server.image_id); });
  if (!source) throw Fault::gone(fmt::format("Image {} could not be found.", server.image_id));
  virt.create_disk(server.id,
                   {source->id, source->checksum, source->path, source->format, source->size},
                   server.disk);
  if (!server.config_drive) return;
  const auto files = visit.db.read(
      [&](db::Session& session) { return metadata_documents(*cloud, session, server); });
  virt.write_config_drive(server.id, files);
}

void ServerFlow::define_guest(const flow::Visit& visit, const Server& server) const {
  const auto drivers = drivers_of(server);
  const auto plugs =
      visit.db.read([&](db::Session& session) { return plugs_of(*cloud, session, server.id); });
  virt::GuestSpec spec{.id = server.id,
                       .name = server.instance_name(),
                       .title = server.name,
                       .vcpus = server.vcpus,
                       .memory_mib = server.ram,
                       .config_drive = server.config_drive,
                       .project_id = server.project_id,
                       .user_id = server.user_id,
                       .image_id = server.image_id};
  const auto properties = json::parse(server.image_properties);
  for (const auto& m : *properties->object()) {
    if (m.value.text()) spec.image_properties[m.key] = *m.value.text();
  }
  // Plugging again gives the same tap, also after the host restarted.
  for (const auto& plug : plugs) {
    spec.nics.push_back(nic_of(plug.port, drivers.net.plug(plug.port, plug.mtu), plug.mtu));
  }
  drivers.virt.define(spec);
}

void ServerFlow::wipe(const flow::Visit& visit, const Server& server) const {
  if (!server.host) return;
  auto& virt = drivers_of(server).virt;
  virt.undefine(server.id);
  virt.remove_files(server.id);
  unplug_ports(visit, server);
}

}  // namespace haneul::nova
