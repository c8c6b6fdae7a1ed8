#include "services/keystone/adopt/here.h"

#include <fmt/format.h>

namespace haneul::keystone {
namespace {

db::Bind bind(const Cell& cell) {
  if (const auto* n = std::get_if<std::int64_t>(&cell)) return *n;
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return nullptr;
}

bool same(const db::Rows& rows, int at, const Cell& cell) {
  if (rows.is_null(at)) return std::holds_alternative<std::nullptr_t>(cell);
  if (const auto* n = std::get_if<std::int64_t>(&cell)) return rows.integer(at) == *n;
  const auto* text = std::get_if<std::string>(&cell);
  return text && rows.text(at) == *text;
}

std::string equals(std::span<const std::string_view> columns, std::string_view between) {
  std::string sql;
  for (const auto column : columns) {
    sql += fmt::format("{}{} = ?", sql.empty() ? "" : between, column);
  }
  return sql;
}

std::string insert_sql(const Shape& shape) {
  std::string marks;
  for (std::size_t i = 0; i < shape.columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", shape.table, fmt::join(shape.columns, ", "),
                     marks);
}

}  // namespace

Fate Here::put(const Shape& shape, const Cells& cells) {
  const std::span columns(shape.columns);
  const auto by_key = equals(columns.first(shape.keys), " AND ");
  std::vector<db::Bind> keys, values;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    (i < shape.keys ? keys : values).push_back(bind(cells[i]));
  }
  bool there = false, alike = true;
  {
    db::Rows rows = tx_.query(fmt::format("SELECT {} FROM {} WHERE {}",
                                          fmt::join(shape.columns, ", "), shape.table, by_key),
                              keys);
    there = rows.next();
    for (std::size_t i = shape.keys; there && i < cells.size(); ++i) {
      alike = alike && same(rows, static_cast<int>(i), cells[i]);
    }
  }
  if (there && alike) return Fate::unchanged;
  if (there) {
    values.insert(values.end(), keys.begin(), keys.end());
    tx_.execute(fmt::format("UPDATE {} SET {} WHERE {}", shape.table,
                            equals(columns.subspan(shape.keys), ", "), by_key),
                values);
    return Fate::changed;
  }
  keys.insert(keys.end(), values.begin(), values.end());
  tx_.execute(insert_sql(shape), keys);
  return Fate::fresh;
}

bool Here::has(std::string_view table, const std::string& id) {
  return text(table, "id", id).has_value();
}

bool Here::is_of_directory(std::string_view public_id, std::string_view type) {
  return tx_
      .text("SELECT local_id FROM id_mapping WHERE public_id = ? AND entity_type = ?",
            {public_id, type})
      .has_value();
}

std::optional<std::string> Here::other_of_name(const Shape& shape, const Cells& cells) {
  if (shape.name.empty()) return std::nullopt;
  std::vector<std::string_view> columns;
  std::vector<db::Bind> binds;
  for (const auto at : shape.name) {
    columns.push_back(shape.columns[at]);
    binds.push_back(bind(cells[at]));
  }
  binds.push_back(bind(cells[0]));
  db::Rows rows = tx_.query(
      fmt::format("SELECT id FROM {} WHERE {} AND id <> ?", shape.table, equals(columns, " AND ")),
      binds);
  return rows.next() ? std::optional(rows.string(0)) : std::nullopt;
}

std::optional<std::string> Here::text(std::string_view table, std::string_view column,
                                      const std::string& id) {
  return tx_.text(fmt::format("SELECT {} FROM {} WHERE id = ?", column, table), {id});
}

std::optional<std::string> Here::endpoint_like(const std::string& service_id,
                                               const std::string& interface,
                                               const std::string& region_id) {
  return tx_.text(
      "SELECT id FROM catalog_endpoints WHERE service_id = ? AND interface = ? AND region_id = ?",
      {service_id, interface, region_id});
}

void Here::rename(const std::string& id, const std::string& fresh) {
  std::vector<std::pair<std::string, std::string>> places;
  {
    db::Rows rows = tx_.query(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND upper(c.type) = 'TEXT'");
    while (rows.next()) places.emplace_back(rows.string(0), rows.string(1));
  }
  for (const auto& [table, column] : places) {
    tx_.execute(fmt::format("UPDATE \"{0}\" SET \"{1}\" = ? WHERE \"{1}\" = ?", table, column),
                {fresh, id});
  }
}

}  // namespace haneul::keystone
