#include <regex>

#include "access/rule.h"
#include "base/text.h"

namespace haneul::access {
namespace {

constexpr std::size_t kRegexTextBytesMax = 4096;

class ValueTest final : public FieldTest {
 public:
  ValueTest(std::string_view name, std::string_view value)
      : name_(name),
        value_(value),
        truth_(parse_bool(value)),
        pattern_(*Pattern::parse("%(" + name_ + ")s")) {}
  bool holds(const Target& target) const override {
    const auto found = target.get(name_);
    if (!found || std::holds_alternative<std::nullptr_t>(*found)) return false;
    if (const auto* truth = std::get_if<bool>(&*found)) return truth_ == *truth;
    return pattern_.matches(target, value_);
  }

 private:
  std::string name_, value_;
  std::optional<bool> truth_;
  Pattern pattern_;
};

class PrefixTest final : public FieldTest {
 public:
  PrefixTest(std::string_view name, std::string_view prefix) : name_(name), prefix_(prefix) {}
  bool holds(const Target& target) const override {
    const auto found = target.get(name_);
    const auto* text = found ? std::get_if<std::string_view>(&*found) : nullptr;
    return text && text->starts_with(prefix_);
  }

 private:
  std::string name_, prefix_;
};

class RegexTest final : public FieldTest {
 public:
  RegexTest(std::string_view name, std::string_view expression)
      : name_(name), regex_(expression.begin(), expression.end()) {}
  bool holds(const Target& target) const override {
    const auto found = target.get(name_);
    const auto* text = found ? std::get_if<std::string_view>(&*found) : nullptr;
    if (!text || text->size() > kRegexTextBytesMax) return false;
    return std::regex_search(text->begin(), text->end(), regex_,
                             std::regex_constants::match_continuous);
  }

 private:
  std::string name_;
  std::regex regex_;
};

}  // namespace

std::shared_ptr<const FieldTest> FieldTest::parse(std::string_view match) {
  const auto colon = match.find(':');
  if (colon == match.npos) return nullptr;
  match.remove_prefix(colon + 1);
  const auto equal = match.find('=');
  if (equal == match.npos || match.find(')') < equal) return nullptr;
  const std::string_view name = match.substr(0, equal);
  std::string_view value = match.substr(equal + 1);
  if (!value.starts_with('~')) return std::make_shared<ValueTest>(name, value);
  value.remove_prefix(1);
  std::string_view plain = value;
  if (plain.starts_with('^')) plain.remove_prefix(1);
  if (plain.find_first_of("^$\\.*+?()[]{}|") == plain.npos) {
    return std::make_shared<PrefixTest>(name, plain);
  }
  try {
    return std::make_shared<RegexTest>(name, value);
  } catch (const std::regex_error&) {
    return nullptr;
  }
}

}  // namespace haneul::access
