// Shows that the real driver works on this host: private OVN, guests made of network namespaces.
// Needs root, busybox, ping and nc. Ends with 0 if every check held.
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

namespace haneul::net {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Words = std::vector<std::string>;

int failures = 0;

void check(bool held, const std::string& what) {
  if (!held) ++failures;
  fmt::print("{} {}\n", held ? "ok  " : "FAIL", what);
  std::fflush(stdout);
}

// Tries again until it holds or the time is over; says how long it took.
void eventually(const std::string& what, const std::function<bool()>& holds,
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

std::string output_of(const Words& argv, int seconds = 30) {
  const auto end = run_process(argv, {.time_max = std::chrono::seconds(seconds)});
  return end ? end->out + end->err : end.reason();
}

bool succeeds(const Words& argv, int seconds = 30) {
  const auto end = run_process(argv, {.time_max = std::chrono::seconds(seconds)});
  return end && end->ok();
}

bool ping(const std::string& address, const std::string& from_namespace = "") {
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
    driver_->put(network);
    return network;
  }

  Guest& add_guest(const Network& network, const SecurityGroup& group, int third, int last) {
    Port port;
    port.id = new_uuid();
    port.network_id = network.id;
    port.mac_address = mac(third, last);
    port.fixed_ips = {{network.subnets.front().id, fmt::format("10.10.{}.{}", third, last)}};
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

SecurityGroup closed_group() {
  SecurityGroup group{new_uuid(), "default", {}};
  group.rules.push_back({.id = new_uuid(), .ingress = false, .ethertype = 4});
  return group;
}

SecurityGroupRule allow(const std::string& protocol, std::optional<int> port = {}) {
  return {.id = new_uuid(), .protocol = protocol, .port_min = port, .port_max = port};
}

int pid_of(const Cloud& cloud, const std::string& program) {
  std::ifstream file(cloud.dir_ + "/run/" + program + ".pid");
  int pid = 0;
  file >> pid;
  return pid;
}

void check_groups(Cloud& cloud, SecurityGroup& group, Guest& a, Guest& b) {
  check(!a.reaches(b.address()), "the security group blocks ping");
  group.rules.push_back(allow("icmp"));
  cloud.driver_->put(group);
  eventually("a rule lets ping through", [&] { return a.reaches(b.address()); });
  SecurityGroupRule from_group = allow("tcp", 5000);
  from_group.remote_group_id = group.id;
  group.rules.push_back(from_group);
  cloud.driver_->put(group);
  std::string sum;
  std::thread receiver([&] { sum = b.shell("timeout 40 nc -l 5000 | sha256sum", 45); });
  std::string sent;
  eventually("10 MB over TCP, allowed by remote group", [&] {
    sent = a.shell("head -c 10485760 /dev/zero | tr '\\0' 'x' | timeout 20 nc -N -w 5 " +
                   b.address() + " 5000 && echo done");
    return sent.find("done") != std::string::npos;
  });
  receiver.join();
  check(sum.starts_with(
            output_of({"bash", "-c", "head -c 10485760 /dev/zero | tr '\\0' 'x' | sha256sum"})
                .substr(0, 64)),
        "the stream arrived whole");
}

void check_metadata(Cloud& cloud, const Network& network, Guest& guest) {
  const Echo echo(cloud.driver_->open_metadata_socket(network));
  eventually("metadata answers and knows who asks", [&] {
    return guest
               .shell(
                   "exec 3<>/dev/tcp/169.254.169.254/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' "
                   ">&3; cat <&3",
                   5)
               .find("you are " + guest.address()) != std::string::npos;
  });
  check(cloud.driver_->list_metadata() == Words{network.id}, "the metadata namespace is listed");
}

void check_drift(Cloud& cloud, const SecurityGroup& group, const Port& port, const Router& router) {
  cloud.heard_.forget();
  const std::string pg = "pg_" + [&] {
    std::string id = group.id;
    std::replace(id.begin(), id.end(), '-', '_');
    return id;
  }();
  cloud.nbctl({"acl-del", pg});
  cloud.nbctl({"lsp-set-addresses", port.id, "unknown"});
  cloud.nbctl({"lr-nat-del", "neutron-" + router.id});
  cloud.nbctl({"pg-set-ports", "neutron_pg_drop"});
  eventually("rules removed behind our back are noticed", [&] {
    return cloud.heard_.drifted({Kind::security_group, group.id});
  });
  eventually("a changed port is noticed", [&] {
    return cloud.heard_.drifted({Kind::port, port.id});
  });
  eventually("removed NAT is noticed", [&] {
    return cloud.heard_.drifted({Kind::router, router.id});
  });
  const std::string before = cloud.nbctl({"show"}) + cloud.nbctl({"acl-list", pg});
  cloud.driver_->put(group);
  cloud.driver_->put(port);
  cloud.driver_->put(router);
  const std::string after = cloud.nbctl({"show"}) + cloud.nbctl({"acl-list", pg});
  check(before != after && after.find("icmp4") != std::string::npos, "put repairs them");
}

void check_survival(Cloud& cloud, Guest& a, Guest& b, const std::string& floating_ip) {
  for (const std::string program : {"ovn-northd", "ovs-vswitchd", "ovn-controller", "ovsdb-ovn"}) {
    const int old = pid_of(cloud, program);
    ::kill(old, SIGKILL);
    eventually(program + " is started again after kill -9",
               [&] { return pid_of(cloud, program) != old && cloud.ovn_->healthy(); });
    eventually("guests reach each other afterwards", [&] { return a.reaches(b.address()); });
    eventually("the host reaches the floating IP afterwards", [&] { return ping(floating_ip); });
  }
}

// The whole story in one cloud.
void tell_story(Cloud& cloud, Cloud& other) {
  cloud.start();
  SecurityGroup group = closed_group();
  cloud.driver_->put(group);
  Network blue = cloud.make_network("blue", 1), green = cloud.make_network("green", 2);
  Guest& a = cloud.add_guest(blue, group, 1, 11);
  Guest& b = cloud.add_guest(blue, group, 1, 12);
  Guest& c = cloud.add_guest(green, group, 2, 13);
  check(a.lease().find("mtu=1442\n") != std::string::npos, "DHCP tells the MTU");
  check(a.lease().find("169.254.169.254/32 10.10.1.2") != std::string::npos,
        "DHCP tells the way to metadata");
  check(a.lease().find("dns=9.9.9.9\n") != std::string::npos, "DHCP tells the name server");
  check_groups(cloud, group, a, b);

  Router router{.id = new_uuid(), .name = "edge"};
  check(!a.reaches(c.address()), "no way to the other network without a router");
  router.interfaces = {cloud.add_interface(blue, 1, "network:router_interface", "10.10.1.1/24"),
                       cloud.add_interface(green, 2, "network:router_interface", "10.10.2.1/24")};
  cloud.driver_->put(router);
  eventually("a router joins two networks", [&] { return a.reaches(c.address()); });

  Network outside{.id = new_uuid(), .name = "public", .mtu = 1500, .physical_network = "public"};
  cloud.driver_->put(outside);
  const std::string host = fmt::format("172.24.{}.1", cloud.number_);
  router.gateway = cloud.add_interface(outside, 9, "network:router_gateway",
                                       fmt::format("172.24.{}.50/24", cloud.number_));
  router.gateway_nexthops = {host};
  router.snat_cidrs = {"10.10.1.0/24", "10.10.2.0/24"};
  cloud.driver_->put(router);
  eventually("a guest reaches the host through SNAT", [&] { return c.reaches(host); });
  const std::string floating_ip = fmt::format("172.24.{}.60", cloud.number_);
  router.floating_ips = {{new_uuid(), floating_ip, a.address(), a.port().id}};
  cloud.driver_->put(router);
  eventually("the host reaches the floating IP", [&] { return ping(floating_ip); });
  check(a.reaches(host), "its guest reaches the host");
  check_metadata(cloud, blue, a);

  check(cloud.heard_.drifts() == 0, "none of our own changes looks like somebody else's");
  cloud.driver_->put(router);
  cloud.driver_->put(blue);
  check_drift(cloud, group, a.port(), router);
  eventually("and the floating IP answers again", [&] { return ping(floating_ip); });

  other.start();
  SecurityGroup open = closed_group();
  open.rules.push_back(allow("icmp"));
  other.driver_->put(open);
  Network twin = other.make_network("blue", 1);
  Guest& x = other.add_guest(twin, open, 1, 21);
  Guest& y = other.add_guest(twin, open, 1, 22);
  eventually("guests of a second cloud reach each other", [&] { return x.reaches(y.address()); });
  check(!x.reaches(a.address()), "but not those of the first, in the same address range");
  check(a.reaches(b.address()) && ping(floating_ip), "which are not disturbed");

  check_survival(cloud, a, b, floating_ip);
  check(x.reaches(y.address()), "the second cloud did not notice");
  const int before = pid_of(cloud, "ovs-vswitchd");
  cloud.take_over();
  check(pid_of(cloud, "ovs-vswitchd") == before, "the next process adopts the programs");
  check(cloud.driver_->list().size() == 11 && cloud.driver_->list_plugged().size() == 3,
        fmt::format("it finds {} objects and {} plugged ports", cloud.driver_->list().size(),
                    cloud.driver_->list_plugged().size()));
  eventually("it is told of ports that are up",
             [&] { return cloud.heard_.is_up(a.port().id) && cloud.heard_.is_up(c.port().id); });
  cloud.driver_->unplug(b.port().id);
  check(cloud.driver_->list_plugged().size() == 2 && !link_exists(tap_name(b.port().id)),
        "unplug removes the device");
  for (const Object& object : cloud.driver_->list()) cloud.driver_->remove(object);
  check(cloud.driver_->list().empty(), "everything can be removed");
}

void check_nothing_left(const Cloud& cloud) {
  cloud.ovn_->stop();
  check(true, cloud.tag_ + ": stopping what is stopped is fine");
  bool running = false;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    running = running || line.find("--pidfile=" + cloud.dir_ + "/") != std::string::npos;
  }
  check(!running, cloud.tag_ + ": no process is left");
  const std::string links = output_of({"ip", "-o", "link"});
  for (const std::string link : {"br-int-", "br-ex-", "ovsnd-"}) {
    check(links.find(link + cloud.tag_) == std::string::npos, "no link " + link + cloud.tag_);
  }
  check(links.find("tap") == std::string::npos && links.find("hmd") == std::string::npos,
        cloud.tag_ + ": no tap is left");
  check(list_namespaces("hmeta-" + cloud.tag_).empty() && list_namespaces("smoke-").empty(),
        cloud.tag_ + ": no namespace is left");
  check(output_of({"nft", "list", "tables"}).find("haneul_" + cloud.tag_) == std::string::npos,
        cloud.tag_ + ": no nftables table is left");
}

int run() {
  std::string work = "/tmp/haneul-net-smoke-XXXXXX";
  if (::mkdtemp(work.data()) == nullptr) return 2;
  Cloud first("smk1", 4, work), second("smk2", 5, work);
  const auto end = [&](Cloud& cloud) {
    try {
      if (cloud.ovn_) cloud.stop();
    } catch (const Error& error) {
      check(false, error.what());
    }
  };
  try {
    tell_story(first, second);
  } catch (const Error& error) {
    check(false, std::string("the story broke off: ") + error.what());
  }
  end(first);
  end(second);
  if (first.ovn_) check_nothing_left(first);
  if (second.ovn_) check_nothing_left(second);
  if (failures == 0) std::filesystem::remove_all(work);
  fmt::print("{} in {}\n", failures == 0 ? "all checks held" : "checks failed", work);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace haneul::net

int main() {
  return haneul::net::run();
}
