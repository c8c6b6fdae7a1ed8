#include "json/writer.h"

#include <array>
#include <charconv>
#include <cmath>

namespace haneul::json {
namespace {

// Characters that JSON text must escape.
constexpr auto kSpecial = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

}  // namespace

Writer& Writer::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

Writer& Writer::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

void Writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void Writer::quoted(std::string_view text) {
  out_ += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kSpecial[static_cast<unsigned char>(text[i])]) continue;
    out_.append(text.substr(start, i - start));
    escape(out_, text[i]);
    start = i + 1;
  }
  out_.append(text.substr(start));
  out_ += '"';
}

Writer& Writer::key(std::string_view name) {
  separate();
  quoted(name);
  out_ += ':';
  first_ = true;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  quoted(text);
  return *this;
}

Writer& Writer::value(std::int64_t n) {
  separate();
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out_.append(digits.data(), end);
  return *this;
}

Writer& Writer::value(double n) {
  if (!std::isfinite(n)) return null();
  separate();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  const std::string_view shown(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out_.append(shown);
  if (shown.find_first_of(".e") == std::string_view::npos) out_ += ".0";
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

Writer& Writer::value(const Value& v) {
  if (const auto* b = v.boolean()) return value(*b);
  if (const auto* i = v.integer()) return value(*i);
  if (const auto* t = v.text()) return value(*t);
  if (const auto* o = v.object()) return value(*o);
  if (const auto* a = v.array()) {
    begin_array();
    for (const Value& item : *a) value(item);
    return end_array();
  }
  if (const auto n = v.number()) return value(*n);
  return null();
}

Writer& Writer::value(const Object& v) {
  begin_object();
  for (const Member& m : v) member(m.key, m.value);
  return end_object();
}

Writer& Writer::value(const std::vector<std::string>& texts) {
  begin_array();
  for (const auto& text : texts) value(text);
  return end_array();
}

}  // namespace haneul::json
