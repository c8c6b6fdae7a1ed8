#pragma once
#include <string>
#include <string_view>

#include "drivers/net/ovsdb_replica.h"
#include "json/value.h"

// For tests: what a database server would make of a transaction, without a server.
namespace haneul::net::ovsdb {

// The tables and columns of OVN's northbound that the driver uses.
Schema northbound_schema();

// Runs insert, update, mutate and delete on the replica of a database that has nothing else. Rows
// are called "u1", "u2", … in the order they are made; rows that nothing points at stay. Returns
// what a client would be told.
class StandIn {
 public:
  explicit StandIn(Replica& replica) : replica_(replica) {}
  std::vector<Change> run(const json::Array& operations);

 private:
  json::Object update_for(const json::Object& operation);
  json::Value resolve(const json::Value& value) const;

  Replica& replica_;
  std::map<std::string, std::string, std::less<>> named_;
  int made_ = 0;
};

}  // namespace haneul::net::ovsdb
