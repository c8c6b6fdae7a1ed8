#include "services/keystone/directories.h"

#include <fmt/format.h>

#include "services/keystone/domain_config.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

std::string driver_of(const json::Object& config) {
  const json::Value* identity = config.find("identity");
  const json::Value* driver =
      identity && identity->object() ? identity->object()->find("driver") : nullptr;
  return driver && driver->text() ? *driver->text() : "sql";
}

json::Object ldap_of(const json::Object& config) {
  const json::Value* ldap = config.find("ldap");
  return ldap && ldap->object() ? *ldap->object() : json::Object();
}

}  // namespace

std::shared_ptr<const DirectoryOf> Directories::find(db::Session& session,
                                                     std::string_view domain_id) {
  if (!may_exist()) return nullptr;
  const auto map = all(session);
  const auto found = map->find(domain_id);
  return found == map->end() ? nullptr : found->second;
}

// What a transaction sees of itself alone is not kept.
std::shared_ptr<const Directories::Map> Directories::all(db::Session& session) {
  const std::lock_guard lock(mutex_);
  const auto epoch = Epochs::directories_seen_by(session);
  if (epoch_ == epoch) return map_;
  auto fresh = read(session, *map_);
  if (epoch != epochs_.directories()) return fresh;
  map_ = fresh;
  epoch_ = epoch;
  return fresh;
}

// Connections and what is known of a directory stay with a configuration that stays.
std::shared_ptr<const Directories::Map> Directories::read(db::Session& session,
                                                          const Map& old) const {
  auto map = std::make_shared<Map>();
  if (options_.identity_driver == "ldap") {
    auto of = std::make_shared<DirectoryOf>();
    of->domain_id = kDefaultDomain;
    of->domain =
        std::make_shared<DirectoryDomain>(options_.ldap, open_(settings_of(options_.ldap)));
    of->ids_are_local = true;
    (*map)[of->domain_id] = std::move(of);
  }
  if (!options_.domain_drivers) return map;
  for (auto& [id, config] : configs(session)) {
    if (driver_of(config) == "sql") {
      map->erase(id);
      continue;
    }
    const auto before = old.find(id);
    const bool same = before != old.end() && before->second->config == config;
    (*map)[id] = same ? before->second : make(id, std::move(config));
  }
  return map;
}

std::map<std::string, json::Object> Directories::configs(db::Session& session) const {
  std::map<std::string, json::Object> found;
  if (!options_.domain_configs_in_tables) {
    for (const auto& [name, config] : files_) {
      const auto id =
          session.text("SELECT id FROM projects WHERE domain_id = '' AND name = ?", {name});
      if (id)
        found[*id] = config;
      else
        log::warning("a file speaks of a domain that there is not", {{"domain", name}});
    }
    return found;
  }
  std::vector<std::string> ids;
  {
    db::Rows rows = session.query(
        "SELECT domain_id FROM domain_config WHERE option_group = 'identity' AND option = "
        "'driver'");
    while (rows.next()) ids.push_back(rows.string(0));
  }
  for (const auto& id : ids) found[id] = domain_config(session, id);
  return found;
}

std::shared_ptr<const DirectoryOf> Directories::make(const std::string& domain_id,
                                                     json::Object config) const {
  auto of = std::make_shared<DirectoryOf>();
  of->domain_id = domain_id;
  const auto options = read_ldap_options(ldap_of(config));
  if (driver_of(config) != "ldap") {
    of->trouble = fmt::format("there is no driver {}", driver_of(config));
  } else if (!options) {
    of->trouble = options.reason();
  } else {
    of->domain = std::make_shared<DirectoryDomain>(*options, open_(settings_of(*options)));
  }
  of->config = std::move(config);
  return of;
}

Fault Directories::cannot(const DirectoryOf& of, const std::string& why) {
  log::warning("a directory does not serve", {{"domain_id", of.domain_id}, {"why", why}});
  return Fault::unavailable(
      fmt::format("The directory of domain {} cannot be asked: {}.", of.domain_id, why));
}

}  // namespace haneul::keystone
