#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/net/ovsdb_replica.h"
#include "json/value.h"

namespace haneul::net::ovn {

// Collects what a transaction must do so that rows become as wanted: nothing where they are.
// A row is named by its uuid, or by "@…" while it does not exist yet. Not thread-safe; the replica
// must stay as it is meanwhile.
class Plan {
 public:
  // Rows made by this plan carry this mark.
  Plan(const ovsdb::Replica& replica, std::string mark);

  // Makes the row (`uuid` empty: a new one) equal to `wanted`, marked and sealed. Managed columns
  // that are not given get their defaults; free ones count in a new row only.
  std::string ensure(std::string_view table, const std::string& uuid, ovsdb::Row wanted);
  // The rows that `present` names, by what `key` finds in them, become those wanted by key. Returns
  // the names of all of them, for the column of the parent.
  ovsdb::Datum ensure_children(std::string_view table, const ovsdb::Datum& present,
                               std::map<std::string, ovsdb::Row> wanted,
                               const std::function<std::string(const ovsdb::Row&)>& key);
  // One column of a row that exists; its seal stays, for columns that are no part of it.
  void set(std::string_view table, const std::string& uuid, std::string_view column,
           ovsdb::Datum datum);
  // An element of a set that exists; nothing if it is there, or is not.
  void add_to(std::string_view table, const std::string& uuid, std::string_view column,
              const std::string& element);
  void remove_from(std::string_view table, const std::string& uuid, std::string_view column,
                   const std::string& element);
  void erase(std::string_view table, const std::string& uuid);

  bool empty() const { return operations_.empty(); }
  bool inserts(std::string_view table) const { return inserted_.contains(table); }
  // Rows that exist and that the transaction changes.
  const std::set<std::string>& touched() const { return touched_; }
  json::Array take() { return std::move(operations_); }

 private:
  void mutate(std::string_view table, const std::string& uuid, std::string_view column,
              std::string_view how, const std::string& element);
  json::Object& operation(std::string_view op, std::string_view table);

  const ovsdb::Replica& replica_;
  const std::string mark_;
  json::Array operations_;
  std::set<std::string> touched_;
  std::set<std::string, std::less<>> inserted_;
  int next_name_ = 1;
};

}  // namespace haneul::net::ovn
