#pragma once
#include <string>
#include <vector>

#include "drivers/net/driver.h"
#include "resource/call.h"
#include "services/neutron/neutron.h"
#include "services/nova/cloud.h"
#include "services/nova/server_form.h"

namespace haneul::nova {

// All that Nova asks of Neutron; everything runs in the caller's session or transaction.

// The security group of this name or id that the caller may use. Several of one name are a
// conflict, none is a fault of the kind `absent`.
neutron::SecurityGroupFacts security_group_named(const resource::Call& call, Cloud& cloud,
                                                 db::Session& session, const std::string& name,
                                                 Fault::Kind absent);

// What a request's networks mean for this caller: "auto" becomes the one network there is. Throws
// Nova's own errors for networks and ports that are absent, not the caller's or in use.
std::vector<NetworkWish> resolve_networks(const resource::Call& call, Cloud& cloud,
                                          db::Session& session, const ServerForm& form);

// Makes or takes over the ports of a new server, bound to its host, and writes its addresses and
// security groups into the row (not yet stored).
void attach_ports(const resource::Call& call, Cloud& cloud, db::Transaction& tx, Server& server,
                  const std::vector<NetworkWish>& networks,
                  const std::vector<std::string>& security_groups);

// Ports that Nova made are removed, those that were given are free again.
void release_ports(Cloud& cloud, db::Transaction& tx, const Server& server);

// What a host needs to connect a server's ports, in the order they were given.
struct Plug {
  net::Port port;
  std::int64_t mtu = 1500;
};
std::vector<Plug> plugs_of(Cloud& cloud, db::Session& session, const std::string& server_id);

// Takes the server's addresses from its ports as they are now; whether the row changed.
bool refresh_addresses(Cloud& cloud, db::Session& session, Server& server);

}  // namespace haneul::nova
