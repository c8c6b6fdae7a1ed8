#include "services/nova/server_create.h"

#include <fmt/format.h>

#include "access/policy.h"
#include "base/id.h"
#include "base/text.h"
#include "services/glance/glance.h"
#include "services/nova/dialect.h"
#include "services/nova/flows/server_flows.h"
#include "services/nova/keypair.h"
#include "services/nova/networking.h"
#include "services/nova/server_actions.h"
#include "services/nova/server_view.h"

namespace haneul::nova {
namespace {

using resource::Call;

constexpr std::int64_t kGibibyte = 1024 * 1024 * 1024;
constexpr std::size_t kPasswordLength = 12;

std::string texts_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  json::Object object;
  for (const auto& [key, value] : pairs) object.set(key, value);
  return json::dump(object);
}

// Everything looked up once for all servers of the request.
struct Plan {
  ServerForm form;
  Flavor flavor;
  glance::ImageFacts image;
  std::optional<Keypair> keypair;
  Needs needs;
  std::vector<NetworkWish> networks;
  std::string reservation_id, admin_pass;
};

Plan make_plan(Call& call, Cloud& cloud, db::Session& session, ServerForm form) {
  Plan plan;
  const auto flavor = find_flavor(call, session, cloud.flavors, form.flavor_id);
  if (!flavor) {
    throw Fault::bad_request(fmt::format("Flavor {} could not be found.", form.flavor_id));
  }
  plan.flavor = *flavor;
  plan.image = check_image(call, cloud, session, form.image_id, {flavor->ram, flavor->disk});
  plan.needs = needs_of({flavor->vcpus, flavor->ram, flavor->disk + flavor->ephemeral},
                        flavor->extra_specs, plan.image.properties);
  if (form.key_name) {
    plan.keypair =
        cloud.keypairs.find(session, keypair_key(call.caller().user_id.text, *form.key_name));
    if (!plan.keypair) throw Fault::bad_request("Invalid key_name provided.");
  }
  if (form.availability_zone && !cloud.hosts.has_zone(session, *form.availability_zone)) {
    throw Fault::bad_request("The requested availability zone is not available");
  }
  if (form.host &&
      !cloud.hosts.store().first(session, resource::Where().equals("host", *form.host))) {
    throw Fault::bad_request(fmt::format("Compute host {} could not be found.", *form.host));
  }
  plan.networks = resolve_networks(call, cloud, session, form);
  plan.reservation_id = "r-" + lower(random_password(8));
  plan.admin_pass = form.admin_pass.value_or(random_password(kPasswordLength));
  plan.form = std::move(form);
  return plan;
}

std::string name_of(const Plan& plan, std::int64_t index, std::int64_t count) {
  return count > 1 ? fmt::format("{}-{}", plan.form.name, index + 1) : plan.form.name;
}

Server make_server(const Call& call, const Plan& plan, std::int64_t number, std::int64_t index,
                   std::int64_t count) {
  const ServerForm& f = plan.form;
  Server s;
  s.id = new_uuid();
  s.number = number;
  s.project_id = call.caller().project_id.text;
  s.user_id = call.caller().user_id.text;
  s.name = name_of(plan, index, count);
  s.description = call.since(19) ? f.description : std::optional(s.name);
  s.hostname = f.hostname ? *f.hostname : hostname_of(s.name, s.id);
  if (f.hostname && count > 1) s.hostname += fmt::format("-{}", index + 1);
  s.task_state = task::kScheduling;
  s.image_id = plan.image.id;
  s.flavor_id = plan.flavor.id;
  s.flavor = plan.flavor.embedded();
  s.vcpus = plan.flavor.vcpus;
  s.ram = plan.flavor.ram;
  s.disk = plan.flavor.disk + plan.flavor.ephemeral;
  if (plan.keypair) s.key_name = plan.keypair->name, s.key_data = plan.keypair->public_key;
  s.pinned_availability_zone = f.availability_zone;
  s.availability_zone = f.availability_zone;
  s.metadata = texts_json(f.metadata);
  s.tags = json::dump(json::Value(json::Array(f.tags.begin(), f.tags.end())));
  s.image_properties = json::dump(json::Object(plan.image.properties));
  s.scheduler_hints = json::dump(f.hints);
  s.config_drive = f.config_drive;
  s.user_data = f.user_data;
  s.admin_pass = plan.admin_pass;
  s.access_ip_v4 = f.access_ip_v4.value_or("");
  s.access_ip_v6 = f.access_ip_v6.value_or("");
  s.disk_config = f.disk_config;
  s.reservation_id = plan.reservation_id;
  s.launch_index = index;
  s.created_at = s.updated_at = call.now();
  return s;
}

// How many of those wanted the quota lets through: between min_count and max_count.
std::int64_t reserve_quota(const Call& call, Cloud& cloud, db::Transaction& tx, const Plan& plan) {
  auto& quota = cloud.world.quota;
  const auto& project = call.caller().project_id.text;
  const std::pair<std::string, std::int64_t> each[] = {
      {"instances", 1}, {"cores", plan.flavor.vcpus}, {"ram", plan.flavor.ram}};
  const auto present = quota.of_project(tx, "nova", project);
  std::int64_t count = plan.form.max_count;
  for (const auto& [name, amount] : each) {
    const auto& [limit, used] = present.at(name);
    if (limit >= 0 && amount > 0) count = std::min(count, (limit - used) / amount);
  }
  count = std::max(count, plan.form.min_count);
  for (const auto& [name, amount] : each) {
    const auto over = quota.reserve(tx, "nova", project, name, count * amount);
    if (over) throw call.dialect().over_quota(*over);
  }
  return count;
}

void boot(Call& call, Cloud& cloud, db::Transaction& tx, Server& s, const Plan& plan) {
  const Placed placed = place_server(cloud, tx, s, plan.form, plan.needs);
  record_action(call, tx, s, "create");
  if (!placed.reason.empty()) {
    s.vm_state = vm::kError;
    s.task_state.reset();
    s.fault = fault_json(500, placed.reason, call.now());
    cloud.servers.insert(tx, s);
    return;
  }
  s.host = placed.host;
  s.availability_zone = placed.availability_zone;
  s.task_state = task::kSpawning;
  attach_ports(call, cloud, tx, s, plan.networks, plan.form.security_groups);
  cloud.servers.insert(tx, s);
  BootServer flow;
  flow.server_id = s.id;
  cloud.world.flows.start(tx, kBootServer, flow, {subject_of(s.id)});
}

http::Response answer(const Call& call, const Plan& plan, const Server& first) {
  json::Writer w;
  w.begin_object();
  if (plan.form.return_reservation_id) {
    w.member("reservation_id", plan.reservation_id).end_object();
    return http::Response::json(202, w.take());
  }
  w.key("server").begin_object();
  w.member("id", first.id);
  write_row_links(w, call, "servers", first.id);
  w.member("OS-DCF:diskConfig", first.disk_config);
  w.member("adminPass", plan.admin_pass);
  if (first.security_groups != "[]") w.key("security_groups").raw(first.security_groups);
  w.end_object().end_object();
  auto response = http::Response::json(202, w.take());
  response.headers.set("Location", fmt::format("{}/v2.1/servers/{}", call.service_url(), first.id));
  return response;
}

}  // namespace

