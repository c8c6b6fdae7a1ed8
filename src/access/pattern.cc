#include "access/pattern.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace haneul::access {
namespace {

// Room for the digits of a 64-bit number.
using Digits = std::array<char, 24>;

// What Python's str() would say.
std::string_view show(const TargetValue& value, Digits& digits) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "True" : "False";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr;
    return {digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  return "None";
}

}  // namespace

std::optional<Pattern> Pattern::parse(std::string_view text) {
  Pattern made;
  std::string plain;
  while (!text.empty()) {
    if (text.front() != '%') {
      const auto until = std::min(text.find('%'), text.size());
      plain += text.substr(0, until);
      text.remove_prefix(until);
    } else if (text.starts_with("%%")) {
      plain += '%';
      text.remove_prefix(2);
    } else {
      const auto end = text.find(")s");
      if (!text.starts_with("%(") || end == text.npos) return std::nullopt;
      if (!plain.empty()) made.pieces_.push_back({false, std::exchange(plain, {})});
      made.pieces_.push_back({true, std::string(text.substr(2, end - 2))});
      text.remove_prefix(end + 2);
    }
  }
  if (!plain.empty()) made.pieces_.push_back({false, std::move(plain)});
  return made;
}

bool Pattern::matches(const Target& target, std::string_view candidate, bool ignore_case) const {
  Digits digits;
  for (const Piece& piece : pieces_) {
    std::string_view expected = piece.text;
    if (piece.is_name) {
      const auto value = target.get(piece.text);
      if (!value) return false;
      expected = show(*value, digits);
    }
    const std::string_view start = candidate.substr(0, expected.size());
    if (ignore_case ? !iequals(start, expected) : start != expected) return false;
    candidate.remove_prefix(expected.size());
  }
  return candidate.empty();
}

Pattern::Filled Pattern::fill(const Target& target) const {
  Filled filled;
  Digits digits;
  for (const Piece& piece : pieces_) {
    if (!piece.is_name) {
      filled.text += piece.text;
    } else if (const auto value = target.get(piece.text)) {
      filled.text += show(*value, digits);
    } else {
      filled.missing = piece.text;
      return filled;
    }
  }
  return filled;
}

}  // namespace haneul::access
