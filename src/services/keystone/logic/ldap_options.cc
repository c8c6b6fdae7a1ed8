#include "services/keystone/logic/ldap_options.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::keystone {
namespace {

using config::option;
using O = LdapOptions;

constexpr double kMany = 1e9;
constexpr std::string_view kScopes[] = {"one", "sub"};
constexpr std::string_view kDereferencing[] = {"never", "searching", "always", "finding",
                                               "default"};
constexpr std::string_view kCertificates[] = {"demand", "never", "allow"};

constexpr auto kOptions = config::options(
    option<&O::url>("url").help("URLs of the servers, separated by commas."),
    option<&O::randomize_urls>("randomize_urls").help("Try them in another order each time."),
    option<&O::user>("user").help("Whom to search as; empty: nobody."),
    option<&O::password>("password").help("The password of that user."),
    option<&O::suffix>("suffix").help("What user_tree_dn and group_tree_dn end with."),
    option<&O::query_scope>("query_scope").one_of(kScopes).help("How deep to search."),
    option<&O::page_size>("page_size").range(0, kMany).help("Entries of a page; 0: no paging."),
    option<&O::alias_dereferencing>("alias_dereferencing")
        .one_of(kDereferencing)
        .help("When aliases are followed."),
    option<&O::debug_level>("debug_level").help("Taken, and of no effect."),
    option<&O::chase_referrals>("chase_referrals").help("Whether referrals are followed."),
    option<&O::user_tree_dn>("user_tree_dn").help("Where users are; empty: ou=Users,<suffix>."),
    option<&O::user_filter>("user_filter").help("What users must meet beside their class."),
    option<&O::user_objectclass>("user_objectclass").help("The class of users."),
    option<&O::user_id_attribute>("user_id_attribute").help("Holds a user's local id."),
    option<&O::user_name_attribute>("user_name_attribute").help("Holds a user's name."),
    option<&O::user_description_attribute>("user_description_attribute")
        .help("Holds a user's description."),
    option<&O::user_mail_attribute>("user_mail_attribute").help("Holds a user's e-mail."),
    option<&O::user_pass_attribute>("user_pass_attribute").help("Taken, and never read."),
    option<&O::user_enabled_attribute>("user_enabled_attribute")
        .help("Says whether a user may log in."),
    option<&O::user_enabled_invert>("user_enabled_invert").help("It says the contrary."),
    option<&O::user_enabled_mask>("user_enabled_mask")
        .range(0, 4294967295.0)
        .help("The bit of it that locks a user; 0: it is a boolean."),
    option<&O::user_enabled_default>("user_enabled_default").help("Its value where it is absent."),
    option<&O::user_attribute_ignore>("user_attribute_ignore")
        .help("Attributes of users that are not read."),
    option<&O::user_default_project_id_attribute>("user_default_project_id_attribute")
        .help("Holds a user's default project."),
    option<&O::user_enabled_emulation>("user_enabled_emulation")
        .help("Users are enabled by being members of a group."),
    option<&O::user_enabled_emulation_dn>("user_enabled_emulation_dn")
        .help("That group; empty: cn=enabled_users,<user_tree_dn>."),
    option<&O::user_enabled_emulation_use_group_config>("user_enabled_emulation_use_group_config")
        .help("That group is like those of group_member_attribute and group_members_are_ids."),
    option<&O::user_additional_attribute_mapping>("user_additional_attribute_mapping")
        .help("Pairs of attributes, ldap:keystone, that are fetched as well."),
    option<&O::group_tree_dn>("group_tree_dn")
        .help("Where groups are; empty: ou=UserGroups,<suffix>."),
    option<&O::group_filter>("group_filter").help("What groups must meet beside their class."),
    option<&O::group_objectclass>("group_objectclass").help("The class of groups."),
    option<&O::group_id_attribute>("group_id_attribute").help("Holds a group's local id."),
    option<&O::group_name_attribute>("group_name_attribute").help("Holds a group's name."),
    option<&O::group_member_attribute>("group_member_attribute").help("Holds its members."),
    option<&O::group_members_are_ids>("group_members_are_ids")
        .help("Members are local ids, not names of entries."),
    option<&O::group_desc_attribute>("group_desc_attribute").help("Holds its description."),
    option<&O::group_attribute_ignore>("group_attribute_ignore")
        .help("Attributes of groups that are not read."),
    option<&O::group_additional_attribute_mapping>("group_additional_attribute_mapping")
        .help("Pairs of attributes, ldap:keystone, that are fetched as well."),
    option<&O::group_ad_nesting>("group_ad_nesting")
        .help("Groups within groups, as Active Directory finds them."),
    option<&O::tls_cacertfile>("tls_cacertfile").help("Certificates to trust."),
    option<&O::tls_cacertdir>("tls_cacertdir").help("A directory of them."),
    option<&O::use_tls>("use_tls").help("Ask for TLS (StartTLS) on ldap:// connections."),
    option<&O::tls_req_cert>("tls_req_cert")
        .one_of(kCertificates)
        .help("Whether the server must have a good certificate."),
    option<&O::connection_timeout>("connection_timeout")
        .range(-1, 3600)
        .help("Seconds to connect without a pool; -1: 5."),
    option<&O::use_pool>("use_pool").help("Keep connections to search with."),
    option<&O::pool_size>("pool_size").range(1, 10000).help("How many of them."),
    option<&O::pool_retry_max>("pool_retry_max").range(1, 100).help("How often to connect."),
    option<&O::pool_retry_delay>("pool_retry_delay").range(0, 60).help("Seconds in between."),
    option<&O::pool_connection_timeout>("pool_connection_timeout")
        .range(-1, 3600)
        .help("Seconds to connect with a pool; -1: 5."),
    option<&O::pool_connection_lifetime>("pool_connection_lifetime")
        .range(1, kMany)
        .help("Seconds after which a connection is replaced."),
    option<&O::use_auth_pool>("use_auth_pool").help("Taken: logins have connections of their own."),
    option<&O::auth_pool_size>("auth_pool_size").range(1, 10000).help("Taken, and of no effect."),
    option<&O::auth_pool_connection_lifetime>("auth_pool_connection_lifetime")
        .range(1, kMany)
        .help("Taken, and of no effect."));

// A value of JSON as haneul.conf would say it; nothing for what no option can be.
std::optional<std::string> text_of(const json::Value& value) {
  if (value.is_null()) return "";
  if (value.text()) return *value.text();
  if (value.boolean()) return *value.boolean() ? "true" : "false";
  if (value.number()) return json::dump(value);
  if (!value.array()) return std::nullopt;
  std::vector<std::string> parts;
  for (const auto& part : *value.array()) {
    if (!part.text()) return std::nullopt;
    parts.push_back(*part.text());
  }
  return join(parts, ",");
}

bool is_good(const config::Option& o, const std::string& text, const O& options) {
  const auto value = o.kind->measure ? o.kind->measure(o.member(const_cast<O*>(&options)))
                                     : std::optional<double>();
  if (value && (*value < o.minimum || *value > o.maximum)) return false;
  return o.allowed.empty() ||
         std::find(o.allowed.begin(), o.allowed.end(), text) != o.allowed.end();
}

}  // namespace

