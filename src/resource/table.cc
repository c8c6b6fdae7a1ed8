#include "resource/table.h"

#include <algorithm>
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

std::string quoted_list(const std::vector<Order>& order, bool directions) {
  std::string list;
  for (const Order& o : order) {
    list += fmt::format("{}\"{}\"{}", list.empty() ? "" : ", ", o.column,
                        directions && o.descending ? " DESC" : "");
  }
  return list;
}

// A condition for what stands behind the marker's value. NULLs stand first in ascending order, so
// a nullable column may need two: the rest of the values and then the NULLs.
std::vector<Where> behind_value(const Order& o, const db::Bind& value, bool nullable) {
  const bool null = value.kind() == db::Bind::Kind::null;
  if (null && o.descending) return {};
  if (null) return {Where().and_(fmt::format("\"{}\" IS NOT NULL", o.column))};
  if (!o.descending) return {Where().and_(fmt::format("\"{}\" > ?", o.column), {value})};
  std::vector<Where> parts{Where().and_(fmt::format("\"{}\" < ?", o.column), {value})};
  if (nullable) parts.push_back(Where().and_(fmt::format("\"{}\" IS NULL", o.column)));
  return parts;
}

db::Bind bind_column(const db::Rows& rows, const Field* field, int column) {
  if (rows.is_null(column)) return nullptr;
  const bool is_text = !field || field->codec == &kText || field->codec == &kOptionalText;
  return is_text ? db::Bind(rows.text(column)) : db::Bind(rows.integer(column));
}

}  // namespace

// Rows behind the marker, as ranges to be read one after the other: first those that share all
// but the last of the order's columns with it, then those that share all but the last two, … Each
// is one stretch of an index, where one condition that says all of it would walk what is before
// the marker too.
std::vector<Where> Table::behind(db::Session& session, const std::vector<Order>& order,
                                 std::string_view marker) const {
  db::Rows row =
      session.query(fmt::format("SELECT {} FROM \"{}\" WHERE \"{}\" = ?", quoted_list(order, false),
                                resource_.table_name(), resource_.key),
                    {marker});
  std::vector<Where> parts;
  if (!row.next()) return parts;
  for (std::size_t last = order.size(); last-- > 0;) {
    Where same;
    for (std::size_t i = 0; i < last; ++i) {
      same.equals(order[i].column, bind_column(row, resource_.field_in_column(order[i].column),
                                               static_cast<int>(i)));
    }
    const Field* field = resource_.field_in_column(order[last].column);
    const auto value = bind_column(row, field, static_cast<int>(last));
    for (const Where& beyond : behind_value(order[last], value, field && field->codec->nullable)) {
      parts.push_back(Where(same).and_(beyond));
    }
  }
  return parts;
}

namespace {

// A column that was sorted by decides nothing when it comes again.
std::vector<Order> distinct(const std::vector<Order>& order) {
  std::vector<Order> out;
  for (const Order& o : order) {
    const bool again = std::any_of(out.begin(), out.end(),
                                   [&](const Order& known) { return known.column == o.column; });
    if (!again) out.push_back(o);
  }
  return out;
}

}  // namespace

std::int64_t Table::select_part(db::Session& session, const Where& where,
                                const std::vector<Order>& order, std::int64_t limit,
                                const std::function<void*()>& fresh) const {
  const std::string sql =
      fmt::format("{}{}{} ORDER BY {} LIMIT ?", select_, where.empty() ? "" : " WHERE ",
                  where.sql(), quoted_list(order, true));
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  binds.emplace_back(limit);
  db::Rows rows = session.query(sql, binds);
  std::int64_t count = 0;
  for (; rows.next(); ++count) load(rows, fresh());
  return count;
}

void Table::select(db::Session& session, const Page& page,
                   const std::function<void*()>& fresh) const {
  auto order = distinct(page.order);
  const bool has_key = std::any_of(order.begin(), order.end(),
                                   [&](const Order& o) { return o.column == resource_.key; });
  if (!has_key) {
    order.push_back({std::string(resource_.key), !order.empty() && order.back().descending});
  }
  if (!page.after_key) {
    select_part(session, page.where, order, page.limit, fresh);
    return;
  }
  std::int64_t left = page.limit;
  for (const Where& part : behind(session, order, *page.after_key)) {
    if (left == 0) return;
    const auto count = select_part(session, Where(page.where).and_(part), order, left, fresh);
    if (left > 0) left -= count;
  }
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
