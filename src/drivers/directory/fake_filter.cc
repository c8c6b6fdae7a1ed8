#include "drivers/directory/fake_filter.h"

#include <set>

#include "base/text.h"
#include "drivers/directory/names.h"

namespace haneul::directory {
namespace {

// upstream: openstack/keystone:keystone/identity/backends/ldap/core.py
constexpr std::string_view kInChain = ":1.2.840.113556.1.4.1941:";

struct Reader {
  const Entry& entry;
  const std::vector<Entry>& all;
  std::string_view text;
  std::size_t at = 0;

  [[noreturn]] static void fail() { throw Error("Bad search filter"); }
  char peek() const { return at < text.size() ? text[at] : '\0'; }
  void take(char c) {
    if (peek() != c) fail();
    ++at;
  }

  bool filter() {
    take('(');
    const bool met = inside();
    take(')');
    return met;
  }
  bool inside() {
    const char c = peek();
    if (c == '!') return ++at, !filter();
    if (c == '&' || c == '|') return ++at, several(c == '&');
    return item();
  }
  bool several(bool need_all) {
    bool met = need_all;
    while (peek() == '(') {
      const bool one = filter();
      met = need_all ? met && one : met || one;
    }
    return met;
  }
  bool item();
  bool in_chain(const std::string& attribute, const std::string& dn, const Entry& from,
                std::set<std::string>& seen) const;
};

// Pieces between unescaped stars, without escapes.
std::vector<std::string> pieces_of(std::string_view value) {
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '*') {
      pieces.emplace_back();
    } else if (value[i] == '\\') {
      const auto byte = from_hex(value.substr(i + 1, 2));
      if (!byte || byte->size() != 1) Reader::fail();
      pieces.back() += *byte;
      i += 2;
    } else {
      pieces.back() += value[i];
    }
  }
  return pieces;
}

bool matches(const std::string& value, const std::vector<std::string>& pieces) {
  if (pieces.size() == 1)
    return iequals(value, pieces[0]) || comparable_dn(value) == comparable_dn(pieces[0]);
  const std::string text = lower(value);
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string piece = lower(pieces[i]);
    const auto found = text.find(piece, at);
    if (found == std::string::npos || (i == 0 && found != 0)) return false;
    if (i + 1 == pieces.size()) return piece.empty() || text.ends_with(piece);
    at = found + piece.size();
  }
  return true;
}

bool Reader::item() {
  const auto equals = text.find('=', at);
  const auto end = text.find(')', at);
  if (equals == std::string_view::npos || end == std::string_view::npos || end < equals) fail();
  std::string name(text.substr(at, equals - at));
  const auto pieces = pieces_of(text.substr(equals + 1, end - equals - 1));
  if (text.substr(equals + 1, end - equals - 1).find('(') != std::string_view::npos) fail();
  at = end;
  if (const auto rule = name.find(kInChain); rule != std::string::npos) {
    std::set<std::string> seen;
    return in_chain(name.substr(0, rule), pieces[0], entry, seen);
  }
  const auto* values = entry.find(name);
  if (!values) return false;
  for (const auto& value : *values) {
    if (matches(value, pieces)) return true;
  }
  return false;
}

bool Reader::in_chain(const std::string& attribute, const std::string& dn, const Entry& from,
                      std::set<std::string>& seen) const {
  const auto* members = from.find(attribute);
  if (!members || !seen.insert(comparable_dn(from.dn)).second) return false;
  for (const auto& member : *members) {
    const std::string name = comparable_dn(member);
    if (name == comparable_dn(dn)) return true;
    for (const Entry& other : all) {
      if (comparable_dn(other.dn) == name && in_chain(attribute, dn, other, seen)) return true;
    }
  }
  return false;
}

}  // namespace

bool meets(const Entry& entry, const std::string& filter, const std::vector<Entry>& all) {
  Reader reader{entry, all, filter};
  const bool met = reader.filter();
  if (reader.at != filter.size()) Reader::fail();
  return met;
}

}  // namespace haneul::directory
