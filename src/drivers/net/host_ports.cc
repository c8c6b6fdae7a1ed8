#include "drivers/net/host_ports.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/id.h"
#include "drivers/net/address.h"
#include "drivers/net/links.h"
#include "drivers/net/names.h"

namespace haneul::net {
namespace {

using ovsdb::Datum;
using ovsdb::Replica;
using ovsdb::Row;

constexpr std::string_view kMetadataAddress = "169.254.169.254";
constexpr std::uint16_t kMetadataPort = 80;
constexpr std::string_view kInnerLink = "meta0";
// Open vSwitch opens a device within milliseconds; restarting, within seconds.
constexpr std::chrono::milliseconds kOpenTimeMax{8'000};
constexpr std::size_t kUuidLength = 36;

std::vector<ovsdb::MonitoredTable> switch_tables() {
  return {{"Bridge", {"name", "ports"}},
          {"Port", {"name", "interfaces"}},
          {"Interface", {"name", "external_ids", "ofport", "error"}}};
}

ovsdb::ClientOptions client_options(const HostPortsOptions& options) {
  ovsdb::ClientOptions client;
  client.endpoint = options.switch_database;
  client.database = "Open_vSwitch";
  client.tables = switch_tables();
  client.request_time_max = options.request_time_max;
  return client;
}

std::string metadata_link(std::string_view network_id) {
  return "hmd" + std::string(network_id.substr(0, 11));
}

json::Array row_is(const std::string& uuid) {
  return json::Array{json::Value(json::Array{"_uuid", "==", json::Array{"uuid", uuid}})};
}

json::Array where_name(const std::string& name) {
  return json::Array{json::Value(json::Array{"name", "==", name})};
}

json::Value one_of(std::string_view tag, const std::string& name) {
  return json::Array{"set", json::Array{json::Value(json::Array{tag, name})}};
}

json::Object mutation(const std::string& bridge, std::string_view how, json::Value ports) {
  return {{"op", "mutate"},
          {"table", "Bridge"},
          {"where", where_name(bridge)},
          {"mutations", json::Array{json::Value(json::Array{"ports", how, std::move(ports)})}}};
}

json::Array additions(const std::string& bridge, const std::string& device, json::Value ids) {
  return {json::Object{{"op", "insert"},
                       {"table", "Interface"},
                       {"uuid-name", "link"},
                       {"row", json::Object{{"name", device}, {"external_ids", std::move(ids)}}}},
          json::Object{{"op", "insert"},
                       {"table", "Port"},
                       {"uuid-name", "plug"},
                       {"row", json::Object{{"name", device},
                                            {"interfaces", one_of("named-uuid", "link")}}}},
          mutation(bridge, "insert", one_of("named-uuid", "plug"))};
}

}  // namespace

std::string metadata_namespace_prefix(std::string_view tag) {
  return tag.empty() ? "hmeta-" : "hmeta-" + std::string(tag) + "-";
}

std::string device_alias_prefix(std::string_view tag) {
  return "haneul/" + std::string(tag) + "/";
}

std::string read_chassis(const std::string& switch_database, std::chrono::milliseconds time_max) {
  ovsdb::ClientOptions options;
  options.endpoint = switch_database;
  options.database = "Open_vSwitch";
  options.tables = {{"Open_vSwitch", {"external_ids"}}};
  ovsdb::Client client(std::move(options));
  std::string chassis;
  client.wait_until(time_max, [&chassis](const Replica& replica) {
    replica.each("Open_vSwitch", [&chassis](const std::string&, const Row& row) {
      chassis = ovsdb::text_of(row, "external_ids", "system-id");
    });
    return !chassis.empty();
  });
  if (chassis.empty()) throw Error("no system-id in Open vSwitch's database " + switch_database);
  return chassis;
}

void remove_host_devices(std::string_view tag) {
  for (const auto& [name, alias] : links_with_alias(device_alias_prefix(tag))) remove_link(name);
  const std::string prefix = metadata_namespace_prefix(tag);
  for (const auto& name : list_namespaces(prefix)) {
    if (name.size() == prefix.size() + kUuidLength) remove_namespace(name);
  }
}

HostPorts::HostPorts(HostPortsOptions options)
    : options_(std::move(options)), switch_(client_options(options_)) {}

std::string HostPorts::plug(const Port& port, std::int64_t mtu) {
  const std::string tap = tap_name(port.id);
  make_tap(tap);
  set_alias(tap, device_alias_prefix(options_.tag) + "port/" + port.id);
  set_mtu(tap, mtu);
  silence(tap);
  set_up(tap);
  attach(tap, {{"iface-id", port.id},
               {"iface-status", "active"},
               {"attached-mac", port.mac_address},
               {"vm-id", port.device_id},
               {"haneul:object", "port/" + port.id}});
  return tap;
}

void HostPorts::unplug(const std::string& port_id) {
  detach(tap_name(port_id));
  remove_link(tap_name(port_id));
}

std::vector<std::string> HostPorts::list_plugged() {
  std::set<std::string> ports;
  const std::string prefix = device_alias_prefix(options_.tag) + "port/";
  for (const auto& [name, alias] : links_with_alias(prefix)) {
    ports.insert(alias.substr(prefix.size()));
  }
  switch_.wait_ready(options_.request_time_max);
  switch_.read([&ports](const Replica& replica) {
    replica.each("Interface", [&ports](const std::string&, const Row& row) {
      const auto mark = ovsdb::text_of(row, "external_ids", "haneul:object");
      if (mark.starts_with("port/")) ports.emplace(mark.substr(5));
    });
  });
  return {ports.begin(), ports.end()};
}

int HostPorts::open_metadata_socket(const Network& network) {
  if (network.metadata_port_id.empty()) {
    throw Error("network " + network.id + " has no metadata port");
  }
  const std::string space = metadata_namespace_prefix(options_.tag) + network.id;
  make_namespace(space);
  make_metadata_link(network, space);
  attach(metadata_link(network.id), {{"iface-id", network.metadata_port_id},
                                     {"attached-mac", network.metadata_mac},
                                     {"haneul:object", "metadata/" + network.id}});
  return listen_in_namespace(space, std::string(kMetadataAddress), kMetadataPort);
}

void HostPorts::close_metadata(const std::string& network_id) {
  detach(metadata_link(network_id));
  remove_link(metadata_link(network_id));
  remove_namespace(metadata_namespace_prefix(options_.tag) + network_id);
}

std::vector<std::string> HostPorts::list_metadata() {
  const std::string prefix = metadata_namespace_prefix(options_.tag);
  std::vector<std::string> networks;
  for (const auto& name : list_namespaces(prefix)) {
    const std::string id = name.substr(prefix.size());
    if (id.size() == kUuidLength && is_uuid_like(id)) networks.push_back(id);
  }
  return networks;
}

void HostPorts::make_metadata_link(const Network& network, const std::string& space) {
  const std::string link = metadata_link(network.id), inner(kInnerLink);
  if (!link_exists(link)) {
    run_ip({"link", "add", link, "type", "veth", "peer", "name", inner, "netns", space});
  }
  set_alias(link, device_alias_prefix(options_.tag) + "metadata/" + network.id);
  set_mtu(link, network.mtu);
  silence(link);
  run_ip({"-n", space, "link", "set", "dev", inner, "address", network.metadata_mac, "mtu",
          std::to_string(network.mtu), "up"});
  run_ip({"-n", space, "link", "set", "dev", "lo", "up"});
  run_ip({"-n", space, "addr", "flush", "dev", inner, "scope", "global"});
  run_ip({"-n", space, "addr", "replace", std::string(kMetadataAddress) + "/32", "dev", inner});
  for (const Subnet& subnet : network.subnets) {
    if (subnet.metadata_ip.empty()) continue;
    const int length = prefix_length(subnet.cidr).value_or(32);
    run_ip({"-n", space, "addr", "replace", subnet.metadata_ip + "/" + std::to_string(length),
            "dev", inner});
  }
  stop_checksum_offload(space, inner);
  set_up(link);
}

void HostPorts::attach(const std::string& device, const Ids& external_ids) {
  if (!switch_.wait_ready(options_.request_time_max)) {
    throw Error("Open vSwitch's database does not answer at " + options_.switch_database);
  }
  const Row wanted = {{"external_ids", Datum::map(external_ids)}};
  json::Array operations = switch_.read([&](const Replica& replica) {
    const ovsdb::TableSchema& schema = replica.schema_of("Interface");
    const std::string uuid = replica.find_one("Interface", device);
    if (uuid.empty()) {
      if (replica.find_one("Bridge", options_.integration_bridge).empty()) {
        throw Error("there is no bridge " + options_.integration_bridge);
      }
      return additions(options_.integration_bridge, device,
                       *ovsdb::encode_row(schema, wanted).find("external_ids"));
    }
    const Row changed = ovsdb::difference(schema, *replica.find("Interface", uuid), wanted);
    if (changed.empty()) return json::Array{};
    return json::Array{json::Value(json::Object{{"op", "update"},
                                                {"table", "Interface"},
                                                {"where", row_is(uuid)},
                                                {"row", ovsdb::encode_row(schema, changed)}})};
  });
  if (!operations.empty()) switch_.transact(std::move(operations));
  if (const std::string why = await_port(device); !why.empty()) {
    throw Error("Open vSwitch cannot use " + device + ": " + why);
  }
}

// Empty once Open vSwitch has opened the device; else why not.
std::string HostPorts::await_port(const std::string& device) {
  std::string why = "it does not take it up";
  switch_.wait_until(kOpenTimeMax, [&](const Replica& replica) {
    const Row* row = replica.find("Interface", replica.find_one("Interface", device));
    if (row == nullptr) return false;
    const auto number = ovsdb::text_of(*row, "ofport");
    if (number.empty()) return false;
    why = number == "-1" ? std::string(ovsdb::text_of(*row, "error")) : std::string();
    return true;
  });
  return why;
}

void HostPorts::detach(const std::string& device) {
  if (!switch_.wait_ready(options_.request_time_max)) {
    throw Error("Open vSwitch's database does not answer at " + options_.switch_database);
  }
  json::Array operations = switch_.read([&](const Replica& replica) {
    const std::string uuid = replica.find_one("Port", device);
    if (uuid.empty()) return json::Array{};
    return json::Array{
        json::Value(mutation(options_.integration_bridge, "delete", one_of("uuid", uuid)))};
  });
  if (!operations.empty()) switch_.transact(std::move(operations));
}

}  // namespace haneul::net
