#pragma once
#include <string>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/ovn_plan.h"
#include "drivers/net/ovsdb_replica.h"

// What must happen in the northbound database so that an object is as wanted. Pure functions of
// the replica; they throw Error.
namespace haneul::net::ovn {

Plan plan_network(const ovsdb::Replica& replica, const Network& network);
// Throws if the port's network is not there.
Plan plan_port(const ovsdb::Replica& replica, const Port& port);
Plan plan_router(const ovsdb::Replica& replica, const Router& router,
                 const std::vector<std::string>& gateway_chassis);
Plan plan_security_group(const ovsdb::Replica& replica, const SecurityGroup& group);
// The group of all filtered ports, which refuses what no other group allows.
Plan plan_drop_group(const ovsdb::Replica& replica);
Plan plan_removal(const ovsdb::Replica& replica, const Object& object);
// Everything with a mark that names an object.
std::vector<Object> marked_objects(const ovsdb::Replica& replica);

}  // namespace haneul::net::ovn
