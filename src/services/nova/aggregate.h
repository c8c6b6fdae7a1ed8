#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resource/service.h"
#include "services/nova/cloud.h"

namespace haneul::nova {

// Hosts that belong together. Its metadata may name an availability zone, which is its hosts' then.
struct Aggregate {
  std::int64_t id = 0;
  std::string uuid, name;
  json::Object metadata;  // of texts
  std::vector<std::string> hosts;
  Instant created_at;
  std::optional<Instant> updated_at;

  std::string zone() const;  // empty: none
};

std::vector<Aggregate> list_aggregates(db::Session& session);
std::optional<Aggregate> find_aggregate(db::Session& session, std::int64_t id);
// The zone that a host's aggregates put it into: the host's row is as they say afterwards.
void settle_zone(db::Transaction& tx, const std::string& host);

// /os-aggregates.
// upstream: openstack/nova:nova/api/openstack/compute/aggregates.py
void add_aggregate_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
