#include "services/nova/deleted_server.h"

#include <string>

namespace haneul::nova {
namespace {

constexpr std::int64_t kKeptMax = 100'000;
constexpr std::int64_t kForgottenAtOnceMax = 1'000;  // in one transaction

resource::Resource in_table(std::string_view table) {
  resource::Resource resource = kServer;
  resource.table = table;
  return resource;
}

}  // namespace

const ServerStore& deleted_servers() {
  static const resource::Resource kDeleted = in_table("deleted_servers");
  static const ServerStore store{kDeleted};
  return store;
}

const ServerStore& servers_of_all_times() {
  static const resource::Resource kOfAllTimes = in_table("servers_of_all_times");
  static const ServerStore store{kOfAllTimes};
  return store;
}

void bury(db::Transaction& tx, const Cloud& cloud, Server server) {
  cloud.servers.remove(tx, server.id);
  server.vm_state = vm::kDeleted;
  server.task_state.reset();
  server.power_state = 0;
  server.addresses = "{}";
  server.key_data.reset();
  server.user_data.reset();
  server.admin_pass.reset();
  server.updated_at = cloud.world.clock.now();
  server.terminated_at = server.updated_at;
  deleted_servers().insert(tx, server);
}

void forget_deleted(const Cloud& cloud, Duration kept) {
  const auto forget = [&cloud](std::string_view sql, db::Bind bind) {
    bool more = true;
    while (more) {
      more = cloud.world.db.write([&](db::Transaction& tx) {
        return tx.execute(sql, {bind, kForgottenAtOnceMax}) == kForgottenAtOnceMax;
      });
    }
  };
  forget(
      "DELETE FROM deleted_servers WHERE id IN (SELECT id FROM deleted_servers WHERE updated_at < "
      "? "
      "ORDER BY updated_at LIMIT ?)",
      cloud.world.clock.now() - kept);
  forget(
      "DELETE FROM deleted_servers WHERE id IN (SELECT id FROM deleted_servers ORDER BY updated_at "
      "DESC LIMIT ?2 OFFSET ?1)",
      kKeptMax);
}

}  // namespace haneul::nova
