#include "services/neutron/agent.h"

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/call.h"
#include "resource/dialect.h"
#include "services/neutron/attribute.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::Call;

struct Agent {
  std::string id, host, type, binary, zone, configurations, description;
  Instant heartbeat;
};

constexpr std::string_view kColumns =
    "SELECT id, host, agent_type, binary_name, availability_zone, configurations,"
    " COALESCE(description, ''), heartbeat_timestamp FROM neutron_agents ";

Agent load(const db::Rows& rows) {
  return {rows.string(0), rows.string(1), rows.string(2), rows.string(3),
          rows.string(4), rows.string(5), rows.string(6), rows.instant(7)};
}

bool is_alive(const Context& context, const Agent& agent) {
  const Duration silence = context.world.clock.now() - agent.heartbeat;
  return silence <= std::chrono::seconds(context.options.agent_down_seconds);
}

// "2026-01-02 03:04:05", as the OVN driver shows it.
std::string plain_time(Instant t) {
  std::string text = iso_seconds(t.truncated());
  text[10] = ' ';
  text.pop_back();
  return text;
}

void write(json::Writer& w, const Context& context, const Agent& a) {
  w.begin_object().member("id", a.id).member("agent_type", a.type).member("binary", a.binary);
  w.member("host", a.host).member("availability_zone", a.zone).member("topic", "n/a");
  w.member("description", a.description).key("configurations").raw(a.configurations);
  w.member("start_flag", true).member("alive", is_alive(context, a)).member("admin_state_up", true);
  w.member("heartbeat_timestamp", plain_time(a.heartbeat)).end_object();
}

// One filter; true if the agent passes.
bool passes(const Context& context, const Agent& a, std::string_view key,
            const std::vector<std::string_view>& values) {
  for (const auto value : values) {
    if (key == "alive" && is_alive(context, a) == to_boolean(json::Value(value))) return true;
    if (key == "admin_state_up" && to_boolean(json::Value(value))) return true;
    const std::string_view own = key == "id"                  ? a.id
                                 : key == "host"              ? a.host
                                 : key == "agent_type"        ? a.type
                                 : key == "binary"            ? a.binary
                                 : key == "availability_zone" ? a.zone
                                 : key == "description"       ? std::string_view(a.description)
                                                              : std::string_view("n/a");
    if (key != "alive" && key != "admin_state_up" && own == value) return true;
  }
  return false;
}

bool passes_all(const Call& call, const Context& context, const Agent& a) {
  static constexpr std::string_view kKeys[] = {"id",    "host",           "agent_type",
                                               "alive", "admin_state_up", "binary",
                                               "topic", "description",    "availability_zone"};
  for (const auto key : kKeys) {
    if (!call.query().has(key)) continue;
    if (!passes(context, a, key, call.query().all_of(key))) return false;
  }
  return true;
}

