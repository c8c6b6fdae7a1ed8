#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace haneul::config {

// How an option's C++ type is read from a file and shown. A closed set: a member of another type
// does not compile.
struct Kind {
  std::string_view name;  // "integer", for messages and the manual
  // False if the text is no such value; the member is then untouched.
  bool (*read)(std::string_view text, void* member);
  std::string (*write)(const void* member);
  // What range() bounds: the number, or seconds; nothing where there is no measure.
  std::optional<double> (*measure)(const void* member);
};
extern const Kind kBoolean, kInteger, kInt, kSize, kReal, kText, kSeconds, kTexts;

// One member of an options struct, declared once; its default is the member's initializer.
struct Option {
  std::string_view name;
  const Kind* kind = nullptr;
  void* (*member)(void* values) = nullptr;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  std::span<const std::string_view> allowed = {};  // the only words
  std::string_view about = {};

  constexpr Option range(double low, double high) const {
    Option copy = *this;
    copy.minimum = low, copy.maximum = high;
    return copy;
  }
  constexpr Option one_of(std::span<const std::string_view> words) const {
    Option copy = *this;
    copy.allowed = words;
    return copy;
  }
  constexpr Option help(std::string_view text) const {
    Option copy = *this;
    copy.about = text;
    return copy;
  }
};

template <class T>
struct KindOf;
#define HANEUL_KIND(type, kind_)                           \
  template <>                                              \
  struct KindOf<type> {                                    \
    static constexpr const Kind* kind() { return &kind_; } \
  }
HANEUL_KIND(bool, kBoolean);
HANEUL_KIND(std::int64_t, kInteger);
HANEUL_KIND(int, kInt);
HANEUL_KIND(std::size_t, kSize);
HANEUL_KIND(double, kReal);
HANEUL_KIND(std::string, kText);
HANEUL_KIND(Duration, kSeconds);
HANEUL_KIND(std::vector<std::string>, kTexts);
#undef HANEUL_KIND

template <class M>
struct OptionMember;
template <class T, class M>
struct OptionMember<M T::*> {
  using Struct = T;
  using Type = M;
};

template <auto Member>
constexpr Option option(std::string_view name) {
  using Of = OptionMember<decltype(Member)>;
  Option o;
  o.name = name;
  o.kind = KindOf<typename Of::Type>::kind();
  o.member = [](void* values) -> void* {
    return &(static_cast<typename Of::Struct*>(values)->*Member);
  };
  return o;
}

template <class... O>
constexpr std::array<Option, sizeof...(O)> options(const O&... o) {
  return {o...};
}

// A section of the file and the object it fills, which must outlive the section. Several sections
// may fill one object.
struct Section {
  std::string name;  // "keystone.token": the service, and upstream's section
  std::span<const Option> options;
  void* values = nullptr;

  const Option* find(std::string_view option) const;
};

}  // namespace haneul::config
