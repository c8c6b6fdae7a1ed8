#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "resource/resource.h"

namespace haneul::resource {

// A condition in SQL with its values. Texts are constants of the program; whatever a client sent
// goes into values only.
class Where {
 public:
  Where() = default;
  // Conditions are joined by AND. Values are copied.
  Where& and_(std::string_view sql, std::initializer_list<db::Bind> values = {}) {
    return and_(sql, db::Binds(values.begin(), values.size()));
  }
  Where& and_(std::string_view sql, db::Binds values);
  Where& equals(std::string_view column, const db::Bind& value);
  Where& in(std::string_view column, const std::vector<std::string>& values);  // empty: nothing
  Where& and_(const Where& other);

  bool empty() const { return sql_.empty(); }
  const std::string& sql() const { return sql_; }  // without the word WHERE
  void append_binds(std::vector<db::Bind>& to) const;

 private:
  struct Kept {
    db::Bind::Kind kind;
    std::int64_t integer;
    double real;
    std::string text;
  };
  std::string sql_;
  std::vector<Kept> values_;
};

struct Order {
  std::string column;
  bool descending = false;
};

struct Page {
  Where where;
  std::vector<Order> order;              // the key column is added at the end by itself
  std::optional<std::string> after_key;  // the marker: rows behind this one
  std::int64_t limit = -1;  // rows; -1 is all (only where the count is known to be small)
};

// SQL of one resource, built once. Rows are given as pointers to the resource's struct.
class Table {
 public:
  explicit Table(const Resource& resource);
  const Resource& resource() const { return resource_; }

  void insert(db::Transaction& tx, const void* row) const;
  // What differs from the row with this key; how many such rows there were (0 or 1).
  std::int64_t update(db::Transaction& tx, const void* row) const;
  std::int64_t remove(db::Transaction& tx, std::string_view key) const;
  std::int64_t remove_where(db::Transaction& tx, const Where& where) const;
  bool find(db::Session& session, std::string_view key, const Where& also, void* row) const;
  // Calls `take` once per row with the row loaded into what `fresh` gives.
  void select(db::Session& session, const Page& page, const std::function<void*()>& fresh) const;
  std::int64_t count(db::Session& session, const Where& where) const;

 private:
  void load(const db::Rows& rows, void* row) const;
  std::vector<db::Bind> bind_all(const void* row, std::vector<std::string>& scratch) const;
  std::vector<Where> behind(db::Session& session, const std::vector<Order>& order,
                            std::string_view marker) const;
  std::int64_t select_part(db::Session& session, const Where& where,
                           const std::vector<Order>& order, std::int64_t limit,
                           const std::function<void*()>& fresh) const;

  const Resource& resource_;
  std::string insert_, remove_, find_, select_;
  const Field* key_ = nullptr;
};

// The same with types. For flows, other nouns of the service and its hooks; what a caller asks for
// goes through Call::fetch, which asks the policy as well.
template <class T>
class Store {
 public:
  explicit Store(const Resource& resource) : table_(resource) {}
  const Table& table() const { return table_; }

  void insert(db::Transaction& tx, const T& row) const { table_.insert(tx, &row); }
  bool update(db::Transaction& tx, const T& row) const { return table_.update(tx, &row) > 0; }
  bool remove(db::Transaction& tx, std::string_view key) const {
    return table_.remove(tx, key) > 0;
  }
  std::int64_t remove_where(db::Transaction& tx, const Where& where) const {
    return table_.remove_where(tx, where);
  }
  std::optional<T> find(db::Session& session, std::string_view key, const Where& also = {}) const {
    std::optional<T> row(std::in_place);
    if (!table_.find(session, key, also, &*row)) row.reset();
    return row;
  }
  std::vector<T> list(db::Session& session, const Page& page) const {
    std::vector<T> rows;
    table_.select(session, page, [&]() -> void* { return &rows.emplace_back(); });
    return rows;
  }
  std::vector<T> list(db::Session& session, const Where& where) const {
    Page page;
    page.where = where;
    return list(session, page);
  }
  std::optional<T> first(db::Session& session, const Where& where) const {
    Page page;
    page.where = where;
    page.limit = 1;
    auto rows = list(session, page);
    return rows.empty() ? std::nullopt : std::optional<T>(std::move(rows.front()));
  }
  std::int64_t count(db::Session& session, const Where& where) const {
    return table_.count(session, where);
  }

 private:
  Table table_;
};

}  // namespace haneul::resource
