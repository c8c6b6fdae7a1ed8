#include "services/keystone/domain_files.h"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "base/log.h"
#include "config/file.h"
#include "services/keystone/logic/ldap_options.h"

namespace haneul::keystone {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 1000;
constexpr std::string_view kBefore = "keystone.", kAfter = ".conf";

struct Said {
  std::string driver;
  std::int64_t list_limit = 0;  // read for its readers upstream; has no effect here
  LdapOptions ldap;
};

constexpr std::string_view kDrivers[] = {"sql", "ldap"};
constexpr std::array kIdentity = {config::option<&Said::driver>("driver").one_of(kDrivers),
                                  config::option<&Said::list_limit>("list_limit").range(0, 1e9)};

json::Object read(const fs::path& file, const std::string& usual_driver) {
  Said said{.driver = usual_driver};
  const std::array sections = {config::Section{"identity", kIdentity, &said},
                               config::Section{"ldap", ldap_options(), &said.ldap}};
  config::read_file(file.string(), sections);
  LdapOptions usual;
  json::Object identity, ldap;
  identity.set("driver", said.driver);
  for (const config::Option& o : ldap_options()) {
    auto text = o.kind->write(o.member(&said.ldap));
    if (text != o.kind->write(o.member(&usual))) ldap.set(o.name, std::move(text));
  }
  if (const auto options = read_ldap_options(ldap); !options) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), options.reason()));
  }
  json::Object config;
  config.set("identity", std::move(identity));
  config.set("ldap", std::move(ldap));
  return config;
}

// The name of the domain; empty for a file that is none of a domain.
std::string domain_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return {};
  if (name.size() <= kBefore.size() + kAfter.size()) return {};
  return name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
}

}  // namespace

std::map<std::string, json::Object, std::less<>> read_domain_files(
    const fs::path& directory, const std::string& usual_driver) {
  std::map<std::string, json::Object, std::less<>> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    const std::string name = domain_of(entry.path());
    if (name.empty()) continue;
    if (found.size() == kFilesMax) {
      throw std::runtime_error(
          fmt::format("{} has more than {} files of domains", directory.string(), kFilesMax));
    }
    found[name] = read(entry.path(), usual_driver);
  }
  if (failed) {
    log::warning("the directory of the domains' configurations cannot be read",
                 {{"directory", directory.string()}, {"why", failed.message()}});
  }
  return found;
}

}  // namespace haneul::keystone
