#include "services/nova/query.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/text.h"

namespace haneul::nova {
namespace {

constexpr std::int64_t kPageMax = 1000;

[[noreturn]] void refuse(std::string_view key, const std::string& value, std::string_view why) {
  throw Fault::bad_request(fmt::format("Invalid input for query parameters {}. Value: {}. '{}' {}",
                                       key, value, value, why));
}

}  // namespace

PageAsked read_page(const resource::Call& call) {
  PageAsked page;
  if (const auto* text = call.query().find("limit")) {
    const auto limit = parse_int(*text);
    if (!limit || *limit < 0) refuse("limit", *text, "does not match '^[0-9]*$'");
    if (*limit > 0) page.limit = std::min(*limit, kPageMax);
    page.has_limit = true;
  }
  if (const auto* marker = call.query().find("marker")) page.marker = *marker;
  return page;
}

bool read_flag(const resource::Call& call, std::string_view key) {
  const auto* text = call.query().find(key);
  if (!text) return false;
  const auto flag = parse_bool(*text);
  if (!flag) refuse(key, *text, "is not of type 'boolean'");
  return *flag;
}

std::optional<Instant> read_time(const resource::Call& call, std::string_view key) {
  const auto* text = call.query().find(key);
  if (!text) return std::nullopt;
  const auto time = parse_instant(*text);
  if (!time) refuse(key, *text, "is not a 'date-time'");
  return time;
}

void refuse_unknown_keys(const resource::Call& call,
                         std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : call.query().all()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw Fault::bad_request(fmt::format(
        "Invalid input for query parameters {}. Value: {}. Additional properties are not allowed "
        "('{}' was unexpected)",
        key, value, key));
  }
}

}  // namespace haneul::nova
