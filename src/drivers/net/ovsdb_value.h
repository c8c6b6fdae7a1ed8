#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

// What an OVSDB holds (RFC 7047, section 3), in a form that can be compared. Pure functions.
namespace haneul::net::ovsdb {

enum class Atom { string, integer, real, boolean, uuid };

struct ColumnType {
  Atom key = Atom::string;
  std::optional<Atom> value;  // present: a map
  bool optional = false;      // may be empty
  bool many = false;          // more than one element

  bool is_scalar() const { return !value && !optional && !many; }
  bool operator==(const ColumnType&) const = default;
};

// A column's content: elements as text, sorted, each once; for a map each key's value beside it.
// A scalar has one element. A uuid "@x" names a row that the same transaction inserts as "x".
// A NUL in a text is U+FFFD here: a server drops the connection of whoever sends it one.
struct Datum {
  std::vector<std::string> keys;
  std::vector<std::string> values;

  static Datum of(std::string text);
  static Datum number(std::int64_t n) { return of(std::to_string(n)); }
  static Datum flag(bool yes) { return of(yes ? "true" : "false"); }
  static Datum set(std::vector<std::string> elements);
  static Datum map(const std::map<std::string, std::string>& pairs);

  bool has(std::string_view key) const;
  // The value of a map's key; null if absent.
  const std::string* find(std::string_view key) const;
  bool empty() const { return keys.empty(); }
  bool operator==(const Datum&) const = default;
};

// Columns by name. One that is absent has its type's default.
using Row = std::map<std::string, Datum, std::less<>>;

// Empty where the column is absent.
const Datum& column(const Row& row, std::string_view name);
std::string_view text_of(const Row& row, std::string_view name);  // of the first element
std::string_view text_of(const Row& row, std::string_view name, std::string_view map_key);
bool is_true(const Row& row, std::string_view name);

struct TableSchema {
  std::map<std::string, ColumnType, std::less<>> columns;
  bool is_root = false;  // its rows live without anything pointing at them
};

// Tables by name.
using Schema = std::map<std::string, TableSchema, std::less<>>;

// The answer of get_schema or an .ovsschema file; nothing if it is no schema.
std::optional<Schema> parse_schema(const json::Value& text);

Datum default_of(const ColumnType& type);
// Nothing where the text does not fit the type.
std::optional<Datum> parse_datum(const ColumnType& type, const json::Value& text);
json::Value encode(const ColumnType& type, const Datum& datum);
// Columns the schema does not have are left out.
std::optional<Row> parse_row(const TableSchema& schema, const json::Object& text);
json::Object encode_row(const TableSchema& schema, const Row& row);

// What an "update2" notification calls a modification: new scalars, and for sets and maps only
// the elements that came, went or changed.
// upstream: openvswitch/ovs:Documentation/ref/ovsdb-server.7.rst (Update2 Notification)
void apply_change(const TableSchema& schema, Row& row, const Row& change);

// The columns of `wanted` that differ from those of `present`.
Row difference(const TableSchema& schema, const Row& present, const Row& wanted);

}  // namespace haneul::net::ovsdb
