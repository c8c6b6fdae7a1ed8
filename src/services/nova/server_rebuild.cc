#include "services/nova/server_rebuild.h"

#include <fmt/format.h>

#include "base/id.h"
#include "flow/engine.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/server_actions.h"
#include "services/nova/server_create.h"
#include "services/nova/server_form.h"
#include "services/nova/server_view.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;

constexpr std::size_t kMetadataItemsMax = 128;
constexpr std::size_t kPasswordLength = 12;

// What the body says; a member that was not given leaves the server's as it is. Of those that may
// be set to null, `has_…` says whether they were given at all.
struct Wishes {
  std::string image_id;
  std::optional<std::string> name, disk_config, access_ip_v4, access_ip_v6, hostname;
  std::optional<std::vector<std::pair<std::string, std::string>>> metadata;
  std::optional<std::string> description, key_name, user_data;
  bool has_description = false, has_key_name = false, has_user_data = false;
  std::string admin_pass;
};

std::string read_image(Form& form) {
  const std::string id = form.required_text("imageRef");
  if (!is_uuid_like(id)) throw Fault::bad_request("Invalid imageRef provided.");
  return id;
}

void read_by_version(Form& form, const Call& call, Wishes& out) {
  if (call.since(19)) {
    out.has_description = form.has("description");
    out.description = form.text("description", {.null_allowed = true});
  }
  if (call.since(54)) {
    out.has_key_name = form.has("key_name");
    out.key_name = form.text("key_name", {.chars_min = 1, .null_allowed = true});
  }
  if (call.since(57)) {
    out.has_user_data = form.has("user_data");
    out.user_data = read_user_data(form);
  } else {
    form.any("personality");
  }
  if (call.since(63)) form.any("trusted_image_certificates");
  if (call.since(90)) out.hostname = read_hostname(form, call);
}

Wishes read_wishes(Call& call) {
  Form form = call.form("rebuild");
  Wishes out;
  out.image_id = read_image(form);
  if (form.has("name")) out.name = read_name(form, "name");
  out.admin_pass = read_admin_pass(form).value_or(random_password(kPasswordLength));
  out.metadata = form.text_map("metadata");
  if (out.metadata && out.metadata->size() > kMetadataItemsMax) {
    throw Fault::over_quota("Maximum number of metadata items exceeds 128");
  }
  form.boolean("preserve_ephemeral", true);
  out.disk_config = read_disk_config(form);
  out.access_ip_v4 = read_address(form, "accessIPv4", 4);
  out.access_ip_v6 = read_address(form, "accessIPv6", 6);
  read_by_version(form, call, out);
  form.done();
  return out;
}

// Keys belong to users: the caller's are meant, whoever made the server.
void set_key(const Call& call, const Cloud& cloud, db::Session& session, const Wishes& wishes,
             Server& s) {
  if (!wishes.has_key_name) return;
  s.key_name.reset();
  s.key_data.reset();
  if (!wishes.key_name) return;
  const auto pair =
      cloud.keypairs.find(session, keypair_key(call.caller().user_id.text, *wishes.key_name));
  if (!pair) throw Fault::bad_request("Invalid key_name provided.");
  s.key_name = pair->name;
  s.key_data = pair->public_key;
}

void apply(const Wishes& w, const glance::ImageFacts& image, Server& s) {
  if (w.name) s.name = *w.name;
  if (w.disk_config) s.disk_config = *w.disk_config;
  if (w.access_ip_v4) s.access_ip_v4 = *w.access_ip_v4;
  if (w.access_ip_v6) s.access_ip_v6 = *w.access_ip_v6;
  if (w.hostname) s.hostname = *w.hostname;
  if (w.has_description) s.description = w.description;
  if (w.has_user_data) s.user_data = w.user_data;
  if (w.metadata) {
    json::Object object;
    for (const auto& [key, value] : *w.metadata) object.set(key, value);
    s.metadata = json::dump(object);
  }
  s.admin_pass = w.admin_pass;
  s.image_id = image.id;
  s.image_properties = json::dump(image.properties);
  s.task_state = task::kRebuilding;
}

http::Response answer(const Call& call, db::Session& session, const Server& s) {
  ServerView view(call);
  json::Writer w;
  w.begin_object().key("server").begin_object();
  view.members(w, s, ServerView::Occasion::rebuilt, call.since(71) ? group_of(session, s.id) : "");
  if (call.since(57)) w.member("user_data", s.user_data);
  w.member("adminPass", s.admin_pass);
  w.end_object().end_object();
  auto response = http::Response::json(202, w.take());
  response.headers.set("Location", fmt::format("{}/v2.1/servers/{}", call.service_url(), s.id));
  return response;
}

http::Response rebuild(Call& call, Cloud& cloud) {
  const Wishes wishes = read_wishes(call);
  return call.db().write([&](db::Transaction& tx) {
    Server s = fetch_for_action(call, cloud, tx, "os_compute_api:servers:rebuild",
                                {"rebuild", {vm::kActive, vm::kStopped, vm::kError}});
    need_host(s);
    const auto image = check_image(call, cloud, tx, wishes.image_id, {s.ram, s.disk});
    set_key(call, cloud, tx, wishes, s);
    RebuildServer flow;
    flow.server_id = s.id;
    flow.was_off = s.vm_state == vm::kStopped;
    apply(wishes, image, s);
    s.updated_at = call.now();
    cloud.servers.update(tx, s);
    record_action(call, tx, s, "rebuild");
    cloud.world.flows.start(tx, kRebuildServer, flow, {subject_of(s.id)});
    return answer(call, tx, s);
  });
}

}  // namespace

void add_server_rebuild_routes(resource::Service& s, Cloud& cloud) {
  s.action("/v2.1/servers/{id}/action", "rebuild", [&cloud](Call& c) { return rebuild(c, cloud); });
}

}  // namespace haneul::nova
