#include "drivers/net/ovn_tables.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "drivers/net/names.h"

namespace haneul::net::ovn {
namespace {

using ovsdb::Datum;
using ovsdb::Row;
using ovsdb::TableSchema;

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFree = {{
    {"Logical_Switch", "ports"},
    {"Logical_Switch_Port", "up"},
    {"Port_Group", "ports"},
}};

class Sum {
 public:
  void add(std::string_view text) {
    for (const char c : text) mix(static_cast<unsigned char>(c));
    mix(0);
  }
  std::string hex() const { return fmt::format("{:016x}", value_); }

 private:
  // FNV-1a, 64 bits.
  void mix(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }

  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

bool counts(std::string_view table, const std::string& name, const ovsdb::ColumnType& type) {
  return type.key != ovsdb::Atom::uuid && !is_free(table, name);
}

std::string sum_of(std::string_view table, const TableSchema& schema, const Row& row) {
  Sum sum;
  for (const auto& [name, datum] : row) {
    const auto type = schema.columns.find(name);
    if (type == schema.columns.end() || !counts(table, name, type->second)) continue;
    if (datum == ovsdb::default_of(type->second)) continue;
    sum.add(name);
    for (std::size_t i = 0; i < datum.keys.size(); ++i) {
      if (name == "external_ids" && datum.keys[i] == kSumKey) continue;
      sum.add(datum.keys[i]);
      if (type->second.value) sum.add(datum.values[i]);
    }
  }
  return sum.hex();
}

void set_pair(Datum& map, std::string_view key, std::string value) {
  const auto at = std::lower_bound(map.keys.begin(), map.keys.end(), key);
  const auto index = at - map.keys.begin();
  if (at != map.keys.end() && *at == key) {
    map.values[static_cast<std::size_t>(index)] = std::move(value);
    return;
  }
  map.keys.insert(at, std::string(key));
  map.values.insert(map.values.begin() + index, std::move(value));
}

}  // namespace

std::vector<ovsdb::MonitoredTable> northbound_tables() {
  const auto by_mark = [](const Row& row) { return mark_of(row); };
  return {
      {"Logical_Switch", {"name", "ports", "other_config", "external_ids"}},
      {"Logical_Switch_Port",
       {"name", "type", "options", "tag", "addresses", "port_security", "up", "enabled",
        "dhcpv4_options", "dhcpv6_options", "external_ids"}},
      {"DHCP_Options", {"cidr", "options", "external_ids"}, by_mark},
      {"Logical_Router",
       {"name", "ports", "static_routes", "nat", "enabled", "options", "external_ids"}},
      {"Logical_Router_Port",
       {"name", "gateway_chassis", "options", "networks", "mac", "enabled", "ipv6_ra_configs",
        "external_ids"}},
      {"Gateway_Chassis", {"name", "chassis_name", "priority", "external_ids"}},
      {"NAT",
       {"external_ip", "external_mac", "logical_ip", "logical_port", "type", "external_ids"}},
      {"Logical_Router_Static_Route",
       {"ip_prefix", "nexthop", "policy", "output_port", "external_ids"}},
      {"Port_Group", {"name", "ports", "acls", "external_ids"}},
      {"ACL",
       {"priority", "direction", "match", "action", "log", "name", "severity", "external_ids"}},
  };
}

bool is_free(std::string_view table, std::string_view column) {
  return std::find(kFree.begin(), kFree.end(), std::pair(table, column)) != kFree.end();
}

std::string mark_of(const Object& object) {
  return std::string(kind_name(object.kind)) + "/" + object.id;
}

std::string mark_of(const Row& row) {
  return std::string(ovsdb::text_of(row, "external_ids", kObjectKey));
}

std::optional<Object> object_of(std::string_view mark) {
  const auto slash = mark.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto kind = parse_kind(mark.substr(0, slash));
  if (!kind) return std::nullopt;
  return Object{*kind, std::string(mark.substr(slash + 1))};
}

void seal(std::string_view table, const TableSchema& schema, std::string_view mark, Row& row) {
  Datum& ids = row["external_ids"];
  set_pair(ids, kObjectKey, std::string(mark));
  set_pair(ids, kSumKey, sum_of(table, schema, row));
}

bool is_sealed(std::string_view table, const TableSchema& schema, const Row& row) {
  return ovsdb::text_of(row, "external_ids", kSumKey) == sum_of(table, schema, row);
}

}  // namespace haneul::net::ovn
