#pragma once
#include <memory>
#include <string>

#include "cli/options.h"
#include "cli/state_dir.h"
#include "drivers/net/driver.h"
#include "drivers/virt/driver.h"

namespace haneul::cli {

// What an agent has of its host: simulated, or QEMU guests plugged into an Open vSwitch.
//
// A real host is a chassis of the controller's OVN: some ovn-controller on it works on the
// integration bridge that is given here. On the controller's own machine that may be the
// controller's private one. A host elsewhere runs Open vSwitch and ovn-controller of its own, with
// external-ids ovn-remote (the controller's southbound database over TCP or TLS), ovn-encap-type,
// ovn-encap-ip (an address that the other chassis reach) and hostname (the agent's --host); the
// private OVN of a controller does not listen outside its machine, so the controller needs the
// system's (haneul.conf, [ovn]).
class AgentHost {
 public:
  virtual ~AgentHost() = default;

  virtual virt::Driver& virt() = 0;
  virtual net::HostDriver& ports() = 0;
  virtual net::MetadataDriver& metadata() = 0;
  // Ends guests and removes what was plugged. The drivers are of no use afterwards.
  virtual void end_all() = 0;
};

// Throws std::runtime_error with a sentence that says what to do.
std::unique_ptr<AgentHost> open_agent_host(const Options& options, const StateDir& state);
// What a host was opened with is kept in its directory, so that `down` can end it; and read back.
void keep_agent_options(const Options& options, const StateDir& state);
Options kept_agent_options(const StateDir& state);
// --host, or the kernel's name.
std::string agent_host_name(const Options& options);

}  // namespace haneul::cli
