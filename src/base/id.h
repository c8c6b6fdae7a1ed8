#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace haneul {

// An id that cannot be mistaken for another kind's: `using ProjectId = Id<struct ProjectTag>;`.
template <class Tag>
struct Id {
  std::string text;

  Id() = default;
  explicit Id(std::string t) : text(std::move(t)) {}
  explicit Id(std::string_view t) : text(t) {}
  explicit Id(const char* t) : text(t) {}

  bool empty() const { return text.empty(); }
  auto operator<=>(const Id&) const = default;
};

// A random version-4 UUID, dashed: 6b8c…-….
std::string new_uuid();
// The same without dashes: Keystone's ids.
std::string new_hex_id();
// 8-4-4-4-12 hexadecimal digits or 32 without dashes, either case.
bool is_uuid_like(std::string_view text);

// Unpredictable bytes from the kernel; for keys, passwords and tokens.
std::string random_bytes(std::size_t count);
// Letters and digits, `length` of them, about 5.95 bits each.
std::string random_password(std::size_t length);
// Uniform in [0, bound); for spreading load, not for secrets.
std::size_t random_below(std::size_t bound);

}  // namespace haneul

template <class Tag>
struct std::hash<haneul::Id<Tag>> {
  std::size_t operator()(const haneul::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text);
  }
};
