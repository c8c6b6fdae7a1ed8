#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "resource/service.h"
#include "resource/table.h"
#include "services/nova/logic/scheduler.h"

namespace haneul::nova {

struct Cloud;
struct Server;

// Servers that shall be together on one host, or apart.
struct ServerGroup {
  std::string id;
  std::string project_id, user_id;
  std::string name;
  std::string policy;  // affinity, anti-affinity, soft-affinity, soft-anti-affinity
  std::int64_t servers_per_host_max = 1;  // of anti-affinity
  bool has_rules = false;                 // the rule was given
  Instant created_at;
};

extern const resource::Resource kServerGroup;
using ServerGroupStore = resource::Store<ServerGroup>;

// What the group named by the hint {"group": <id>} asks of the new server's host, and the server is
// one of its members afterwards. Nothing without such a hint; throws Nova's own errors.
std::optional<GroupWish> join_group(Cloud& cloud, db::Transaction& tx, const Server& server,
                                    const json::Object& hints);
void leave_groups(db::Transaction& tx, const std::string& server_id);
// The group of one server; empty if it is in none.
std::string group_of(db::Session& session, const std::string& server_id);

// /os-server-groups.
// upstream: openstack/nova:nova/api/openstack/compute/server_groups.py
void add_server_group_routes(resource::Service& service, Cloud& cloud);

}  // namespace haneul::nova
