#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "db/database.h"
#include "json/value.h"
#include "json/writer.h"

namespace haneul::resource {

// How a service writes times.
enum class TimeStyle { seconds_z, micros_z, micros_naive };
std::string format_time(Instant t, TimeStyle style);

// What the framework must know of a member's C++ type. A closed set: a new type without a codec
// does not compile. `member` points at the member itself.
struct Codec {
  std::string_view json_type;  // as JSON schema names it, for error words
  bool nullable = false;
  void (*write)(json::Writer&, const void* member, TimeStyle) = nullptr;
  // False if the value is of another type; the member is then untouched.
  bool (*read)(const json::Value&, void* member) = nullptr;
  // From a query string; false if the text cannot be such a value.
  bool (*parse)(std::string_view text, void* member) = nullptr;
  // `scratch` holds text that the bind refers to where the member itself has none.
  db::Bind (*bind)(const void* member, std::string& scratch) = nullptr;
  void (*load)(const db::Rows&, int column, void* member) = nullptr;
  // The member as plain text, as policies compare it; nothing for null and for compound values.
  std::optional<std::string> (*text)(const void* member) = nullptr;
};

extern const Codec kBool, kInteger, kReal, kText, kTime, kTexts, kJson, kJsonObject, kTextMap;
extern const Codec kOptionalBool, kOptionalInteger, kOptionalReal, kOptionalText, kOptionalTime;

// Enums have a table of names: `constexpr std::string_view names_of(Status)` is found by ADL and
// returns the name of a value, empty past the last one; values count from 0.
template <class E>
struct EnumCodec {
  static std::optional<E> from(std::string_view text) {
    for (int i = 0; !names_of(static_cast<E>(i)).empty(); ++i) {
      if (names_of(static_cast<E>(i)) == text) return static_cast<E>(i);
    }
    return std::nullopt;
  }
  static const E& at(const void* m) { return *static_cast<const E*>(m); }
  static bool set(std::string_view text, void* m) {
    const auto e = from(text);
    if (e) *static_cast<E*>(m) = *e;
    return e.has_value();
  }
  static constexpr Codec codec{
      .json_type = "string",
      .write = [](json::Writer& w, const void* m, TimeStyle) { w.value(names_of(at(m))); },
      .read = [](const json::Value& v, void* m) { return v.text() && set(*v.text(), m); },
      .parse = set,
      .bind = [](const void* m, std::string&) { return db::Bind(names_of(at(m))); },
      .load = [](const db::Rows& r, int c, void* m) { set(r.text(c), m); },
      .text = [](const void* m) { return std::optional(std::string(names_of(at(m)))); }};
};

template <class T>
struct CodecOf;
#define HANEUL_CODEC(type, codec_)                            \
  template <>                                                 \
  struct CodecOf<type> {                                      \
    static constexpr const Codec* codec() { return &codec_; } \
  }
HANEUL_CODEC(bool, kBool);
HANEUL_CODEC(std::int64_t, kInteger);
HANEUL_CODEC(double, kReal);
HANEUL_CODEC(std::string, kText);
HANEUL_CODEC(Instant, kTime);
HANEUL_CODEC(std::vector<std::string>, kTexts);
HANEUL_CODEC(json::Value, kJson);
HANEUL_CODEC(json::Object, kJsonObject);
using TextMap = std::map<std::string, std::string>;
HANEUL_CODEC(TextMap, kTextMap);
HANEUL_CODEC(std::optional<bool>, kOptionalBool);
HANEUL_CODEC(std::optional<std::int64_t>, kOptionalInteger);
HANEUL_CODEC(std::optional<double>, kOptionalReal);
HANEUL_CODEC(std::optional<std::string>, kOptionalText);
HANEUL_CODEC(std::optional<Instant>, kOptionalTime);
#undef HANEUL_CODEC

// An Id is stored and sent as its text, the only member it has.
template <class Tag>
struct CodecOf<Id<Tag>> {
  static_assert(sizeof(Id<Tag>) == sizeof(std::string));
  static constexpr const Codec* codec() { return &kText; }
};
template <class E>
requires std::is_enum_v<E>
struct CodecOf<E> {
  static constexpr const Codec* codec() { return &EnumCodec<E>::codec; }
};

}  // namespace haneul::resource
