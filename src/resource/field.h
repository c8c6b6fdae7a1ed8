#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "json/value.h"
#include "resource/codec.h"
#include "resource/version.h"

namespace haneul::resource {

// Where a field may be given, as bits.
enum Verb : std::uint8_t { create = 1, update = 2, show = 4, list = 8 };

// Why a value is refused, in the service's words; nothing if it is good.
using Refusal = std::optional<std::string>;
// Looks at a value that a client sent, and brings it into the form it is kept in.
using Check = Refusal (*)(json::Value&);

// One member of a resource's struct, declared once: its wire name, its column and every rule the
// framework keeps for it. Made by field<&T::member>("wire_name"); immutable, in read-only data.
struct Field {
  std::string_view name;
  std::string_view column;
  const Codec* codec = nullptr;
  void* (*member)(void* row) = nullptr;

  std::uint8_t settable_by = 0;  // Verb bits
  std::uint8_t shown_by = show | list;
  std::uint8_t guarded_by = 0;  // Verb bits whose policy is asked for this field alone
  bool is_required = false;     // on create
  bool is_filter = false;
  bool is_sort_key = false;
  bool is_null_refused = false;  // the member is optional, but a client must not send null
  std::string_view filter_name;  // in the query string; the name if empty
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();  // length or value
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> allowed;  // the only values
  Check check = nullptr;  // instead of limits, where they do not say what a value may be
  Version shown_from{}, shown_to = kForever;

  // Before its callers: clang 14 takes no lambda to a template below for a constant.
  template <class F>
  constexpr Field with(F change) const {
    Field copy = *this;
    change(copy);
    return copy;
  }
  constexpr Field settable(int verbs) const {
    return with([&](Field& f) { f.settable_by = static_cast<std::uint8_t>(verbs); });
  }
  constexpr Field required() const {
    return with([](Field& f) { f.is_required = true; });
  }
  constexpr Field not_null() const {
    return with([](Field& f) { f.is_null_refused = true; });
  }
  constexpr Field hidden() const {
    return with([](Field& f) { f.shown_by = 0; });
  }
  constexpr Field shown_in(int verbs) const {
    return with([&](Field& f) { f.shown_by = static_cast<std::uint8_t>(verbs); });
  }
  constexpr Field guarded(int verbs) const {
    return with([&](Field& f) { f.guarded_by = static_cast<std::uint8_t>(verbs); });
  }
  constexpr Field max(std::int64_t n) const {
    return with([&](Field& f) { f.maximum = n; });
  }
  constexpr Field min(std::int64_t n) const {
    return with([&](Field& f) { f.minimum = n; });
  }
  constexpr Field range(std::int64_t low, std::int64_t high) const { return min(low).max(high); }
  constexpr Field one_of(std::span<const std::string_view> names) const {
    return with([&](Field& f) { f.allowed = names; });
  }
  constexpr Field checked(Check how) const {
    return with([&](Field& f) { f.check = how; });
  }
  constexpr Field filter(std::string_view query_name = {}) const {
    return with([&](Field& f) { f.is_filter = true, f.filter_name = query_name; });
  }
  constexpr Field sort_key() const {
    return with([](Field& f) { f.is_sort_key = true; });
  }
  constexpr Field stored_as(std::string_view col) const {
    return with([&](Field& f) { f.column = col; });
  }
  constexpr Field since(Version v) const {
    return with([&](Field& f) { f.shown_from = v; });
  }
  constexpr Field until(Version v) const {
    return with([&](Field& f) { f.shown_to = v; });
  }

  bool shown(Verb verb, Version at) const {
    return (shown_by & verb) != 0 && shown_from <= at && at <= shown_to;
  }
  std::string_view query_name() const { return filter_name.empty() ? name : filter_name; }
};

template <class M>
struct MemberOf;
template <class T, class M>
struct MemberOf<M T::*> {
  using Struct = T;
  using Type = M;
};

// `Owner` is named where the member is inherited.
template <auto Member, class Owner = typename MemberOf<decltype(Member)>::Struct>
constexpr Field field(std::string_view name) {
  using Of = MemberOf<decltype(Member)>;
  Field f;
  f.name = f.column = name;
  f.codec = CodecOf<typename Of::Type>::codec();
  f.member = [](void* row) -> void* { return &(static_cast<Owner*>(row)->*Member); };
  return f;
}

template <class... F>
constexpr std::array<Field, sizeof...(F)> fields(const F&... f) {
  return {f...};
}

namespace detail {
struct Anything {
  template <class T>
  operator T() const;
};
template <class T, class... A>
consteval std::size_t count_members(A... a) {
  if constexpr (requires { T{a..., Anything{}}; }) {
    return count_members<T>(a..., Anything{});
  } else {
    return sizeof...(a);
  }
}
}  // namespace detail

// Every member of the aggregate T is in the table once, under a name of its own.
template <class T, std::size_t N>
consteval bool complete(const std::array<Field, N>& table) {
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t k = i + 1; k < N; ++k) {
      if (table[i].name == table[k].name || table[i].column == table[k].column) return false;
      if (table[i].member == table[k].member) return false;
    }
  }
  return N == detail::count_members<T>();
}

}  // namespace haneul::resource
