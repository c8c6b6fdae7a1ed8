#include "services/keystone/logic/payload_items.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace haneul::keystone {
namespace {

constexpr double kYear10000 = 253'402'300'800.0;

}  // namespace

bool is_hex_id(std::string_view id) {
  return id.size() == 2 * kUuidBytes && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Upstream converts whatever Python's uuid.UUID takes, which would lose dashes and case.
void put_id(MsgpackWriter& out, std::string_view id) {
  const bool short_form = is_hex_id(id);
  out.array(2).boolean(short_form);
  if (short_form) {
    out.bytes(*from_hex(id));
  } else if (id.empty()) {
    out.nil();
  } else {
    out.text(id);
  }
}

std::optional<std::string> take_id(MsgpackReader& in) {
  const auto pair = in.array();
  const auto short_form = in.boolean();
  if (pair != 2u || !short_form) return std::nullopt;
  if (*short_form) return take_raw_id(in);
  return in.nil() ? std::string() : take_text(in);
}

std::optional<std::string> take_raw_id(MsgpackReader& in) {
  const auto read = in.text();
  if (!read || read->size() != kUuidBytes) return std::nullopt;
  return to_hex(*read);
}

void put_instant(MsgpackWriter& out, Instant when) {
  out.real(static_cast<double>(when.micros) / 1e6);
}

std::optional<Instant> take_instant(MsgpackReader& in) {
  const auto seconds = in.real();
  if (!seconds || !(*seconds >= 0 && *seconds < kYear10000)) return std::nullopt;
  double whole = 0;
  const double fraction = std::modf(*seconds, &whole);
  return Instant{static_cast<std::int64_t>(whole) * 1'000'000 +
                 static_cast<std::int64_t>(std::nearbyint(fraction * 1e6))};
}

std::optional<std::string> take_text(MsgpackReader& in) {
  const auto read = in.text();
  if (!read || !is_valid_utf8(*read)) return std::nullopt;
  return std::string(*read);
}

}  // namespace haneul::keystone
