#include "services/nova/instance_action.h"

#include <fmt/format.h>

#include "services/nova/dialect.h"
#include "services/nova/query.h"
#include "services/nova/server_view.h"

namespace haneul::nova {
namespace {

using resource::Call;

constexpr std::string_view kRules = "os_compute_api:os-instance-actions";

struct Action {
  std::int64_t number = 0;
  std::string server_id, action, request_id, project_id, user_id;
  Instant started_at;
  std::optional<Instant> updated_at;
  std::optional<std::string> message;
};

constexpr std::string_view kSelect =
    "SELECT id, server_id, action, request_id, project_id, user_id, started_at, updated_at,"
    " message FROM server_actions WHERE ";

Action load_action(const db::Rows& rows) {
  Action a{rows.integer(0), rows.string(1),  rows.string(2), rows.string(3), rows.string(4),
           rows.string(5),  rows.instant(6), std::nullopt,   std::nullopt};
  if (!rows.is_null(7)) a.updated_at = rows.instant(7);
  if (!rows.is_null(8)) a.message = rows.string(8);
  return a;
}

// The server's project, if this caller may see the server; also of servers that are gone, whose
// actions remain, from 2.21 on.
struct Owner {
  std::string project_id;
  std::optional<std::string> host;
};

Owner find_owner(const Call& call, const Cloud& cloud, db::Session& session) {
  const std::string& id = call.param("id");
  const auto server = cloud.servers.find(session, id, call.owned(kServer));
  if (server) return {server->project_id, server->host};
  const auto project = session.text(
      "SELECT project_id FROM server_actions WHERE server_id = ? ORDER BY id LIMIT 1", {id});
  const bool gone = call.since(21) && project && !cloud.servers.find(session, id);
  const bool own =
      gone && (call.dialect().sees_all(call) || *project == call.caller().project_id.text);
  if (!own) call.throw_no_such(kServer, id);
  return {*project, std::nullopt};
}

void enforce_for(const Call& call, std::string_view rule, const Owner& owner) {
  call.enforce(fmt::format("{}:{}", kRules, rule),
               access::PairsTarget{{"project_id", owner.project_id}});
}

void write_members(json::Writer& w, const Call& call, const Action& a) {
  w.member("action", a.action).member("instance_uuid", a.server_id);
  w.member("request_id", a.request_id).member("user_id", a.user_id);
  w.member("project_id", a.project_id).member("start_time", iso_micros_naive(a.started_at));
  w.member("message", a.message);
  if (call.since(58)) w.member("updated_at", iso_micros_naive(a.updated_at.value_or(a.started_at)));
}

resource::Where read_filters(const Call& call, db::Session& session, const PageAsked& page) {
  resource::Where where;
  const std::string& id = call.param("id");
  where.equals("server_id", id);
  if (!call.since(58)) return where;
  const auto since = read_time(call, "changes-since");
  const auto before = call.since(66) ? read_time(call, "changes-before") : std::nullopt;
  if (since && before && *before < *since) {
    throw Fault::bad_request(
        "The value of changes-since must be less than or equal to changes-before.");
  }
  if (since) where.and_("COALESCE(updated_at, started_at) >= ?", {*since});
  if (before) where.and_("COALESCE(updated_at, started_at) <= ?", {*before});
  if (page.marker) {
    const auto at = session.integer(
        "SELECT id FROM server_actions WHERE server_id = ? AND request_id = ?", {id, *page.marker});
    if (!at) throw Fault::bad_request(fmt::format("Marker {} could not be found.", *page.marker));
    where.and_("id < ?", {*at});
  }
  return where;
}

http::Response list_actions(Call& call, const Cloud& cloud) {
  if (call.since(66)) {
    refuse_unknown_keys(call, {"limit", "marker", "changes-since", "changes-before"});
  } else if (call.since(58)) {
    refuse_unknown_keys(call, {"limit", "marker", "changes-since"});
  }
  const PageAsked page = call.since(58) ? read_page(call) : PageAsked{};
  const auto actions = call.db().read([&](db::Session& session) {
    enforce_for(call, "list", find_owner(call, cloud, session));
    const auto where = read_filters(call, session, page);
    std::vector<db::Bind> binds;
    where.append_binds(binds);
    binds.emplace_back(page.limit);
    db::Rows rows =
        session.query(fmt::format("{}{} ORDER BY id DESC LIMIT ?", kSelect, where.sql()), binds);
    std::vector<Action> found;
    while (rows.next()) found.push_back(load_action(rows));
    return found;
  });
  json::Writer w;
  w.begin_object().key("instanceActions").begin_array();
  for (const Action& a : actions) {
    w.begin_object();
    write_members(w, call, a);
    w.end_object();
  }
  w.end_array();
  if (call.since(58) && static_cast<std::int64_t>(actions.size()) == page.limit) {
    write_page_link(w, call, "links",
                    fmt::format("/v2.1/servers/{}/os-instance-actions", call.param("id")),
                    actions.back().request_id);
  }
  w.end_object();
  return http::Response::json(200, w.take());
}

// What upstream's compute calls the work behind an action.
std::string event_of(std::string_view action) {
  if (action == "create") return "compute__do_build_and_run_instance";
  if (action == "delete") return "compute_terminate_instance";
  return fmt::format("compute_{}_instance", action);
}

void write_event(json::Writer& w, const Call& call, const Action& a, const Owner& owner,
                 bool whole) {
  w.key("events").begin_array().begin_object();
  w.member("event", event_of(a.action)).member("start_time", iso_micros_naive(a.started_at));
  w.member("finish_time",
           a.updated_at ? std::optional(iso_micros_naive(*a.updated_at)) : std::nullopt);
  w.key("result");
  a.updated_at ? w.value(a.message ? "Error" : "Success") : w.null();
  if (whole) w.key("traceback").null();
  if (call.since(62)) {
    if (whole) w.member("host", owner.host);
    w.member("hostId", owner.host ? host_id_of(owner.project_id, *owner.host) : "");
  }
  if (call.since(84) && call.allowed("os_compute_api:os-instance-actions:events:details",
                                     access::PairsTarget{{"project_id", owner.project_id}})) {
    w.member("details", a.message);
  }
  w.end_object().end_array();
}

http::Response show_action(Call& call, const Cloud& cloud) {
  const std::string& id = call.param("id");
  const std::string& request = call.param("request");
  Owner owner;
  const Action a = call.db().read([&](db::Session& session) {
    owner = find_owner(call, cloud, session);
    enforce_for(call, "show", owner);
    db::Rows rows =
        session.query(fmt::format("{}server_id = ? AND request_id = ?", kSelect), {id, request});
    if (!rows.next()) throw Fault::not_found(fmt::format("Action {} not found", request));
    return load_action(rows);
  });
  const bool whole = call.allowed("os_compute_api:os-instance-actions:events",
                                  access::PairsTarget{{"project_id", owner.project_id}});
  json::Writer w;
  w.begin_object().key("instanceAction").begin_object();
  write_members(w, call, a);
  if (whole || call.since(51)) write_event(w, call, a, owner, whole);
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_instance_action_routes(resource::Service& s, Cloud& cloud) {
  const std::string all = "/v2.1/servers/{id}/os-instance-actions";
  s.route("GET", all, [&cloud](Call& c) { return list_actions(c, cloud); });
  s.route("GET", all + "/{request}", [&cloud](Call& c) { return show_action(c, cloud); });
}

}  // namespace haneul::nova
