#pragma once
#include "drivers/net/driver.h"
#include "drivers/remote/codec.h"
#include "drivers/virt/driver.h"

// How the drivers' structs look on the bus: one walk() for each, found by its namespace.

namespace haneul::virt {

template <class V, remote::Of<HostFacts> T>
void walk(V& v, T& f) {
  v("hostname", f.hostname);
  v("vcpus", f.vcpus);
  v("memory_mib", f.memory_mib);
  v("memory_used_mib", f.memory_used_mib);
  v("disk_gib", f.disk_gib);
  v("disk_free_gib", f.disk_free_gib);
  v("hypervisor_type", f.hypervisor_type);
  v("hypervisor_version", f.hypervisor_version);
  v("cpu_arch", f.cpu_arch);
  v("cpu_model", f.cpu_model);
  v("cpu_vendor", f.cpu_vendor);
  v("cpu_features", f.cpu_features);
  v("cpu_sockets", f.cpu_sockets);
  v("cpu_cores", f.cpu_cores);
  v("cpu_threads", f.cpu_threads);
  v("kvm", f.kvm);
  v("host_ip", f.host_ip);
}

template <class V, remote::Of<Nic> T>
void walk(V& v, T& n) {
  v("port_id", n.port_id);
  v("tap", n.tap);
  v("mac", n.mac);
  v("mtu", n.mtu);
  v("model", n.model);
}

template <class V, remote::Of<GuestSpec> T>
void walk(V& v, T& s) {
  v("id", s.id);
  v("name", s.name);
  v("title", s.title);
  v("vcpus", s.vcpus);
  v("memory_mib", s.memory_mib);
  v("nics", s.nics);
  v("config_drive", s.config_drive);
  v("project_id", s.project_id);
  v("user_id", s.user_id);
  v("flavor_name", s.flavor_name);
  v("image_id", s.image_id);
  v("image_properties", s.image_properties);
}

template <class V, remote::Of<GuestState> T>
void walk(V& v, T& s) {
  v("id", s.id);
  v("power", s.power);
}

// Where the bytes are is the agent's own business.
template <class V, remote::Of<ImageSource> T>
void walk(V& v, T& s) {
  v("id", s.id);
  v("checksum", s.checksum);
  v("format", s.format);
  v("size", s.size);
}

}  // namespace haneul::virt

namespace haneul::net {

template <class V, remote::Of<HostRoute> T>
void walk(V& v, T& r) {
  v("destination", r.destination);
  v("nexthop", r.nexthop);
}

template <class V, remote::Of<Subnet> T>
void walk(V& v, T& s) {
  v("id", s.id);
  v("cidr", s.cidr);
  v("gateway_ip", s.gateway_ip);
  v("ip_version", s.ip_version);
  v("enable_dhcp", s.enable_dhcp);
  v("dns_nameservers", s.dns_nameservers);
  v("host_routes", s.host_routes);
  v("ipv6_ra_mode", s.ipv6_ra_mode);
  v("ipv6_address_mode", s.ipv6_address_mode);
  v("metadata_ip", s.metadata_ip);
}

template <class V, remote::Of<Network> T>
void walk(V& v, T& n) {
  v("id", n.id);
  v("name", n.name);
  v("mtu", n.mtu);
  v("admin_up", n.admin_up);
  v("physical_network", n.physical_network);
  v("vlan", n.vlan);
  v("subnets", n.subnets);
  v("dns_domain", n.dns_domain);
  v("metadata_port_id", n.metadata_port_id);
  v("metadata_mac", n.metadata_mac);
}

template <class V, remote::Of<FixedIp> T>
void walk(V& v, T& f) {
  v("subnet_id", f.subnet_id);
  v("ip_address", f.ip_address);
}

template <class V, remote::Of<AddressPair> T>
void walk(V& v, T& p) {
  v("ip_address", p.ip_address);
  v("mac_address", p.mac_address);
}

template <class V, remote::Of<Port> T>
void walk(V& v, T& p) {
  v("id", p.id);
  v("network_id", p.network_id);
  v("name", p.name);
  v("mac_address", p.mac_address);
  v("device_owner", p.device_owner);
  v("device_id", p.device_id);
  v("fixed_ips", p.fixed_ips);
  v("admin_up", p.admin_up);
  v("port_security", p.port_security);
  v("security_groups", p.security_groups);
  v("allowed_address_pairs", p.allowed_address_pairs);
  v("host", p.host);
  v("dns_name", p.dns_name);
}

}  // namespace haneul::net
