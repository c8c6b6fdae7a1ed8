#include "services/nova/server_routes.h"

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/server_actions.h"
#include "services/nova/server_create.h"
#include "services/nova/server_form.h"
#include "services/nova/server_list.h"
#include "services/nova/server_view.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::size_t kMetadataItemsMax = 128;

http::Response answer(const Call& call, db::Session& session, const Server& s,
                      ServerView::Occasion occasion) {
  ServerView view(call);
  json::Writer w;
  w.begin_object().key("server");
  view.detail(w, s, occasion, call.since(71) ? group_of(session, s.id) : "");
  w.end_object();
  return http::Response::json(200, w.take());
}

http::Response show_server(Call& call, Cloud& cloud) {
  return call.db().read([&](db::Session& session) {
    const Server s =
        call.fetch(session, cloud.servers, call.param("id"), "os_compute_api:servers:show");
    return answer(call, session, s, ServerView::Occasion::shown);
  });
}

http::Response update_server(Call& call, Cloud& cloud) {
  Form form = call.form("server");
  const auto name = form.has("name") ? std::optional(read_name(form, "name")) : std::nullopt;
  const auto v4 = read_address(form, "accessIPv4", 4), v6 = read_address(form, "accessIPv6", 6);
  const auto disk_config = read_disk_config(form);
  const bool describes = call.since(19) && form.has("description");
  const auto description =
      call.since(19) ? form.text("description", {.null_allowed = true}) : std::nullopt;
  const auto hostname = call.since(90) ? read_hostname(form, call) : std::nullopt;
  form.done();
  return call.db().write([&](db::Transaction& tx) {
    Server row = call.fetch(tx, cloud.servers, call.param("id"), "os_compute_api:servers:update");
    if (name) row.name = *name;
    if (v4) row.access_ip_v4 = *v4;
    if (v6) row.access_ip_v6 = *v6;
    if (disk_config) row.disk_config = *disk_config;
    if (describes) row.description = description;
    if (hostname) row.hostname = *hostname;
    row.updated_at = call.now();
    cloud.servers.update(tx, row);
    return answer(call, tx, row, ServerView::Occasion::updated);
  });
}

void delete_for(Call& call, Cloud& cloud, std::string_view rule, std::string_view verb) {
  call.db().write([&](db::Transaction& tx) {
    Server s = fetch_for_action(call, cloud, tx, rule, {verb, {}, false});
    if (s.deleting()) return;
    s.task_state = task::kDeleting;
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, verb);
    auto& flows = cloud.world.flows;
    flows.cancel(tx, subject_of(s.id), "the server was deleted");
    DeleteServer flow;
    flow.server_id = s.id;
    flows.start(tx, kDeleteServer, flow, {subject_of(s.id)});
  });
}

http::Response delete_server(Call& call, Cloud& cloud) {
  delete_for(call, cloud, "os_compute_api:servers:delete", "delete");
  return http::Response::empty(204);
}

http::Response force_delete_server(Call& call, Cloud& cloud) {
  const json::Value* given = call.body().at({"forceDelete"});
  if (given && !given->is_null() && !given->text() && !given->object()) {
    throw Fault::bad_request("Invalid input for field/attribute forceDelete.");
  }
  delete_for(call, cloud, "os_compute_api:os-deferred-delete:force", "forceDelete");
  return http::Response::empty(202);
}

// Metadata: a small map of texts in the server's row. --------------------------------------------

json::Object metadata_of(const Server& s) {
  return *json::parse(s.metadata)->object();
}

http::Response metadata_answer(const json::Object& metadata) {
  return http::Response::json(200, json::dump(json::Object{{"metadata", metadata}}));
}

http::Response show_metadata(Call& call, Cloud& cloud) {
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      "os_compute_api:server-metadata:index");
  });
  return metadata_answer(metadata_of(s));
}

http::Response show_metadata_item(Call& call, Cloud& cloud) {
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      "os_compute_api:server-metadata:show");
  });
  const json::Object metadata = metadata_of(s);
  const json::Value* value = metadata.find(call.param("key"));
  if (!value) throw Fault::not_found("Metadata item was not found");
  return http::Response::json(
      200, json::dump(json::Object{{"meta", json::Object{{call.param("key"), *value}}}}));
}

