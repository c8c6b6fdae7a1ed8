#include "services/nova/aggregate.h"

#include <algorithm>

namespace haneul::nova {
namespace {

constexpr std::string_view kStandardZone = "nova";

Aggregate load_aggregate(const db::Rows& rows) {
  Aggregate a;
  a.id = rows.integer(0);
  a.uuid = rows.string(1);
  a.name = rows.string(2);
  if (const auto metadata = json::parse(rows.text(3)); metadata && metadata->object()) {
    a.metadata = *metadata->object();
  }
  a.created_at = rows.instant(4);
  if (!rows.is_null(5)) a.updated_at = rows.instant(5);
  return a;
}

}  // namespace

std::string Aggregate::zone() const {
  const json::Value* zone = metadata.find("availability_zone");
  return zone && zone->text() ? *zone->text() : std::string();
}

std::vector<Aggregate> list_aggregates(db::Session& session) {
  std::vector<Aggregate> all;
  {
    db::Rows rows = session.query(
        "SELECT id, uuid, name, metadata, created_at, updated_at FROM aggregates ORDER BY id");
    while (rows.next()) all.push_back(load_aggregate(rows));
  }
  db::Rows hosts =
      session.query("SELECT aggregate_id, host FROM aggregate_hosts ORDER BY aggregate_id, host");
  auto at = all.begin();
  while (hosts.next()) {
    while (at != all.end() && at->id < hosts.integer(0)) ++at;
    if (at != all.end()) at->hosts.push_back(hosts.string(1));
  }
  return all;
}

std::optional<Aggregate> find_aggregate(db::Session& session, std::int64_t id) {
  std::optional<Aggregate> found;
  {
    db::Rows rows = session.query(
        "SELECT id, uuid, name, metadata, created_at, updated_at FROM aggregates WHERE id = ?",
        {id});
    if (!rows.next()) return found;
    found = load_aggregate(rows);
  }
  db::Rows hosts =
      session.query("SELECT host FROM aggregate_hosts WHERE aggregate_id = ? ORDER BY host", {id});
  while (hosts.next()) found->hosts.push_back(hosts.string(0));
  return found;
}

void settle_zone(db::Transaction& tx, const std::string& host) {
  std::string zone(kStandardZone);
  {
    db::Rows rows = tx.query(
        "SELECT a.id, a.uuid, a.name, a.metadata, a.created_at, a.updated_at FROM aggregates a JOIN"
        " aggregate_hosts h ON h.aggregate_id = a.id WHERE h.host = ? ORDER BY a.id",
        {host});
    while (rows.next()) {
      const std::string named = load_aggregate(rows).zone();
      if (!named.empty()) zone = named;
    }
  }
  tx.execute("UPDATE compute_hosts SET availability_zone = ? WHERE host = ?", {zone, host});
}

}  // namespace haneul::nova
