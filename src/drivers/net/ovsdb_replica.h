#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "drivers/net/ovsdb_value.h"

namespace haneul::net::ovsdb {

struct MonitoredTable {
  std::string name;
  std::vector<std::string> columns;
  // By what find_all() finds rows, computed from these columns; none: the column "name".
  std::function<std::string(const Row&)> key = {};
};

// A row came, went or changed. `columns` is what the database told: a new row whole, of a changed
// one as apply_change takes it, of a deleted one all it had.
struct Change {
  enum class What { inserted, modified, deleted };
  What what;
  std::string table, uuid;
  Row columns;
};

// A copy of some tables of a database. Not thread-safe: Client guards it.
class Replica {
 public:
  explicit Replica(std::vector<MonitoredTable> tables);

  const Schema& schema() const { return schema_; }
  const TableSchema& schema_of(std::string_view table) const;  // must be monitored
  // Null if there is no such row.
  const Row* find(std::string_view table, std::string_view uuid) const;
  std::vector<std::string> find_all(std::string_view table, const std::string& key) const;
  // The first of find_all; empty if none.
  std::string find_one(std::string_view table, const std::string& key) const;
  void each(std::string_view table,
            const std::function<void(const std::string& uuid, const Row&)>& visit) const;
  std::size_t size(std::string_view table) const;

  // For Client. -----------------------------------------------------------------------------
  const std::vector<MonitoredTable>& tables() const { return monitored_; }
  void use_schema(Schema schema) { schema_ = std::move(schema); }
  // The body of an "update2" notification. False if it does not fit.
  bool apply(const json::Object& updates, std::vector<Change>& changes);
  // The answer to monitor_cond, after which the copy is just that. False if it does not fit.
  bool reset(const json::Object& initial, std::vector<Change>& changes);

 private:
  struct Table {
    const MonitoredTable* monitored;
    std::unordered_map<std::string, Row> rows;
    std::unordered_multimap<std::string, std::string> by_key;  // key → uuid
  };

  Table* table_of(std::string_view name);
  const Table* table_of(std::string_view name) const;
  bool apply_row(const std::string& name, Table& table, const std::string& uuid,
                 const json::Object& update, std::vector<Change>& changes);
  bool put(const std::string& name, Table& table, const std::string& uuid, Row row,
           std::vector<Change>& changes);
  void erase(const std::string& name, Table& table, const std::string& uuid,
             std::vector<Change>& changes);
  static std::string key_of(const Table& table, const Row& row);
  static void unindex(Table& table, const std::string& uuid, const Row& row);

  const std::vector<MonitoredTable> monitored_;
  Schema schema_;
  std::map<std::string, Table, std::less<>> tables_;
};

}  // namespace haneul::net::ovsdb
