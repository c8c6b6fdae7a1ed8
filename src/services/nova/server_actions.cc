#include "services/nova/server_actions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/flows/server_flows.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::int64_t kConsoleBytesMax = 1024 * 1024;

// An action without parameters: its value is null (or, for some clients, an empty object).
void no_parameters(Call& call, std::string_view name) {
  const json::Value* value = call.body().at({name});
  const bool empty = value && (value->is_null() || (value->object() && value->object()->empty()));
  if (!empty) {
    throw Fault::bad_request(
        fmt::format("Invalid input for field/attribute {}. Value: {}. {} is not of type 'null'",
                    name, resource::python_repr(*value), resource::python_repr(*value)));
  }
}

http::Response accepted() {
  return http::Response::empty(202);
}

struct PowerAction {
  std::string_view name, rule, verb, action, task;
  std::vector<std::string_view> from;
};

http::Response run_power(Call& call, Cloud& cloud, const PowerAction& a) {
  no_parameters(call, a.name);
  call.db().write([&](db::Transaction& tx) {
    Server s = fetch_for_action(call, cloud, tx, a.rule, {a.action, a.from});
    need_host(s);
    s.task_state = a.task;
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, a.action);
    PowerServer flow;
    flow.server_id = s.id;
    flow.verb = a.verb;
    call.world().flows.start(tx, kPowerServer, flow, {subject_of(s.id)});
  });
  return accepted();
}

http::Response reboot(Call& call, Cloud& cloud) {
  Form form = call.form("reboot");
  static constexpr std::array<std::string_view, 6> kAll = {"HARD", "Hard", "hard",
                                                           "SOFT", "Soft", "soft"};
  const auto type = form.choice("type", kAll);
  if (!type) form.fail({.kind = resource::Problem::Kind::missing, .field = "type"});
  form.done();
  const bool hard = lower(*type) == "hard";
  call.db().write([&](db::Transaction& tx) {
    Needed needed{"reboot", {vm::kActive}};
    if (hard)
      needed.vm_states = {vm::kActive, vm::kStopped, vm::kPaused, vm::kSuspended, vm::kError};
    Server s = fetch_for_action(call, cloud, tx, "os_compute_api:servers:reboot", needed);
    need_host(s);
    s.task_state = hard ? task::kRebootingHard : task::kRebooting;
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, "reboot");
    PowerServer flow;
    flow.server_id = s.id;
    flow.verb = hard ? "reset" : "reboot";
    call.world().flows.start(tx, kPowerServer, flow, {subject_of(s.id)});
  });
  return accepted();
}

std::string read_console(Cloud& cloud, const Server& s) {
  try {
    return cloud.hosts.drivers(*s.host).virt.console_log(s.id, kConsoleBytesMax);
  } catch (const virt::Error& e) {
    throw Fault::unavailable(e.what());
  }
}

// The last `lines` pieces between line breaks; what follows the last break is one of them.
// upstream: openstack/nova:nova/compute/manager.py (_tail_log)
std::string tail(const std::string& log, std::int64_t lines) {
  std::size_t at = log.size();
  for (; lines > 0 && at != std::string::npos; --lines) {
    at = at == 0 ? std::string::npos : log.rfind('\n', at - 1);
  }
  if (at == std::string::npos) return log;
  return log.substr(std::min(at + 1, log.size()));
}

http::Response console_output(Call& call, Cloud& cloud) {
  Form form = call.form("os-getConsoleOutput");
  const auto length =
      form.integer("length", {.minimum = -1, .maximum = 2'147'483'647, .null_allowed = true});
  form.done();
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"), "os_compute_api:os-console-output");
  });
  need_host(s);
  std::string log = read_console(cloud, s);
  if (length && *length >= 0) log = tail(log, *length);
  std::string clean;
  for (const char c : log) {
    const auto byte = static_cast<unsigned char>(c);
    clean += byte >= 0x20 || c == '\n' || c == '\t' || c == '\r' ? c : '?';
  }
  if (!is_valid_utf8(clean)) {
    for (char& c : clean) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  json::Writer w;
  w.begin_object().member("output", clean).end_object();
  return http::Response::json(200, w.take());
}

http::Response lock(Call& call, Cloud& cloud, bool locked) {
  std::optional<std::string> reason;
  const std::string_view name = locked ? "lock" : "unlock";
  const json::Value* given = call.body().at({name});
  if (locked && call.since(73) && given && given->object()) {
    Form form = call.form("lock");
    reason = form.text("locked_reason", {.chars_min = 1});
    form.done();
  } else {
    no_parameters(call, name);
  }
  call.db().write([&](db::Transaction& tx) {
    Server s = call.fetch(
        tx, cloud.servers, call.param("id"),
        locked ? "os_compute_api:os-lock-server:lock" : "os_compute_api:os-lock-server:unlock");
    s.locked = locked;
    s.locked_reason = reason;
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, name);
  });
  return accepted();
}

