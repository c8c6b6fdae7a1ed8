#include "services/neutron/context.h"

#include "access/policy.h"
#include "flow/engine.h"
#include "resource/quota.h"
#include "services/neutron/dialect.h"

namespace haneul::neutron {

bool Context::is_admin(const access::Caller& caller) const {
  return caller.is_admin || policy.check("context_is_admin", caller);
}

void mark_dirty(db::Transaction& tx, const Context& context, net::Kind kind, std::string_view id) {
  const int number = static_cast<int>(kind);
  const Instant now = context.world.clock.now();
  const auto known = tx.execute(
      "UPDATE net_dirty SET version = version + 1, attempts = 0, next_try = ?"
      " WHERE kind = ? AND id = ?",
      {now, number, id});
  if (known == 0) {
    tx.execute(
        "INSERT INTO net_dirty (kind, id, version, attempts, next_try, reason)"
        " VALUES (?, ?, 1, 0, ?, '')",
        {number, id, now});
  }
  tx.after_commit([&context] { wake_sync(context); });
}

void wake_sync(const Context& context) {
  if (!context.is_woken.exchange(true)) context.world.flows.wake(kSyncSubject);
}

void count_usage(db::Transaction& tx, const Context& context, std::string_view project,
                 std::string_view resource, std::int64_t amount) {
  auto& quota = context.world.quota;
  if (quota.reserve(tx, "neutron", project, resource, amount)) {
    quota.release(tx, "neutron", project, resource, -amount);
  }
}

void take_quota(db::Transaction& tx, const Context& context, std::string_view project,
                std::string_view resource, std::int64_t amount) {
  const auto over = context.world.quota.reserve(tx, "neutron", project, resource, amount);
  if (over) throw Dialect().over_quota(*over);
}

void note_port(db::Transaction& tx, const Context& context, std::string_view port_id) {
  if (!context.device_changed) return;
  tx.at_end([&context, id = std::string(port_id)](db::Transaction& t) {
    const auto device =
        t.text("SELECT device_id FROM ports WHERE id = ? AND device_owner LIKE 'compute:%'", {id});
    if (device && !device->empty()) context.device_changed(t, *device);
  });
}

}  // namespace haneul::neutron
