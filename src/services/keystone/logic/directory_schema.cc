#include "services/keystone/logic/directory_schema.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "drivers/directory/names.h"

namespace haneul::keystone {
namespace {

using directory::Entry;
using directory::escaped_in_filter;
using directory::Scope;
using directory::Search;
using Names = std::vector<std::string>;

bool has(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The kind's attributes: each once, and the left halves of "ldap:keystone" as well.
Names wanted_attributes(const Names& mapped, const Names& additional) {
  Names all;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && !has(all, name)) all.emplace_back(name);
  };
  for (const auto& name : mapped) add(name);
  for (const auto& pair : additional) {
    const auto halves = split(pair, ':');
    if (halves.size() == 2) add(trim(halves[0]));
  }
  return all;
}

Scope scope_of(const LdapOptions& o) {
  return o.query_scope == "sub" ? Scope::subtree : Scope::one;
}

// The first value of the attribute that stands for `what`, unless that is to be ignored.
std::optional<std::string> first_value(const Entry& entry, const std::string& attribute,
                                       const Names& ignored, std::string_view what) {
  if (attribute.empty() || has(ignored, what)) return std::nullopt;
  const auto* values = entry.find(attribute);
  return values && !values->empty() ? text_of(values->front()) : std::nullopt;
}

std::optional<std::string> local_id_of(const Entry& entry, const EntryKind& kind) {
  const auto* values = entry.find(kind.id_attribute);
  if (!values || values->empty()) return std::nullopt;
  if (values->size() > 1) {
    if (auto id = kind.id_in(entry.dn)) return id;
  }
  return text_of(values->front());
}

// The id and name of an entry that has both.
template <class T>
std::optional<T> named(const Entry& entry, const EntryKind& kind) {
  auto id = local_id_of(entry, kind);
  auto name = first_value(entry, kind.name_attribute, {}, "");
  if (!id || id->empty() || !name || trim(*name).empty()) return std::nullopt;
  T made;
  made.local_id = std::move(*id);
  made.name = std::move(*name);
  made.dn = entry.dn;
  return made;
}

// A number counts only in an attribute that is called `enabled`, upstream's way.
bool truth_of(const std::string& text, const LdapOptions& o) {
  if (iequals(text, "true")) return true;
  const auto number = parse_int(text);
  return number && *number != 0 && o.user_enabled_attribute == "enabled";
}

bool is_enabled(const Entry& entry, const LdapOptions& o) {
  const auto given =
      first_value(entry, o.user_enabled_attribute, o.user_attribute_ignore, "enabled");
  const std::string text = given.value_or(o.user_enabled_default);
  if (o.user_enabled_mask != 0) {
    const auto bits = parse_int(text);
    return bits && (*bits & o.user_enabled_mask) != o.user_enabled_mask;
  }
  if (o.user_enabled_emulation || has(o.user_attribute_ignore, "enabled")) return true;
  return truth_of(text, o) != o.user_enabled_invert;
}

std::vector<std::string> words(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), ',', ' ');
  std::vector<std::string> found;
  for (const auto word : split(spaced, ' ')) {
    if (!trim(word).empty()) found.emplace_back(trim(word));
  }
  return found;
}

directory::Settings::Dereference dereference_of(std::string_view word) {
  using D = directory::Settings::Dereference;
  return word == "never"       ? D::never
         : word == "searching" ? D::searching
         : word == "finding"   ? D::finding
         : word == "always"    ? D::always
                               : D::by_default;
}

}  // namespace

Search EntryKind::that(std::string_view condition) const {
  return {
      tree, scope,
      fmt::format("(&{}{}(objectClass={})({}=*))", condition, filter, object_class, id_attribute),
      attributes};
}

Search EntryKind::all() const {
  return that("");
}

Search EntryKind::by_id(std::string_view id) const {
  return that(fmt::format("({}={})", id_attribute, escaped_in_filter(id)));
}

Search EntryKind::by_ids(const std::vector<std::string>& ids) const {
  std::string any;
  for (const auto& id : ids) any += fmt::format("({}={})", id_attribute, escaped_in_filter(id));
  return that(fmt::format("(|{})", any));
}

Search EntryKind::by_name(std::string_view name) const {
  return that(fmt::format("({}={})", name_attribute, escaped_in_filter(name)));
}

std::optional<std::string> EntryKind::id_in(std::string_view dn) const {
  const auto parts = directory::parse_dn(dn);
  if (!parts || parts->empty()) return std::nullopt;
  const auto& first = parts->front().front();
  return first.type == lower(id_attribute) ? std::optional(first.value) : std::nullopt;
}

