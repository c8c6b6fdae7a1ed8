#include "services/placement/ledger.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/fault.h"
#include "services/placement/catalog.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kSelectStock =
    "SELECT resource_class, total, reserved, used, min_unit, max_unit, step_size, allocation_ratio"
    " FROM placement_inventories WHERE provider_uuid = ? ORDER BY resource_class";
constexpr std::string_view kSelectOneStock =
    "SELECT resource_class, total, reserved, used, min_unit, max_unit, step_size, allocation_ratio"
    " FROM placement_inventories WHERE resource_class = ? AND provider_uuid = ?";
constexpr std::string_view kUse =
    "UPDATE placement_inventories SET used = used + ?"
    " WHERE resource_class = ? AND provider_uuid = ?";
// The capacity rule of upstream's SQL, so that one statement both asks and takes.
constexpr std::string_view kUseIfItFits =
    "UPDATE placement_inventories SET used = used + ?"
    " WHERE resource_class = ? AND provider_uuid = ?"
    " AND used + ? <= (total - reserved) * allocation_ratio"
    " AND min_unit <= ? AND max_unit >= ? AND ? % step_size = 0";
constexpr std::string_view kInsertAllocation =
    "INSERT INTO placement_allocations (consumer_uuid, provider_uuid, resource_class, used,"
    " created_at) VALUES (?, ?, ?, ?, ?)";

Stock load_stock(const db::Rows& rows) {
  return {rows.string(0),  rows.integer(1), rows.integer(2), rows.integer(3),
          rows.integer(4), rows.integer(5), rows.integer(6), rows.real(7)};
}

using Place = std::pair<std::string, std::string>;  // provider, class

Fault refuse(std::string_view sentence, const Allocation& a) {
  return Fault::conflict(fmt::format(fmt::runtime(sentence), a.resource_class, a.provider_uuid));
}

void take(db::Transaction& tx, const Allocation& a, std::string_view consumer_uuid,
          const std::map<Place, std::int64_t>& before, Instant now) {
  require_class(tx, a.resource_class);
  auto stock = inventory_of(tx, a.provider_uuid, a.resource_class);
  if (!stock) throw refuse("Inventory for '{}' on resource provider '{}' invalid.", a);
  if (a.used < stock->min_unit || a.used > stock->max_unit || a.used % stock->step_size != 0) {
    throw refuse("Unable to create allocation for '{}' on resource provider '{}'. The requested "
                 "amount would violate inventory constraints.", a);
  }
  const auto previous = before.find({a.provider_uuid, a.resource_class});
  const bool reduces = previous != before.end() && stock->used + a.used <= previous->second;
  if (!stock->fits(a.used) && !reduces) {
    throw refuse("Unable to create allocation for '{}' on resource provider '{}'. The requested "
                 "amount would exceed the capacity.", a);
  }
  tx.execute(kUse, {a.used, a.resource_class, a.provider_uuid});
  tx.execute(kInsertAllocation, {consumer_uuid, a.provider_uuid, a.resource_class, a.used, now});
}

void write_consumer(db::Transaction& tx, const ConsumerRow& row) {
  tx.execute(
      "UPDATE placement_consumers SET project_id = ?, user_id = ?, consumer_type = ?,"
      " generation = generation + 1 WHERE uuid = ?",
      {row.project_id, row.user_id, row.type, row.uuid});
}

}  // namespace

std::vector<Stock> inventories_of(db::Session& session, std::string_view provider_uuid) {
  std::vector<Stock> all;
  db::Rows rows = session.query(kSelectStock, {provider_uuid});
  while (rows.next()) all.push_back(load_stock(rows));
  return all;
}

std::optional<Stock> inventory_of(db::Session& session, std::string_view provider_uuid,
                                  std::string_view resource_class) {
  db::Rows rows = session.query(kSelectOneStock, {resource_class, provider_uuid});
  if (!rows.next()) return std::nullopt;
  return load_stock(rows);
}

void insert_inventory(db::Transaction& tx, std::string_view provider_uuid, const Stock& s,
                      Instant now) {
  tx.execute(
      "INSERT INTO placement_inventories (resource_class, provider_uuid, total, reserved, min_unit,"
      " max_unit, step_size, allocation_ratio, used, updated_at) VALUES (?,?,?,?,?,?,?,?,0,?)",
      {s.resource_class, provider_uuid, s.total, s.reserved, s.min_unit, s.max_unit, s.step_size,
       s.allocation_ratio, now});
}

bool update_inventory(db::Transaction& tx, std::string_view provider_uuid, const Stock& s,
                      Instant now) {
  return tx.execute(
             "UPDATE placement_inventories SET total = ?, reserved = ?, min_unit = ?, max_unit = ?,"
             " step_size = ?, allocation_ratio = ?, updated_at = ?"
             " WHERE resource_class = ? AND provider_uuid = ?",
             {s.total, s.reserved, s.min_unit, s.max_unit, s.step_size, s.allocation_ratio, now,
              s.resource_class, provider_uuid}) > 0;
}

