#include "services/nova/metadata_service.h"

#include "base/text.h"
#include "resource/webob.h"
#include "services/nova/metadata.h"

namespace haneul::nova {
namespace {

// upstream: openstack/nova:nova/api/metadata/password.py
constexpr std::size_t kPasswordBytesMax = 4 * 255;
constexpr std::string_view kLabel = "metadata:";

http::Response refuse(const http::Request& request, int status, std::string detail = {}) {
  return resource::webob_response(
      request, {.status = status,
                .explanation = detail.empty() ? resource::webob_explanation(status, request)
                                              : std::move(detail)});
}

http::Response text(std::string body, bool is_json) {
  http::Response response;
  response.headers.set("Content-Type", is_json ? "application/json" : "text/plain; charset=UTF-8");
  response.body = std::move(body);
  return response;
}

// Without empty segments, "." and "..", as Python's normpath; nothing for bad encoding.
std::optional<std::string> clean_path(const http::Request& request) {
  const auto decoded = percent_decode(request.path, false);
  if (!decoded || !is_valid_utf8(*decoded)) return std::nullopt;
  std::vector<std::string> kept;
  for (const auto segment : split(*decoded, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.emplace_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  return join(kept, "/");
}

std::optional<Server> find_guest(const Cloud& cloud, db::Session& session,
                                 const http::Request& request) {
  if (!request.listener.starts_with(kLabel)) return std::nullopt;
  const auto network = request.listener.substr(kLabel.size());
  const auto port = cloud.neutron.port_by_address(session, network, request.peer);
  if (!port || port->device_id.empty()) return std::nullopt;
  return cloud.servers.find(session, port->device_id);
}

http::Response tell_password(Cloud& cloud, const http::Request& request, const Server& server) {
  if (request.method == "GET" || request.method == "HEAD") {
    return text(cloud.world.db.read(
                    [&](db::Session& session) { return told_password(session, server.id); }),
                false);
  }
  if (request.method != "POST") return refuse(request, 400, "GET and POST only are supported.");
  if (request.body_too_large || request.body.size() > kPasswordBytesMax) {
    return refuse(request, 400, "Request is too large.");
  }
  if (!is_valid_utf8(request.body)) return refuse(request, 400, "The password is not text.");
  const bool told = cloud.world.db.write([&](db::Transaction& tx) {
    if (!told_password(tx, server.id).empty()) return false;
    forget_password(tx, server.id);
    tx.execute("INSERT INTO server_passwords (server_id, password) VALUES (?,?)",
               {server.id, request.body});
    return true;
  });
  return told ? text("", false) : refuse(request, 409);
}

bool asks_password(std::string_view path) {
  const auto parts = split(path, '/');
  return parts.size() == 3 && parts[0] == "openstack" && parts[2] == "password";
}

}  // namespace

http::Response answer_metadata(Cloud& cloud, const http::Request& request) {
  const auto path = clean_path(request);
  if (!path) return refuse(request, 404);
  std::optional<Server> server;
  std::optional<Metadata::Item> item;
  cloud.world.db.read([&](db::Session& session) {
    server = find_guest(cloud, session, request);
    if (!server) return;
    const Metadata metadata(cloud, session, *server);
    // The versions that have a password are those that have a listing with it.
    const std::string wanted = asks_password(*path) ? path->substr(0, path->rfind('/')) : *path;
    item = metadata.find(wanted, cloud.world.clock.now());
  });
  if (!server || !item) return refuse(request, 404);
  if (!asks_password(*path)) return text(std::move(item->content), item->is_json);
  if (item->content.find("\npassword") == std::string::npos) return refuse(request, 404);
  return tell_password(cloud, request, *server);
}

std::string told_password(db::Session& session, const std::string& server_id) {
  return session.text("SELECT password FROM server_passwords WHERE server_id = ?", {server_id})
      .value_or("");
}

void forget_password(db::Transaction& tx, const std::string& server_id) {
  tx.execute("DELETE FROM server_passwords WHERE server_id = ?", {server_id});
}

}  // namespace haneul::nova