// Nothing is ever kept for a while after its deletion, so there is nothing to restore.
http::Response restore(Call& call, Cloud& cloud) {
  no_parameters(call, "restore");
  return call.db().write([&](db::Transaction& tx) -> http::Response {
    const Server s = call.fetch(tx, cloud.servers, call.param("id"),
                                "os_compute_api:os-deferred-delete:restore");
    throw Fault::conflict(
        fmt::format("Cannot 'restore' instance {} while it is in vm_state {}", s.id, s.vm_state));
  });
}

http::Response reset_state(Call& call, Cloud& cloud) {
  Form form = call.form("os-resetState");
  static constexpr std::array<std::string_view, 2> kStates = {"active", "error"};
  const auto state = form.choice("state", kStates);
  if (!state) form.fail({.kind = resource::Problem::Kind::missing, .field = "state"});
  form.done();
  call.db().write([&](db::Transaction& tx) {
    Server s = call.fetch(tx, cloud.servers, call.param("id"),
                          "os_compute_api:os-admin-actions:reset_state");
    s.vm_state = *state;
    s.task_state.reset();
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, "resetState");
  });
  return accepted();
}

}  // namespace

Server fetch_for_action(Call& call, Cloud& cloud, db::Transaction& tx, std::string_view rule,
                        const Needed& needed) {
  Server s = call.fetch(tx, cloud.servers, call.param("id"), rule);
  if (s.locked && !call.allowed("os_compute_api:os-lock-server:unlock:unlock_override")) {
    throw Fault::conflict(fmt::format("Instance {} is locked", s.id));
  }
  const auto& states = needed.vm_states;
  if (!states.empty() && std::find(states.begin(), states.end(), s.vm_state) == states.end()) {
    throw Fault::conflict(fmt::format("Cannot '{}' instance {} while it is in vm_state {}",
                                      needed.action, s.id, s.vm_state));
  }
  if (needed.task_must_be_none && s.task_state) {
    throw Fault::conflict(fmt::format("Cannot '{}' instance {} while it is in task_state {}",
                                      needed.action, s.id, *s.task_state));
  }
  return s;
}

void need_host(const Server& server) {
  if (!server.host) throw Fault::conflict(fmt::format("Instance {} is not ready", server.id));
}

void record_action(const Call& call, db::Transaction& tx, const Server& server,
                   std::string_view action) {
  tx.execute(
      "INSERT INTO server_actions (server_id, action, request_id, project_id, user_id, started_at)"
      " VALUES (?,?,?,?,?,?)",
      {server.id, action, call.request_id(), call.caller().project_id.text,
       call.caller().user_id.text, call.now()});
}

void finish_actions(db::Transaction& tx, const std::string& server_id, Instant now, bool failed) {
  tx.execute(
      "UPDATE server_actions SET updated_at = ?, message = ? WHERE server_id = ? AND"
      " updated_at IS NULL",
      {now, failed ? db::Bind("Error") : db::Bind(nullptr), server_id});
}

void add_server_action_routes(resource::Service& service, Cloud& cloud) {
  constexpr std::string_view kPath = "/v2.1/servers/{id}/action";
  const PowerAction powers[] = {{"os-start",
                                 "os_compute_api:servers:start",
                                 "start",
                                 "start",
                                 task::kPoweringOn,
                                 {vm::kStopped}},
                                {"os-stop",
                                 "os_compute_api:servers:stop",
                                 "stop",
                                 "stop",
                                 task::kPoweringOff,
                                 {vm::kActive, vm::kError}},
                                {"pause",
                                 "os_compute_api:os-pause-server:pause",
                                 "pause",
                                 "pause",
                                 task::kPausing,
                                 {vm::kActive}},
                                {"unpause",
                                 "os_compute_api:os-pause-server:unpause",
                                 "unpause",
                                 "unpause",
                                 task::kUnpausing,
                                 {vm::kPaused}}};
  for (const PowerAction& a : powers) {
    service.action(kPath, a.name, [&cloud, a](Call& c) { return run_power(c, cloud, a); });
  }
  service.action(kPath, "reboot", [&cloud](Call& c) { return reboot(c, cloud); });
  service.action(kPath, "os-getConsoleOutput",
                 [&cloud](Call& c) { return console_output(c, cloud); });
  service.action(kPath, "restore", [&cloud](Call& c) { return restore(c, cloud); });
  service.action(kPath, "lock", [&cloud](Call& c) { return lock(c, cloud, true); });
  service.action(kPath, "unlock", [&cloud](Call& c) { return lock(c, cloud, false); });
  service.action(kPath, "os-resetState", [&cloud](Call& c) { return reset_state(c, cloud); });
}

}  // namespace haneul::nova
