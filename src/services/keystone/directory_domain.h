#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drivers/directory/directory.h"
#include "services/keystone/logic/directory_schema.h"

namespace haneul::keystone {

// The users and groups of one domain, asked of its directory. Every call takes as long as the
// directory does and may throw directory::Error: never within a transaction. Safe from any thread.
// upstream: openstack/keystone:keystone/identity/backends/ldap/core.py
class DirectoryDomain {
 public:
  DirectoryDomain(LdapOptions options, std::shared_ptr<directory::Directory> directory);

  std::optional<DirectoryUser> user(const std::string& local_id);
  std::optional<DirectoryUser> user_named(const std::string& name);
  std::vector<DirectoryUser> users();
  std::optional<DirectoryGroup> group(const std::string& local_id);
  std::optional<DirectoryGroup> group_named(const std::string& name);
  std::vector<DirectoryGroup> groups();
  std::vector<DirectoryGroup> groups_of(const DirectoryUser& user);
  std::vector<DirectoryUser> members_of(const DirectoryGroup& group);

  bool accepts(const DirectoryUser& user, const std::string& password);
  // As long as the former takes, for a user that does not exist.
  void accepts_nobody(const std::string& name, const std::string& password);

 private:
  std::vector<DirectoryUser> users_in(const std::vector<directory::Entry>& entries);
  std::vector<DirectoryGroup> groups_in(const std::vector<directory::Entry>& entries) const;
  std::vector<std::string> member_names(const DirectoryGroup& group);
  void take_enabled(std::vector<DirectoryUser>& users);
  void take_enabled_of(DirectoryUser& user, const EnabledGroup& group);

  const LdapOptions options_;
  const EntryKind users_, groups_;
  const std::shared_ptr<directory::Directory> directory_;
};

}  // namespace haneul::keystone
