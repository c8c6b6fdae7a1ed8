#include "services/keystone/logic/password_pattern.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

namespace haneul::keystone {
namespace {

constexpr std::size_t kPatternBytesMax = 2'000;
constexpr std::int64_t kMemoryBytesMax = 8 << 20;

std::size_t class_end(std::string_view text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  if (at < text.size() && text[at] == ']') ++at;  // the first one is plain
  while (at < text.size() && text[at] != ']') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

// Behind the character, escape, class or group that begins at `at`; beyond the end if it is cut
// off.
std::size_t item_end(std::string_view text, std::size_t at) {
  if (text[at] == '\\') return at + 2;
  if (text[at] == '[') return class_end(text, at);
  if (text[at] != '(') return at + 1;
  for (++at; at < text.size() && text[at] != ')';) at = item_end(text, at);
  return at + 1;
}

bool has_alternatives(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at = item_end(text, at)) {
    if (text[at] == '|') return true;
  }
  return false;
}

bool begins_with_look(std::string_view text) {
  return text.starts_with("(?=") || text.starts_with("(?!");
}

Failure refused(std::string_view text, std::string_view why) {
  return {fmt::format("password_regex '{}': {}", text, why)};
}

}  // namespace

Result<PasswordPattern> PasswordPattern::parse(std::string_view text) {
  PasswordPattern pattern;
  if (text.empty()) return pattern;
  if (text.size() > kPatternBytesMax) return refused(text.substr(0, 50), "it is too long");
  std::string_view rest = text;
  if (rest.starts_with('^')) rest.remove_prefix(1);
  std::vector<std::pair<std::string, bool>> parts;
  while (begins_with_look(rest)) {
    const std::size_t end = item_end(rest, 0);
    if (end > rest.size()) return refused(text, "a ( has no )");
    constexpr std::size_t kOpening = 3;
    parts.emplace_back(fmt::format("(?:{})", rest.substr(kOpening, end - kOpening - 1)),
                       rest[2] == '=');
    rest.remove_prefix(end);
  }
  const bool is_split = !parts.empty();
  if (is_split && has_alternatives(rest)) {
    return refused(text, "put alternatives behind (?=…) into a group");
  }
  parts.emplace_back(is_split ? rest : text, true);
  for (const auto& [part, wanted] : parts) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kMemoryBytesMax);
    auto regex = std::make_shared<const RE2>(part, options);
    if (!regex->ok()) return refused(text, regex->error());
    pattern.parts_.push_back({std::move(regex), wanted});
  }
  return pattern;
}

bool PasswordPattern::fits(std::string_view password) const {
  return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    return part.regex->Match({password.data(), password.size()}, 0, password.size(),
                             RE2::ANCHOR_START, nullptr, 0) == part.wanted;
  });
}

}  // namespace haneul::keystone
