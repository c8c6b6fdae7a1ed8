#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "services/keystone/logic/msgpack.h"

namespace haneul::keystone {

// What the payloads of tokens and of receipts are made of.

inline constexpr std::size_t kUuidBytes = 16;

// 32 lower-case hexadecimal digits, which travel as 16 bytes.
bool is_hex_id(std::string_view id);

// A pair: whether the id is in its short form, then the id.
void put_id(MsgpackWriter& out, std::string_view id);
std::optional<std::string> take_id(MsgpackReader& in);
// 16 bytes, nothing else.
std::optional<std::string> take_raw_id(MsgpackReader& in);

// Seconds since 1970 as a real number, before the year 10000.
void put_instant(MsgpackWriter& out, Instant when);
std::optional<Instant> take_instant(MsgpackReader& in);

std::optional<std::string> take_text(MsgpackReader& in);

}  // namespace haneul::keystone
