#include "services/keystone/adopt/given.h"

#include "base/clock.h"
#include "base/text.h"
#include "json/value.h"

namespace haneul::keystone {

std::int64_t Given::number(std::size_t at) const {
  return parse_int(values_[at].value_or("0")).value_or(0);
}

Cell Given::text_or_null(std::size_t at) const {
  return is_null(at) ? Cell(nullptr) : Cell(text(at));
}

Cell Given::number_or_null(std::size_t at) const {
  return is_null(at) ? Cell(nullptr) : Cell(number(at));
}

Cell Given::time_or_null(std::size_t at) const {
  std::string written = text(at);
  if (!written.ends_with('Z')) written += 'Z';
  const auto when = parse_instant(written);
  return when ? Cell(when->micros) : Cell(nullptr);
}

Cell Given::day_or_null(std::size_t at) const {
  const auto when = parse_instant(text(at).substr(0, 10) + "T00:00:00Z");
  return when ? Cell(when->micros) : Cell(nullptr);
}

std::string Given::object(std::size_t at) const {
  const auto value = json::parse(values_[at].value_or("{}"));
  return value && value->object() ? json::dump(*value->object()) : "{}";
}

}  // namespace haneul::keystone
