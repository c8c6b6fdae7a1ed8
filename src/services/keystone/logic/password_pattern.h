#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace haneul::keystone {

// What `[security_compliance] password_regex` asks of a password, which must match from its
// beginning. The time is linear in the password's length. RE2's syntax, and any number of (?=…) and
// (?!…) where the pattern begins, as upstream's own example has them; Python's lookahead elsewhere,
// lookbehind and backreferences are refused. Safe from any thread.
class PasswordPattern {
 public:
  // An empty text is the pattern that everything fits.
  static Result<PasswordPattern> parse(std::string_view text);

  bool fits(std::string_view password) const;

 private:
  struct Part {
    std::shared_ptr<const re2::RE2> regex;
    bool wanted = true;  // false: must not match
  };
  std::vector<Part> parts_;
};

}  // namespace haneul::keystone
