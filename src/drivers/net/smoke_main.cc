// Shows that the real driver works on this host: private OVN, guests made of network namespaces.
// Needs root, busybox, ping and nc. Ends with 0 if every check held.
#include <fcntl.h>

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "drivers/net/smoke_cloud.h"

namespace haneul::net {
namespace {

SecurityGroup closed_group() {
  SecurityGroup group{new_uuid(), "default", {}};
  for (const int family : {4, 6}) {
    group.rules.push_back({.id = new_uuid(), .ingress = false, .ethertype = family});
  }
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
  for (const std::string program :
       {"ovn-northd", "ovs-vswitchd", "ovn-controller", "ovsdb-ovn", "ovsdb-switch"}) {
    const int old = pid_of(cloud, program);
    ::kill(old, SIGKILL);
    eventually(program + " is started again after kill -9",
               [&] { return pid_of(cloud, program) != old && cloud.ovn_->healthy(); });
    eventually("guests reach each other afterwards", [&] { return a.reaches(b.address()); });
    eventually("the host reaches the floating IP afterwards", [&] { return ping(floating_ip); });
  }
}

// Asks through a plugged tap, as a hypervisor would, who has the address; the MAC that answers.
std::string ask_through_tap(const std::string& tap, const std::string& address) {
  const Descriptor file(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ifreq request{};
  tap.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(file.get(), TUNSETIFF, &request) != 0) return "cannot open the tap";
  unsigned char frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x16, 0x3e, 4, 1,
                             14,   0x08, 0x06, 0,    1,    0x08, 0,    6,    4,    0, 1,
                             0xfa, 0x16, 0x3e, 4,    1,    14,   10,   10,   1,    14};
  ::inet_pton(AF_INET, address.c_str(), frame + 38);
  for (int i = 0; i < 50; ++i) {
    if (::write(file.get(), frame, sizeof frame) < 0) return "cannot write to the tap";
    pollfd readable{file.get(), POLLIN, 0};
    ::poll(&readable, 1, 100);
    unsigned char answer[2048];
    while (::read(file.get(), answer, sizeof answer) >= 42) {
      if (answer[12] != 0x08 || answer[13] != 0x06 || answer[21] != 2) continue;
      return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", answer[22], answer[23],
                         answer[24], answer[25], answer[26], answer[27]);
    }
  }
  return "no answer";
}

// A place beyond the host that knows no way back to the cloud's external network.
class Internet {
 public:
  Internet() {
    remove_namespace("smoke-out");
    make_namespace("smoke-out");
    run_ip(
        {"link", "add", "smoke-out", "type", "veth", "peer", "name", "eth0", "netns", "smoke-out"});
    run_ip({"addr", "add", "198.51.100.1/24", "dev", "smoke-out"});
    run_ip({"link", "set", "dev", "smoke-out", "up"});
    run_ip({"-n", "smoke-out", "addr", "add", "198.51.100.2/24", "dev", "eth0"});
    run_ip({"-n", "smoke-out", "link", "set", "dev", "eth0", "up"});
  }
  ~Internet() {
    remove_link("smoke-out");
    remove_namespace("smoke-out");
  }
  Internet(const Internet&) = delete;
  Internet& operator=(const Internet&) = delete;
};

// The whole story in one cloud, with another beside it.
class Story {
 public:
  Story(Cloud& cloud, Cloud& other)
      : cloud_(cloud),
        other_(other),
        host_(fmt::format("172.24.{}.1", cloud.number_)),
        floating_ip_(fmt::format("172.24.{}.60", cloud.number_)) {}

  void tell() {
    cloud_.start();
    tell_networks();
    check_groups(cloud_, group_, *a_, *b_);
    tell_router();
    tell_outside();
    check_metadata(cloud_, blue_, *a_);
    tell_tap();
    check(cloud_.heard_.drifts() == 0, "none of our own changes looks like somebody else's");
    check_drift(cloud_, group_, a_->port(), router_);
    eventually("and the floating IP answers again", [&] { return ping(floating_ip_); });
    tell_neighbour();
    check_survival(cloud_, *a_, *b_, floating_ip_);
    check(x_->reaches(y_->address()), "the second cloud did not notice");
    tell_next_process();
  }

 private:
  void tell_networks() {
    group_ = closed_group();
    cloud_.driver_->put(group_);
    blue_ = cloud_.make_network("blue", 1);
    green_ = cloud_.make_network("green", 2);
    a_ = &cloud_.add_guest(blue_, group_, 1, 11);
    b_ = &cloud_.add_guest(blue_, group_, 1, 12);
    c_ = &cloud_.add_guest(green_, group_, 2, 13);
    const auto told = [this](const std::string& what) {
      return a_->lease().find(what) != std::string::npos;
    };
    check(told("mtu=1442\n"), "DHCP tells the MTU");
    check(told("169.254.169.254/32 10.10.1.2"), "DHCP tells the way to metadata");
    check(told("dns=9.9.9.9\n"), "DHCP tells the name server");
  }