http::Response list_agents(Call& call, const Context& context) {
  const bool allowed = call.allowed("get_agent");
  return call.db().read([&](db::Session& session) {
    db::Rows rows = session.query(std::string(kColumns) + "ORDER BY host, agent_type");
    json::Writer w;
    w.begin_object().key("agents").begin_array();
    while (allowed && rows.next()) {
      const Agent agent = load(rows);
      if (passes_all(call, context, agent)) write(w, context, agent);
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

Agent find(const Call& call, db::Session& session, std::string_view rule) {
  db::Rows rows = session.query(std::string(kColumns) + "WHERE id = ?", {call.param("id")});
  if (!rows.next()) {
    throw Fault::not_found(fmt::format("Agent {} could not be found", call.param("id")))
        .named("AgentNotFound");
  }
  if (!call.allowed("get_agent")) throw hidden();
  call.enforce(rule);
  return load(rows);
}

http::Response show_agent(Call& call, const Context& context) {
  return call.db().read([&](db::Session& session) {
    const Agent agent = find(call, session, "get_agent");
    json::Writer w;
    w.begin_object().key("agent");
    write(w, context, agent);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response update_agent(Call& call) {
  call.db().read([&](db::Session& session) { find(call, session, "update_agent"); });
  throw bad_request("agent", "OVN agent status can not be updated");
}

http::Response remove_agent(Call& call, const Context& context) {
  return call.db().write([&](db::Transaction& tx) {
    const Agent agent = find(call, tx, "delete_agent");
    if (is_alive(context, agent)) {
      throw Fault::conflict(fmt::format("Agent {} is alive and cannot be deleted", agent.id))
          .named("Conflict");
    }
    tx.execute("DELETE FROM neutron_agents WHERE id = ?", {agent.id});
    return http::Response::empty(204);
  });
}

http::Response list_zones(Call& call, const Context& context) {
  const bool allowed = call.allowed("get_availability_zone");
  const Instant oldest =
      context.world.clock.now() - std::chrono::seconds(context.options.agent_down_seconds);
  return call.db().read([&](db::Session& session) {
    db::Rows rows = session.query(
        "SELECT availability_zone, MAX(heartbeat_timestamp) FROM neutron_agents"
        " GROUP BY availability_zone ORDER BY availability_zone");
    json::Writer w;
    w.begin_object().key("availability_zones").begin_array();
    while (allowed && rows.next()) {
      const std::string_view state = rows.instant(1) >= oldest ? "available" : "unavailable";
      for (const std::string_view kind : {"network", "router"}) {
        const std::string* wanted = call.query().find("resource");
        if (wanted && *wanted != kind) continue;
        w.begin_object().member("name", rows.text(0)).member("resource", kind);
        w.member("state", state).end_object();
      }
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

void note_agent(db::Transaction& tx, const Context& context, const HostReport& report,
                std::string_view type, std::string_view binary) {
  const Instant now = context.world.clock.now();
  const auto known = tx.execute(
      "UPDATE neutron_agents SET heartbeat_timestamp = ?, availability_zone = ? WHERE host = ?"
      " AND agent_type = ?",
      {now, report.availability_zone, report.host, type});
  if (known > 0) return;
  const std::string id = new_uuid();
  json::Writer w;
  w.begin_object().member("chassis_name", id).member("bridge-mappings", "").end_object();
  tx.execute(
      "INSERT INTO neutron_agents (id, host, agent_type, binary_name, availability_zone,"
      " admin_state_up, configurations, description, created_at, started_at, heartbeat_timestamp)"
      " VALUES (?, ?, ?, ?, ?, 1, ?, '', ?, ?, ?)",
      {id, report.host, type, binary, report.availability_zone, w.take(), now, now, now});
}

}  // namespace

void note_host(db::Transaction& tx, const Context& context, const HostReport& report) {
  const std::string_view own =
      report.is_gateway ? "OVN Controller Gateway agent" : "OVN Controller agent";
  const std::string_view other =
      report.is_gateway ? "OVN Controller agent" : "OVN Controller Gateway agent";
  tx.execute("DELETE FROM neutron_agents WHERE host = ? AND agent_type = ?", {report.host, other});
  note_agent(tx, context, report, own, "ovn-controller");
  note_agent(tx, context, report, "OVN Metadata agent", "neutron-ovn-metadata-agent");
}

void add_agent_routes(resource::Service& service, const Context& context) {
  const std::string one = "/v2.0/agents/{id}";
  service.route("GET", "/v2.0/agents", [&context](Call& c) { return list_agents(c, context); });
  service.route("GET", one, [&context](Call& c) { return show_agent(c, context); });
  service.route("PUT", one, [](Call& c) { return update_agent(c); });
  service.route("DELETE", one, [&context](Call& c) { return remove_agent(c, context); });
  service.route("GET", "/v2.0/availability_zones",
                [&context](Call& c) { return list_zones(c, context); });
}

}  // namespace haneul::neutron
