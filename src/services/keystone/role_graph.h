#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/database.h"
#include "services/keystone/epochs.h"

namespace haneul::keystone {

// All roles and which role implies which, read once and kept until something changes. Immutable.
class RoleGraph {
 public:
  struct Node {
    std::string id, name, domain_id;   // domain_id: empty for a role of the whole cloud
    std::vector<std::string> implies;  // ids, directly
  };
  static std::shared_ptr<const RoleGraph> read(db::Session& session);

  const std::map<std::string, Node, std::less<>>& nodes() const { return nodes_; }
  const Node* find(std::string_view id) const;
  // These and all they imply, domain-specific ones left out unless asked for, sorted by name.
  std::vector<const Node*> closure(const std::vector<std::string>& ids,
                                   bool with_domain_roles = false) const;
  // Whether having `prior` means having `implied`, in any number of steps.
  bool reaches(std::string_view prior, std::string_view implied) const;

 private:
  std::map<std::string, Node, std::less<>> nodes_;
};

// The graph of now. Safe from any thread; not for use inside a transaction that changes roles.
class RoleGraphCache {
 public:
  std::shared_ptr<const RoleGraph> get(db::Session& session, std::uint64_t epoch);

 private:
  std::mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::shared_ptr<const RoleGraph> graph_;
};

// Where roles are sought.
struct RoleTarget {
  enum class Kind { project, domain, system } kind = Kind::project;
  std::string id;  // "system" for the system
};

// Ids of the roles a user has there: own, through groups, and (projects) inherited from above.
// Implied ones are not in it.
// `more_groups` are groups that only the user's token speaks of.
std::vector<std::string> assigned_roles(db::Session& session, std::string_view user_id,
                                        const RoleTarget& target,
                                        const std::vector<std::string>& more_groups = {});

}  // namespace haneul::keystone
