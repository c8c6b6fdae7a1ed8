#include "drivers/directory/names.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace haneul::directory {
namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What follows a backslash at `at`; nothing if it is cut off.
bool read_escape(std::string_view text, std::size_t& at, std::string& to) {
  if (at >= text.size()) return false;
  if (at + 1 < text.size() && is_hex(text[at]) && is_hex(text[at + 1])) {
    to += *from_hex(text.substr(at, 2));
    at += 2;
  } else {
    to += text[at++];
  }
  return true;
}

// A value up to an unescaped separator, which is left standing.
std::optional<std::string> read_value(std::string_view text, std::size_t& at) {
  std::string value;
  std::size_t kept = 0;  // up to here blanks at the end were escaped
  bool quoted = false;
  while (at < text.size() && text[at] == ' ') ++at;
  for (; at < text.size();) {
    const char c = text[at];
    if (!quoted && (c == ',' || c == '+' || c == ';')) break;
    ++at;
    if (c == '"') {
      quoted = !quoted;
      kept = value.size();
    } else if (c == '\\') {
      if (!read_escape(text, at, value)) return std::nullopt;
      kept = value.size();
    } else {
      value += c;
    }
  }
  while (value.size() > kept && value.back() == ' ') value.pop_back();
  return quoted ? std::nullopt : std::optional(std::move(value));
}

std::optional<std::string> read_type(std::string_view text, std::size_t& at) {
  const auto end = text.find('=', at);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string type = lower(trim(text.substr(at, end - at)));
  at = end + 1;
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  if (type.empty() || !std::all_of(type.begin(), type.end(), is_letter)) return std::nullopt;
  return type;
}

std::string prepared(std::string_view value) {
  std::string made;
  for (const char c : lower(trim(value))) {
    if (c != ' ' || made.empty() || made.back() != ' ') made += c;
  }
  return made;
}

}  // namespace

std::string escaped_in_filter(std::string_view value) {
  std::string made;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '*' || c == '(' || c == ')' || c == '\\' || byte < 0x20 || byte == 0x7f) {
      made += fmt::format("\\{:02x}", byte);
    } else {
      made += c;
    }
  }
  return made;
}

std::string escaped_in_dn(std::string_view value) {
  std::string made;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    const bool at_edge = i == 0 || i + 1 == value.size();
    if (byte < 0x20 || byte == 0x7f) {
      made += fmt::format("\\{:02x}", byte);
      continue;
    }
    const bool special = std::string_view("\\,+\"<>;=").find(value[i]) != std::string_view::npos;
    if (special || (at_edge && value[i] == ' ') || (i == 0 && value[i] == '#')) made += '\\';
    made += value[i];
  }
  return made;
}

std::optional<std::vector<Rdn>> parse_dn(std::string_view dn) {
  std::vector<Rdn> parts;
  if (trim(dn).empty()) return parts;
  parts.emplace_back();
  for (std::size_t at = 0;;) {
    auto type = read_type(dn, at);
    if (!type) return std::nullopt;
    auto value = read_value(dn, at);
    if (!value) return std::nullopt;
    parts.back().push_back({std::move(*type), std::move(*value)});
    if (at >= dn.size()) return parts;
    if (dn[at++] != '+') parts.emplace_back();
  }
}

std::string comparable_dn(std::string_view dn) {
  auto parts = parse_dn(dn);
  if (!parts) return std::string(dn);
  std::string made;
  for (Rdn& rdn : *parts) {
    std::sort(rdn.begin(), rdn.end(),
              [](const Attribute& a, const Attribute& b) { return a.type < b.type; });
    for (const Attribute& a : rdn) {
      made += fmt::format("{}={}+", a.type, escaped_in_dn(prepared(a.value)));
    }
    made.back() = ',';
  }
  if (!made.empty()) made.pop_back();
  return made;
}

}  // namespace haneul::directory
