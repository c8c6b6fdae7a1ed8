#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/net/driver.h"
#include "drivers/net/ovsdb_replica.h"

// How the driver's objects are told from what others keep in the northbound database.
//
// Each row of ours says in external_ids whose it is ("haneul:object" = "port/<id>") and a sum of
// what we wrote ("haneul:sum"). A row whose content does not fit its sum was changed by somebody
// who is no haneul.
namespace haneul::net::ovn {

inline constexpr std::string_view kObjectKey = "haneul:object";
inline constexpr std::string_view kSumKey = "haneul:sum";
// The mark of rows that belong to no single object.
inline constexpr std::string_view kShared = "shared";

// All tables and columns the driver reads or writes. DHCP_Options is keyed by its mark.
std::vector<ovsdb::MonitoredTable> northbound_tables();
// Written by others, or element by element: never compared and never written as a whole.
bool is_free(std::string_view table, std::string_view column);

std::string mark_of(const Object& object);               // "port/<id>"
std::string mark_of(const ovsdb::Row& row);              // empty: not ours
std::optional<Object> object_of(std::string_view mark);  // nothing for "shared" and nonsense

// Adds the mark and the sum to external_ids; the columns not given count with their defaults.
void seal(std::string_view table, const ovsdb::TableSchema& schema, std::string_view mark,
          ovsdb::Row& row);
// Whether the content still fits the sum. Columns that point at rows are no part of it.
bool is_sealed(std::string_view table, const ovsdb::TableSchema& schema, const ovsdb::Row& row);

}  // namespace haneul::net::ovn
