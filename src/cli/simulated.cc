#include <fmt/format.h>

#include "cli/drivers.h"
#include "drivers/net/fake.h"
#include "drivers/virt/fake.h"

namespace haneul::cli {
namespace {

class Simulated final : public Drivers {
 public:
  Simulated(const Options& options, const StateDir& state)
      : guests_(std::make_shared<virt::FakeGuests>(state.file("guests.journal").string())),
        // A port on an agent's host is plugged into the agent's own fake, of which this one does
        // not hear.
        net_({.journal_path = state.file("networks.journal").string(),
              .keep_contents = false,
              .up_when_bound = true}) {
    for (int i = 1; i <= options.hosts && !options.no_local_host; ++i) {
      const std::string name = fmt::format("host-{}", i);
      hosts_[name] = std::make_unique<virt::FakeDriver>(virt::fake_host_facts(name), guests_);
    }
  }

  void start(const Progress&) override {}
  void give_up() override {}
  net::Driver& net() override { return net_; }
  std::map<std::string, virt::Driver*> hosts() override {
    std::map<std::string, virt::Driver*> all;
    for (const auto& [name, driver] : hosts_) all[name] = driver.get();
    return all;
  }
  void end_all(const Progress&) override {
    for (const auto& [name, driver] : hosts_) {
      for (const auto& guest : driver->list()) driver->power_off(guest.id);
    }
  }
  std::string kind() const override { return "simulated"; }

 private:
  std::shared_ptr<virt::FakeGuests> guests_;
  net::FakeDriver net_;
  std::map<std::string, std::unique_ptr<virt::FakeDriver>> hosts_;
};

}  // namespace

std::unique_ptr<Drivers> open_simulated(const Options& options, const StateDir& state) {
  return std::make_unique<Simulated>(options, state);
}

std::unique_ptr<Drivers> open_drivers(const Options& options, const SystemSettings& system,
                                      const StateDir& state) {
  return options.simulated ? open_simulated(options, state) : open_real(options, system, state);
}

}  // namespace haneul::cli
