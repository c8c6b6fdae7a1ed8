#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace haneul::directory {

// A value as a filter may hold it (RFC 4515): nothing of it is syntax.
std::string escaped_in_filter(std::string_view value);
// A value as a distinguished name may hold it (RFC 4514).
std::string escaped_in_dn(std::string_view value);

struct Attribute {
  std::string type, value;  // the type in lower case, the value without escapes
};
// One part of a distinguished name; more than one attribute is rare.
using Rdn = std::vector<Attribute>;

// The parts from the entry up; nothing for what is no distinguished name.
std::optional<std::vector<Rdn>> parse_dn(std::string_view dn);
// The same text for names that mean the same: as RFC 4518 prepares for a comparison that ignores
// case and repeated blanks, in short. The text itself where it is no distinguished name.
std::string comparable_dn(std::string_view dn);

}  // namespace haneul::directory
