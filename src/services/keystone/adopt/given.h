#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "db/foreign/foreign.h"

namespace haneul::keystone {

// A value for a column of this cloud's tables.
using Cell = std::variant<std::nullptr_t, std::int64_t, std::string>;
using Cells = std::vector<Cell>;

// A row of the source, its columns by their place in the SELECT.
class Given {
 public:
  explicit Given(db::Foreign::Values values) : values_(values) {}

  bool is_null(std::size_t at) const { return !values_[at]; }
  std::string text(std::size_t at) const { return std::string(values_[at].value_or("")); }
  std::int64_t number(std::size_t at) const;  // 0 for null
  bool flag(std::size_t at) const { return number(at) != 0; }

  Cell text_or_null(std::size_t at) const;
  Cell number_or_null(std::size_t at) const;
  // DATETIME, or a time in ISO 8601 with its Z, to microseconds.
  Cell time_or_null(std::size_t at) const;
  // DATE to the microseconds of its 00:00.
  Cell day_or_null(std::size_t at) const;
  // A JSON object's text in the form it is kept in here; {} for null and what is no object.
  std::string object(std::size_t at) const;

 private:
  db::Foreign::Values values_;
};

}  // namespace haneul::keystone
