#include "resource/table.h"

#include <stdexcept>

#include <fmt/format.h>

namespace haneul::resource {

const Field* Resource::field_named(std::string_view name) const {
  for (const Field& f : fields) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

const Field* Resource::field_in_column(std::string_view column) const {
  for (const Field& f : fields) {
    if (f.column == column) return &f;
  }
  return nullptr;
}

Where& Where::and_(std::string_view sql, db::Binds values) {
  if (!sql_.empty()) sql_ += " AND ";
  sql_ += fmt::format("({})", sql);
  for (const db::Bind& b : values) {
    values_.push_back({b.kind(), b.integer(), b.real(), std::string(b.text())});
  }
  return *this;
}

Where& Where::equals(std::string_view column, const db::Bind& value) {
  if (value.kind() == db::Bind::Kind::null) return and_(fmt::format("\"{}\" IS NULL", column));
  return and_(fmt::format("\"{}\" = ?", column), {value});
}

Where& Where::in(std::string_view column, const std::vector<std::string>& values) {
  if (values.empty()) return and_("1 = 0");
  std::string marks;
  for (std::size_t i = 0; i < values.size(); ++i) marks += i ? ",?" : "?";
  and_(fmt::format("\"{}\" IN ({})", column, marks));
  for (const auto& v : values) values_.push_back({db::Bind::Kind::text, 0, 0, v});
  return *this;
}

Where& Where::and_(const Where& other) {
  if (other.empty()) return *this;
  and_(other.sql_);
  values_.insert(values_.end(), other.values_.begin(), other.values_.end());
  return *this;
}

void Where::append_binds(std::vector<db::Bind>& to) const {
  for (const Kept& v : values_) {
    switch (v.kind) {
      case db::Bind::Kind::null:
        to.emplace_back(nullptr);
        break;
      case db::Bind::Kind::integer:
        to.emplace_back(v.integer);
        break;
      case db::Bind::Kind::real:
        to.emplace_back(v.real);
        break;
      case db::Bind::Kind::text:
        to.emplace_back(v.text);
        break;
      case db::Bind::Kind::blob:
        to.push_back(db::Bind::blob(v.text));
        break;
    }
  }
}

Table::Table(const Resource& resource) : resource_(resource) {
  std::string columns, marks;
  for (const Field& f : resource.fields) {
    const char* comma = columns.empty() ? "" : ", ";
    columns += fmt::format("{}\"{}\"", comma, f.column);
    marks += fmt::format("{}?", comma);
    if (f.column == resource.key) key_ = &f;
  }
  if (!key_) throw std::logic_error(fmt::format("{} has no key field", resource.plural));
  const auto table = resource.table_name();
  insert_ = fmt::format("INSERT INTO \"{}\" ({}) VALUES ({})", table, columns, marks);
  remove_ = fmt::format("DELETE FROM \"{}\" WHERE \"{}\" = ?", table, resource.key);
  select_ = fmt::format("SELECT {} FROM \"{}\"", columns, table);
  find_ = fmt::format("{} WHERE \"{}\" = ?", select_, resource.key);
}

std::vector<db::Bind> Table::bind_all(const void* row, std::vector<std::string>& scratch) const {
  std::vector<db::Bind> binds;
  binds.reserve(resource_.fields.size() + 1);
  scratch.resize(resource_.fields.size());
  std::size_t i = 0;
  for (const Field& f : resource_.fields) {
    binds.push_back(f.codec->bind(f.member(const_cast<void*>(row)), scratch[i++]));
  }
  return binds;
}

void Table::insert(db::Transaction& tx, const void* row) const {
  std::vector<std::string> scratch;
  tx.execute(insert_, bind_all(row, scratch));
}

namespace {

bool holds(const db::Rows& rows, int column, const db::Bind& value) {
  using Kind = db::Bind::Kind;
  if (value.kind() == Kind::null || rows.is_null(column)) {
    return value.kind() == Kind::null && rows.is_null(column);
  }
  if (value.kind() == Kind::integer) return rows.integer(column) == value.integer();
  if (value.kind() == Kind::real) return rows.real(column) == value.real();
  return rows.text(column) == value.text();
}

}  // namespace

// Only columns that change are written: a database keeps up every index of a column that is named,
// whether its value differs or not.
std::int64_t Table::update(db::Transaction& tx, const void* row) const {
  std::vector<std::string> scratch;
  const auto values = bind_all(row, scratch);
  const auto key_at = static_cast<std::size_t>(key_ - resource_.fields.data());
  std::vector<db::Bind> changed;
  std::string sets;
  {
    const db::Bind key[] = {values[key_at]};
    db::Rows old = tx.query(find_, key);
    if (!old.next()) return 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (holds(old, static_cast<int>(i), values[i])) continue;
      sets += fmt::format("{}\"{}\" = ?", sets.empty() ? "" : ", ", resource_.fields[i].column);
      changed.push_back(values[i]);
    }
  }
  if (changed.empty()) return 1;
  changed.push_back(values[key_at]);
  return tx.execute(fmt::format("UPDATE \"{}\" SET {} WHERE \"{}\" = ?", resource_.table_name(),
                                sets, resource_.key),
                    changed);
}

std::int64_t Table::remove(db::Transaction& tx, std::string_view key) const {
  return tx.execute(remove_, {key});
}

std::int64_t Table::remove_where(db::Transaction& tx, const Where& where) const {
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  return tx.execute(fmt::format("DELETE FROM \"{}\" WHERE {}", resource_.table_name(), where.sql()),
                    binds);
}

void Table::load(const db::Rows& rows, void* row) const {
  int column = 0;
  for (const Field& f : resource_.fields) f.codec->load(rows, column++, f.member(row));
}

bool Table::find(db::Session& session, std::string_view key, const Where& also, void* row) const {
  std::vector<db::Bind> binds{key};
  also.append_binds(binds);
  const auto sql = also.empty() ? find_ : find_ + " AND " + also.sql();
  db::Rows rows = session.query(sql, binds);
  if (!rows.next()) return false;
  load(rows, row);
  return true;
}

namespace {

// NULLs stand first in ascending order, so "behind" a value is a comparison that knows them.
std::string behind_one(const Order& o, bool null_marker) {
  if (null_marker) {
    return o.descending ? "1 = 0" : fmt::format("\"{}\" IS NOT NULL", o.column);
  }
  return o.descending ? fmt::format("(\"{0}\" < ? OR \"{0}\" IS NULL)", o.column)
                      : fmt::format("\"{}\" > ?", o.column);
}

db::Bind bind_column(const db::Rows& rows, const Field* field, int column) {
  const bool is_text = !field || field->codec == &kText || field->codec == &kOptionalText;
  return is_text ? db::Bind(rows.text(column)) : db::Bind(rows.integer(column));
}

}  // namespace

// Rows behind the marker: the first order column is greater, or it is equal and the second is, …
// The range on the first column alone comes first: it says the same again, and lets the database
// start in the middle of an index.
Where Table::behind(db::Session& session, const Page& page) const {
  auto order = page.order;
  order.push_back({std::string(resource_.key), !order.empty() && order.back().descending});
  std::string columns;
  for (const Order& o : order) {
    columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", o.column);
  }
  db::Rows marker = session.query(fmt::format("SELECT {} FROM \"{}\" WHERE \"{}\" = ?", columns,
                                              resource_.table_name(), resource_.key),
                                  {*page.after_key});
  if (!marker.next()) return Where().and_("1 = 0");
  Where out;
  std::string sql;
  std::vector<db::Bind> values;
  for (std::size_t last = 0; last < order.size(); ++last) {
    sql += last ? " OR (" : "(";
    for (std::size_t i = 0; i <= last; ++i) {
      const int column = static_cast<int>(i);
      const Field* field = resource_.field_in_column(order[i].column);
      const bool null = marker.is_null(column);
      if (i) sql += " AND ";
      sql += i == last ? behind_one(order[i], null)
                       : fmt::format("\"{}\" {}", order[i].column, null ? "IS NULL" : "= ?");
      const bool bound = !null;
      if (bound) values.push_back(bind_column(marker, field, column));
      if (last == 0 && bound && field && !field->codec->nullable) {
        out.and_(fmt::format("\"{}\" {} ?", order[0].column, order[0].descending ? "<=" : ">="),
                 {values.back()});
      }
    }
    sql += ")";
  }
  return out.and_(sql, values);
}

void Table::select(db::Session& session, const Page& page,
                   const std::function<void*()>& fresh) const {
  Where where = page.where;
  if (page.after_key) where.and_(behind(session, page));
  std::string sql = select_;
  if (!where.empty()) sql += " WHERE " + where.sql();
  sql += " ORDER BY ";
  for (const Order& o : page.order) {
    sql += fmt::format("\"{}\"{}, ", o.column, o.descending ? " DESC" : "");
  }
  const bool key_descending = !page.order.empty() && page.order.back().descending;
  sql += fmt::format("\"{}\"{} LIMIT ?", resource_.key, key_descending ? " DESC" : "");
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  binds.emplace_back(page.limit);
  db::Rows rows = session.query(sql, binds);
  while (rows.next()) load(rows, fresh());
}

std::int64_t Table::count(db::Session& session, const Where& where) const {
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  std::string sql = fmt::format("SELECT COUNT(*) FROM \"{}\"", resource_.table_name());
  if (!where.empty()) sql += " WHERE " + where.sql();
  db::Rows rows = session.query(sql, binds);
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace haneul::resource
