#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace haneul {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);              // ASCII only
bool iequals(std::string_view a, std::string_view b);  // ASCII only

// Whole text or nothing; a sign is allowed, blanks are not.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_real(std::string_view text);
// What oslo.utils' strutils.bool_from_string(strict=True) takes: 1 t true on y yes / 0 f false …
std::optional<bool> parse_bool(std::string_view text);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string base64_encode(std::string_view bytes);
std::string base64url_encode(std::string_view bytes);  // with padding, as Python does
// Either alphabet, padding optional; nothing if any other character occurs.
std::optional<std::string> base64_decode(std::string_view text);
std::string percent_encode(std::string_view text);
// Nothing if a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

bool is_valid_utf8(std::string_view text);
// How many characters, for limits given in characters; the text must be valid UTF-8.
std::size_t utf8_length(std::string_view text);

}  // namespace haneul
