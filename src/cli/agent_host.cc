#include "cli/agent_host.h"

#include "cli/end_guests.h"
#include "cli/machine.h"
#include "drivers/net/fake.h"
#include "drivers/net/host_ports.h"
#include "drivers/virt/fake.h"
#include "drivers/virt/libvirt_driver.h"
#include "json/value.h"

namespace haneul::cli {
namespace {

constexpr const char* kOptionsFile = "agent.json";

class Simulated final : public AgentHost {
 public:
  Simulated(const Options& options, const StateDir& state)
      : virt_(virt::fake_host_facts(agent_host_name(options)),
              std::make_shared<virt::FakeGuests>(state.file("guests.journal").string())),
        net_({.journal_path = state.file("networks.journal").string(), .keep_contents = false}) {}

  virt::Driver& virt() override { return virt_; }
  net::HostDriver& ports() override { return net_; }
  net::MetadataDriver& metadata() override { return net_; }
  void end_all() override {
    for (const auto& guest : virt_.list()) virt_.power_off(guest.id);
  }

 private:
  virt::FakeDriver virt_;
  net::FakeDriver net_;
};

class Real final : public AgentHost {
 public:
  Real(const Options& options, const StateDir& state)
      : tag_(tag_of(state)),
        virt_directory_(state),
        virt_({.state_dir = virt_directory_.path(), .hostname = agent_host_name(options)}),
        ports_({.switch_database = options.switch_database,
                .integration_bridge = options.integration_bridge,
                .tag = tag_}) {}

  virt::Driver& virt() override { return virt_; }
  net::HostDriver& ports() override { return ports_; }
  net::MetadataDriver& metadata() override { return ports_; }
  void end_all() override {
    end_guests(virt_);
    virt_directory_.forget();
    for (const auto& network : ports_.list_metadata()) ports_.close_metadata(network);
    for (const auto& port : ports_.list_plugged()) ports_.unplug(port);
  }

 private:
  const std::string tag_;
  VirtDirectory virt_directory_;
  virt::LibvirtDriver virt_;
  net::HostPorts ports_;
};

}  // namespace

std::string agent_host_name(const Options& options) {
  return options.host.empty() ? host_name() : options.host;
}

void keep_agent_options(const Options& options, const StateDir& state) {
  state.write(kOptionsFile,
              json::dump(json::Object{{"simulated", options.simulated},
                                      {"host", agent_host_name(options)},
                                      {"switch_database", options.switch_database},
                                      {"integration_bridge", options.integration_bridge}}));
}

Options kept_agent_options(const StateDir& state) {
  const auto kept = json::parse(state.read(kOptionsFile).value_or(""));
  Options options;
  const auto read = [&](std::string_view name, std::string& to) {
    const json::Value* value = kept ? kept->at({name}) : nullptr;
    if (value && value->text()) to = *value->text();
  };
  read("host", options.host);
  read("switch_database", options.switch_database);
  read("integration_bridge", options.integration_bridge);
  const json::Value* simulated = kept ? kept->at({"simulated"}) : nullptr;
  options.simulated = simulated && simulated->boolean() && *simulated->boolean();
  return options;
}

std::unique_ptr<AgentHost> open_agent_host(const Options& options, const StateDir& state) {
  if (options.simulated) return std::make_unique<Simulated>(options, state);
  require_root();
  require_installed(Part::guests);
  return std::make_unique<Real>(options, state);
}

}  // namespace haneul::cli
