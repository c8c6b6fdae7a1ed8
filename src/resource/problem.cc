#include "resource/problem.h"

#include <fmt/format.h>

namespace haneul::resource {
namespace {

constexpr std::size_t kShownMax = 1000;

void append_text(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out += quote;
  for (const char c : text) {
    if (c == '\\' || c == quote) {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += quote;
}

void append(std::string& out, const json::Value& v) {
  if (out.size() > kShownMax) return;
  if (v.is_null()) {
    out += "None";
  } else if (const auto* b = v.boolean()) {
    out += *b ? "True" : "False";
  } else if (const auto* t = v.text()) {
    append_text(out, *t);
  } else if (const auto* a = v.array()) {
    out += '[';
    for (const auto& item : *a) {
      if (&item != &a->front()) out += ", ";
      append(out, item);
    }
    out += ']';
  } else if (const auto* o = v.object()) {
    out += '{';
    for (const auto& m : *o) {
      if (&m != o->begin()) out += ", ";
      append_text(out, m.key);
      out += ": ";
      append(out, m.value);
    }
    out += '}';
  } else {
    out += json::dump(v);
  }
}

std::string list_of(std::span<const std::string_view> allowed) {
  std::string out = "[";
  for (const auto word : allowed) {
    if (out.size() > 1) out += ", ";
    append_text(out, word);
  }
  return out + "]";
}

}  // namespace

std::string python_repr(const json::Value& value) {
  std::string out;
  append(out, value);
  if (out.size() > kShownMax) {
    out.resize(kShownMax);
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    out += "...";
  }
  return out;
}

namespace {

// ('a', 'b' were unexpected)
std::string unexpected(const Problem& p) {
  std::string names;
  for (const auto& key : p.keys) {
    if (!names.empty()) names += ", ";
    append_text(names, key);
  }
  if (p.keys.empty()) append_text(names, p.field);
  return fmt::format("Additional properties are not allowed ({} {} unexpected)", names,
                     p.keys.size() > 1 ? "were" : "was");
}

}  // namespace

std::string Problem::in_jsonschema_words() const {
  const std::string shown = python_repr(value);
  switch (kind) {
    case Kind::no_envelope:
    case Kind::missing:
      return fmt::format("'{}' is a required property", field);
    case Kind::unknown:
    case Kind::read_only:
    case Kind::unknown_filters:
      return unexpected(*this);
    case Kind::wrong_type:
      return fmt::format("{} is not of type '{}'", shown, expected);
    case Kind::not_an_object:
      return fmt::format("{} is not of type 'object'", shown);
    case Kind::too_short:
      return fmt::format("{} is too short", shown);
    case Kind::too_long:
      return fmt::format("{} is too long", shown);
    case Kind::too_small:
      return fmt::format("{} is less than the minimum of {}", shown, limit);
    case Kind::too_large:
      return fmt::format("{} is greater than the maximum of {}", shown, limit);
    case Kind::not_one_of:
      return fmt::format("{} is not one of {}", shown, list_of(allowed));
    case Kind::refused:
      return expected;
    case Kind::not_sort_keys:
      return fmt::format("'{}' is not a sort key", field);
    case Kind::not_sort_dirs:
      return fmt::format("'{}' is not a sort direction", field);
    case Kind::sort_dirs_count:
      return "The number of sort keys and of sort directions differ";
    case Kind::bad_limit:
      return fmt::format("{} is not a non-negative integer", shown);
    case Kind::bad_marker:
      return fmt::format("Marker {} could not be found.", shown);
    case Kind::malformed:
      break;
  }
  return fmt::format("{} is not a '{}'", shown, expected);
}

}  // namespace haneul::resource
