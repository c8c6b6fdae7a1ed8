#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

struct SecurityGroup {
  std::string id, name, project_id, description;
  bool stateful = true;
  bool is_default = false;
  bool shared = false;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

struct SecurityGroupRule {
  std::string id, project_id, security_group_id, direction;
  std::string ethertype = "IPv4";
  std::optional<std::string> protocol;
  std::optional<std::int64_t> port_range_min, port_range_max;
  std::optional<std::string> remote_ip_prefix, remote_group_id, remote_address_group_id,
      normalized_cidr, description;
  bool belongs_to_default_sg = false;
  Instant created_at, updated_at;
  std::int64_t revision_number = 0;
};

const resource::Resource& security_group_resource();
const resource::Store<SecurityGroup>& security_groups();
const resource::Store<SecurityGroupRule>& security_group_rules();
Noun security_group_noun(const Context& context);
Noun security_group_rule_noun(const Context& context);

// The project's group "default", made with upstream's rules when first asked for; its id.
std::string ensure_default_group(db::Transaction& tx, const Context& context,
                                 std::string_view project_id);
// The same from outside a transaction: writes only if there is none yet.
void ensure_default_group(const Context& context, std::string_view project_id);
// Rules of several groups, by group, then id.
std::vector<SecurityGroupRule> rules_of(db::Session& session,
                                        const std::vector<std::string>& groups);
void write_rule(json::Writer& w, const SecurityGroupRule& rule);

}  // namespace haneul::neutron
