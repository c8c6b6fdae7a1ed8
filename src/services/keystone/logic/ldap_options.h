#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/option.h"
#include "json/value.h"

namespace haneul::keystone {

// How the users and groups of a domain are found in an LDAP directory: upstream's [ldap] options,
// names and defaults. An empty text is an option that was not given.
// upstream: openstack/keystone:keystone/conf/ldap.py
struct LdapOptions {
  std::string url = "ldap://localhost";  // several: separated by commas or blanks
  bool randomize_urls = false;
  std::string user, password;
  std::string suffix = "cn=example,cn=com";
  std::string query_scope = "one";  // or sub
  std::int64_t page_size = 0;       // entries; 0: no paging
  std::string alias_dereferencing = "default";
  std::string debug_level;
  std::string chase_referrals;  // a boolean; empty: the library decides

  std::string user_tree_dn, user_filter;
  std::string user_objectclass = "inetOrgPerson";
  std::string user_id_attribute = "cn";
  std::string user_name_attribute = "sn";
  std::string user_description_attribute = "description";
  std::string user_mail_attribute = "mail";
  std::string user_pass_attribute = "userPassword";
  std::string user_enabled_attribute = "enabled";
  bool user_enabled_invert = false;
  std::int64_t user_enabled_mask = 0;
  std::string user_enabled_default = "True";
  std::vector<std::string> user_attribute_ignore = {"default_project_id"};
  std::string user_default_project_id_attribute;
  bool user_enabled_emulation = false;
  std::string user_enabled_emulation_dn;
  bool user_enabled_emulation_use_group_config = false;
  std::vector<std::string> user_additional_attribute_mapping;

  std::string group_tree_dn, group_filter;
  std::string group_objectclass = "groupOfNames";
  std::string group_id_attribute = "cn";
  std::string group_name_attribute = "ou";
  std::string group_member_attribute = "member";
  bool group_members_are_ids = false;
  std::string group_desc_attribute = "description";
  std::vector<std::string> group_attribute_ignore, group_additional_attribute_mapping;
  bool group_ad_nesting = false;

  std::string tls_cacertfile, tls_cacertdir;
  bool use_tls = false;
  std::string tls_req_cert = "demand";
  std::int64_t connection_timeout = -1;  // seconds; -1: what this program thinks right
  bool use_pool = true;
  std::int64_t pool_size = 10;
  std::int64_t pool_retry_max = 3;
  double pool_retry_delay = 0.1;  // seconds
  std::int64_t pool_connection_timeout = -1;
  std::int64_t pool_connection_lifetime = 600;
  bool use_auth_pool = true;
  std::int64_t auth_pool_size = 100;
  std::int64_t auth_pool_connection_lifetime = 60;
};

// All of them.
std::span<const config::Option> ldap_options();

// Upstream's defaults with what a domain's configuration says instead; else which of its values is
// no good, in words for the operator.
Result<LdapOptions> read_ldap_options(const json::Object& given);

// An option's value as the API shows it; null where it is not given.
json::Value shown(const config::Option& option, const void* values);

}  // namespace haneul::keystone