json::Object change_metadata(Call& call, Cloud& cloud, std::string_view rule,
                             const std::function<void(json::Object&)>& edit) {
  return call.db().write([&](db::Transaction& tx) {
    Server s = fetch_for_action(call, cloud, tx, rule, {"update metadata", {}, false});
    json::Object metadata = metadata_of(s);
    edit(metadata);
    if (metadata.size() > kMetadataItemsMax) {
      throw Fault::over_quota("Maximum number of metadata items exceeds 128");
    }
    s.metadata = json::dump(metadata);
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    return metadata;
  });
}

http::Response set_metadata(Call& call, Cloud& cloud, bool replace) {
  Form form = call.form("");
  const auto pairs = form.text_map("metadata");
  if (!pairs) form.fail({.kind = resource::Problem::Kind::missing, .field = "metadata"});
  form.done();
  const auto rule = replace ? "os_compute_api:server-metadata:update_all"
                            : "os_compute_api:server-metadata:create";
  return metadata_answer(change_metadata(call, cloud, rule, [&](json::Object& metadata) {
    if (replace) metadata = {};
    for (const auto& [key, value] : *pairs) metadata.set(key, value);
  }));
}

http::Response set_metadata_item(Call& call, Cloud& cloud) {
  Form form = call.form("");
  const auto pairs = form.text_map("meta");
  if (!pairs) form.fail({.kind = resource::Problem::Kind::missing, .field = "meta"});
  form.done();
  if (pairs->size() != 1) throw Fault::bad_request("Request body contains too many items");
  if (pairs->front().first != call.param("key")) {
    throw Fault::bad_request("Request body and URI mismatch");
  }
  change_metadata(call, cloud, "os_compute_api:server-metadata:update",
                  [&](json::Object& m) { m.set(pairs->front().first, pairs->front().second); });
  return http::Response::json(
      200, json::dump(json::Object{
               {"meta", json::Object{{pairs->front().first, pairs->front().second}}}}));
}

http::Response remove_metadata_item(Call& call, Cloud& cloud) {
  change_metadata(call, cloud, "os_compute_api:server-metadata:delete", [&](json::Object& m) {
    if (!m.erase(call.param("key"))) throw Fault::not_found("Metadata item was not found");
  });
  return http::Response::empty(204);
}

// Addresses
// ----------------------------------------------------------------------------------------

http::Response show_ips(Call& call, Cloud& cloud, bool one) {
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      one ? "os_compute_api:ips:show" : "os_compute_api:ips:index");
  });
  const std::string shown = plain_addresses(s);
  if (!one) return http::Response::json(200, fmt::format("{{\"addresses\":{}}}", shown));
  const auto addresses = json::parse(shown);
  const json::Value* network = addresses->object()->find(call.param("network"));
  if (!network) throw Fault::not_found("Instance is not a member of specified network");
  return http::Response::json(200, json::dump(json::Object{{call.param("network"), *network}}));
}

// Tags, from 2.26 on
// -------------------------------------------------------------------------------

constexpr std::size_t kTagsMax = 50;

json::Array tags_of(const Server& s) {
  return *json::parse(s.tags)->array();
}

void need_tags_version(const Call& call) {
  if (!call.since(26)) throw call.dialect().no_such_path();
}

http::Response show_tags(Call& call, Cloud& cloud) {
  need_tags_version(call);
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      "os_compute_api:os-server-tags:index");
  });
  return http::Response::json(200, fmt::format("{{\"tags\":{}}}", s.tags));
}

http::Response change_tags(Call& call, Cloud& cloud, std::string_view rule, int status,
                           const std::function<void(const Server&, json::Array&)>& edit) {
  need_tags_version(call);
  const json::Array tags = call.db().write([&](db::Transaction& tx) {
    Server s = call.fetch(tx, cloud.servers, call.param("id"), rule);
    json::Array list = tags_of(s);
    edit(s, list);
    if (list.size() > kTagsMax) {
      throw Fault::bad_request(
          fmt::format("The number of tags exceeded the per-server limit {}", kTagsMax));
    }
    s.tags = json::dump(json::Value(list));
    cloud.servers.update(tx, s);
    return list;
  });
  if (status != 200) return http::Response::empty(status);
  return http::Response::json(200, json::dump(json::Object{{"tags", tags}}));
}

http::Response replace_tags(Call& call, Cloud& cloud) {
  need_tags_version(call);
  Form form = call.form("");
  const auto tags = read_tags(form);
  if (!form.has("tags")) form.fail({.kind = resource::Problem::Kind::missing, .field = "tags"});
  form.done();
  return change_tags(
      call, cloud, "os_compute_api:os-server-tags:update_all", 200,
      [&](const Server&, json::Array& list) { list.assign(tags.begin(), tags.end()); });
}

