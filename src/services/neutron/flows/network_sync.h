#pragma once
#include <string>
#include <vector>

#include "drivers/net/driver.h"
#include "flow/engine.h"
#include "services/neutron/context.h"

namespace haneul::neutron {

// Tells the driver what has changed. One flow for the whole cloud, since drivers are called from
// one thread at a time; it never ends, it naps. What it must tell are rows of net_dirty, written
// with each change, so nothing is lost with the process, and telling twice does no harm.
struct NetworkSync {
  std::string kept;  // a flow's state may not be empty

  const Context* context = nullptr;
  net::Driver* driver = nullptr;

  flow::Outcome tell(const flow::Visit& visit);
};

extern const flow::Program<NetworkSync> kNetworkSync;

// The flow exists from here on. Safe to repeat.
void ensure_sync(db::Transaction& tx, const Context& context);

// One round: tells everything that is due, in the order of who needs whom. True if there may be
// more at once.
bool tell_due(const Context& context, net::Driver& driver);

// What rows and driver do not have in common.
struct Differences {
  std::vector<net::Object> missing;  // rows the driver does not know
  std::vector<net::Object> strays;   // the driver's objects without a row
};
// Takes the driver's list first, so that what changes meanwhile is merely looked at again.
Differences compare(const Context& context, net::Driver& driver);
// Marks all differences for the flow.
void mend(const Context& context, net::Driver& driver);
std::string_view kind_name(net::Kind kind);

}  // namespace haneul::neutron
