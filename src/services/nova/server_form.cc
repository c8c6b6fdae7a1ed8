#include "services/nova/server_form.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "resource/dialect.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;
using resource::Problem;

constexpr std::size_t kUserDataCharsMax = 65'535;
constexpr std::size_t kMetadataItemsMax = 128;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagCharsMax = 60;
constexpr std::size_t kNetworksMax = 64;
constexpr std::int64_t kServersMax = 1000;  // of one request: they are one transaction

NetworkWish read_network(Form item) {
  NetworkWish wish;
  wish.port_id = item.text("port", {.null_allowed = true}).value_or("");
  wish.network_id = item.text("uuid", {.null_allowed = true}).value_or("");
  wish.fixed_ip = item.text("fixed_ip", {.null_allowed = true}).value_or("");
  item.text("tag", {.chars_min = 1, .chars_max = kTagCharsMax});
  item.done();
  if (!wish.port_id.empty() && !is_uuid_like(wish.port_id)) item.malformed("port", "uuid");
  if (!wish.network_id.empty() && !is_uuid_like(wish.network_id)) item.malformed("uuid", "uuid");
  unsigned char bytes[16];
  const bool good_ip = wish.fixed_ip.empty() ||
                       inet_pton(AF_INET, wish.fixed_ip.c_str(), bytes) == 1 ||
                       inet_pton(AF_INET6, wish.fixed_ip.c_str(), bytes) == 1;
  if (!good_ip) item.malformed("fixed_ip", "ip address");
  if (wish.port_id.empty() && wish.network_id.empty()) {
    throw Fault::bad_request(
        "Bad network format: missing 'uuid'. A network or a port must be given.");
  }
  if (!wish.port_id.empty() && !wish.fixed_ip.empty()) {
    throw Fault::bad_request(fmt::format(
        "Specified Fixed IP '{}' cannot be used with port '{}': the two cannot be specified "
        "together.",
        wish.fixed_ip, wish.port_id));
  }
  return wish;
}

void read_networks(Form& form, const Call& call, ServerForm& out) {
  const json::Value* given = form.any("networks");
  if (!given) {
    // From 2.37 on the choice must be made.
    if (call.since(37)) form.fail({.kind = Problem::Kind::missing, .field = "networks"});
    return;
  }
  out.networking_given = true;
  if (call.since(37) && given->text()) {
    if (*given->text() == "none")
      out.networking = ServerForm::Networking::none;
    else if (*given->text() != "auto")
      form.malformed("networks", "auto, none or a list");
    return;
  }
  const json::Array* items = form.array("networks", kNetworksMax);
  if (items->empty()) return;
  out.networking = ServerForm::Networking::listed;
  for (std::size_t i = 0; i < items->size(); ++i) {
    out.networks.push_back(read_network(form.item((*items)[i], "networks", i)));
  }
}

void read_groups(Form& form, ServerForm& out) {
  const json::Array* items = form.array("security_groups", 100);
  if (!items) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    Form item = form.item((*items)[i], "security_groups", i);
    const auto name = item.required_text("name", {.chars_min = 1});
    item.done();
    if (std::find(out.security_groups.begin(), out.security_groups.end(), name) ==
        out.security_groups.end()) {
      out.security_groups.push_back(name);
    }
  }
}

// "zone", or for those who may "zone:host" and "zone:host:node".
void read_zone(Form& form, Call& call, ServerForm& out) {
  const auto zone = form.text("availability_zone", {.chars_min = 1, .null_allowed = true});
  if (!zone) return;
  const auto parts = split(*zone, ':');
  if (parts.size() > 1) {
    if (parts.size() > 3) throw Fault::bad_request("Unable to parse availability_zone");
    call.enforce("os_compute_api:servers:create:forced_host");
    out.host = std::string(parts[1].empty() && parts.size() == 3 ? parts[2] : parts[1]);
  }
  if (!parts[0].empty()) out.availability_zone = std::string(parts[0]);
}