std::string EntryKind::dn_of(std::string_view id) const {
  return fmt::format("{}={},{}", id_attribute, directory::escaped_in_dn(id), tree);
}

EntryKind user_kind(const LdapOptions& o) {
  EntryKind kind;
  kind.tree = o.user_tree_dn.empty() ? "ou=Users," + o.suffix : o.user_tree_dn;
  kind.object_class = o.user_objectclass;
  kind.filter = o.user_filter;
  kind.id_attribute = o.user_id_attribute;
  kind.name_attribute = o.user_name_attribute;
  kind.scope = scope_of(o);
  kind.attributes = wanted_attributes(
      {o.user_id_attribute, o.user_name_attribute, o.user_description_attribute,
       o.user_mail_attribute, o.user_enabled_attribute, o.user_default_project_id_attribute},
      o.user_additional_attribute_mapping);
  return kind;
}

EntryKind group_kind(const LdapOptions& o) {
  EntryKind kind;
  kind.tree = o.group_tree_dn.empty() ? "ou=UserGroups," + o.suffix : o.group_tree_dn;
  kind.object_class = o.group_objectclass;
  kind.filter = o.group_filter;
  kind.id_attribute = o.group_id_attribute;
  kind.name_attribute = o.group_name_attribute;
  kind.scope = scope_of(o);
  kind.attributes =
      wanted_attributes({o.group_id_attribute, o.group_name_attribute, o.group_desc_attribute},
                        o.group_additional_attribute_mapping);
  return kind;
}

std::optional<DirectoryUser> user_of(const Entry& entry, const LdapOptions& o) {
  auto user = named<DirectoryUser>(entry, user_kind(o));
  if (!user) return std::nullopt;
  const auto& ignored = o.user_attribute_ignore;
  user->enabled = is_enabled(entry, o);
  user->description = first_value(entry, o.user_description_attribute, ignored, "description");
  user->email = first_value(entry, o.user_mail_attribute, ignored, "email");
  user->default_project_id =
      first_value(entry, o.user_default_project_id_attribute, ignored, "default_project_id");
  return user;
}

std::optional<DirectoryGroup> group_of(const Entry& entry, const LdapOptions& o) {
  auto group = named<DirectoryGroup>(entry, group_kind(o));
  if (!group) return std::nullopt;
  group->description =
      first_value(entry, o.group_desc_attribute, o.group_attribute_ignore, "description");
  return group;
}

std::optional<std::string> text_of(const std::string& value) {
  if (is_valid_utf8(value)) return value;
  if (value.size() != 16) return std::nullopt;
  constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string made;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) made += '-';
    made += to_hex(value.substr(kOrder[i], 1));
  }
  return made;
}

std::optional<EnabledGroup> enabled_group(const LdapOptions& o) {
  if (!o.user_enabled_emulation || has(o.user_attribute_ignore, "enabled")) return std::nullopt;
  EnabledGroup group{o.user_enabled_emulation_dn, "member", false};
  if (group.dn.empty()) group.dn = "cn=enabled_users," + user_kind(o).tree;
  if (o.user_enabled_emulation_use_group_config) {
    group.member_attribute = o.group_member_attribute;
    group.members_are_ids = o.group_members_are_ids;
  }
  return group;
}

directory::Settings settings_of(const LdapOptions& o) {
  directory::Settings s;
  s.urls = words(o.url);
  if (o.randomize_urls) std::shuffle(s.urls.begin(), s.urls.end(), std::random_device());
  s.user = o.user;
  s.password = o.password;
  s.page_entries = o.page_size;
  s.dereference = dereference_of(o.alias_dereferencing);
  if (!o.chase_referrals.empty()) s.chases_referrals = parse_bool(o.chase_referrals);
  s.start_tls = o.use_tls;
  using Certificate = directory::Settings::Certificate;
  s.certificate = o.tls_req_cert == "never"   ? Certificate::never
                  : o.tls_req_cert == "allow" ? Certificate::allow
                                              : Certificate::demand;
  s.ca_file = o.tls_cacertfile;
  s.ca_directory = o.tls_cacertdir;
  const auto timeout = o.use_pool ? o.pool_connection_timeout : o.connection_timeout;
  if (timeout > 0) s.connect_timeout = std::chrono::seconds(timeout);
  s.attempts = o.use_pool ? static_cast<std::size_t>(o.pool_retry_max) : 1;
  s.attempt_delay = std::chrono::milliseconds(static_cast<int>(o.pool_retry_delay * 1000));
  s.kept_max = o.use_pool ? static_cast<std::size_t>(o.pool_size) : 0;
  s.kept_for = std::chrono::seconds(o.pool_connection_lifetime);
  return s;
}

}  // namespace haneul::keystone
