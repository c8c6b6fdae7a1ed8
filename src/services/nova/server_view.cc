#include "services/nova/server_view.h"

#include <array>

#include <openssl/sha.h>

#include "base/text.h"

namespace haneul::nova {
namespace {

bool shows_progress(std::string_view status) {
  constexpr std::array<std::string_view, 7> kWith = {
      "ACTIVE", "BUILD", "DELETED", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"};
  return std::find(kWith.begin(), kWith.end(), status) != kWith.end();
}

}  // namespace

std::string plain_addresses(const Server& s) {
  const auto parsed = json::parse(s.addresses);
  json::Object shown;
  for (const auto& network : *parsed->object()) {
    json::Array list;
    for (const json::Value& a : *network.value.array()) {
      list.emplace_back(json::Object{{"version", *a.at({"version"})}, {"addr", *a.at({"addr"})}});
    }
    shown.set(network.key, list);
  }
  return json::dump(shown);
}

std::string host_id_of(std::string_view project_id, std::string_view host) {
  const std::string text = std::string(project_id).append(host);
  std::string digest(SHA224_DIGEST_LENGTH, '\0');
  SHA224(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return to_hex(digest);
}

ServerView::ServerView(const resource::Call& call)
    : call_(call),
      url_(call.service_url()),
      sees_attributes_(call.allowed("os_compute_api:os-extended-server-attributes")),
      sees_host_status_(call.allowed("os_compute_api:servers:show:host_status")) {}

void ServerView::links(json::Writer& w, std::string_view noun, std::string_view id, bool self) {
  std::string href;
  w.key("links").begin_array();
  if (self) {
    href.append(url_).append("/v2.1/").append(noun).append("/").append(id);
    w.begin_object().member("rel", "self").member("href", href).end_object();
  }
  href.clear();
  href.append(url_).append("/").append(noun).append("/").append(id);
  w.begin_object().member("rel", "bookmark").member("href", href).end_object();
  w.end_array();
}

void ServerView::brief(json::Writer& w, const Server& s) {
  w.begin_object();
  w.member("id", s.id).member("name", s.name);
  links(w, "servers", s.id, true);
  w.end_object();
}

bool ServerView::whole(Occasion occasion) const {
  return occasion == Occasion::listed || occasion == Occasion::shown || call_.since(75);
}

void ServerView::detail(json::Writer& w, const Server& s, Occasion occasion,
                        std::string_view group) {
  w.begin_object();
  members(w, s, occasion, group);
  w.end_object();
}

void ServerView::members(json::Writer& w, const Server& s, Occasion occasion,
                         std::string_view group) {
  base(w, s, occasion);
  image_and_flavor(w, s);
  if (whole(occasion)) states(w, s);
  if (whole(occasion) && sees_attributes_) admin_attributes(w, s, occasion);
  by_version(w, s, occasion, group);
}

const std::string& ServerView::host_id(const Server& s) {
  std::string& id = host_ids_[s.project_id + s.host.value_or("")];
  if (id.empty() && s.host) id = host_id_of(s.project_id, *s.host);
  return id;
}

void ServerView::base(json::Writer& w, const Server& s, Occasion occasion) {
  const std::string_view status = status_of(s.vm_state, s.task_state);
  w.member("id", s.id).member("name", s.name).member("status", status);
  w.member("tenant_id", s.project_id).member("user_id", s.user_id);
  w.key("metadata").raw(s.metadata);
  w.member("hostId", host_id(s));
  w.member("created", iso_seconds(s.created_at)).member("updated", iso_seconds(s.updated_at));
  w.key("addresses").raw(whole(occasion) ? s.addresses : plain_addresses(s));
  w.member("accessIPv4", s.access_ip_v4).member("accessIPv6", s.access_ip_v6);
  links(w, "servers", s.id, true);
  w.member("OS-DCF:diskConfig", s.disk_config);
  if (shows_progress(status)) w.member("progress", 0);
  if (s.fault && (status == "ERROR" || status == "DELETED")) w.key("fault").raw(*s.fault);
  const bool shows_key = occasion == Occasion::rebuilt && call_.since(54);
  if (shows_key || whole(occasion)) w.member("key_name", s.key_name);
  if (whole(occasion)) w.member("config_drive", s.config_drive ? "True" : "");
}

void ServerView::image_and_flavor(json::Writer& w, const Server& s) {
  if (s.image_id.empty()) {
    w.member("image", "");
  } else {
    w.key("image").begin_object().member("id", s.image_id);
    links(w, "images", s.image_id, false);
    w.end_object();
  }
  w.key("flavor");
  if (call_.since(47)) {
    w.raw(s.flavor);
    return;
  }
  w.begin_object().member("id", s.flavor_id);
  links(w, "flavors", s.flavor_id, false);
  w.end_object();
}

void ServerView::states(json::Writer& w, const Server& s) {
  w.member("OS-EXT-AZ:availability_zone", s.availability_zone.value_or(""));
  w.member("OS-EXT-STS:task_state", s.task_state);
  w.member("OS-EXT-STS:vm_state", s.vm_state);
  w.member("OS-EXT-STS:power_state", s.power_state);
  const auto time = [&](std::string_view name, const std::optional<Instant>& t) {
    w.member(name, t ? std::optional(iso_micros_naive(*t)) : std::nullopt);
  };
  time("OS-SRV-USG:launched_at", s.launched_at);
  time("OS-SRV-USG:terminated_at", s.terminated_at);
  w.key("os-extended-volumes:volumes_attached").raw("[]");
  if (s.security_groups != "[]") w.key("security_groups").raw(s.security_groups);
}

void ServerView::admin_attributes(json::Writer& w, const Server& s, Occasion occasion) {
  w.member("OS-EXT-SRV-ATTR:host", s.host);
  w.member("OS-EXT-SRV-ATTR:hypervisor_hostname", s.host);
  w.member("OS-EXT-SRV-ATTR:instance_name", s.instance_name());
  if (!call_.since(3)) return;
  w.member("OS-EXT-SRV-ATTR:reservation_id", s.reservation_id);
  w.member("OS-EXT-SRV-ATTR:launch_index", s.launch_index);
  if (!call_.since(90)) w.member("OS-EXT-SRV-ATTR:hostname", s.hostname);
  w.member("OS-EXT-SRV-ATTR:kernel_id", "").member("OS-EXT-SRV-ATTR:ramdisk_id", "");
  w.member("OS-EXT-SRV-ATTR:root_device_name", "/dev/vda");
  if (occasion != Occasion::rebuilt) w.member("OS-EXT-SRV-ATTR:user_data", s.user_data);
}

void ServerView::by_version(json::Writer& w, const Server& s, Occasion occasion,
                            std::string_view group) {
  if (call_.since(9)) w.member("locked", s.locked);
  if (call_.since(16) && sees_host_status_ && whole(occasion))
    w.member("host_status", s.host ? "UP" : "");
  if (call_.since(19)) w.member("description", s.description);
  if (call_.since(26)) w.key("tags").raw(s.tags);
  if (call_.since(63)) w.key("trusted_image_certificates").null();
  if (call_.since(71) && occasion != Occasion::listed) {
    w.key("server_groups").begin_array();
    if (!group.empty()) w.value(group);
    w.end_array();
  }
  if (call_.since(73)) w.member("locked_reason", s.locked_reason);
  if (call_.since(90)) w.member("OS-EXT-SRV-ATTR:hostname", s.hostname);
  if (call_.since(96)) w.member("pinned_availability_zone", s.pinned_availability_zone);
}

}  // namespace haneul::nova
