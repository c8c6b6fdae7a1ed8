#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "services/keystone/directories.h"
#include "services/keystone/state.h"

namespace haneul::keystone {

// An entry of a directory that has been seen, by the id the world knows it by.
struct Mapped {
  std::string domain_id, local_id;
  Instant fetched_at;  // with its memberships
};
// Nothing for users and groups in tables. `type`: user or group.
std::optional<Mapped> mapped(db::Session& session, std::string_view public_id,
                             std::string_view type);

// Writes what a directory said into `users`, `user_groups` and `group_members`, where everybody
// looks. Rows that say so already are left alone. Lives for one transaction or session.
class DirectoryCopy {
 public:
  DirectoryCopy(State& state, const DirectoryOf& of) : state_(state), of_(of) {}

  // Whether there is nothing to write.
  bool has(db::Session& session, const DirectoryUser& user) const;
  bool has(db::Session& session, const DirectoryGroup& group) const;
  // The public id; empty if a row that is no copy has the name.
  std::string put(db::Transaction& tx, const DirectoryUser& user) const;
  std::string put(db::Transaction& tx, const DirectoryGroup& group) const;
  void remove_user(db::Transaction& tx, const std::string& public_id) const;
  void remove_group(db::Transaction& tx, const std::string& public_id) const;

  // The user's groups are these and no others; ids are public.
  void put_groups(db::Transaction& tx, const std::string& user_id,
                  const std::vector<std::string>& group_ids) const;
  void put_members(db::Transaction& tx, const std::string& group_id,
                   const std::vector<std::string>& user_ids) const;
  void fetched(db::Transaction& tx, const std::string& public_id, std::string_view type) const;

  // Of the domain's copies that are rows, in no order.
  std::vector<std::string> users(db::Session& session) const;
  std::vector<std::string> groups(db::Session& session) const;
  std::optional<std::string> user_named(db::Session& session, std::string_view name) const;
  std::optional<std::string> group_named(db::Session& session, std::string_view name) const;
  // Empty if the entry was never seen.
  std::string id_of(db::Session& session, std::string_view local_id, std::string_view type) const;

 private:
  std::string id_for(db::Transaction& tx, const std::string& local_id, const char* type) const;
  void put_links(db::Transaction& tx, const std::string& id, std::string_view select,
                 std::vector<std::string> wanted, bool id_is_user) const;

  State& state_;
  const DirectoryOf& of_;
};

// Copies of a domain that no directory serves any more go; so that those come back which do, every
// one is fetched anew. For a change of the domain's configuration.
void forget_copies(State& state, db::Transaction& tx, const std::string& domain_id, bool served);

}  // namespace haneul::keystone
