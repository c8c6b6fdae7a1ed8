#include "services/nova/compute_service.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/query.h"
#include "services/placement/placement.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;
using resource::Where;

constexpr std::string_view kPath = "/v2.1/os-services";
constexpr std::string_view kBinary = "nova-compute";

void write_service(json::Writer& w, const Call& call, const Hosts& hosts, const ComputeHost& h) {
  w.begin_object().key("id");
  call.since(53) ? w.value(h.service_id) : w.value(h.number);
  w.member("binary", kBinary).member("host", h.host).member("zone", h.availability_zone);
  w.member("status", h.disabled ? "disabled" : "enabled");
  w.member("state", hosts.is_up(h) ? "up" : "down");
  w.member("updated_at", iso_micros_naive(hosts.seen_at(h)));
  w.member("disabled_reason", h.disabled_reason);
  if (call.since(11)) w.member("forced_down", h.forced_down);
  w.end_object();
}

http::Response list_services(Call& call, Cloud& cloud) {
  call.enforce("os_compute_api:os-services:list");
  if (call.since(75)) refuse_unknown_keys(call, {"host", "binary"});
  resource::Page page;
  page.order = {{"number", false}};
  if (const auto* host = call.query().find("host"); host && !host->empty()) {
    page.where.equals("host", *host);
  }
  const auto* binary = call.query().find("binary");
  if (binary && !binary->empty() && *binary != kBinary) page.where.and_("1 = 0");
  const auto rows =
      call.db().read([&](db::Session& session) { return cloud.hosts.store().list(session, page); });
  json::Writer w;
  w.begin_object().key("services").begin_array();
  for (const ComputeHost& h : rows) write_service(w, call, cloud.hosts, h);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

using Edit = std::function<void(ComputeHost&)>;

ComputeHost change_host(Call& call, Cloud& cloud, const Where& where, const Fault& absent,
                        const Edit& edit) {
  auto changed = call.db().write([&](db::Transaction& tx) {
    auto row = cloud.hosts.store().first(tx, where);
    if (!row) throw absent;
    edit(*row);
    cloud.hosts.store().update(tx, *row);
    return std::move(*row);
  });
  cloud.hosts.forget();
  return changed;
}

// PUT /os-services/enable and its like, named by host and binary.
struct OldUpdate {
  std::string host, binary;
  std::optional<std::string> reason;
  std::optional<bool> forced_down;
};

OldUpdate read_old_update(Call& call) {
  Form form = call.form("");
  OldUpdate u{form.required_text("host", {.chars_min = 1}),
              form.required_text("binary", {.chars_min = 1}),
              form.text("disabled_reason", {.chars_min = 1}), std::nullopt};
  if (call.since(11)) u.forced_down = form.boolean("forced_down", true);
  form.done();
  return u;
}

Edit old_edit(const Call& call, const OldUpdate& u, const std::string& verb) {
  const auto disable = [](std::optional<std::string> reason) {
    return [reason = std::move(reason)](ComputeHost& h) {
      h.disabled = true;
      h.disabled_reason = reason;
    };
  };
  if (verb == "enable")
    return [](ComputeHost& h) { h.disabled = false, h.disabled_reason.reset(); };
  if (verb == "disable") return disable(std::nullopt);
  if (verb == "disable-log-reason") {
    if (!u.reason) throw Fault::bad_request("Missing disabled reason field");
    return disable(u.reason);
  }
  if (verb != "force-down" || !call.since(11)) throw Fault::not_found("Unknown action");
  if (!u.forced_down) throw Fault::bad_request("Missing forced_down field");
  return [down = *u.forced_down](ComputeHost& h) { h.forced_down = down; };
}

http::Response update_by_verb(Call& call, Cloud& cloud, const std::string& verb) {
  const OldUpdate u = read_old_update(call);
  const Edit edit = old_edit(call, u, verb);
  if (u.binary != kBinary) {
    throw Fault::bad_request(fmt::format(
        "Updating a {} service is not supported. Only nova-compute services can be updated.",
        u.binary));
  }
  change_host(
      call, cloud, Where().equals("host", u.host),
      Fault::not_found(fmt::format("Could not find binary {} on host {}.", u.binary, u.host)),
      edit);
  json::Writer w;
  w.begin_object().key("service").begin_object();
  w.member("host", u.host).member("binary", u.binary);
  if (verb == "force-down") {
    w.member("forced_down", *u.forced_down);
  } else {
    w.member("status", verb == "enable" ? "enabled" : "disabled");
    if (verb == "disable-log-reason") w.member("disabled_reason", u.reason);
  }
  w.end_object().end_object();
  return http::Response::json(200, w.take());
}

Edit read_update(Call& call) {
  static constexpr std::array<std::string_view, 2> kStatuses = {"enabled", "disabled"};
  Form form = call.form("");
  const auto status = form.choice("status", kStatuses);
  const auto reason = form.text("disabled_reason", {.chars_min = 1});
  const auto forced_down = form.boolean("forced_down", true);
  form.done();
  if (status == "enabled" && reason) {
    throw Fault::bad_request("Specifying 'disabled_reason' with status 'enabled' is invalid.");
  }
  if (!status && !forced_down) {
    throw Fault::bad_request(
        "No updates were requested. Fields 'status' or 'forced_down' should be specified.");
  }
  return [=](ComputeHost& h) {
    if (status) h.disabled = *status == "disabled", h.disabled_reason = reason;
    if (forced_down) h.forced_down = *forced_down;
  };
}

http::Response update_service(Call& call, Cloud& cloud) {
  const std::string& id = call.param("id");
  call.enforce("os_compute_api:os-services:update");
  if (!call.since(53)) return update_by_verb(call, cloud, id);
  if (!is_uuid_like(id)) throw Fault::bad_request(fmt::format("Invalid uuid {}", id));
  const ComputeHost host = change_host(
      call, cloud, Where().equals("service_id", lower(id)),
      Fault::not_found(fmt::format("Service {} could not be found.", id)), read_update(call));
  json::Writer w;
  w.begin_object().key("service");
  write_service(w, call, cloud.hosts, host);
  w.end_object();
  return http::Response::json(200, w.take());
}

Where which(const Call& call, const std::string& id) {
  if (call.since(53)) {
    if (!is_uuid_like(id)) throw Fault::bad_request(fmt::format("Invalid uuid {}", id));
    return Where().equals("service_id", lower(id));
  }
  const auto number = parse_int(id);
  if (!number)
    throw Fault::bad_request(fmt::format("Invalid input received: id must be an integer"));
  return Where().equals("number", *number);
}

http::Response delete_service(Call& call, Cloud& cloud) {
  call.enforce("os_compute_api:os-services:delete");
  const std::string& id = call.param("id");
  const Where where = which(call, id);
  call.db().write([&](db::Transaction& tx) {
    const auto host = cloud.hosts.store().first(tx, where);
    if (!host) throw Fault::not_found(fmt::format("Service {} not found.", id));
    const bool in_use = cloud.servers.count(tx, Where().equals("host", host->host)) > 0 ||
                        !cloud.placement.remove_provider(tx, host->id);
    if (in_use) {
      throw Fault::conflict(
          "Unable to delete compute service that is hosting instances. Migrate or delete the "
          "instances first.");
    }
    tx.execute("DELETE FROM aggregate_hosts WHERE host = ?", {host->host});
    cloud.hosts.store().remove(tx, host->id);
  });
  cloud.hosts.forget();
  return http::Response::empty(204);
}

}  // namespace

void add_compute_service_routes(resource::Service& s, Cloud& cloud) {
  const std::string one = std::string(kPath) + "/{id}";
  s.route("GET", kPath, [&cloud](Call& c) { return list_services(c, cloud); });
  s.route("PUT", one, [&cloud](Call& c) { return update_service(c, cloud); });
  s.route("DELETE", one, [&cloud](Call& c) { return delete_service(c, cloud); });
}

}  // namespace haneul::nova
