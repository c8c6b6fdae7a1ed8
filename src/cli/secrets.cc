#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "base/id.h"
#include "cli/runtime.h"
#include "json/value.h"

namespace haneul::cli {
namespace {

// Clients read the file from other directories; JSON's text is YAML's as well.
std::string quoted_path(const std::string& path) {
  return json::dump(json::Value(std::filesystem::absolute(path).string()));
}

}  // namespace

Secrets load_secrets(const StateDir& state) {
  constexpr const char* kFile = "secrets.json";
  constexpr std::size_t kPasswordLength = 24;
  if (const auto text = state.read(kFile)) {
    const auto value = json::parse(*text);
    const auto* admin = value ? value->at({"admin_password"}) : nullptr;
    const auto* demo = value ? value->at({"demo_password"}) : nullptr;
    if (!admin || !admin->text() || !demo || !demo->text()) {
      throw std::runtime_error(
          fmt::format("{} cannot be read; restore it from a copy", state.file(kFile).string()));
    }
    return {*admin->text(), *demo->text()};
  }
  const Secrets fresh{random_password(kPasswordLength), random_password(kPasswordLength)};
  state.write(kFile, json::dump(json::Object{{"admin_password", fresh.admin_password},
                                             {"demo_password", fresh.demo_password}}));
  return fresh;
}

void write_clouds_yaml(const StateDir& state, const std::string& url, const Secrets& secrets,
                       const std::string& ca_file) {
  const auto cloud = [&](std::string_view user, std::string_view password) {
    std::string out = fmt::format(
        "  haneul-{0}:\n"
        "    auth:\n"
        "      auth_url: {1}/v3\n"
        "      username: {0}\n"
        "      password: {2}\n"
        "      project_name: {0}\n"
        "      user_domain_id: default\n"
        "      project_domain_id: default\n"
        "    region_name: RegionOne\n"
        "    identity_api_version: 3\n",
        user, url, password);
    if (!ca_file.empty()) out += fmt::format("    cacert: {}\n", quoted_path(ca_file));
    return out;
  };
  state.write("clouds.yaml", "clouds:\n" + cloud("admin", secrets.admin_password) +
                                 cloud("demo", secrets.demo_password));
}

}  // namespace haneul::cli
