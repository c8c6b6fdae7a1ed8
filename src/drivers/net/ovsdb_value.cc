#include "drivers/net/ovsdb_value.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace haneul::net::ovsdb {
namespace {

constexpr std::array<std::pair<std::string_view, Atom>, 5> kAtoms = {{
    {"string", Atom::string},
    {"integer", Atom::integer},
    {"real", Atom::real},
    {"boolean", Atom::boolean},
    {"uuid", Atom::uuid},
}};
constexpr std::string_view kNoUuid = "00000000-0000-0000-0000-000000000000";

// ["set", X], ["map", X], ["uuid", X]: X, if the value is a pair that begins so.
const json::Value* tagged(const json::Value& value, std::string_view tag) {
  const json::Array* pair = value.array();
  if (pair == nullptr || pair->size() != 2) return nullptr;
  const std::string* first = (*pair)[0].text();
  return first != nullptr && *first == tag ? &(*pair)[1] : nullptr;
}

std::optional<std::string> parse_uuid(const json::Value& value) {
  if (const json::Value* id = tagged(value, "uuid"); id != nullptr && id->text() != nullptr) {
    return *id->text();
  }
  if (const json::Value* id = tagged(value, "named-uuid"); id != nullptr && id->text() != nullptr) {
    return "@" + *id->text();
  }
  return std::nullopt;
}

std::optional<std::string> parse_atom(Atom type, const json::Value& value) {
  switch (type) {
    case Atom::string:
      if (const std::string* text = value.text()) return *text;
      return std::nullopt;
    case Atom::integer:
      if (const std::int64_t* number = value.integer()) return std::to_string(*number);
      return std::nullopt;
    case Atom::real:
      if (const auto number = value.number()) return json::dump(json::Value(*number));
      return std::nullopt;
    case Atom::boolean:
      if (const bool* yes = value.boolean()) return std::string(*yes ? "true" : "false");
      return std::nullopt;
    case Atom::uuid:
      return parse_uuid(value);
  }
  return std::nullopt;
}

json::Value encode_atom(Atom type, const std::string& text) {
  switch (type) {
    case Atom::string:
      return text;
    case Atom::integer:
      return parse_int(text).value_or(0);
    case Atom::real:
      return parse_real(text).value_or(0);
    case Atom::boolean:
      return text == "true";
    case Atom::uuid:
      if (text.starts_with('@')) return json::Array{"named-uuid", text.substr(1)};
      return json::Array{"uuid", text};
  }
  return nullptr;
}

std::optional<Atom> atom_named(const json::Value* name) {
  if (name == nullptr || name->text() == nullptr) return std::nullopt;
  for (const auto& [known, atom] : kAtoms) {
    if (known == *name->text()) return atom;
  }
  return std::nullopt;
}

// A base type is a name or an object with the name under "type".
std::optional<Atom> parse_base(const json::Value* base) {
  if (base == nullptr) return std::nullopt;
  return base->object() != nullptr ? atom_named(base->at({"type"})) : atom_named(base);
}

std::optional<ColumnType> parse_type(const json::Value* type) {
  if (type == nullptr) return std::nullopt;
  ColumnType parsed;
  const auto key = type->object() != nullptr ? parse_base(type->at({"key"})) : parse_base(type);
  if (!key) return std::nullopt;
  parsed.key = *key;
  if (type->object() == nullptr) return parsed;
  if (const json::Value* value = type->at({"value"})) {
    parsed.value = parse_base(value);
    if (!parsed.value) return std::nullopt;
  }
  if (const json::Value* min = type->at({"min"})) {
    parsed.optional = min->integer() != nullptr && *min->integer() == 0;
  }
  if (const json::Value* max = type->at({"max"})) {
    parsed.many = max->integer() == nullptr || *max->integer() > 1;
  }
  return parsed;
}

std::optional<Datum> parse_map(const ColumnType& type, const json::Array& pairs) {
  std::map<std::string, std::string> parsed;
  for (const json::Value& pair : pairs) {
    const json::Array* both = pair.array();
    if (both == nullptr || both->size() != 2) return std::nullopt;
    auto key = parse_atom(type.key, (*both)[0]);
    auto value = parse_atom(*type.value, (*both)[1]);
    if (!key || !value) return std::nullopt;
    parsed.insert_or_assign(*std::move(key), *std::move(value));
  }
  return Datum::map(parsed);
}

void toggle(Datum& set, const Datum& change) {
  std::vector<std::string> now;
  now.reserve(set.keys.size() + change.keys.size());
  std::set_symmetric_difference(std::make_move_iterator(set.keys.begin()),
                                std::make_move_iterator(set.keys.end()), change.keys.begin(),
                                change.keys.end(), std::back_inserter(now));
  set.keys = std::move(now);
}

void toggle_map(Datum& map, const Datum& change) {
  std::map<std::string, std::string> now;
  for (std::size_t i = 0; i < map.keys.size(); ++i) now[map.keys[i]] = map.values[i];
  for (std::size_t i = 0; i < change.keys.size(); ++i) {
    const auto old = now.find(change.keys[i]);
    if (old != now.end() && old->second == change.values[i]) {
      now.erase(old);
    } else {
      now[change.keys[i]] = change.values[i];
    }
  }
  map = Datum::map(now);
}

std::string without_nul(std::string text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  for (auto at = text.find('\0'); at != text.npos; at = text.find('\0', at)) {
    text.replace(at, 1, kReplacement);
  }
  return text;
}

}  // namespace

Datum Datum::of(std::string text) {
  return {{without_nul(std::move(text))}, {}};
}

Datum Datum::set(std::vector<std::string> elements) {
  for (auto& element : elements) element = without_nul(std::move(element));
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  return {std::move(elements), {}};
}