void read_counts(Form& form, ServerForm& out) {
  out.min_count = form.integer("min_count", {.minimum = 1}).value_or(1);
  const auto max = form.integer("max_count", {.minimum = 1});
  out.max_count = max.value_or(out.min_count);
  if (out.min_count > out.max_count) {
    throw Fault::bad_request("min_count must be <= max_count");
  }
  if (out.min_count > kServersMax) {
    throw Fault::bad_request(fmt::format("min_count must be <= {}", kServersMax));
  }
  out.max_count = std::min(out.max_count, kServersMax);
}

// Volumes come with their service; a list that says "the image, on local disk" says nothing new.
void read_block_devices(Form& form, ServerForm& out) {
  if (form.has("block_device_mapping")) form.array("block_device_mapping");
  const json::Array* items = form.array("block_device_mapping_v2", 255);
  if (!items) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    const json::Value& v = (*items)[i];
    const auto text = [&](std::string_view key) {
      const json::Value* t = v.at({key});
      return t && t->text() ? *t->text() : std::string();
    };
    if (!v.object()) form.item(v, "block_device_mapping_v2", i);
    if (text("source_type") != "image" || text("destination_type") != "local") {
      throw Fault::bad_request(
          "Block Device Mapping is Invalid: volumes are not available in "
          "this cloud.");
    }
    if (out.image_id.empty()) out.image_id = text("uuid");
  }
}

std::string read_image(Form& form) {
  const json::Value* given = form.any("imageRef");
  if (!given || given->is_null()) return {};
  std::string text = form.text("imageRef").value_or("");
  const auto slash = text.rfind('/');  // a full URL is taken by its last part
  if (slash != std::string::npos) text = text.substr(slash + 1);
  if (!text.empty() && !is_uuid_like(text)) {
    throw Fault::bad_request("Invalid imageRef provided.");
  }
  return text;
}

std::string read_flavor_ref(Form& form) {
  const json::Value* given = form.any("flavorRef");
  if (!given) form.fail({.kind = Problem::Kind::missing, .field = "flavorRef"});
  if (given->integer()) return std::to_string(*given->integer());
  std::string text = form.required_text("flavorRef", {.chars_min = 1, .chars_max = 1024});
  const auto slash = text.rfind('/');
  return slash == std::string::npos ? text : text.substr(slash + 1);
}

void read_by_version(Form& form, Call& call, ServerForm& out) {
  if (call.since(19)) out.description = form.text("description", {.null_allowed = true});
  if (call.since(52)) out.tags = read_tags(form);
  if (!call.since(57)) form.any("personality");
  if (call.since(63)) form.array("trusted_image_certificates");
  if (call.since(74) && (form.has("host") || form.has("hypervisor_hostname"))) {
    call.enforce("compute:servers:create:requested_destination");
    out.host = form.text("host", {.chars_min = 1});
    const auto node = form.text("hypervisor_hostname", {.chars_min = 1});
    if (!out.host) out.host = node;
  }
  if (call.since(90)) out.hostname = read_hostname(form, call);
}

void read_hints(Call& call, ServerForm& out) {
  for (const char* key : {"os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"}) {
    const json::Value* hints = call.body().at({key});
    if (!hints) continue;
    Form form(call.dialect(), *hints, key);
    out.hints = form.given();
  }
}

}  // namespace

std::string read_name(Form& form, std::string_view key) {
  std::string name = form.required_text(key, {.chars_min = 1});
  const auto trimmed = trim(name);
  if (trimmed.empty()) form.malformed(key, "name without only blanks");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) form.malformed(key, "printable name");
  }
  return std::string(trimmed);
}

std::optional<std::string> read_user_data(Form& form) {
  auto data = form.text("user_data", {.chars_max = kUserDataCharsMax, .null_allowed = true});
  if (data && !base64_decode(*data)) form.malformed("user_data", "base64");
  return data;
}

