#include "services/keystone/directory_domain.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "drivers/directory/names.h"

namespace haneul::keystone {
namespace {

using directory::comparable_dn;
using directory::escaped_in_filter;

constexpr std::size_t kIdsOfOneSearch = 50;
constexpr std::string_view kInChain = "member:1.2.840.113556.1.4.1941:";

template <class T>
std::optional<T> first_of(std::vector<T> found) {
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

}  // namespace

DirectoryDomain::DirectoryDomain(LdapOptions options,
                                 std::shared_ptr<directory::Directory> directory)
    : options_(std::move(options)),
      users_(user_kind(options_)),
      groups_(group_kind(options_)),
      directory_(std::move(directory)) {}

std::optional<DirectoryUser> DirectoryDomain::user(const std::string& local_id) {
  return first_of(users_in(directory_->search(users_.by_id(local_id))));
}

std::optional<DirectoryUser> DirectoryDomain::user_named(const std::string& name) {
  return first_of(users_in(directory_->search(users_.by_name(name))));
}

std::vector<DirectoryUser> DirectoryDomain::users() {
  return users_in(directory_->search(users_.all()));
}

std::optional<DirectoryGroup> DirectoryDomain::group(const std::string& local_id) {
  return first_of(groups_in(directory_->search(groups_.by_id(local_id))));
}

std::optional<DirectoryGroup> DirectoryDomain::group_named(const std::string& name) {
  return first_of(groups_in(directory_->search(groups_.by_name(name))));
}

std::vector<DirectoryGroup> DirectoryDomain::groups() {
  return groups_in(directory_->search(groups_.all()));
}

std::vector<DirectoryGroup> DirectoryDomain::groups_of(const DirectoryUser& user) {
  const auto& member = options_.group_members_are_ids ? user.local_id : user.dn;
  const auto attribute =
      options_.group_ad_nesting ? std::string(kInChain) : options_.group_member_attribute;
  return groups_in(directory_->search(
      groups_.that(fmt::format("({}={})", attribute, escaped_in_filter(member)))));
}

// What stands in the group's members, or, with nesting, in those of the groups that contain it.
std::vector<std::string> DirectoryDomain::member_names(const DirectoryGroup& group) {
  directory::Search wanted{group.dn,
                           directory::Scope::base,
                           fmt::format("(objectClass={})", options_.group_objectclass),
                           {options_.group_member_attribute}};
  if (options_.group_ad_nesting) {
    wanted.base = groups_.tree;
    wanted.scope = groups_.scope;
    wanted.filter = fmt::format("(&(objectClass={})({}={}))", options_.group_objectclass, kInChain,
                                escaped_in_filter(group.dn));
  }
  std::vector<std::string> names;
  for (const auto& entry : directory_->search(wanted)) {
    const auto* members = entry.find(options_.group_member_attribute);
    if (members) names.insert(names.end(), members->begin(), members->end());
  }
  return names;
}

// By their ids where the names tell them, else by comparing with all there are.
std::vector<DirectoryUser> DirectoryDomain::members_of(const DirectoryGroup& group) {
  std::vector<std::string> ids;
  std::set<std::string> names;
  for (const auto& member : member_names(group)) {
    const auto id = options_.group_members_are_ids ? std::optional(member) : users_.id_in(member);
    id ? ids.push_back(*id) : static_cast<void>(names.insert(comparable_dn(member)));
  }
  std::vector<DirectoryUser> found;
  for (std::size_t at = 0; at < ids.size(); at += kIdsOfOneSearch) {
    const auto end = std::min(at + kIdsOfOneSearch, ids.size());
    const std::vector<std::string> part(ids.begin() + static_cast<std::ptrdiff_t>(at),
                                        ids.begin() + static_cast<std::ptrdiff_t>(end));
    for (auto& user : users_in(directory_->search(users_.by_ids(part)))) found.push_back(user);
  }
  if (names.empty()) return found;
  for (auto& user : users()) {
    if (names.contains(comparable_dn(user.dn))) found.push_back(std::move(user));
  }
  return found;
}

bool DirectoryDomain::accepts(const DirectoryUser& user, const std::string& password) {
  return directory_->accepts(user.dn, password);
}

void DirectoryDomain::accepts_nobody(const std::string& name, const std::string& password) {
  directory_->accepts(users_.dn_of(name), password);
}

std::vector<DirectoryUser> DirectoryDomain::users_in(const std::vector<directory::Entry>& entries) {
  std::vector<DirectoryUser> users;
  for (const auto& entry : entries) {
    if (auto user = user_of(entry, options_)) users.push_back(std::move(*user));
  }
  take_enabled(users);
  return users;
}

std::vector<DirectoryGroup> DirectoryDomain::groups_in(
    const std::vector<directory::Entry>& entries) const {
  std::vector<DirectoryGroup> groups;
  for (const auto& entry : entries) {
    if (auto group = group_of(entry, options_)) groups.push_back(std::move(*group));
  }
  return groups;
}

// Of many users the whole group is read, of one only whether it is a member.
void DirectoryDomain::take_enabled(std::vector<DirectoryUser>& users) {
  const auto group = enabled_group(options_);
  if (!group || users.empty()) return;
  const std::string own = comparable_dn(group->dn);
  std::erase_if(users, [&](const DirectoryUser& u) { return comparable_dn(u.dn) == own; });
  if (users.size() == 1) return take_enabled_of(users.front(), *group);
  std::set<std::string> members;
  for (const auto& entry : directory_->search(
           {group->dn, directory::Scope::base, "(objectClass=*)", {group->member_attribute}})) {
    for (const auto& member : entry.find(group->member_attribute)
                                  ? *entry.find(group->member_attribute)
                                  : std::vector<std::string>()) {
      members.insert(group->members_are_ids ? member : comparable_dn(member));
    }
  }
  for (auto& user : users) {
    user.enabled =
        members.contains(group->members_are_ids ? user.local_id : comparable_dn(user.dn));
  }
}

void DirectoryDomain::take_enabled_of(DirectoryUser& user, const EnabledGroup& group) {
  const auto& member = group.members_are_ids ? user.local_id : user.dn;
  const auto filter = fmt::format("({}={})", group.member_attribute, escaped_in_filter(member));
  user.enabled = !directory_->search({group.dn, directory::Scope::base, filter, {"1.1"}}).empty();
}

}  // namespace haneul::keystone
