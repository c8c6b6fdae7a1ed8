#include "services/placement/provider.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"
#include "services/placement/topology.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kFind =
    "SELECT uuid, name, generation, parent_uuid, root_uuid, created_at, updated_at"
    " FROM placement_providers WHERE uuid = ?";

std::vector<std::string> texts(db::Session& session, std::string_view sql, std::string_view key) {
  std::vector<std::string> all;
  db::Rows rows = session.query(sql, {key});
  while (rows.next()) all.push_back(rows.string(0));
  return all;
}

bool replace(db::Transaction& tx, std::string_view provider_uuid, std::vector<std::string> old,
             std::vector<std::string> fresh, std::string_view insert, std::string_view remove) {
  std::sort(fresh.begin(), fresh.end());
  fresh.erase(std::unique(fresh.begin(), fresh.end()), fresh.end());
  if (old == fresh) return false;
  for (const auto& text : old) {
    if (!std::binary_search(fresh.begin(), fresh.end(), text)) {
      tx.execute(remove, {provider_uuid, text});
    }
  }
  for (const auto& text : fresh) {
    if (!std::binary_search(old.begin(), old.end(), text)) tx.execute(insert, {provider_uuid, text});
  }
  TopologyCache::touch(tx);
  return true;
}

}  // namespace

ProviderRow load_provider(const db::Rows& rows) {
  ProviderRow row{rows.string(0), rows.string(1), rows.integer(2), {},
                  rows.string(4), rows.instant(5), rows.instant(6)};
  if (!rows.is_null(3)) row.parent_uuid = rows.string(3);
  return row;
}

std::optional<ProviderRow> find_provider(db::Session& session, std::string_view uuid) {
  db::Rows rows = session.query(kFind, {uuid});
  if (!rows.next()) return std::nullopt;
  return load_provider(rows);
}

ProviderRow require_provider(db::Session& session, std::string_view uuid) {
  auto row = find_provider(session, uuid);
  if (!row) throw Fault::not_found(fmt::format("No resource provider with uuid {} found", uuid));
  return std::move(*row);
}

void insert_provider(db::Transaction& tx, const ProviderRow& row) {
  tx.execute(
      "INSERT INTO placement_providers (uuid, name, generation, parent_uuid, root_uuid, created_at,"
      " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {row.uuid, row.name, row.generation, row.parent_uuid, row.root_uuid, row.created_at,
       row.updated_at});
  TopologyCache::touch(tx);
}

void delete_provider(db::Transaction& tx, std::string_view uuid) {
  tx.execute("DELETE FROM placement_inventories WHERE provider_uuid = ?", {uuid});
  tx.execute("DELETE FROM placement_provider_traits WHERE provider_uuid = ?", {uuid});
  tx.execute("DELETE FROM placement_provider_aggregates WHERE provider_uuid = ?", {uuid});
  tx.execute("DELETE FROM placement_providers WHERE uuid = ?", {uuid});
  TopologyCache::touch(tx);
}

bool has_allocations(db::Session& session, std::string_view uuid) {
  return session
      .integer("SELECT 1 FROM placement_allocations WHERE provider_uuid = ? LIMIT 1", {uuid})
      .has_value();
}

bool has_children(db::Session& session, std::string_view uuid) {
  return session.integer("SELECT 1 FROM placement_providers WHERE parent_uuid = ? LIMIT 1", {uuid})
      .has_value();
}

std::vector<std::string> traits_of(db::Session& session, std::string_view uuid) {
  return texts(session,
               "SELECT trait FROM placement_provider_traits WHERE provider_uuid = ? ORDER BY trait",
               uuid);
}

std::vector<std::string> aggregates_of(db::Session& session, std::string_view uuid) {
  return texts(session,
               "SELECT aggregate_uuid FROM placement_provider_aggregates WHERE provider_uuid = ?"
               " ORDER BY aggregate_uuid",
               uuid);
}

bool set_traits(db::Transaction& tx, std::string_view uuid, const std::vector<std::string>& traits) {
  return replace(tx, uuid, traits_of(tx, uuid), traits,
                 "INSERT INTO placement_provider_traits (provider_uuid, trait) VALUES (?, ?)",
                 "DELETE FROM placement_provider_traits WHERE provider_uuid = ? AND trait = ?");
}

bool set_aggregates(db::Transaction& tx, std::string_view uuid,
                    const std::vector<std::string>& aggregates) {
  return replace(
      tx, uuid, aggregates_of(tx, uuid), aggregates,
      "INSERT INTO placement_provider_aggregates (provider_uuid, aggregate_uuid) VALUES (?, ?)",
      "DELETE FROM placement_provider_aggregates WHERE provider_uuid = ? AND aggregate_uuid = ?");
}

std::string normal_uuid(std::string_view text) {
  std::string id;
  for (const char c : lower(text)) {
    if (c != '-') id += c;
  }
  for (const std::size_t at : {8, 13, 18, 23}) id.insert(at, 1, '-');
  return id;
}

}  // namespace haneul::placement
