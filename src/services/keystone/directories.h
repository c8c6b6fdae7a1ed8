#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/fault.h"
#include "base/log.h"
#include "db/database.h"
#include "services/keystone/directory_domain.h"
#include "services/keystone/directory_gate.h"
#include "services/keystone/domain_files.h"
#include "services/keystone/epochs.h"
#include "services/keystone/keystone.h"

namespace haneul::keystone {

// A domain whose users and groups are in a directory.
struct DirectoryOf {
  std::string domain_id;
  json::Object config;                      // its [ldap] options
  std::shared_ptr<DirectoryDomain> domain;  // null if the options are no good
  std::string trouble;                      // why they are not
  bool ids_are_local = false;               // the default driver's: upstream maps no ids there
};

// Which domains those are; all others are in tables. Safe from any thread.
// upstream: openstack/keystone:keystone/identity/core.py (DomainConfigs)
class Directories {
 public:
  // All references must outlive it. Throws std::runtime_error for a domain's file that is no good.
  Directories(const Options& options, const Clock& clock, const Epochs& epochs,
              directory::Opener open)
      : options_(options), epochs_(epochs), open_(std::move(open)), gate_(clock) {
    if (options.domain_drivers && !options.domain_configs_in_tables) {
      files_ = read_domain_files(options.domain_config_dir, options.identity_driver);
    }
  }

  // Null for a domain in tables. Whoever changes configurations calls Epochs::change_directories.
  std::shared_ptr<const DirectoryOf> find(db::Session& session, std::string_view domain_id);
  // False while no domain can be in a directory, which costs nothing to know.
  bool may_exist() const { return options_.domain_drivers || options_.identity_driver == "ldap"; }
  // What `question` asks of the domain's directory. Throws Fault::unavailable if that does not
  // answer, says no, or may not be asked now.
  template <class F>
  auto ask(const DirectoryOf& of, F question) {
    if (!of.domain) throw cannot(of, of.trouble);
    DirectoryGate::Pass pass(gate_, of.domain_id);
    try {
      auto answer = question(*of.domain);
      pass.succeeded();
      return answer;
    } catch (const directory::Unreachable& e) {
      pass.failed();
      throw cannot(of, e.what());
    } catch (const directory::Error& e) {
      pass.succeeded();
      throw cannot(of, e.what());
    }
  }

 private:
  using Map = std::map<std::string, std::shared_ptr<const DirectoryOf>, std::less<>>;

  std::shared_ptr<const Map> all(db::Session& session);
  std::shared_ptr<const Map> read(db::Session& session, const Map& old) const;
  std::shared_ptr<const DirectoryOf> make(const std::string& domain_id, json::Object config) const;
  // What domains say, by their ids: in the tables or in files, never both.
  std::map<std::string, json::Object> configs(db::Session& session) const;
  static Fault cannot(const DirectoryOf& of, const std::string& why);

  const Options& options_;
  const Epochs& epochs_;
  const directory::Opener open_;
  std::map<std::string, json::Object, std::less<>> files_;  // by the domains' names
  DirectoryGate gate_;
  std::mutex mutex_;
  std::shared_ptr<const Map> map_ = std::make_shared<Map>();
  std::optional<std::uint64_t> epoch_;  // of the map
};

}  // namespace haneul::keystone
