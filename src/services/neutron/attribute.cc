#include "services/neutron/attribute.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "services/neutron/errors.h"
#include "services/neutron/logic/ip.h"

namespace haneul::neutron {

using json::Value;

Refusal check_text(const Value& value, std::size_t chars_max) {
  if (!value.text()) return fmt::format("'{}' is not a valid string", shown(value));
  if (utf8_length(*value.text()) > chars_max) {
    return fmt::format("'{}' exceeds maximum length of {}", *value.text(), chars_max);
  }
  return std::nullopt;
}

Refusal check_uuid(const Value& value) {
  if (value.text() && is_uuid_like(*value.text())) return std::nullopt;
  return fmt::format("'{}' is not a valid UUID", shown(value));
}

Refusal check_address(const Value& value) {
  if (value.text() && parse_address(*value.text())) return std::nullopt;
  return fmt::format("'{}' is not a valid IP address", shown(value));
}

bool to_boolean(const Value& value) {
  if (value.boolean()) return *value.boolean();
  std::optional<bool> parsed;
  if (value.text()) parsed = parse_bool(trim(*value.text()));
  if (value.integer()) parsed = parse_bool(std::to_string(*value.integer()));
  if (!parsed)
    throw invalid_input(fmt::format("'{}' cannot be converted to boolean", shown(value)));
  return *parsed;
}

std::int64_t to_integer(const Value& value) {
  std::optional<std::int64_t> parsed;
  if (value.integer()) parsed = *value.integer();
  if (value.boolean()) parsed = *value.boolean() ? 1 : 0;
  if (value.text()) parsed = parse_int(trim(*value.text()));
  if (!parsed) throw invalid_input(fmt::format("'{}' is not an integer", shown(value)));
  return *parsed;
}

namespace {

void null_to_list(Value& value) {
  if (value.is_null()) value = json::Array{};
}

void canonical_address(Value& value) {
  value = to_text(*parse_address(*value.text()));
}

// Keys as Python shows a set of them.
std::string key_set(const json::Object& object) {
  if (object.empty()) return "set()";
  std::string out = "{";
  for (const auto& member : object) {
    if (out.size() > 1) out += ", ";
    out += fmt::format("'{}'", member.key);
  }
  return out + "}";
}

Refusal check_keys(const Value& value, std::string_view one, std::string_view two) {
  const std::string expected = fmt::format("'{}', '{}'", one, two);
  const auto* object = value.object();
  if (!object) {
    return fmt::format("Invalid input. '{}' must be a dictionary with keys: [{}]", shown(value),
                       expected);
  }
  if (object->size() == 2 && object->has(one) && object->has(two)) return std::nullopt;
  return fmt::format(
      "Validation of dictionary's keys failed. Expected keys: {{{}}} "
      "Provided keys: {}",
      expected, key_set(*object));
}

Refusal not_a_list(const Value& value) {
  return fmt::format("'{}' is not a list", shown(value));
}

Refusal check_duplicates(const json::Array& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (std::find(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(i), items[i]) !=
        items.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fmt::format("Duplicate items in the list: '{}'", shown(items[i]));
    }
  }
  return std::nullopt;
}

constexpr std::size_t kListItemsMax = 1000;

Refusal check_each(const Value& value, Refusal (*check)(const Value&)) {
  const auto* items = value.array();
  if (!items) return not_a_list(value);
  if (items->size() > kListItemsMax) {
    return fmt::format("List has {} items, more than {}", items->size(), kListItemsMax);
  }
  if (auto refusal = check_duplicates(*items)) return refusal;
  for (const auto& item : *items) {
    if (auto refusal = check(item)) return refusal;
  }
  return std::nullopt;
}

Refusal check_route(const Value& route) {
  if (auto refusal = check_keys(route, "destination", "nexthop")) return refusal;
  const Value& destination = *route.object()->find("destination");
  const std::string words = shown(destination);
  const auto prefix = destination.text() ? parse_prefix(words) : std::nullopt;
  if (!prefix || words.find('/') == std::string::npos || prefix->first() != prefix->address) {
    return fmt::format("'{}' is not a valid CIDR", words);
  }
  if (prefix->is_loopback()) return fmt::format("'{}' is not a routable CIDR", words);
  return check_address(*route.object()->find("nexthop"));
}

Refusal check_fixed_ip(Value& fixed, std::vector<std::string>& seen) {
  auto* object = fixed.object();
  if (!object) return fmt::format("Invalid data format for fixed IP: '{}'", shown(fixed));
  for (const auto& member : *object) {
    if (member.key != "ip_address" && member.key != "subnet_id") {
      return fmt::format("Unexpected keys supplied: {}", member.key);
    }
  }
  if (Value* address = object->find("ip_address")) {
    if (auto refusal = check_address(*address)) return refusal;
    canonical_address(*address);
    if (std::find(seen.begin(), seen.end(), *address->text()) != seen.end()) {
      return fmt::format("Duplicate IP address '{}'", *address->text());
    }
    seen.push_back(*address->text());
  }
  const Value* subnet = object->find("subnet_id");
  return subnet ? check_uuid(*subnet) : std::nullopt;
}

Refusal check_pair(Value& pair) {
  auto* object = pair.object();
  if (!object) throw invalid_input("AllowedAddressPair must contain ip_address");
  Value* address = object->find("ip_address");
  if (!address) {
    throw Fault::bad_request("AllowedAddressPair must contain ip_address")
        .named("AllowedAddressPairsMissingIP");
  }
  const auto prefix = address->text() ? parse_prefix(*address->text()) : std::nullopt;
  if (!prefix) {
    return fmt::format("'{0}' is neither a valid IP address, nor is it a valid IP subnet",
                       shown(*address));
  }
  if (Value* mac = object->find("mac_address")) {
    if (auto refusal = mac_address(*mac)) return refusal;
  }
  for (const auto& member : *object) {
    if (member.key == "ip_address" || member.key == "mac_address") continue;
    throw http_bad_request(fmt::format("Unrecognized attribute(s) '{}'", member.key));
  }
  return std::nullopt;
}

Refusal check_tag(const Value& tag) {
  if (auto refusal = check_text(tag, 255)) return refusal;
  if (tag.text()->empty()) return fmt::format("'{}' Blank strings are not permitted", "");
  return std::nullopt;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
    return false;
  return label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Refusal not_dns(const std::string& name, std::string_view why) {
  return fmt::format("'{}' not a valid PQDN or FQDN. Reason: {}", name, why);
}

}  // namespace

Refusal uuid(Value& value) {
  return check_uuid(value);
}

Refusal uuid_or_null(Value& value) {
  return value.is_null() ? std::nullopt : check_uuid(value);
}

Refusal uuid_list(Value& value) {
  null_to_list(value);
  return check_each(value, check_uuid);
}

Refusal mac_address(Value& value) {
  const auto mac = value.text() ? parse_mac(*value.text()) : std::nullopt;
  if (!mac) return fmt::format("'{}' is not a valid MAC address", shown(value));
  value = *mac;
  return std::nullopt;
}

Refusal address_or_null(Value& value) {
  if (value.is_null()) return std::nullopt;
  if (auto refusal = check_address(value)) return refusal;
  canonical_address(value);
  return std::nullopt;
}

Refusal cidr(Value& value) {
  const std::string text = shown(value);
  const auto prefix = value.text() ? parse_prefix(text) : std::nullopt;
  if (prefix && text.find('/') != std::string::npos) return std::nullopt;
  return fmt::format("'{}' is not a valid IP subnet", text);
}

Refusal cidr_or_null(Value& value) {
  return value.is_null() ? std::nullopt : cidr(value);
}

Refusal ip_version(Value& value) {
  value = to_integer(value);
  if (*value.integer() == 4 || *value.integer() == 6) return std::nullopt;
  return fmt::format("{} is not in [4, 6]", *value.integer());
}

Refusal allocation_pools(Value& value) {
  if (value.is_null() || !value.array()) {
    return fmt::format("Invalid data format for IP pool: '{}'", shown(value));
  }
  if (value.array()->size() > kListItemsMax) return not_a_list(value);
  for (Value& pool : *value.array()) {
    if (auto refusal = check_keys(pool, "start", "end")) return refusal;
    for (const std::string_view key : {"start", "end"}) {
      Value& address = *pool.object()->find(key);
      if (auto refusal = check_address(address)) return refusal;
      canonical_address(address);
    }
  }
  return std::nullopt;
}

Refusal nameservers(Value& value) {
  null_to_list(value);
  if (!value.array() || value.array()->size() > kListItemsMax) {
    return fmt::format("Invalid data format for nameserver: '{}'", shown(value));
  }
  std::vector<std::string> seen;
  for (Value& host : *value.array()) {
    if (const auto refusal = check_address(host)) {
      return fmt::format("'{}' is not a valid nameserver. {}", shown(host), *refusal);
    }
    canonical_address(host);
    if (std::find(seen.begin(), seen.end(), *host.text()) != seen.end()) {
      return fmt::format("Duplicate nameserver '{}'", *host.text());
    }
    seen.push_back(*host.text());
  }
  return std::nullopt;
}

Refusal host_routes(Value& value) {
  null_to_list(value);
  if (!value.array() || value.array()->size() > kListItemsMax) {
    return fmt::format("Invalid data format for hostroute: '{}'", shown(value));
  }
  for (std::size_t i = 0; i < value.array()->size(); ++i) {
    Value& route = (*value.array())[i];
    if (auto refusal = check_route(route)) return refusal;
    for (std::size_t k = 0; k < i; ++k) {
      if ((*value.array())[k] == route)
        return fmt::format("Duplicate hostroute '{}'", shown(route));
    }
  }
  return std::nullopt;
}

Refusal fixed_ips(Value& value) {
  null_to_list(value);
  if (!value.array() || value.array()->size() > kListItemsMax) {
    return fmt::format("Invalid data format for fixed IP: '{}'", shown(value));
  }
  std::vector<std::string> seen;
  for (Value& fixed : *value.array()) {
    if (auto refusal = check_fixed_ip(fixed, seen)) return refusal;
  }
  return std::nullopt;
}

Refusal address_pairs(Value& value) {
  null_to_list(value);
  if (!value.array()) {
    throw http_bad_request("Allowed address pairs must be a list.");
  }
  if (value.array()->size() > 10) {
    throw Fault::bad_request("The number of allowed address pair exceeds the maximum 10.")
        .named("AllowedAddressPairExhausted");
  }
  for (Value& pair : *value.array()) {
    if (auto refusal = check_pair(pair)) return refusal;
  }
  return std::nullopt;
}

Refusal text_list(Value& value) {
  null_to_list(value);
  return check_each(value, [](const Value& v) { return check_text(v, 255); });
}

Refusal tags(Value& value) {
  null_to_list(value);
  return check_each(value, check_tag);
}

Refusal object_or_null(Value& value) {
  if (value.is_null() || value.object()) return std::nullopt;
  return fmt::format("'{}' is not a dictionary", shown(value));
}

Refusal ipv6_mode(Value& value) {
  if (value.is_null()) return std::nullopt;
  const std::string mode = shown(value);
  for (const std::string_view known : {"dhcpv6-stateful", "dhcpv6-stateless", "slaac"}) {
    if (value.text() && mode == known) return std::nullopt;
  }
  return fmt::format("{} is not in ['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac']", mode);
}

Refusal dns_label(Value& value) {
  if (value.is_null()) value = "";
  if (auto refusal = check_text(value, 255)) return refusal;
  value = lower(*value.text());
  const std::string& name = *value.text();
  if (name.empty() || is_label(name)) return std::nullopt;
  return not_dns(name, fmt::format("'{}' is not a valid host name.", name));
}

Refusal dns_domain(Value& value) {
  if (value.is_null()) value = "";
  if (auto refusal = check_text(value, 255)) return refusal;
  value = lower(*value.text());
  const std::string& name = *value.text();
  if (name.empty()) return std::nullopt;
  if (!name.ends_with('.')) return fmt::format("'{}' is not a FQDN", name);
  for (const auto label : split(std::string_view(name).substr(0, name.size() - 1), '.')) {
    if (!is_label(label)) return not_dns(name, fmt::format("'{}' is not a label.", label));
  }
  return std::nullopt;
}

Refusal extra_dhcp_options(Value& value) {
  null_to_list(value);
  if (!value.array() || value.array()->size() > kListItemsMax) return not_a_list(value);
  for (Value& option : *value.array()) {
    auto* object = option.object();
    const Value* name = object ? object->find("opt_name") : nullptr;
    const Value* given = object ? object->find("opt_value") : nullptr;
    if (!name || !name->text() || name->text()->empty() || !given) {
      throw invalid_input(fmt::format("No valid key specs matched for: {}", shown(option)));
    }
    if (!given->is_null()) {
      if (auto refusal = check_text(*given, 255)) throw invalid_input(*refusal);
    }
    if (!object->has("ip_version")) object->set("ip_version", 4);
    if (auto refusal = ip_version(*object->find("ip_version"))) throw invalid_input(*refusal);
  }
  return std::nullopt;
}

Refusal boolean_or_null(Value& value) {
  if (!value.is_null()) value = to_boolean(value);
  return std::nullopt;
}

Refusal integer_or_null(Value& value) {
  if (!value.is_null()) value = to_integer(value);
  return std::nullopt;
}

Refusal mtu(Value& value) {
  value = to_integer(value);
  if (*value.integer() >= 0 && *value.integer() <= 65'535) return std::nullopt;
  return fmt::format("'{}' is too {}", *value.integer(),
                     *value.integer() < 0 ? "small - must be at least '0'"
                                          : "large - must be no larger than '65535'");
}

}  // namespace haneul::neutron
