#include "services/nova/doctor.h"

#include <set>

#include <fmt/format.h>

#include "resource/quota.h"
#include "services/neutron/neutron.h"
#include "services/nova/logic/needs.h"
#include "services/placement/placement.h"

namespace haneul::nova {
namespace {

constexpr std::size_t kAtOnce = 500;  // devices in one look-up

struct Row {
  std::string id, name, host, vm_state;
  bool busy = false;
};

struct Rows {
  std::vector<Row> all;
  std::set<std::string> ids;
  std::set<std::string> ports;  // of these servers
};

Rows read_rows(Cloud& cloud) {
  return cloud.world.db.read([&](db::Session& session) {
    Rows found;
    {
      db::Rows rows = session.query(
          "SELECT id, name, host, vm_state, task_state FROM servers WHERE host IS NOT NULL");
      while (rows.next()) {
        found.all.push_back(
            {rows.string(0), rows.string(1), rows.string(2), rows.string(3), !rows.is_null(4)});
        found.ids.insert(rows.string(0));
      }
    }
    const std::vector<std::string> ids(found.ids.begin(), found.ids.end());
    for (std::size_t i = 0; i < ids.size(); i += kAtOnce) {
      const std::span part(ids.data() + i, std::min(kAtOnce, ids.size() - i));
      for (const auto& port : cloud.neutron.ports_of(session, part)) found.ports.insert(port.id);
    }
    return found;
  });
}

using Lines = std::vector<std::string>;

void look_at_host(const std::string& host, virt::Driver& virt, const Rows& rows, Lines& out) {
  std::set<std::string> guests;
  for (const auto& g : virt.list()) {
    guests.insert(g.id);
    if (!rows.ids.contains(g.id)) {
      out.push_back(fmt::format("Host {} has a guest {} that no server knows.", host, g.id));
    }
  }
  for (const auto& id : virt.list_files()) {
    if (!rows.ids.contains(id)) {
      out.push_back(fmt::format("Host {} keeps files of {}, which no server knows.", host, id));
    }
  }
  for (const Row& r : rows.all) {
    const bool should_be = r.host == host && !r.busy && r.vm_state != vm::kError;
    if (should_be && !guests.contains(r.id)) {
      out.push_back(fmt::format("Server {} ({}) is {} but host {} has no such guest.", r.id, r.name,
                                r.vm_state, host));
    }
  }
}

void look_at_taps(net::HostDriver& net, const Rows& rows, Lines& out) {
  for (const auto& port : net.list_plugged()) {
    if (!rows.ports.contains(port)) {
      out.push_back(fmt::format("Port {} is plugged but belongs to no server.", port));
    }
  }
}

void look_at_unreachable(const Cloud& cloud, const Rows& rows, Lines& out) {
  std::map<std::string, int> servers;
  for (const Row& r : rows.all) {
    if (!cloud.hosts.is_reachable(r.host)) ++servers[r.host];
  }
  for (const auto& [host, count] : servers) {
    out.push_back(
        fmt::format("Host {} has {} servers but no agent of it is connected.", host, count));
  }
}

struct Sum {
  std::int64_t servers = 0, vcpus = 0, ram = 0, disk = 0;
};

std::map<std::string, Sum> sums_by(db::Session& session, std::string_view sql) {
  std::map<std::string, Sum> sums;
  db::Rows rows = session.query(sql);
  while (rows.next()) {
    sums[rows.string(0)] = {rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)};
  }
  return sums;
}

// What a flavor's extra specs (as the row embeds it) claim in the place of its size.
void correct(Sum& sum, const FlavorNeeds& size, const std::string& flavor) {
  const auto value = json::parse(flavor);
  const json::Value* specs = value ? value->at({"extra_specs"}) : nullptr;
  if (!specs || !specs->object()) return;
  std::map<std::string, std::string> texts;
  for (const auto& spec : *specs->object()) {
    if (spec.value.text()) texts[spec.key] = *spec.value.text();
  }
  auto claimed = needs_of(size, texts, {}).resources;
  sum.vcpus += claimed["VCPU"] - size.vcpus;
  sum.ram += claimed["MEMORY_MB"] - size.ram_mib;
  sum.disk += claimed["DISK_GB"] - size.disk_gib;
}

std::map<std::string, Sum> claims_by_host(db::Session& session) {
  auto sums = sums_by(session,
                      "SELECT host, COUNT(*), SUM(vcpus), SUM(ram), SUM(disk) FROM servers"
                      " WHERE host IS NOT NULL GROUP BY host");
  db::Rows rows = session.query(
      "SELECT host, vcpus, ram, disk, flavor FROM servers"
      " WHERE host IS NOT NULL AND flavor LIKE '%\"resources%'");
  while (rows.next()) {
    correct(sums[rows.string(0)], {rows.integer(1), rows.integer(2), rows.integer(3)},
            rows.string(4));
  }
  return sums;
}

void look_at_allocations(Cloud& cloud, db::Session& session, Lines& out) {
  const auto needs = claims_by_host(session);
  const auto states = cloud.placement.host_states(session);
  const auto hosts = cloud.hosts.all(session);
  for (const auto& state : states.hosts) {
    const auto host = hosts->find(state.provider->uuid);
    if (host == hosts->end()) continue;
    const auto found = needs.find(host->second.host);
    const Sum need = found == needs.end() ? Sum{} : found->second;
    for (const auto& stock : state.stock) {
      const std::int64_t rows = stock.resource_class == "VCPU"        ? need.vcpus
                                : stock.resource_class == "MEMORY_MB" ? need.ram
                                : stock.resource_class == "DISK_GB"   ? need.disk
                                                                      : stock.used;
      if (stock.used == rows) continue;
      out.push_back(fmt::format("Host {} has {} {} allocated, but its servers need {}.",
                                host->second.host, stock.used, stock.resource_class, rows));
    }
  }
}

void look_at_quota(Cloud& cloud, db::Session& session, Lines& out) {
  const auto needs = sums_by(session,
                             "SELECT project_id, COUNT(*), SUM(vcpus), SUM(ram), SUM(disk)"
                             " FROM servers GROUP BY project_id");
  std::set<std::string> projects = cloud.world.quota.projects(session, "nova");
  for (const auto& [project, need] : needs) projects.insert(project);
  for (const auto& project : projects) {
    const auto found = needs.find(project);
    const Sum need = found == needs.end() ? Sum{} : found->second;
    const auto usage = cloud.world.quota.of_project(session, "nova", project);
    const std::pair<const char*, std::int64_t> counted[] = {
        {"instances", need.servers}, {"cores", need.vcpus}, {"ram", need.ram}};
    for (const auto& [name, rows] : counted) {
      const std::int64_t used = usage.at(name).used;
      if (used == rows) continue;
      out.push_back(fmt::format("Project {} is charged {} of {}, but its servers have {}.", project,
                                used, name, rows));
    }
  }
}

void look_at_ports(Cloud& cloud, db::Session& session, Lines& out) {
  for (const auto& [server, port] : cloud.neutron.server_ports(session)) {
    if (cloud.servers.find(session, server)) continue;
    out.push_back(fmt::format("Port {} belongs to server {}, which is not there.", port, server));
  }
}

}  // namespace

std::vector<std::string> find_differences(Cloud& cloud) {
  Lines out;
  const Rows rows = read_rows(cloud);
  std::set<net::HostDriver*> nets;
  for (const auto& host : cloud.hosts.names()) {
    const auto drivers = cloud.hosts.drivers(host);
    try {
      look_at_host(host, drivers.virt, rows, out);
      if (nets.insert(&drivers.net).second) look_at_taps(drivers.net, rows, out);
    } catch (const std::exception& e) {
      out.push_back(fmt::format("Host {} does not answer: {}", host, e.what()));
    }
  }
  look_at_unreachable(cloud, rows, out);
  cloud.world.db.read([&](db::Session& session) {
    look_at_allocations(cloud, session, out);
    look_at_quota(cloud, session, out);
    look_at_ports(cloud, session, out);
  });
  return out;
}

}  // namespace haneul::nova