  void tell_router() {
    check(!a_->reaches(c_->address()), "no way to the other network without a router");
    router_ = {.id = new_uuid(), .name = "edge"};
    router_.interfaces = {
        cloud_.add_interface(blue_, 1, "network:router_interface", "10.10.1.1/24"),
        cloud_.add_interface(green_, 2, "network:router_interface", "10.10.2.1/24")};
    router_.interfaces.front().addresses.push_back(cloud_.ipv6_net() + "1/64");
    router_.interfaces.front().ra_mode = "slaac";
    cloud_.driver_->put(router_);
    eventually("a router joins two networks", [&] { return a_->reaches(c_->address()); });
    eventually("a guest takes its IPv6 address from an advertisement and uses it", [&] {
      return a_->shell("ip -6 addr show dev eth0").find(cloud_.ipv6_of(1, 11)) !=
                 std::string::npos &&
             a_->reaches(cloud_.ipv6_net() + "1");
    });
  }

  void tell_outside() {
    const Network outside{
        .id = new_uuid(), .name = "public", .mtu = 1500, .physical_network = "public"};
    cloud_.driver_->put(outside);
    router_.gateway = cloud_.add_interface(outside, 9, "network:router_gateway",
                                           fmt::format("172.24.{}.50/24", cloud_.number_));
    router_.gateway_nexthops = {host_};
    router_.snat_cidrs = {"10.10.1.0/24", "10.10.2.0/24"};
    cloud_.driver_->put(router_);
    eventually("a guest reaches the host through SNAT", [&] { return c_->reaches(host_); });
    router_.floating_ips = {{new_uuid(), floating_ip_, a_->address(), a_->port().id}};
    cloud_.driver_->put(router_);
    eventually("the host reaches the floating IP", [&] { return ping(floating_ip_); });
    check(a_->reaches(host_), "its guest reaches the host");
    const Internet internet;
    eventually("guests reach what is beyond the host, which knows no way back",
               [&] { return a_->reaches("198.51.100.2") && c_->reaches("198.51.100.2"); });
  }

  void tell_tap() {
    Port port{.id = new_uuid(), .network_id = blue_.id};
    port.mac_address = "fa:16:3e:04:01:0e";
    port.fixed_ips = {{blue_.subnets.front().id, "10.10.1.14"}};
    port.security_groups = {group_.id};
    port.device_owner = "compute:nova";
    port.host = "smoke-host";
    cloud_.driver_->put(port);
    const std::string tap = cloud_.driver_->plug(port, blue_.mtu);
    check(cloud_.driver_->plug(port, blue_.mtu) == tap, "plugging twice is plugging once");
    const std::string mac = ask_through_tap(tap, a_->address());
    check(mac == a_->port().mac_address, "a tap device carries frames both ways: " + mac);
    cloud_.driver_->unplug(port.id);
    check(!link_exists(tap), "unplug removes the tap");
    cloud_.driver_->remove({Kind::port, port.id});
  }

  void tell_neighbour() {
    other_.start();
    SecurityGroup open = closed_group();
    open.rules.push_back(allow("icmp"));
    other_.driver_->put(open);
    const Network twin = other_.make_network("blue", 1);
    x_ = &other_.add_guest(twin, open, 1, 21);
    y_ = &other_.add_guest(twin, open, 1, 22);
    eventually("guests of a second cloud reach each other",
               [&] { return x_->reaches(y_->address()); });
    check(!x_->reaches(a_->address()), "but not those of the first, in the same address range");
    check(a_->reaches(b_->address()) && ping(floating_ip_), "which are not disturbed");
  }

  void tell_next_process() {
    const int before = pid_of(cloud_, "ovs-vswitchd");
    cloud_.take_over();
    OvnDriver& driver = *cloud_.driver_;
    check(pid_of(cloud_, "ovs-vswitchd") == before, "the next process adopts the programs");
    check(driver.list().size() == 11 && driver.list_plugged().size() == 3,
          fmt::format("it finds {} objects and {} plugged ports", driver.list().size(),
                      driver.list_plugged().size()));
    eventually("it is told of ports that are up", [&] {
      return cloud_.heard_.is_up(a_->port().id) && cloud_.heard_.is_up(c_->port().id);
    });
    driver.unplug(b_->port().id);
    check(driver.list_plugged().size() == 2 && !link_exists(tap_name(b_->port().id)),
          "unplug removes the device");
    driver.close_metadata(blue_.id);
    check(driver.list_metadata().empty() && list_namespaces("hmeta-" + cloud_.tag_).empty(),
          "closing metadata removes its namespace");
    check(
        read_chassis(cloud_.ovn_->switch_database(), milliseconds(1'000)) == cloud_.ovn_->chassis(),
        "the switch tells the chassis");
    for (const Object& object : driver.list()) driver.remove(object);
    check(driver.list().empty(), "everything can be removed");
  }

  Cloud& cloud_;
  Cloud& other_;
  const std::string host_, floating_ip_;
  SecurityGroup group_;
  Network blue_, green_;
  Router router_;
  Guest *a_ = nullptr, *b_ = nullptr, *c_ = nullptr, *x_ = nullptr, *y_ = nullptr;
};

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
  check(links_with_alias(device_alias_prefix(cloud.tag_)).empty(), cloud.tag_ + ": no tap is left");
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
    Story(first, second).tell();
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
