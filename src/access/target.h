#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "access/fwd.h"
#include "json/value.h"

namespace haneul::access {

// One attribute of what is acted upon. Rules compare it as Python's str() would show it: None,
// True, False, 12, text. Text must stay alive until the check returns.
using TargetValue = std::variant<std::nullptr_t, std::string_view, bool, std::int64_t>;

// What `%(name)s` in a rule stands for. Rows implement it over themselves, so nothing is copied.
class Target {
 public:
  virtual ~Target() = default;
  // `name` is whatever stands between the parentheses: "project_id", "target.user.domain_id",
  // "network:tenant_id". Nothing if there is no such attribute: that part of the rule is false.
  virtual std::optional<TargetValue> get(std::string_view name) const = 0;
};

// A few named values. Names and text are not copied.
class PairsTarget final : public Target {
 public:
  using Pair = std::pair<std::string_view, TargetValue>;
  PairsTarget() = default;
  PairsTarget(std::initializer_list<Pair> pairs) : pairs_(pairs) {}
  void add(std::string_view name, TargetValue value) { pairs_.emplace_back(name, value); }
  std::optional<TargetValue> get(std::string_view name) const override;

 private:
  std::vector<Pair> pairs_;
};

// A JSON object: a key of exactly that name, else dots walk into objects. Arrays, objects and
// fractions are not comparable and count as absent.
class ValueTarget final : public Target {
 public:
  explicit ValueTarget(const json::Value& value) : value_(value) {}
  std::optional<TargetValue> get(std::string_view name) const override;

 private:
  const json::Value& value_;
};

}  // namespace haneul::access
