#pragma once
#include <string>

#include "flow/engine.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// What the flows of one server share: its row, its host's drivers.
struct ServerFlow {
  Cloud* cloud = nullptr;
  std::string server_id;

  // Throws Fault::gone if the row is not there any more.
  Server load(db::Session& session) const;
  Server load(const flow::Visit& visit) const;
  // The same in a transaction, changed and saved; nothing if the row is gone.
  void change(db::Transaction& tx, const std::function<void(Server&)>& edit) const;
  // Of its host. Throws Fault::conflict if it is on none, virt::Error if that is not there.
  Hosts::Drivers drivers_of(const Server& server) const;
  // Taps of the server's ports on its host; config drive and disk; the domain.
  void plug_ports(const flow::Visit& visit, const Server& server) const;
  void unplug_ports(const flow::Visit& visit, const Server& server) const;
  void make_disks(const flow::Visit& visit, const Server& server) const;
  void define_guest(const flow::Visit& visit, const Server& server) const;
  // The domain, files and taps are gone afterwards, whatever was there.
  void wipe(const flow::Visit& visit, const Server& server) const;
};

// A new guest on the host that the request already claimed.
struct BootServer : ServerFlow {
  flow::Outcome plug(const flow::Visit&);
  flow::Outcome disks(const flow::Visit&);
  flow::Outcome define(const flow::Visit&);
  flow::Outcome start(const flow::Visit&);
  void undo_all(const flow::Visit&);
  void failed(db::Transaction& tx, const std::string& reason);
};

struct DeleteServer : ServerFlow {
  flow::Outcome wipe_guest(const flow::Visit&);
  flow::Outcome forget(const flow::Visit&);
};

// start, stop, soft and hard reboot, pause, unpause.
struct PowerServer : ServerFlow {
  std::string verb;
  Instant asked;  // when a guest was asked to shut down or reboot by itself

  flow::Outcome act(const flow::Visit&);
  void failed(db::Transaction& tx, const std::string& reason);

 private:
  flow::Outcome stop(const flow::Visit& visit, const Server& s);
  flow::Outcome settled(std::string_view vm_state, std::int64_t power);
};

// A new root disk under the same ports, id and host.
struct RebuildServer : ServerFlow {
  bool was_off = false;  // stays off afterwards

  flow::Outcome clear(const flow::Visit&);
  flow::Outcome disks(const flow::Visit&);
  flow::Outcome define(const flow::Visit&);
  flow::Outcome start(const flow::Visit&);
  void failed(db::Transaction& tx, const std::string& reason);
};

extern const flow::Program<BootServer> kBootServer;
extern const flow::Program<DeleteServer> kDeleteServer;
extern const flow::Program<PowerServer> kPowerServer;
extern const flow::Program<RebuildServer> kRebuildServer;

void add_server_flows(flow::Engine& engine, Cloud& cloud);

}  // namespace haneul::nova
