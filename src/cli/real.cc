#include <memory>

#include "cli/drivers.h"
#include "cli/end_guests.h"
#include "cli/machine.h"
#include "drivers/net/address.h"
#include "drivers/net/ovn_driver.h"
#include "drivers/net/private_ovn.h"
#include "drivers/virt/libvirt_driver.h"

namespace haneul::cli {
namespace {

// 172.24.4.0/24 → 172.24.4.1/24: the host is the external network's gateway.
std::string gateway_of(const std::string& cidr) {
  return net::first_host(cidr).value() + cidr.substr(cidr.find('/'));
}

net::PrivateOvnOptions ovn_options(const Options& options, const StateDir& state) {
  return {.state_dir = state.file("ovn").string(),
          .tag = tag_of(state),
          .hostname = host_name(),
          .physical_network = "public",
          .external_address = gateway_of(options.public_cidr)};
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
  Real(const Options& options, const SystemSettings& system, const StateDir& state)
      : virt_directory_(state) {
    if (!options.no_local_host) {
      virt_ = std::make_unique<virt::LibvirtDriver>(virt::LibvirtOptions{
          .state_dir = virt_directory_.path(), .uri = system.libvirt_uri, .hostname = host_name()});
    }
    if (!system.northbound.empty()) {
      net_ = std::make_unique<net::OvnDriver>(system_ovn(system));
      return;
    }
    ovn_ = std::make_unique<net::PrivateOvn>(ovn_options(options, state));
    net_ = std::make_unique<net::OvnDriver>(ovn_->driver_options());
  }

  void start(const Progress& progress) override {
    if (ovn_) ovn_is_new_ = ovn_->start(progress);
  }
  void give_up() override {
    if (ovn_is_new_) ovn_->stop();
    if (!virt_ || !any_guest_runs(*virt_)) virt_directory_.forget();
  }
  net::Driver& net() override { return *net_; }
  std::map<std::string, virt::Driver*> hosts() override {
    if (!virt_) return {};
    return {{host_name(), virt_.get()}};
  }
  std::string kind() const override { return virt_ ? "QEMU, OVN" : "OVN, no guests here"; }

  void end_all(const Progress& progress) override {
    progress("guests");
    if (virt_) end_guests(*virt_);
    virt_directory_.forget();
    progress("networks");
    if (!ovn_) {
      for (const auto& network : net_->list_metadata()) net_->close_metadata(network);
    }
    net_.reset();
    if (ovn_) ovn_->stop();
  }

 private:
  VirtDirectory virt_directory_;
  std::unique_ptr<virt::LibvirtDriver> virt_;  // null: guests are on agents' hosts only
  std::unique_ptr<net::PrivateOvn> ovn_;       // null: the system's is used
  bool ovn_is_new_ = false;                    // this process began it
  std::unique_ptr<net::OvnDriver> net_;
};

}  // namespace

std::unique_ptr<Drivers> open_real(const Options& options, const SystemSettings& system,
                                   const StateDir& state) {
  require_machine(!options.no_local_host);
  return std::make_unique<Real>(options, system, state);
}

}  // namespace haneul::cli
