#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <poll.h>
#include <set>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/process.h"
#include "base/text.h"
#include "drivers/net/links.h"
#include "drivers/net/names.h"
#include "drivers/net/ovn_driver.h"
#include "drivers/net/private_ovn.h"

// What net_smoke is made of: a cloud, its guests and what they hear. For smoke_main.cc alone.
namespace haneul::net {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Words = std::vector<std::string>;

inline int failures = 0;

inline void check(bool held, const std::string& what) {
  if (!held) ++failures;
  fmt::print("{} {}\n", held ? "ok  " : "FAIL", what);
  std::fflush(stdout);
}

// Tries again until it holds or the time is over; says how long it took.
inline void eventually(const std::string& what, const std::function<bool()>& holds,
                       milliseconds time_max = milliseconds(15'000)) {
  const auto begin = SteadyClock::now();
  bool held = holds();
  while (!held && SteadyClock::now() - begin < time_max) {
    ::poll(nullptr, 0, 50);
    held = holds();
  }
  const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
  check(held, fmt::format("{} ({} ms)", what, took.count()));
}

inline std::string output_of(const Words& argv, int seconds = 30) {
  const auto end = run_process(argv, {.time_max = std::chrono::seconds(seconds)});
  return end ? end->out + end->err : end.reason();
}

inline bool succeeds(const Words& argv, int seconds = 30) {
  const auto end = run_process(argv, {.time_max = std::chrono::seconds(seconds)});
  return end && end->ok();
}

inline bool ping(const std::string& address, const std::string& from_namespace = "") {
  Words argv = {"ping", "-n", "-c1", "-W1", address};
  if (!from_namespace.empty()) {
    argv.insert(argv.begin(), {"ip", "netns", "exec", from_namespace});
  }
  return succeeds(argv, 5);
}

// A network namespace in place of a guest, with the plugged device's other end in it.
class Guest {
 public:
  Guest(Driver& driver, std::string tag, Port port, std::int64_t mtu, const std::string& work_dir)
      : driver_(driver),
        port_(std::move(port)),
        space_("smoke-" + tag + port_.id.substr(0, 8)),
        lease_(work_dir + "/lease-" + port_.id) {
    remove_namespace(space_);
    make_namespace(space_);
    const std::string tap = tap_name(port_.id);
    remove_link(tap);
    run_ip({"link", "add", tap, "type", "veth", "peer", "name", "eth0", "netns", space_});
    run_ip({"-n", space_, "link", "set", "dev", "eth0", "address", port_.mac_address, "up"});
    run_ip({"-n", space_, "link", "set", "dev", "lo", "up"});
    stop_checksum_offload(space_, "eth0");
    driver_.plug(port_, mtu);
  }
  ~Guest() {
    try {
      remove_namespace(space_);
    } catch (const Error& error) {
      check(false, error.what());
    }
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  bool take_lease(const std::string& script) {
    return succeeds({"ip",           "netns",  "exec", space_, "env", "LEASE=" + lease_,
                     "busybox",      "udhcpc", "-i",   "eth0", "-n",  "-q",
                     "-f",           "-t",     "3",    "-T",   "1",   "-O",
                     "staticroutes", "-O",     "mtu",  "-s",   script},
                    15);
  }
  std::string lease() const {
    std::ifstream file(lease_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool reaches(const std::string& address) const { return ping(address, space_); }
  std::string shell(const std::string& script, int seconds = 30) const {
    return output_of({"ip", "netns", "exec", space_, "bash", "-c", script}, seconds);
  }
  const Port& port() const { return port_; }
  std::string address() const { return port_.fixed_ips.front().ip_address; }

 private:
  Driver& driver_;
  const Port port_;
  const std::string space_, lease_;
};

class Heard {
 public:
  Events events() {
    return {[this](const std::string& id, bool up) {
              const std::lock_guard lock(mutex_);
              up_[id] = up;
            },
            [this](const Object& object) {
              const std::lock_guard lock(mutex_);
              drifted_.insert(object);
            }};
  }
  bool is_up(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return up_[id];
  }
  bool drifted(const Object& object) {
    const std::lock_guard lock(mutex_);
    return drifted_.contains(object);
  }
  std::size_t drifts() {
    const std::lock_guard lock(mutex_);
    return drifted_.size();
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    drifted_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, bool> up_;
  std::set<Object> drifted_;
};

// Answers each caller with the address it came from.
class Echo {
 public:
  explicit Echo(int listener) : listener_(listener), thread_([this] { serve(); }) {}
  ~Echo() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

 private:
  void serve() {
    for (;;) {
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const int caller = ::accept(listener_, reinterpret_cast<sockaddr*>(&peer), &size);
      if (caller < 0) return;
      char request[1024], address[INET_ADDRSTRLEN] = {};
      if (::recv(caller, request, sizeof request, 0) > 0) {
        ::inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address);
        const std::string answer = "HTTP/1.0 200 OK\r\n\r\nyou are " + std::string(address) + "\n";
        ::send(caller, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(caller);
    }
  }

  const int listener_;
  std::thread thread_;
};

// One cloud: its programs, its driver and a small network.
class Cloud {
 public:
  Cloud(std::string tag, int number, std::string work_dir)
      : tag_(std::move(tag)), number_(number), dir_(work_dir + "/" + tag_) {
    std::filesystem::create_directories(dir_);
    script_ = dir_ + "/udhcpc.sh";
    // No word about name servers: they would end up in the host's /etc/resolv.conf.
    std::ofstream(script_) << "#!/bin/bash\n"
                              "env > $LEASE\n"
                              "[ \"$1\" = bound ] || exit 0\n"
                              "ip addr replace $ip/$mask dev $interface\n"
                              "[ -z \"$mtu\" ] || ip link set dev $interface mtu $mtu\n"
                              "set -- $staticroutes\n"
                              "[ $# -gt 0 ] || set -- 0.0.0.0/0 $router\n"
                              "while [ $# -gt 1 ]; do ip route replace $1 via $2; shift 2; done\n";
    ::chmod(script_.c_str(), 0755);
  }

  PrivateOvnOptions options() const {
    PrivateOvnOptions options;
    options.state_dir = dir_;
    options.tag = tag_;
    options.hostname = "smoke-host";
    options.external_address = fmt::format("172.24.{}.1/24", number_);
    options.masquerade = true;
    return options;
  }

  void start() {
    const auto begin = SteadyClock::now();
    ovn_ = std::make_unique<PrivateOvn>(options());
    ovn_->start([&](std::string_view stage) {
      const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
      fmt::print("     {}: {} at {} ms\n", tag_, stage, took.count());
    });
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin);
    check(took < milliseconds(4'000), fmt::format("{}: ready in {} ms", tag_, took.count()));
    driver_ = std::make_unique<OvnDriver>(ovn_->driver_options());
    driver_->on_events(heard_.events());
  }

  // As after kill -9 of the program: another one takes over.
  void take_over() {
    driver_.reset();
    ovn_.reset();
    start();
  }

  void stop() {
    guests_.clear();
    driver_.reset();
    ovn_->stop();
  }

  Network make_network(const std::string& name, int third) {
    Network network;
    network.id = new_uuid();
    network.name = name;
    network.metadata_port_id = new_uuid();
    network.metadata_mac = mac(third, 2);
    Subnet subnet;
    subnet.id = new_uuid();
    subnet.cidr = fmt::format("10.10.{}.0/24", third);
    subnet.gateway_ip = fmt::format("10.10.{}.1", third);
    subnet.metadata_ip = fmt::format("10.10.{}.2", third);
    subnet.dns_nameservers = {"9.9.9.9"};
    network.subnets = {subnet};
    if (third == 1) {
      network.subnets.push_back({.id = new_uuid(),
                                 .cidr = ipv6_net() + "/64",
                                 .gateway_ip = ipv6_net() + "1",
                                 .ip_version = 6,
                                 .ipv6_ra_mode = "slaac",
                                 .ipv6_address_mode = "slaac"});
    }
    driver_->put(network);
    return network;
  }

  Guest& add_guest(const Network& network, const SecurityGroup& group, int third, int last) {
    Port port;
    port.id = new_uuid();
    port.network_id = network.id;
    port.mac_address = mac(third, last);
    port.fixed_ips = {{network.subnets.front().id, fmt::format("10.10.{}.{}", third, last)}};
    if (network.subnets.size() > 1) {
      port.fixed_ips.push_back({network.subnets[1].id, ipv6_of(third, last)});
    }
    port.security_groups = {group.id};
    port.device_owner = "compute:nova";
    port.host = "smoke-host";
    driver_->put(port);
    guests_.push_back(std::make_unique<Guest>(*driver_, tag_, port, network.mtu, dir_));
    Guest& guest = *guests_.back();
    eventually(tag_ + ": port of " + guest.address() + " is up",
               [&] { return heard_.is_up(port.id); });
    eventually(tag_ + ": " + guest.address() + " by DHCP", [&] {
      return guest.take_lease(script_) &&
             guest.lease().find("ip=" + guest.address() + "\n") != std::string::npos;
    });
    return guest;
  }

  // The network's address .1 on the router; makes the switch's side too.
  RouterInterface add_interface(const Network& network, int third, const std::string& owner,
                                const std::string& address) {
    Port port;
    port.id = new_uuid();
    port.network_id = network.id;
    port.device_owner = owner;
    port.mac_address = mac(third, 1);
    port.port_security = false;
    driver_->put(port);
    return {port.id, network.id, port.mac_address, {address}, "", network.mtu};
  }

  std::string mac(int third, int last) const {
    return fmt::format("fa:16:3e:{:02x}:{:02x}:{:02x}", number_, third, last);
  }

  std::string ipv6_net() const { return fmt::format("fd00:{}::", number_); }
  // What a guest makes of its MAC address and the router's advertisement.
  std::string ipv6_of(int third, int last) const {
    return fmt::format("{}f816:3eff:fe{:02x}:{:x}", ipv6_net(), number_, third * 256 + last);
  }

  std::string nbctl(Words words) {
    words.insert(words.begin(), {"ovn-nbctl", "--db=" + ovn_->northbound()});
    return output_of(words);
  }

  const std::string tag_;
  const int number_;
  const std::string dir_;
  std::string script_;
  Heard heard_;
  std::unique_ptr<PrivateOvn> ovn_;
  std::unique_ptr<OvnDriver> driver_;
  std::vector<std::unique_ptr<Guest>> guests_;
};

}  // namespace haneul::net
