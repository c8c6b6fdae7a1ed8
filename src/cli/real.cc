#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/drivers.h"
#include "drivers/net/ovn_driver.h"
#include "drivers/net/private_ovn.h"
#include "drivers/virt/libvirt_driver.h"

namespace haneul::cli {
namespace {
namespace fs = std::filesystem;

// libvirt and QEMU make Unix sockets deep below their directory, whose names may not be longer.
constexpr std::size_t kVirtPathBytesMax = 48;
constexpr Duration kShutdownGrace = std::chrono::seconds(5);

struct Needed {
  const char* program;
  const char* package;
};
constexpr std::array<Needed, 8> kNeeded = {{{"qemu-system-x86_64", "qemu-system-x86"},
                                            {"qemu-img", "qemu-utils"},
                                            {"genisoimage", "genisoimage"},
                                            {"ovs-vswitchd", "openvswitch-switch"},
                                            {"ovsdb-server", "openvswitch-switch"},
                                            {"ovn-northd", "ovn-central"},
                                            {"ovn-controller", "ovn-host"},
                                            {"ip", "iproute2"}}};

bool is_installed(const std::string& program) {
  for (const char* directory : {"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"}) {
    if (::access((fs::path(directory) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

void check_surroundings() {
  if (::geteuid() != 0) {
    throw std::runtime_error("a real cloud needs root; try --simulated as an ordinary user");
  }
  std::vector<std::string> missing;
  for (const Needed& n : kNeeded) {
    if (!is_installed(n.program) &&
        std::find(missing.begin(), missing.end(), n.package) == missing.end()) {
      missing.emplace_back(n.package);
    }
  }
  if (!missing.empty()) {
    throw std::runtime_error(fmt::format(
        "missing packages: apt-get install --no-install-recommends {}", join(missing, " ")));
  }
}

// Tells clouds on one host apart: nothing for the standard one, else made from the directory.
std::string tag_of(const StateDir& state) {
  if (state.path() == standard_state_dir(false)) return "";
  const std::size_t hash = std::hash<std::string>{}(state.path().string());
  return fmt::format("{:06x}", hash & 0xffffff);
}

// A path for libvirt that is short enough: a link to the state directory where that is too deep.
std::string virt_directory(const StateDir& state) {
  const fs::path own = state.file("virt");
  fs::create_directories(own);
  if (own.string().size() <= kVirtPathBytesMax) return own.string();
  const fs::path link = fmt::format("/run/haneul-{}", tag_of(state));
  std::error_code ignored;
  fs::remove(link, ignored);
  fs::create_directory_symlink(own, link);
  return link.string();
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

// 172.24.4.0/24 → 172.24.4.1/24: the host is the external network's gateway.
std::string first_address(const std::string& cidr) {
  const auto slash = cidr.find('/');
  const auto dot = cidr.rfind('.', slash);
  if (slash == std::string::npos || dot == std::string::npos) {
    throw std::runtime_error("--public-cidr is not a network like 172.24.4.0/24");
  }
  return cidr.substr(0, dot) + ".1" + cidr.substr(slash);
}

net::PrivateOvnOptions ovn_options(const Options& options, const StateDir& state) {
  return {.state_dir = state.file("ovn").string(),
          .tag = tag_of(state),
          .hostname = host_name(),
          .physical_network = "public",
          .external_address = first_address(options.public_cidr)};
}

net::OvnOptions system_ovn(const SystemSettings& system) {
  net::OvnOptions ovn;
  ovn.northbound = system.northbound;
  ovn.chassis = system.chassis;
  ovn.host.switch_database = system.switch_database;
  ovn.host.integration_bridge = system.integration_bridge;
  return ovn;
}

class Real final : public Drivers {
 public:
  Real(const Options& options, const SystemSettings& system, const StateDir& state,
       const Progress& progress)
      : virt_({.state_dir = virt_directory(state),
               .uri = system.libvirt_uri,
               .hostname = host_name()}) {
    if (!system.northbound.empty()) {
      net_ = std::make_unique<net::OvnDriver>(system_ovn(system));
      return;
    }
    ovn_ = std::make_unique<net::PrivateOvn>(ovn_options(options, state));
    ovn_->start(progress);
    net_ = std::make_unique<net::OvnDriver>(ovn_->driver_options());
  }

  net::Driver& net() override { return *net_; }
  std::map<std::string, virt::Driver*> hosts() override { return {{host_name(), &virt_}}; }
  std::string kind() const override { return "QEMU, OVN"; }

  void end_all(const Progress& progress) override {
    progress("guests");
    end_guests();
    progress("networks");
    for (const auto& network : net_->list_metadata()) net_->close_metadata(network);
    net_.reset();
    if (ovn_) ovn_->stop();
  }

 private:
  std::size_t running() {
    const auto guests = virt_.list();
    return static_cast<std::size_t>(
        std::count_if(guests.begin(), guests.end(), [](const virt::GuestState& g) {
          return g.power != virt::Power::shut_off && g.power != virt::Power::no_state;
        }));
  }
  void end_guests() {
    for (const auto& guest : virt_.list()) {
      if (guest.power == virt::Power::running) virt_.request_shutdown(guest.id);
    }
    const SystemClock clock;
    const Duration end = clock.steady() + kShutdownGrace;
    while (running() > 0 && clock.steady() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (const auto& guest : virt_.list()) virt_.power_off(guest.id);
  }

  virt::LibvirtDriver virt_;
  std::unique_ptr<net::PrivateOvn> ovn_;  // null: the system's is used
  std::unique_ptr<net::OvnDriver> net_;
};

}  // namespace

std::unique_ptr<Drivers> open_real(const Options& options, const SystemSettings& system,
                                   const StateDir& state, const Progress& progress) {
  check_surroundings();
  return std::make_unique<Real>(options, system, state, progress);
}

}  // namespace haneul::cli
