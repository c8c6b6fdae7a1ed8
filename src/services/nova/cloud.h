#pragma once
#include <string>

#include "resource/world.h"
#include "services/nova/flavor.h"
#include "services/nova/hosts.h"
#include "services/nova/keypair.h"
#include "services/nova/server.h"

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

// Everything the nouns and flows of Nova work with. One object per program; members are safe from
// any thread.
struct Cloud {
  const resource::World& world;
  glance::Glance& glance;
  placement::Placement& placement;
  neutron::Neutron& neutron;
  Hosts hosts;
  ServerStore servers{kServer};
  FlavorStore flavors{kFlavor};
  KeypairStore keypairs{kKeypair};
  std::string metadata_secret;  // of this cloud, for signing
};

// The fault a server shows: code, time, message; at most 255 characters as upstream cuts it.
// upstream: openstack/nova:nova/compute/utils.py (add_instance_fault_from_exc)
std::string fault_json(int code, std::string_view message, Instant at);

// Gives back one server's quota: instances, cores, ram.
void release_server_quota(Cloud& cloud, db::Transaction& tx, const Server& server);

}  // namespace haneul::nova
