#include "services/nova/server_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/neutron/neutron.h"
#include "services/nova/metadata_service.h"
#include "services/nova/query.h"
#include "services/nova/server_actions.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

Server fetch_server(Call& call, Cloud& cloud, db::Session& session, std::string_view rule) {
  return call.fetch(session, cloud.servers, call.param("id"), rule);
}

// Interfaces --------------------------------------------------------------------------------------

void write_interface(json::Writer& w, const Call& call, const neutron::PortFacts& port) {
  w.begin_object().member("net_id", port.network_id).member("port_id", port.id);
  w.member("mac_addr", port.mac_address).member("port_state", port.status);
  w.key("fixed_ips").begin_array();
  for (const auto& a : port.addresses) {
    w.begin_object().member("subnet_id", a.subnet_id).member("ip_address", a.ip_address);
    w.end_object();
  }
  w.end_array();
  if (call.since(70)) w.key("tag").null();
  w.end_object();
}

http::Response list_interfaces(Call& call, Cloud& cloud) {
  const auto ports = call.db().read([&](db::Session& session) {
    const Server s = fetch_server(call, cloud, session, "os_compute_api:os-attach-interfaces:list");
    return cloud.neutron.ports_of(session, std::span(&s.id, 1));
  });
  json::Writer w;
  w.begin_object().key("interfaceAttachments").begin_array();
  for (const auto& port : ports) write_interface(w, call, port);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show_interface(Call& call, Cloud& cloud) {
  const std::string& id = call.param("port");
  const auto port = call.db().read([&](db::Session& session) {
    const Server s = fetch_server(call, cloud, session, "os_compute_api:os-attach-interfaces:show");
    const auto ports = cloud.neutron.ports_of(session, std::span(&s.id, 1));
    const auto found =
        std::find_if(ports.begin(), ports.end(), [&](const auto& p) { return p.id == id; });
    if (found == ports.end()) {
      throw Fault::not_found(fmt::format("Instance {} does not have a port with id {}", s.id, id));
    }
    return *found;
  });
  json::Writer w;
  w.begin_object().key("interfaceAttachment");
  write_interface(w, call, port);
  w.end_object();
  return http::Response::json(200, w.take());
}

// Hosts cannot yet plug a running guest; these are upstream's answers for drivers that cannot.
http::Response attach_interface(Call& call, Cloud& cloud) {
  return call.db().write([&](db::Transaction& tx) -> http::Response {
    const Server s =
        fetch_for_action(call, cloud, tx, "os_compute_api:os-attach-interfaces:create",
                         {"attach_interface", {vm::kActive, vm::kPaused, vm::kStopped}});
    throw Fault::bad_request(
        fmt::format("Attaching interfaces is not supported for instance {}.", s.id));
  });
}

http::Response detach_interface(Call& call, Cloud& cloud) {
  return call.db().write([&](db::Transaction& tx) -> http::Response {
    fetch_for_action(call, cloud, tx, "os_compute_api:os-attach-interfaces:delete",
                     {"detach_interface", {vm::kActive, vm::kPaused, vm::kStopped}});
    throw Fault::not_implemented("The requested functionality is not supported.");
  });
}

// Passwords ---------------------------------------------------------------------------------------

http::Response show_password(Call& call, Cloud& cloud) {
  const std::string password = call.db().read([&](db::Session& session) {
    const Server s = fetch_server(call, cloud, session, "os_compute_api:os-server-password:show");
    return told_password(session, s.id);
  });
  json::Writer w;
  w.begin_object().member("password", password).end_object();
  return http::Response::json(200, w.take());
}

http::Response clear_password(Call& call, Cloud& cloud) {
  call.db().write([&](db::Transaction& tx) {
    const Server s = fetch_server(call, cloud, tx, "os_compute_api:os-server-password:clear");
    forget_password(tx, s.id);
  });
  return http::Response::empty(204);
}

// Guests have no agent that could do it.
http::Response change_password(Call& call, Cloud& cloud) {
  Form form = call.form("changePassword");
  form.required_text("adminPass", {.chars_max = 65'535});
  form.done();
  return call.db().write([&](db::Transaction& tx) -> http::Response {
    fetch_for_action(call, cloud, tx, "os_compute_api:os-admin-password",
                     {"set_admin_password", {vm::kActive}});
    throw Fault::conflict("QEMU guest agent is not enabled");
  });
}

// What there is none of ---------------------------------------------------------------------------

http::Response show_topology(Call& call, Cloud& cloud) {
  if (!call.since(78)) throw call.dialect().no_such_path();
  call.db().read([&](db::Session& session) {
    fetch_server(call, cloud, session, "compute:server:topology:index");
  });
  return http::Response::json(200, R"({"nodes":[],"pagesize_kb":null})");
}

// Guests stay on the host they were put on.
http::Response list_migrations(Call& call, Cloud&) {
  call.enforce("os_compute_api:os-migrations:index");
  const auto* project = call.query().find("project_id");
  if (!project || *project != call.caller().project_id.text) {
    call.enforce("os_compute_api:os-migrations:index:all_projects");
  }
  if (call.since(59)) {
    read_page(call);
    read_time(call, "changes-since");
  }
  if (call.since(59) && call.query().has("marker")) {
    throw Fault::bad_request(
        fmt::format("Marker {} could not be found.", *call.query().find("marker")));
  }
  return http::Response::json(200, R"({"migrations":[]})");
}

http::Response list_server_migrations(Call& call, Cloud& cloud) {
  if (!call.since(23)) throw call.dialect().no_such_path();
  call.db().read([&](db::Session& session) {
    fetch_server(call, cloud, session, "os_compute_api:servers:migrations:index");
  });
  return http::Response::json(200, R"({"migrations":[]})");
}

http::Response list_volumes(Call& call, Cloud& cloud) {
  call.db().read([&](db::Session& session) {
    fetch_server(call, cloud, session, "os_compute_api:os-volumes-attachments:index");
  });
  return http::Response::json(200, R"({"volumeAttachments":[]})");
}

}  // namespace

void add_server_part_routes(resource::Service& s, Cloud& cloud) {
  const auto with = [&cloud](auto handle, auto... args) {
    return [&cloud, handle, args...](Call& c) { return handle(c, cloud, args...); };
  };
  const std::string one = "/v2.1/servers/{id}";
  s.route("GET", one + "/os-interface", with(list_interfaces));
  s.route("POST", one + "/os-interface", with(attach_interface));
  s.route("GET", one + "/os-interface/{port}", with(show_interface));
  s.route("DELETE", one + "/os-interface/{port}", with(detach_interface));
  s.route("GET", one + "/os-server-password", with(show_password));
  s.route("DELETE", one + "/os-server-password", with(clear_password));
  s.route("GET", one + "/topology", with(show_topology));
  s.route("GET", one + "/migrations", with(list_server_migrations));
  s.route("GET", one + "/os-volume_attachments", with(list_volumes));
  s.route("GET", "/v2.1/os-migrations", with(list_migrations));
  s.action(one + "/action", "changePassword", with(change_password));
}

}  // namespace haneul::nova
