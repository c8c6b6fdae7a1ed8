#include "drivers/net/private_ovn_net.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <ifaddrs.h>
#include <memory>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "base/process.h"
#include "drivers/net/address.h"
#include "drivers/net/descriptor.h"
#include "drivers/net/links.h"
#include "drivers/net/private_ovn.h"

namespace haneul::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNftTimeMax{10'000};
// All userspace datapaths of Open vSwitch call their own link so, whoever's they are.
constexpr const char* kDatapathLink = "ovs-netdev";
// Taken while that link is there; a file that every host has, so that none is left behind.
constexpr const char* kDatapathLock = "/dev/net/tun";

void run_nft(const std::string& commands) {
  const auto end = run_process({"nft", commands}, {.time_max = kNftTimeMax});
  if (!end) throw Error("nft: " + end.reason());
  if (!end->ok()) throw Error("nft: " + end->reason());
}

// Another process holds the tap device; a leftover of a dead one does not count.
bool is_attached(const std::string& tap) {
  if (!link_exists(tap)) return false;
  const Descriptor control(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::memcpy(request.ifr_name, tap.c_str(), tap.size() + 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  return control && ::ioctl(control.get(), TUNSETIFF, &request) != 0 && errno == EBUSY;
}

Descriptor take_lock() {
  Descriptor lock(::open(kDatapathLock, O_RDONLY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    throw Error(std::string("cannot lock ") + kDatapathLock + ": " + std::strerror(errno));
  }
  return lock;
}

}  // namespace

void masquerade(const std::string& table, const std::string& network, const std::string& bridge) {
  std::ofstream("/proc/sys/net/ipv4/ip_forward") << "1";
  run_nft("add table ip " + table + "; flush table ip " + table + "; add chain ip " + table +
          " postrouting { type nat hook postrouting priority srcnat; }; add rule ip " + table +
          " postrouting ip saddr " + network + " ip daddr != " + network + " oifname != \"" +
          bridge + "\" masquerade");
}

void refuse_taken_network(const std::string& network, const std::string& bridge) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> guard(all, ::freeifaddrs);
  for (const ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
    if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || bridge == at->ifa_name) continue;
    char text[INET_ADDRSTRLEN] = {};
    const auto* address = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
    ::inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
    if (!contains(network, text)) continue;
    throw Error(std::string("this host has ") + text + " of the external network already, on " +
                at->ifa_name + "; choose another network with --public-cidr");
  }
}

void remove_nft_table(const std::string& table) {
  // Adding first makes the removal of one that is not there succeed.
  run_nft("add table ip " + table + "; delete table ip " + table);
}

std::string PrivateOvn::nft_table() const {
  std::string name = options_.tag.empty() ? "haneul" : "haneul_" + options_.tag;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void PrivateOvn::start_switch() {
  const Descriptor lock = take_lock();
  if (!switch_->adopt()) {
    if (is_attached(kDatapathLink)) {
      throw Error("another Open vSwitch already has a userspace datapath on this host (" +
                  std::string(kDatapathLink) + ")");
    }
    remove_link(datapath_link());
    launch(*switch_);
  }
  await_switch();
  hide_datapath_link();
}

void PrivateOvn::await_switch() const {
  ovsdb::ClientOptions client;
  client.endpoint = switch_database();
  client.database = "Open_vSwitch";
  client.tables = {{"Interface", {"name", "ofport", "error"}}};
  ovsdb::Client database(std::move(client));
  const auto opened = [&](const std::string& name) {
    return database.wait_until(options_.start_time_max, [&](const ovsdb::Replica& replica) {
      const auto* row = replica.find("Interface", replica.find_one("Interface", name));
      return row != nullptr && !ovsdb::column(*row, "ofport").empty();
    }) && link_exists(name);
  };
  for (const auto& bridge : {integration_bridge(), external_bridge()}) {
    if (!opened(bridge)) throw Error("ovs-vswitchd does not make bridge " + bridge);
  }
}

// A second userspace datapath on this host must find the name free; the first one holds its link
// by descriptor and does not miss it.
void PrivateOvn::hide_datapath_link() const {
  if (!link_exists(kDatapathLink) || link_exists(datapath_link())) return;
  rename_link(kDatapathLink, datapath_link());
}

void PrivateOvn::set_up_external() const {
  const std::string bridge = external_bridge();
  set_up(bridge);
  if (options_.external_address.empty()) return;
  run_ip({"addr", "replace", options_.external_address, "dev", bridge});
  if (options_.masquerade) masquerade(nft_table(), options_.external_address, bridge);
}

}  // namespace haneul::net
