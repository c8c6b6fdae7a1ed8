#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/directory/directory.h"
#include "services/keystone/logic/ldap_options.h"

namespace haneul::keystone {

// What an entry of a directory says of a user or a group.
struct DirectoryUser {
  std::string local_id, dn, name;
  bool enabled = true;
  std::optional<std::string> description, email, default_project_id;
};
struct DirectoryGroup {
  std::string local_id, dn, name;
  std::optional<std::string> description;
};

// How entries of one kind are found, and which filters find them.
struct EntryKind {
  std::string tree, object_class, filter, id_attribute, name_attribute;
  std::vector<std::string> attributes;
  directory::Scope scope = directory::Scope::one;

  directory::Search all() const;
  directory::Search by_id(std::string_view local_id) const;
  directory::Search by_ids(const std::vector<std::string>& local_ids) const;
  directory::Search by_name(std::string_view name) const;
  // Whose filter `condition`, in parentheses, is met as well.
  directory::Search that(std::string_view condition) const;
  // The local id that stands in the name of an entry, if it does.
  std::optional<std::string> id_in(std::string_view dn) const;
  // A name for an entry that has this id, right where entries are named by their ids.
  std::string dn_of(std::string_view local_id) const;
};
EntryKind user_kind(const LdapOptions& options);
EntryKind group_kind(const LdapOptions& options);

// Nothing for entries without an id or with a blank name.
// upstream: openstack/keystone:keystone/identity/backends/ldap/common.py (_ldap_res_to_model)
std::optional<DirectoryUser> user_of(const directory::Entry& entry, const LdapOptions& options);
std::optional<DirectoryGroup> group_of(const directory::Entry& entry, const LdapOptions& options);

// UTF-8 as it is, 16 other bytes as the UUID they are in Active Directory; nothing for the rest.
std::optional<std::string> text_of(const std::string& value);

// Whether users are enabled by being members of a group, and how that group names them.
struct EnabledGroup {
  std::string dn, member_attribute;
  bool members_are_ids = false;
};
std::optional<EnabledGroup> enabled_group(const LdapOptions& options);

directory::Settings settings_of(const LdapOptions& options);

}  // namespace haneul::keystone