std::optional<std::string> read_address(Form& form, std::string_view key, int version) {
  auto text = form.text(key, {.null_allowed = true});
  if (!text || text->empty()) return text;
  unsigned char bytes[16];
  if (inet_pton(version == 4 ? AF_INET : AF_INET6, text->c_str(), bytes) != 1) {
    form.malformed(key, version == 4 ? "ipv4" : "ipv6");
  }
  char canonical[INET6_ADDRSTRLEN];
  return inet_ntop(version == 4 ? AF_INET : AF_INET6, bytes, canonical, sizeof(canonical));
}

std::vector<std::string> read_tags(Form& form) {
  std::vector<std::string> tags;
  const json::Array* items = form.array("tags", kTagsMax);
  if (!items) return tags;
  for (const json::Value& item : *items) {
    const bool good = item.text() && !item.text()->empty() &&
                      utf8_length(*item.text()) <= kTagCharsMax &&
                      item.text()->find_first_of(",/") == std::string::npos;
    if (!good) form.malformed("tags", "tag");
    if (std::find(tags.begin(), tags.end(), *item.text()) == tags.end()) {
      tags.push_back(*item.text());
    }
  }
  return tags;
}

std::optional<std::string> read_disk_config(Form& form) {
  static constexpr std::array<std::string_view, 2> kChoices = {"AUTO", "MANUAL"};
  return form.choice("OS-DCF:diskConfig", kChoices);
}

std::optional<std::string> read_hostname(Form& form, const Call& call) {
  auto name = form.text("hostname", {.chars_min = 2, .chars_max = 255});
  if (!name) return name;
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  const bool dots = call.since(94);
  const bool good = std::all_of(name->begin(), name->end(), [&](char c) {
    return kLetters.find(c) != std::string_view::npos || (dots && c == '.');
  });
  if (!good || name->front() == '-' || name->back() == '-' || (!dots && name->size() > 63)) {
    form.malformed("hostname", "host name");
  }
  return name;
}

std::optional<std::string> read_admin_pass(Form& form) {
  return form.text("adminPass");
}

std::string hostname_of(std::string_view name, std::string_view id) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    if (c == ' ' || c == '_' || c == '.')
      out += '-';
    else if (plain)
      out += c;
  }
  out = lower(out);
  const auto first = out.find_first_not_of(".-");
  if (first == std::string::npos) return fmt::format("server-{}", id);
  out = out.substr(first, out.find_last_not_of(".-") - first + 1);
  return out.substr(0, 63);
}

ServerForm read_server_form(Call& call) {
  Form form = call.form("server", true);
  ServerForm out;
  out.name = read_name(form, "name");
  out.image_id = read_image(form);
  out.flavor_id = read_flavor_ref(form);
  out.admin_pass = read_admin_pass(form);
  out.metadata = form.text_map("metadata").value_or(decltype(out.metadata){});
  if (out.metadata.size() > kMetadataItemsMax) {
    throw Fault::over_quota("Maximum number of metadata items exceeds 128");
  }
  read_networks(form, call, out);
  read_groups(form, out);
  out.key_name = form.text("key_name", {.chars_min = 1, .null_allowed = true});
  out.user_data = read_user_data(form);
  read_zone(form, call, out);
  if (form.has("config_drive")) {
    const json::Value* v = form.any("config_drive");
    const bool empty = v->is_null() || (v->text() && v->text()->empty());
    out.config_drive = !empty && form.boolean("config_drive", true).value_or(false);
  }
  read_counts(form, out);
  out.return_reservation_id = form.boolean("return_reservation_id", true).value_or(false);
  out.access_ip_v4 = read_address(form, "accessIPv4", 4);
  out.access_ip_v6 = read_address(form, "accessIPv6", 6);
  out.disk_config = read_disk_config(form).value_or("MANUAL");
  read_block_devices(form, out);
  read_by_version(form, call, out);
  form.done();
  read_hints(call, out);
  return out;
}

}  // namespace haneul::nova