std::vector<std::string> replace_inventories(db::Transaction& tx, std::string_view provider_uuid,
                                             const std::vector<Stock>& stock, Instant now) {
  const auto wanted = [&](const std::string& name) {
    return std::any_of(stock.begin(), stock.end(),
                       [&](const Stock& s) { return s.resource_class == name; });
  };
  std::vector<std::string> in_use, going;
  for (const Stock& old : inventories_of(tx, provider_uuid)) {
    if (!wanted(old.resource_class)) {
      (old.used > 0 ? in_use : going).push_back(old.resource_class);
    }
  }
  if (!in_use.empty()) return in_use;
  for (const auto& name : going) {
    tx.execute("DELETE FROM placement_inventories WHERE resource_class = ? AND provider_uuid = ?",
               {name, provider_uuid});
  }
  for (const Stock& s : stock) {
    if (!update_inventory(tx, provider_uuid, s, now)) insert_inventory(tx, provider_uuid, s, now);
  }
  return {};
}

void raise_generation(db::Transaction& tx, std::string_view provider_uuid, Instant now) {
  tx.execute(
      "UPDATE placement_providers SET generation = generation + 1, updated_at = ? WHERE uuid = ?",
      {now, provider_uuid});
}

std::optional<ConsumerRow> find_consumer(db::Session& session, std::string_view uuid) {
  db::Rows rows = session.query(
      "SELECT uuid, project_id, user_id, generation, consumer_type FROM placement_consumers"
      " WHERE uuid = ?",
      {uuid});
  if (!rows.next()) return std::nullopt;
  ConsumerRow row{rows.string(0), rows.string(1), rows.string(2), rows.integer(3), {}};
  if (!rows.is_null(4)) row.type = rows.string(4);
  return row;
}

void insert_consumer(db::Transaction& tx, const ConsumerRow& row, Instant now) {
  tx.execute(
      "INSERT INTO placement_consumers (uuid, generation, project_id, user_id, consumer_type,"
      " created_at) VALUES (?, ?, ?, ?, ?, ?)",
      {row.uuid, row.generation, row.project_id, row.user_id, row.type, now});
}

std::vector<Allocation> allocations_of_consumer(db::Session& session, std::string_view uuid) {
  std::vector<Allocation> all;
  db::Rows rows = session.query(
      "SELECT provider_uuid, resource_class, used FROM placement_allocations"
      " WHERE consumer_uuid = ? ORDER BY provider_uuid, resource_class",
      {uuid});
  while (rows.next()) all.push_back({rows.string(0), rows.string(1), rows.integer(2)});
  return all;
}

void write_allocations(db::Transaction& tx, const std::vector<Wanted>& wanted, Instant now) {
  std::map<Place, std::int64_t> before;  // used, before anything was given back
  std::set<std::string> touched;
  for (const Wanted& w : wanted) {
    const auto old = allocations_of_consumer(tx, w.consumer.uuid);
    for (const Allocation& a : old) {
      const auto stock = inventory_of(tx, a.provider_uuid, a.resource_class);
      before.try_emplace({a.provider_uuid, a.resource_class}, stock ? stock->used : 0);
      tx.execute(kUse, {-a.used, a.resource_class, a.provider_uuid});
      if (w.allocations.empty()) touched.insert(a.provider_uuid);
    }
    tx.execute("DELETE FROM placement_allocations WHERE consumer_uuid = ?", {w.consumer.uuid});
  }
  for (const Wanted& w : wanted) {
    for (const Allocation& a : w.allocations) {
      take(tx, a, w.consumer.uuid, before, now);
      touched.insert(a.provider_uuid);
    }
    if (w.allocations.empty()) {
      tx.execute("DELETE FROM placement_consumers WHERE uuid = ?", {w.consumer.uuid});
    } else {
      write_consumer(tx, w.consumer);
    }
  }
  for (const auto& provider : touched) raise_generation(tx, provider, now);
}

bool claim_on(db::Transaction& tx, std::string_view consumer_uuid, std::string_view provider_uuid,
              const Resources& resources, Instant now) {
  std::size_t taken = 0;
  for (const auto& [name, amount] : resources) {
    const auto changed = amount <= 0 ? 0
                                     : tx.execute(kUseIfItFits, {amount, name, provider_uuid, amount,
                                                                 amount, amount, amount});
    if (changed == 0) break;
    ++taken;
  }
  if (taken < resources.size()) {
    for (std::size_t i = 0; i < taken; ++i) {
      tx.execute(kUse, {-resources[i].second, resources[i].first, provider_uuid});
    }
    return false;
  }
  for (const auto& [name, amount] : resources) {
    tx.execute(kInsertAllocation, {consumer_uuid, provider_uuid, name, amount, now});
  }
  raise_generation(tx, provider_uuid, now);
  return true;
}

std::size_t release_all(db::Transaction& tx, std::string_view consumer_uuid) {
  const auto all = allocations_of_consumer(tx, consumer_uuid);
  for (const Allocation& a : all) {
    tx.execute(kUse, {-a.used, a.resource_class, a.provider_uuid});
  }
  tx.execute("DELETE FROM placement_allocations WHERE consumer_uuid = ?", {consumer_uuid});
  tx.execute("DELETE FROM placement_consumers WHERE uuid = ?", {consumer_uuid});
  return all.size();
}

}  // namespace haneul::placement
