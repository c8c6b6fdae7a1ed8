#pragma once
#include <optional>
#include <string>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {

struct Subnetpool {
  std::string id, name, project_id;
  JsonText prefixes;
  std::int64_t ip_version = 4;
  std::int64_t default_prefixlen = 0, min_prefixlen = 0, max_prefixlen = 0;
  std::optional<std::int64_t> default_quota;
  std::optional<std::string> address_scope_id;
  bool shared = false, is_default = false;
  std::string description;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

const resource::Resource& subnetpool_resource();
const resource::Store<Subnetpool>& subnetpools();
Noun subnetpool_noun(const Context& context);

std::optional<std::string> default_subnetpool(db::Session& session, std::int64_t ip_version);
// Checks the subnet's cidr against its pool, or finds a free one of that length.
void take_from_subnetpool(db::Transaction& tx, const Context& context, Subnet& subnet,
                          std::optional<std::int64_t> prefixlen);

}  // namespace haneul::neutron
