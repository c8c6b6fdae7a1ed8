#pragma once
#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// POST /servers/{id}/action: start, stop, reboot, pause, unpause, rebuild, lock, unlock, reset
// state, console output, admin password.
void add_server_action_routes(resource::Service& service, Cloud& cloud);

// The row, in a transaction, if the policy lets this caller do `rule` to it; refused with 409 while
// it is locked (for all but admins) or its state is not among those allowed.
struct Needed {
  std::string_view action;                  // "stop", for the message
  std::vector<std::string_view> vm_states;  // empty: any
  bool task_must_be_none = true;
};
Server fetch_for_action(resource::Call& call, Cloud& cloud, db::Transaction& tx,
                        std::string_view rule, const Needed& needed);
// 409 for one that is on no host: there is nothing to act upon.
void need_host(const Server& server);
// Writes who asked for what, for GET /servers/{id}/os-instance-actions.
void record_action(const resource::Call& call, db::Transaction& tx, const Server& server,
                   std::string_view action);
// The server's actions that went on until now are over, well or not.
void finish_actions(db::Transaction& tx, const std::string& server_id, Instant now, bool failed);

}  // namespace haneul::nova
