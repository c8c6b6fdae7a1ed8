#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Network devices and namespaces of this host. Needs root. All throw Error; what is as wanted
// already is fine.
namespace haneul::net {

constexpr std::size_t kLinkNameMax = 15;

bool link_exists(const std::string& name);
// A tap device that stays when its user goes.
void make_tap(const std::string& name);
void remove_link(const std::string& name);
void set_mtu(const std::string& name, std::int64_t mtu);
void set_up(const std::string& name);
void rename_link(const std::string& name, const std::string& fresh);
// The host itself shall say nothing on the device: no router solicitations, no neighbours.
void silence(const std::string& name);
// A note the kernel keeps with the device ("ip -d link show": alias).
void set_alias(const std::string& name, std::string_view alias);
// Devices whose note begins so: name and note.
std::vector<std::pair<std::string, std::string>> links_with_alias(std::string_view prefix);

// Runs ip(8) with these arguments.
void run_ip(const std::vector<std::string>& arguments);

bool namespace_exists(const std::string& name);
std::vector<std::string> list_namespaces(std::string_view prefix);
void make_namespace(const std::string& name);
void remove_namespace(const std::string& name);
// Frames leave the device with complete checksums. Open vSwitch in user space does not fill in
// what the kernel leaves to a network card.
void stop_checksum_offload(const std::string& in_namespace, const std::string& name);
// A TCP socket that listens on the address inside the namespace; the caller owns it.
int listen_in_namespace(const std::string& name, const std::string& address, std::uint16_t port);

}  // namespace haneul::net
