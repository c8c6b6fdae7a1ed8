#include "drivers/net/ovn_plan.h"

#include <utility>

#include "drivers/net/ovn_tables.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Row;

json::Array where(const std::string& uuid) {
  return json::Array{json::Value(json::Array{"_uuid", "==", json::Array{"uuid", uuid}})};
}

}  // namespace

Plan::Plan(const ovsdb::Replica& replica, std::string mark)
    : replica_(replica), mark_(std::move(mark)) {}

std::string Plan::ensure(std::string_view table, const std::string& uuid, Row wanted) {
  const ovsdb::TableSchema& schema = replica_.schema_of(table);
  seal(table, schema, mark_, wanted);
  const Row* present = uuid.empty() ? nullptr : replica_.find(table, uuid);
  if (present == nullptr) {
    const std::string name = "row" + std::to_string(next_name_++);
    json::Object& insert = operation("insert", table);
    insert.set("uuid-name", name);
    insert.set("row", ovsdb::encode_row(schema, wanted));
    inserted_.emplace(table);
    return "@" + name;
  }
  for (const auto& [name, datum] : *present) {
    const auto type = schema.columns.find(name);
    if (type == schema.columns.end() || wanted.contains(name)) continue;
    wanted.emplace(name, ovsdb::default_of(type->second));
  }
  std::erase_if(wanted, [&](const auto& column) { return is_free(table, column.first); });
  const Row changed = ovsdb::difference(schema, *present, wanted);
  if (changed.empty()) return uuid;
  json::Object& update = operation("update", table);
  update.set("where", where(uuid));
  update.set("row", ovsdb::encode_row(schema, changed));
  touched_.insert(uuid);
  return uuid;
}

Datum Plan::ensure_children(std::string_view table, const Datum& present,
                            std::map<std::string, Row> wanted,
                            const std::function<std::string(const Row&)>& key) {
  std::vector<std::string> names;
  for (const auto& uuid : present.keys) {
    const Row* row = replica_.find(table, uuid);
    const auto found = row == nullptr ? wanted.end() : wanted.find(key(*row));
    if (found == wanted.end()) continue;
    names.push_back(ensure(table, uuid, std::move(found->second)));
    wanted.erase(found);
  }
  for (auto& [unused, row] : wanted) names.push_back(ensure(table, "", std::move(row)));
  return Datum::set(std::move(names));
}

void Plan::set(std::string_view table, const std::string& uuid, std::string_view column,
               Datum datum) {
  const Row* present = replica_.find(table, uuid);
  if (present == nullptr) return;
  const ovsdb::TableSchema& schema = replica_.schema_of(table);
  const Row changed =
      ovsdb::difference(schema, *present, {{std::string(column), std::move(datum)}});
  if (changed.empty()) return;
  json::Object& update = operation("update", table);
  update.set("where", where(uuid));
  update.set("row", ovsdb::encode_row(schema, changed));
  touched_.insert(uuid);
}

void Plan::add_to(std::string_view table, const std::string& uuid, std::string_view column,
                  const std::string& element) {
  const Row* present = replica_.find(table, uuid);
  if (present == nullptr || ovsdb::column(*present, column).has(element)) return;
  mutate(table, uuid, column, "insert", element);
}

void Plan::remove_from(std::string_view table, const std::string& uuid, std::string_view column,
                       const std::string& element) {
  const Row* present = replica_.find(table, uuid);
  if (present == nullptr || !ovsdb::column(*present, column).has(element)) return;
  mutate(table, uuid, column, "delete", element);
  touched_.insert(element);
}

void Plan::erase(std::string_view table, const std::string& uuid) {
  if (replica_.find(table, uuid) == nullptr) return;
  operation("delete", table).set("where", where(uuid));
  touched_.insert(uuid);
}

void Plan::mutate(std::string_view table, const std::string& uuid, std::string_view column,
                  std::string_view how, const std::string& element) {
  const ovsdb::TableSchema& schema = replica_.schema_of(table);
  const auto type = schema.columns.find(column);
  if (type == schema.columns.end()) return;
  json::Object& change = operation("mutate", table);
  change.set("where", where(uuid));
  change.set(
      "mutations",
      json::Array{json::Value(json::Array{
          column, how,
          json::Array{"set", json::Array{ovsdb::encode(type->second, Datum::of(element))}}})});
  touched_.insert(uuid);
}

json::Object& Plan::operation(std::string_view op, std::string_view table) {
  operations_.push_back(json::Object{{"op", op}, {"table", table}});
  return *operations_.back().object();
}

}  // namespace haneul::net::ovn