http::Response add_tag(Call& call, Cloud& cloud) {
  const std::string& tag = call.param("tag");
  if (tag.empty() || utf8_length(tag) > 60 || tag.find_first_of(",/") != std::string::npos) {
    throw Fault::bad_request(fmt::format("Tag '{}' is invalid.", tag));
  }
  bool is_new = true;
  change_tags(call, cloud, "os_compute_api:os-server-tags:update", 201,
              [&](const Server&, json::Array& list) {
                is_new = std::find(list.begin(), list.end(), json::Value(tag)) == list.end();
                if (is_new) list.emplace_back(tag);
              });
  auto response = http::Response::empty(is_new ? 201 : 204);
  response.headers.set("Location", fmt::format("{}/v2.1/servers/{}/tags/{}", call.service_url(),
                                               call.param("id"), percent_encode(tag)));
  return response;
}

http::Response check_tag(Call& call, Cloud& cloud) {
  need_tags_version(call);
  const Server s = call.db().read([&](db::Session& session) {
    return call.fetch(session, cloud.servers, call.param("id"),
                      "os_compute_api:os-server-tags:show");
  });
  for (const auto& tag : tags_of(s)) {
    if (*tag.text() == call.param("tag")) return http::Response::empty(204);
  }
  throw Fault::not_found(fmt::format("Server {} has no tag '{}'", s.id, call.param("tag")));
}

http::Response remove_tag(Call& call, Cloud& cloud) {
  return change_tags(
      call, cloud, "os_compute_api:os-server-tags:delete", 204,
      [&](const Server& s, json::Array& list) {
        const auto gone = std::erase_if(
            list, [&](const json::Value& t) { return *t.text() == call.param("tag"); });
        if (gone == 0) {
          throw Fault::not_found(fmt::format("Server {} has no tag '{}'", s.id, call.param("tag")));
        }
      });
}

}  // namespace

void add_server_routes(resource::Service& s, Cloud& cloud) {
  const auto with = [&cloud](auto handle, auto... args) {
    return [&cloud, handle, args...](Call& c) { return handle(c, cloud, args...); };
  };
  s.route("GET", "/v2.1/servers", [&](Call& c) { return list_servers(c, cloud.servers, false); });
  s.route("GET", "/v2.1/servers/detail",
          [&](Call& c) { return list_servers(c, cloud.servers, true); });
  s.route("POST", "/v2.1/servers", with(create_server));
  s.route("GET", "/v2.1/servers/{id}", with(show_server));
  s.route("PUT", "/v2.1/servers/{id}", with(update_server));
  s.route("DELETE", "/v2.1/servers/{id}", with(delete_server));
  s.action("/v2.1/servers/{id}/action", "forceDelete", with(force_delete_server));
  s.route("GET", "/v2.1/servers/{id}/metadata", with(show_metadata));
  s.route("POST", "/v2.1/servers/{id}/metadata", with(set_metadata, false));
  s.route("PUT", "/v2.1/servers/{id}/metadata", with(set_metadata, true));
  s.route("GET", "/v2.1/servers/{id}/metadata/{key}", with(show_metadata_item));
  s.route("PUT", "/v2.1/servers/{id}/metadata/{key}", with(set_metadata_item));
  s.route("DELETE", "/v2.1/servers/{id}/metadata/{key}", with(remove_metadata_item));
  s.route("GET", "/v2.1/servers/{id}/ips", with(show_ips, false));
  s.route("GET", "/v2.1/servers/{id}/ips/{network}", with(show_ips, true));
  s.route("GET", "/v2.1/servers/{id}/tags", with(show_tags));
  s.route("PUT", "/v2.1/servers/{id}/tags", with(replace_tags));
  s.route("DELETE", "/v2.1/servers/{id}/tags", [&cloud](Call& c) {
    return change_tags(c, cloud, "os_compute_api:os-server-tags:delete_all", 204,
                       [](const Server&, json::Array& list) { list.clear(); });
  });
  s.route("GET", "/v2.1/servers/{id}/tags/{tag}", with(check_tag));
  s.route("PUT", "/v2.1/servers/{id}/tags/{tag}", with(add_tag));
  s.route("DELETE", "/v2.1/servers/{id}/tags/{tag}", with(remove_tag));
}

}  // namespace haneul::nova