std::span<const config::Option> ldap_options() {
  return kOptions;
}

Result<LdapOptions> read_ldap_options(const json::Object& given) {
  LdapOptions options;
  for (const config::Option& o : kOptions) {
    const json::Value* value = given.find(o.name);
    if (!value || (value->is_null() && o.kind != &config::kText)) continue;
    const auto text = text_of(*value);
    if (!text || !o.kind->read(*text, o.member(&options)) || !is_good(o, *text, options)) {
      return Failure{fmt::format("[ldap] {} has a value that it cannot have", o.name)};
    }
  }
  const auto urls = lower(options.url);
  if (options.use_tls && urls.find("ldaps://") != std::string::npos) {
    return Failure{"[ldap] use_tls and a URL of ldaps exclude each other"};
  }
  return options;
}

json::Value shown(const config::Option& o, const void* values) {
  const void* member = o.member(const_cast<void*>(values));
  if (o.kind == &config::kTexts) {
    json::Array texts;
    for (const auto& t : *static_cast<const std::vector<std::string>*>(member)) texts.push_back(t);
    return texts;
  }
  const std::string text = o.kind->write(member);
  if (o.kind == &config::kText) return text.empty() ? json::Value() : json::Value(text);
  return json::parse(text).value_or(json::Value(text));
}

}  // namespace haneul::keystone