glance::ImageFacts check_image(const Call& call, Cloud& cloud, db::Session& session,
                               const std::string& image_id, const ImageRoom& room) {
  if (image_id.empty()) {
    throw Fault::bad_request(
        "Block Device Mapping is Invalid: You specified more local devices than the limit allows "
        "or no bootable device: an imageRef is needed.");
  }
  const auto image = cloud.glance.find(session, call.caller(), image_id);
  if (!image) {
    throw Fault::bad_request(fmt::format("Can not find requested image {}", image_id));
  }
  if (image->status != "active") {
    throw Fault::bad_request(fmt::format("Image {} is not active.", image_id));
  }
  if (image->min_ram > room.ram_mib) {
    throw Fault::bad_request("Flavor's memory is too small for requested image.");
  }
  const std::int64_t bytes = std::max(image->size, image->virtual_size.value_or(0));
  const bool fits = room.disk_gib == 0 ||
                    (image->min_disk <= room.disk_gib && bytes <= room.disk_gib * kGibibyte);
  if (!fits) throw Fault::bad_request("Flavor's disk is too small for requested image.");
  return *image;
}

http::Response create_server(Call& call, Cloud& cloud) {
  call.enforce("os_compute_api:servers:create");
  ServerForm form = read_server_form(call);
  if (form.networking == ServerForm::Networking::listed) {
    call.enforce("os_compute_api:servers:create:attach_network");
  }
  const Plan plan = call.db().read(
      [&](db::Session& session) { return make_plan(call, cloud, session, std::move(form)); });
  const Server first = call.db().write([&](db::Transaction& tx) {
    const std::int64_t count = reserve_quota(call, cloud, tx, plan);
    std::int64_t number = tx.integer("SELECT MAX(number) FROM servers").value_or(0);
    std::optional<Server> shown;
    for (std::int64_t i = 0; i < count; ++i) {
      Server s = make_server(call, plan, ++number, i, count);
      boot(call, cloud, tx, s, plan);
      if (!shown) shown = std::move(s);
    }
    return std::move(*shown);
  });
  return answer(call, plan, first);
}

}  // namespace haneul::nova