Datum Datum::map(const std::map<std::string, std::string>& pairs) {
  Datum map;
  map.keys.reserve(pairs.size());
  map.values.reserve(pairs.size());
  for (const auto& [key, value] : pairs) {
    map.keys.push_back(without_nul(key));
    map.values.push_back(without_nul(value));
  }
  return map;
}

bool Datum::has(std::string_view key) const {
  return std::binary_search(keys.begin(), keys.end(), key);
}

const std::string* Datum::find(std::string_view key) const {
  const auto at = std::lower_bound(keys.begin(), keys.end(), key);
  if (at == keys.end() || *at != key || values.size() != keys.size()) return nullptr;
  return &values[static_cast<std::size_t>(at - keys.begin())];
}

const Datum& column(const Row& row, std::string_view name) {
  static const Datum kNone;
  const auto found = row.find(name);
  return found == row.end() ? kNone : found->second;
}

std::string_view text_of(const Row& row, std::string_view name) {
  const Datum& datum = column(row, name);
  return datum.empty() ? std::string_view() : datum.keys.front();
}

std::string_view text_of(const Row& row, std::string_view name, std::string_view map_key) {
  const std::string* found = column(row, name).find(map_key);
  return found == nullptr ? std::string_view() : *found;
}

bool is_true(const Row& row, std::string_view name) {
  return text_of(row, name) == "true";
}

std::optional<Schema> parse_schema(const json::Value& text) {
  const json::Value* tables = text.at({"tables"});
  if (tables == nullptr || tables->object() == nullptr) return std::nullopt;
  Schema schema;
  for (const auto& [name, table] : *tables->object()) {
    const json::Value* columns = table.at({"columns"});
    if (columns == nullptr || columns->object() == nullptr) return std::nullopt;
    TableSchema& parsed = schema[name];
    const json::Value* root = table.at({"isRoot"});
    parsed.is_root = root != nullptr && root->boolean() != nullptr && *root->boolean();
    for (const auto& [column_name, definition] : *columns->object()) {
      const auto type = parse_type(definition.at({"type"}));
      if (!type) return std::nullopt;
      parsed.columns.emplace(column_name, *type);
    }
  }
  return schema;
}

Datum default_of(const ColumnType& type) {
  if (!type.is_scalar()) return {};
  switch (type.key) {
    case Atom::string:
      return Datum::of("");
    case Atom::integer:
    case Atom::real:
      return Datum::of("0");
    case Atom::boolean:
      return Datum::flag(false);
    case Atom::uuid:
      return Datum::of(std::string(kNoUuid));
  }
  return {};
}

std::optional<Datum> parse_datum(const ColumnType& type, const json::Value& text) {
  if (type.value) {
    const json::Value* pairs = tagged(text, "map");
    if (pairs == nullptr || pairs->array() == nullptr) return std::nullopt;
    return parse_map(type, *pairs->array());
  }
  const json::Value* elements = tagged(text, "set");
  if (elements == nullptr) {
    auto atom = parse_atom(type.key, text);
    if (!atom) return std::nullopt;
    return Datum::of(*std::move(atom));
  }
  if (elements->array() == nullptr) return std::nullopt;
  std::vector<std::string> parsed;
  parsed.reserve(elements->array()->size());
  for (const json::Value& element : *elements->array()) {
    auto atom = parse_atom(type.key, element);
    if (!atom) return std::nullopt;
    parsed.push_back(*std::move(atom));
  }
  return Datum::set(std::move(parsed));
}

json::Value encode(const ColumnType& type, const Datum& datum) {
  json::Array elements;
  elements.reserve(datum.keys.size());
  for (std::size_t i = 0; i < datum.keys.size(); ++i) {
    json::Value key = encode_atom(type.key, datum.keys[i]);
    if (type.value) {
      elements.push_back(json::Array{std::move(key), encode_atom(*type.value, datum.values[i])});
    } else {
      elements.push_back(std::move(key));
    }
  }
  if (type.value) return json::Array{"map", std::move(elements)};
  if (elements.size() == 1) return std::move(elements.front());
  return json::Array{"set", std::move(elements)};
}

std::optional<Row> parse_row(const TableSchema& schema, const json::Object& text) {
  Row row;
  for (const auto& [name, value] : text) {
    const auto type = schema.columns.find(name);
    if (type == schema.columns.end()) continue;
    auto datum = parse_datum(type->second, value);
    if (!datum) return std::nullopt;
    row.insert_or_assign(name, *std::move(datum));
  }
  return row;
}

json::Object encode_row(const TableSchema& schema, const Row& row) {
  json::Object text;
  for (const auto& [name, datum] : row) {
    const auto type = schema.columns.find(name);
    if (type != schema.columns.end()) text.set(name, encode(type->second, datum));
  }
  return text;
}

void apply_change(const TableSchema& schema, Row& row, const Row& change) {
  for (const auto& [name, datum] : change) {
    const auto type = schema.columns.find(name);
    if (type == schema.columns.end()) continue;
    if (!type->second.many) {
      row.insert_or_assign(name, datum);
    } else if (type->second.value) {
      toggle_map(row[name], datum);
    } else {
      toggle(row[name], datum);
    }
  }
}

Row difference(const TableSchema& schema, const Row& present, const Row& wanted) {
  Row changed;
  for (const auto& [name, datum] : wanted) {
    const auto type = schema.columns.find(name);
    if (type == schema.columns.end()) continue;
    const auto old = present.find(name);
    if (datum == (old == present.end() ? default_of(type->second) : old->second)) continue;
    changed.emplace(name, datum);
  }
  return changed;
}

}  // namespace haneul::net::ovsdb
