#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/remote/fleet.h"
#include "drivers/virt/driver.h"
#include "http/message.h"
#include "resource/world.h"
#include "services/nova/settings.h"

namespace haneul::resource {
class Service;
}
namespace haneul::glance {
class Glance;
}
namespace haneul::neutron {
class Neutron;
}
namespace haneul::placement {
class Placement;
}

namespace haneul::nova {

// Servers on hosts: the Compute API, its flows and the guests' metadata service. Any thread.
class Nova {
 public:
  struct Options {
    std::map<std::string, virt::Driver*> hosts;  // the hypervisors this process speaks to, by name
    net::HostDriver& net;                        // plugs the ports of all of them
    remote::Fleet* fleet = nullptr;              // hosts that have agents; null: there are none
    Settings settings = {};
  };

  // Everything given must outlive it.
  Nova(const resource::World& world, glance::Glance& glance, placement::Placement& placement,
       neutron::Neutron& neutron, Options options);
  ~Nova();
  Nova(const Nova&) = delete;
  Nova& operator=(const Nova&) = delete;

  // Build once, keep as long as the program.
  const resource::Service& service() const;

  // After migrations, before work begins: tells the database what hosts there are and corrects rows
  // of guests that changed power while nobody looked. From here on drivers' events are heard.
  void start();
  // The usual flavors, where they are missing. Safe to repeat.
  void bootstrap();
  // What differs between rows and what drivers report, one sentence each; empty if all is well.
  // Calls drivers: takes as long as they do.
  std::vector<std::string> doctor();

  // Answers a guest that asks 169.254.169.254. The request came through a socket labelled
  // "metadata:<network id>", and its peer is the guest's fixed address.
  http::Response metadata_response(const http::Request& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::nova
