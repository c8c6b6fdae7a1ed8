#include "drivers/net/ovsdb_replica.h"

#include <unordered_set>
#include <utility>

namespace haneul::net::ovsdb {
namespace {

// Whole new columns of a row, put as the change that leads there.
Row as_change(const TableSchema& schema, const Row& before, const Row& after) {
  Row change;
  for (const auto& [name, type] : schema.columns) {
    const auto old = before.find(name);
    const auto fresh = after.find(name);
    const Datum was = old == before.end() ? default_of(type) : old->second;
    const Datum is = fresh == after.end() ? default_of(type) : fresh->second;
    if (was == is) continue;
    if (!type.many) {
      change.emplace(name, is);
      continue;
    }
    Row toggled{{name, was}};
    if (type.value) {
      std::map<std::string, std::string> pairs;
      for (std::size_t i = 0; i < was.keys.size(); ++i) {
        if (!is.has(was.keys[i])) pairs[was.keys[i]] = was.values[i];
      }
      for (std::size_t i = 0; i < is.keys.size(); ++i) {
        const std::string* had = was.find(is.keys[i]);
        if (had == nullptr || *had != is.values[i]) pairs[is.keys[i]] = is.values[i];
      }
      change.emplace(name, Datum::map(pairs));
    } else {
      apply_change(schema, toggled, {{name, is}});
      change.emplace(name, std::move(toggled[name]));
    }
  }
  return change;
}

}  // namespace

Replica::Replica(std::vector<MonitoredTable> tables) : monitored_(std::move(tables)) {
  for (const MonitoredTable& table : monitored_) tables_[table.name].monitored = &table;
}

const TableSchema& Replica::schema_of(std::string_view table) const {
  static const TableSchema kNone;
  const auto found = schema_.find(table);
  return found == schema_.end() ? kNone : found->second;
}

const Row* Replica::find(std::string_view table, std::string_view uuid) const {
  const Table* in = table_of(table);
  if (in == nullptr) return nullptr;
  const auto found = in->rows.find(std::string(uuid));
  return found == in->rows.end() ? nullptr : &found->second;
}

std::vector<std::string> Replica::find_all(std::string_view table, const std::string& key) const {
  std::vector<std::string> found;
  const Table* in = table_of(table);
  if (in == nullptr) return found;
  const auto [first, last] = in->by_key.equal_range(key);
  for (auto at = first; at != last; ++at) found.push_back(at->second);
  return found;
}

std::string Replica::find_one(std::string_view table, const std::string& key) const {
  const Table* in = table_of(table);
  if (in == nullptr) return {};
  const auto found = in->by_key.find(key);
  return found == in->by_key.end() ? std::string() : found->second;
}

void Replica::each(std::string_view table,
                   const std::function<void(const std::string&, const Row&)>& visit) const {
  const Table* in = table_of(table);
  if (in == nullptr) return;
  for (const auto& [uuid, row] : in->rows) visit(uuid, row);
}

std::size_t Replica::size(std::string_view table) const {
  const Table* in = table_of(table);
  return in == nullptr ? 0 : in->rows.size();
}

bool Replica::apply(const json::Object& updates, std::vector<Change>& changes) {
  for (const auto& [name, rows] : updates) {
    Table* table = table_of(name);
    if (table == nullptr || rows.object() == nullptr) return false;
    for (const auto& [uuid, update] : *rows.object()) {
      if (update.object() == nullptr) return false;
      if (!apply_row(name, *table, uuid, *update.object(), changes)) return false;
    }
  }
  return true;
}

bool Replica::reset(const json::Object& initial, std::vector<Change>& changes) {
  for (auto& [name, table] : tables_) {
    const json::Value* rows = initial.find(name);
    std::unordered_set<std::string> alive;
    if (rows != nullptr && rows->object() == nullptr) return false;
    if (rows != nullptr) {
      for (const auto& [uuid, update] : *rows->object()) alive.insert(uuid);
    }
    std::vector<std::string> gone;
    for (const auto& [uuid, row] : table.rows) {
      if (!alive.contains(uuid)) gone.push_back(uuid);
    }
    for (const auto& uuid : gone) erase(name, table, uuid, changes);
  }
  return apply(initial, changes);
}

bool Replica::apply_row(const std::string& name, Table& table, const std::string& uuid,
                        const json::Object& update, std::vector<Change>& changes) {
  const TableSchema& schema = schema_of(name);
  for (const std::string_view fresh : {"initial", "insert"}) {
    const json::Value* row = update.find(fresh);
    if (row == nullptr) continue;
    if (row->object() == nullptr) return false;
    auto parsed = parse_row(schema, *row->object());
    return parsed && put(name, table, uuid, *std::move(parsed), changes);
  }
  if (update.has("delete")) {
    erase(name, table, uuid, changes);
    return true;
  }
  const json::Value* modify = update.find("modify");
  const auto found = table.rows.find(uuid);
  if (modify == nullptr || modify->object() == nullptr || found == table.rows.end()) return false;
  auto change = parse_row(schema, *modify->object());
  if (!change) return false;
  unindex(table, uuid, found->second);
  apply_change(schema, found->second, *change);
  table.by_key.emplace(key_of(table, found->second), uuid);
  changes.push_back({Change::What::modified, name, uuid, *std::move(change)});
  return true;
}

bool Replica::put(const std::string& name, Table& table, const std::string& uuid, Row row,
                  std::vector<Change>& changes) {
  const auto found = table.rows.find(uuid);
  if (found == table.rows.end()) {
    changes.push_back({Change::What::inserted, name, uuid, row});
  } else {
    Row change = as_change(schema_of(name), found->second, row);
    if (change.empty()) return true;
    unindex(table, uuid, found->second);
    changes.push_back({Change::What::modified, name, uuid, std::move(change)});
  }
  table.by_key.emplace(key_of(table, row), uuid);
  table.rows.insert_or_assign(uuid, std::move(row));
  return true;
}

void Replica::erase(const std::string& name, Table& table, const std::string& uuid,
                    std::vector<Change>& changes) {
  const auto found = table.rows.find(uuid);
  if (found == table.rows.end()) return;
  unindex(table, uuid, found->second);
  changes.push_back({Change::What::deleted, name, uuid, std::move(found->second)});
  table.rows.erase(found);
}

std::string Replica::key_of(const Table& table, const Row& row) {
  return table.monitored->key ? table.monitored->key(row) : std::string(text_of(row, "name"));
}

void Replica::unindex(Table& table, const std::string& uuid, const Row& row) {
  const auto [first, last] = table.by_key.equal_range(key_of(table, row));
  for (auto at = first; at != last; ++at) {
    if (at->second != uuid) continue;
    table.by_key.erase(at);
    return;
  }
}

Replica::Table* Replica::table_of(std::string_view name) {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

const Replica::Table* Replica::table_of(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

}  // namespace haneul::net::ovsdb
