#include "drivers/net/ovsdb_stand_in.h"

#include <stdexcept>

#include "base/text.h"

namespace haneul::net::ovsdb {
namespace {

// Per column a name and a type: s, i, b, u; ? may be absent, * a set, m a map of strings.
constexpr std::string_view kNorthbound = R"(
+Logical_Switch name:s ports:*u other_config:m external_ids:m
-Logical_Switch_Port name:s type:s options:m tag:?i addresses:*s port_security:*s up:?b
  enabled:?b dhcpv4_options:?u dhcpv6_options:?u external_ids:m
+DHCP_Options cidr:s options:m external_ids:m
+Logical_Router name:s ports:*u static_routes:*u nat:*u enabled:?b options:m external_ids:m
-Logical_Router_Port name:s gateway_chassis:*u options:m networks:*s mac:s enabled:?b
  ipv6_ra_configs:m external_ids:m
-Gateway_Chassis name:s chassis_name:s priority:i external_ids:m
-NAT external_ip:s external_mac:?s logical_ip:s logical_port:?s type:s external_ids:m
-Logical_Router_Static_Route ip_prefix:s nexthop:s policy:?s output_port:?s external_ids:m
+Port_Group name:s ports:*u acls:*u external_ids:m
-ACL priority:i direction:s match:s action:s log:b name:?s severity:?s external_ids:m
)";

ColumnType type_named(std::string_view text) {
  ColumnType type;
  if (text == "m") return {Atom::string, Atom::string, true, true};
  type.optional = text.front() == '?' || text.front() == '*';
  type.many = text.front() == '*';
  switch (text.back()) {
    case 'i':
      type.key = Atom::integer;
      break;
    case 'b':
      type.key = Atom::boolean;
      break;
    case 'u':
      type.key = Atom::uuid;
      break;
    default:
      break;
  }
  return type;
}

const std::string& member(const json::Object& object, std::string_view key) {
  const json::Value* value = object.find(key);
  if (value == nullptr || value->text() == nullptr) {
    throw std::runtime_error("no " + std::string(key));
  }
  return *value->text();
}

// [["_uuid","==",["uuid",X]]] → X
std::string uuid_in(const json::Object& operation) {
  const json::Array& clause = *operation.find("where")->array()->front().array();
  return *clause.at(2).array()->at(1).text();
}

}  // namespace

Schema northbound_schema() {
  Schema schema;
  TableSchema* table = nullptr;
  for (const auto line : split(kNorthbound, '\n')) {
    for (const auto word : split(line, ' ')) {
      if (word.empty()) continue;
      const auto colon = word.find(':');
      if (colon == std::string_view::npos) {
        table = &schema[std::string(word.substr(1))];
        table->is_root = word.front() == '+';
      } else {
        table->columns[std::string(word.substr(0, colon))] = type_named(word.substr(colon + 1));
      }
    }
  }
  return schema;
}

std::vector<Change> StandIn::run(const json::Array& operations) {
  named_.clear();
  int next = made_;
  for (const json::Value& operation : operations) {
    const json::Object& body = *operation.object();
    if (member(body, "op") == "insert") {
      named_[member(body, "uuid-name")] = "u" + std::to_string(++next);
    }
  }
  std::vector<Change> changes;
  for (const json::Value& operation : operations) {
    const json::Object& body = *operation.object();
    const std::string& table = member(body, "table");
    if (!replica_.apply({{table, update_for(body)}}, changes)) {
      throw std::runtime_error("refused: " + json::dump(body));
    }
  }
  return changes;
}

json::Object StandIn::update_for(const json::Object& operation) {
  const std::string& op = member(operation, "op");
  const TableSchema& schema = replica_.schema_of(member(operation, "table"));
  if (op == "insert") {
    const std::string uuid = "u" + std::to_string(++made_);
    return {{uuid, json::Object{{"insert", resolve(*operation.find("row"))}}}};
  }
  const std::string uuid = uuid_in(operation);
  if (op == "delete") return {{uuid, json::Object{{"delete", nullptr}}}};
  const Row& present = *replica_.find(member(operation, "table"), uuid);
  Row change;
  if (op == "mutate") {
    const json::Array& mutation = *operation.find("mutations")->array()->front().array();
    const std::string& name = *mutation.at(0).text();
    change[name] = *parse_datum(schema.columns.find(name)->second, resolve(mutation.at(2)));
  } else {
    const Row fresh = *parse_row(schema, *resolve(*operation.find("row")).object());
    for (const auto& [name, datum] : fresh) {
      Row toggled{{name, column(present, name)}};
      if (schema.columns.find(name)->second.many) {
        // What leads from old to new is what leads from nothing to their difference.
        Row back{{name, datum}};
        for (const auto& key : toggled[name].keys) {
          const std::string* value = back[name].find(key);
          const std::string* had = toggled[name].find(key);
          if (schema.columns.find(name)->second.value && back[name].has(key) && *value != *had) {
            continue;
          }
          apply_change(schema, back,
                       {{name, had == nullptr ? Datum::set({key}) : Datum::map({{key, *had}})}});
        }
        change[name] = back[name];
      } else {
        change[name] = datum;
      }
    }
  }
  return {{uuid, json::Object{{"modify", encode_row(schema, change)}}}};
}

json::Value StandIn::resolve(const json::Value& value) const {
  if (const json::Array* array = value.array()) {
    if (array->size() == 2 && array->front() == json::Value("named-uuid")) {
      return json::Array{"uuid", named_.at(*array->back().text())};
    }
    json::Array resolved;
    for (const json::Value& element : *array) resolved.push_back(resolve(element));
    return resolved;
  }
  if (const json::Object* object = value.object()) {
    json::Object resolved;
    for (const auto& [name, element] : *object) resolved.set(name, resolve(element));
    return resolved;
  }
  return value;
}

}  // namespace haneul::net::ovsdb
