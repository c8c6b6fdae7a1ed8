#include "services/nova/metadata.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"

namespace haneul::nova {
namespace {

constexpr std::array<std::string_view, 9> kEc2Versions = {"1.0",        "2007-01-19", "2007-03-01",
                                                          "2007-08-29", "2007-10-10", "2007-12-15",
                                                          "2008-02-01", "2008-09-01", "2009-04-04"};
constexpr std::array<std::string_view, 10> kVersions = {
    "2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30",
    "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", "2025-04-04"};
constexpr std::string_view kGrizzly = "2013-04-04", kHavana = "2013-10-17", kLiberty = "2015-10-15",
                           kNewton = "2016-06-30", kNewtonTwo = "2016-10-06",
                           kVictoria = "2020-10-14";
// The only EC2 version on config drives beside "latest".
// upstream: openstack/nova:nova/conf/api.py (config_drive_skip_versions)
constexpr std::string_view kLastEc2Version = kEc2Versions.back();
constexpr std::string_view kDomain = "novalocal";
constexpr std::size_t kSeedBytes = 512;

std::string hostname_of(const Server& s) {
  return fmt::format("{}.{}", s.hostname, kDomain);
}

template <class List>
std::optional<std::string_view> known(const List& versions, std::string_view asked) {
  if (asked == "latest") return versions.back();
  const auto found = std::find(versions.begin(), versions.end(), asked);
  return found == versions.end() ? std::nullopt : std::optional<std::string_view>(*found);
}

std::string lines(const std::vector<std::string>& names) {
  return join(names, "\n");
}

// One level of the EC2 tree as its text form: keys in order, those with more below end in a slash.
std::string print(const json::Value& v) {
  if (v.text()) return *v.text();
  std::vector<std::string> names;
  if (const auto* list = v.array()) {
    for (const json::Value& item : *list) names.push_back(*item.text());
    return lines(names);
  }
  if (!v.object()) return json::dump(v);
  for (const auto& m : *v.object()) {
    if (m.key == "_name") continue;
    const json::Value* name = m.value.at({"_name"});
    names.push_back(name ? *name->text() : m.value.object() ? m.key + "/" : m.key);
  }
  std::sort(names.begin(), names.end());
  return lines(names);
}

const json::Value* below(const json::Value& tree, const std::vector<std::string_view>& path) {
  const json::Value* at = &tree;
  for (const auto segment : path) {
    at = at->object() ? at->object()->find(segment) : nullptr;
    if (!at || segment == "_name") return nullptr;
  }
  return at;
}

}  // namespace

Metadata::Metadata(Cloud& cloud, db::Session& session, const Server& server)
    : server_(server), ports_(cloud.neutron.ports_of(session, std::span(&server.id, 1))) {
  std::vector<std::string> ids;
  for (const auto& port : ports_) {
    for (const auto& a : port.addresses) ids.push_back(a.subnet_id);
  }
  for (auto& s : cloud.neutron.subnets(session, ids)) {
    const std::string id = s.id;
    subnets_.emplace(id, std::move(s));
  }
  if (server.user_data) user_data_ = base64_decode(*server.user_data);
}

std::optional<std::string> Metadata::first_address(int version) const {
  for (const auto& port : ports_) {
    for (const auto& a : port.addresses) {
      if (a.version == version) return a.ip_address;
    }
  }
  return std::nullopt;
}

json::Object Metadata::ec2_tree(std::string_view version) const {
  const Server& s = server_;
  const std::string hostname = hostname_of(s);
  json::Array groups;
  const auto named = json::parse(s.security_groups);
  for (const auto& g : *named->array()) groups.push_back(*g.at({"name"}));
  // EC2's ids are numbers that only have to stay the same: an image has none but its UUID.
  // The manifest's path is upstream's own word for none.
  json::Object data{{"ami-id", "ami-" + s.image_id.substr(0, 8)},
                    {"ami-launch-index", s.launch_index},
                    {"ami-manifest-path",
                     "FIX"
                     "ME"},
                    {"instance-id", fmt::format("i-{:08x}", s.number)},
                    {"hostname", hostname},
                    {"local-ipv4", first_address(4).value_or("")},
                    {"reservation-id", s.reservation_id},
                    {"security-groups", groups}};
  if (s.key_name) {
    data.set("public-keys",
             json::Object{{"0", json::Object{{"_name", "0=" + *s.key_name},
                                             {"openssh-key", s.key_data.value_or("")}}}});
  }
  if (version >= "2007-01-19") {
    std::string floating;
    for (const auto& port : ports_) {
      for (const auto& a : port.addresses) {
        if (floating.empty()) floating = a.floating_ip;
      }
    }
    data.set("local-hostname", hostname);
    data.set("public-hostname", hostname);
    data.set("public-ipv4", floating);
  }
  if (version >= "2007-08-29") {
    const auto flavor = json::parse(s.flavor);
    const json::Value* name = flavor ? flavor->at({"original_name"}) : nullptr;
    data.set("instance-type", name ? *name : json::Value(""));
  }
  if (version >= "2007-12-15") {
    data.set("block-device-mapping", json::Object{{"ami", "vda"}, {"root", "/dev/vda"}});
  }
  if (version >= "2008-02-01") {
    data.set("placement",
             json::Object{{"availability-zone", s.availability_zone.value_or("None")}});
  }
  if (version >= "2008-09-01") data.set("instance-action", "none");
  json::Object tree{{"meta-data", data}};
  if (user_data_) tree.set("user-data", *user_data_);
  return tree;
}

std::string Metadata::meta_data(std::string_view version, bool with_password) const {
  const Server& s = server_;
  json::Writer w;
  w.begin_object().member("uuid", s.id);
  if (s.metadata != "{}") w.key("meta").raw(s.metadata);
  if (with_password && s.admin_pass) w.member("admin_pass", *s.admin_pass);
  if (s.key_name) {
    const std::string key = s.key_data.value_or("");
    w.key("public_keys").begin_object().member(*s.key_name, key).end_object();
    w.key("keys").begin_array().begin_object();
    w.member("name", *s.key_name).member("type", "ssh").member("data", key);
    w.end_object().end_array();
  }
  w.member("hostname", hostname_of(s)).member("name", s.name);
  w.member("launch_index", s.launch_index).member("availability_zone", s.availability_zone);
  if (version >= kGrizzly) w.member("random_seed", base64_encode(random_bytes(kSeedBytes)));
  if (version >= kLiberty) w.member("project_id", s.project_id);
  if (version >= kNewton) w.key("devices").begin_array().end_array();
  if (version >= kVictoria) w.key("dedicated_cpus").begin_array().end_array();
  return w.end_object().take();
}

std::string Metadata::network_data() const {
  return network_data_json(ports_, subnets_);
}

std::optional<Metadata::Item> Metadata::find_ec2(const Path& path) const {
  if (path.empty()) {
    std::vector<std::string> names(kEc2Versions.begin(), kEc2Versions.end());
    names.emplace_back("latest");
    return Item{lines(names)};
  }
  const auto version = known(kEc2Versions, path.front());
  if (!version) return std::nullopt;
  const json::Value tree(ec2_tree(*version));
  const json::Value* found = below(tree, {path.begin() + 1, path.end()});
  return found ? std::optional(Item{print(*found)}) : std::nullopt;
}

std::optional<Metadata::Item> Metadata::find_openstack(const Path& path, Instant now) const {
  if (path.empty()) {
    const std::string today = iso_seconds(now).substr(0, 10);
    std::vector<std::string> names;
    for (const auto v : kVersions) {
      if (v <= today) names.emplace_back(v);
    }
    names.emplace_back("latest");
    return Item{lines(names)};
  }
  const auto version = known(kVersions, path.front());
  if (!version || path.size() > 2) return std::nullopt;
  if (path.size() == 1) {
    std::vector<std::string> names{"meta_data.json"};
    if (user_data_) names.emplace_back("user_data");
    if (*version >= kGrizzly) names.emplace_back("password");
    if (*version >= kHavana) names.emplace_back("vendor_data.json");
    if (*version >= kLiberty) names.emplace_back("network_data.json");
    if (*version >= kNewtonTwo) names.emplace_back("vendor_data2.json");
    return Item{lines(names)};
  }
  const std::string_view name = path[1];
  if (name == "meta_data.json") return Item{meta_data(*version, false), true};
  if (name == "user_data" && user_data_) return Item{*user_data_};
  if (name == "network_data.json") return Item{network_data()};
  if (name == "vendor_data.json" && *version >= kHavana) return Item{"{}", true};
  if (name == "vendor_data2.json" && *version >= kNewtonTwo) return Item{R"({"static":{}})", true};
  return std::nullopt;
}

std::optional<Metadata::Item> Metadata::find(std::string_view path, Instant now) const {
  Path segments;
  for (const auto segment : split(path, '/')) {
    if (!segment.empty()) segments.push_back(segment);
  }
  if (segments.empty()) return find_ec2({});
  const bool named = segments.front() == "openstack" || segments.front() == "ec2";
  const Path rest(segments.begin() + (named ? 1 : 0), segments.end());
  return segments.front() == "openstack" ? find_openstack(rest, now) : find_ec2(rest);
}

std::map<std::string, std::string> Metadata::for_config_drive() const {
  std::map<std::string, std::string> files;
  for (const std::string_view v : {kLastEc2Version, std::string_view("latest")}) {
    json::Object tree = ec2_tree(kLastEc2Version);
    if (user_data_) files[fmt::format("ec2/{}/user-data", v)] = *user_data_;
    json::Object& data = *tree.find("meta-data")->object();
    if (json::Value* keys = data.find("public-keys")) {
      keys->object()->find("0")->object()->erase("_name");
    }
    files[fmt::format("ec2/{}/meta-data.json", v)] = json::dump(data);
  }
  std::vector<std::string_view> versions(kVersions.begin(), kVersions.end());
  versions.push_back("latest");
  for (const auto v : versions) {
    const std::string at = fmt::format("openstack/{}/", v);
    const auto version = *known(kVersions, v);
    files[at + "meta_data.json"] = meta_data(version, true);
    if (user_data_) files[at + "user_data"] = *user_data_;
    if (version >= kHavana) files[at + "vendor_data.json"] = "{}";
    if (version >= kLiberty) files[at + "network_data.json"] = network_data();
    if (version >= kNewtonTwo) files[at + "vendor_data2.json"] = R"({"static":{}})";
  }
  return files;
}

std::map<std::string, std::string> metadata_documents(Cloud& cloud, db::Session& session,
                                                      const Server& server) {
  return Metadata(cloud, session, server).for_config_drive();
}

}  // namespace haneul::nova
