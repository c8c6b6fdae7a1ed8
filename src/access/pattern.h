#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/target.h"

namespace haneul::access {

// The right side of a check, `%(name)s` in it standing for the target's attributes.
class Pattern {
 public:
  // Nothing for formats other than %(name)s and %%.
  static std::optional<Pattern> parse(std::string_view text);

  // Whether the filled-in pattern is `candidate`. False if the target lacks an attribute.
  bool matches(const Target& target, std::string_view candidate, bool ignore_case = false) const;
  // The filled-in text, or the attribute that is missing.
  struct Filled {
    std::string text, missing;
  };
  Filled fill(const Target& target) const;

 private:
  struct Piece {
    bool is_name;
    std::string text;
  };
  std::vector<Piece> pieces_;
};

}  // namespace haneul::access
