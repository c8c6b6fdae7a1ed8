#include "resource/codec.h"

#include "base/text.h"

namespace haneul::resource {
namespace {

template <class T>
const T& at(const void* member) {
  return *static_cast<const T*>(member);
}
template <class T>
T& at(void* member) {
  return *static_cast<T*>(member);
}

// The five functions for a plain T; the optional's are made from them.
struct Bool {
  using Type = bool;
  static constexpr std::string_view kName = "boolean";
  static void write(json::Writer& w, bool v, TimeStyle) { w.value(v); }
  static std::optional<bool> read(const json::Value& v) {
    return v.boolean() ? std::optional(*v.boolean()) : std::nullopt;
  }
  static std::optional<bool> parse(std::string_view t) { return parse_bool(t); }
  static db::Bind bind(const bool& v) { return v; }
  static bool load(const db::Rows& r, int c) { return r.boolean(c); }
  static std::string text(bool v) { return v ? "True" : "False"; }  // as Python's str()
};

struct Integer {
  using Type = std::int64_t;
  static constexpr std::string_view kName = "integer";
  static void write(json::Writer& w, std::int64_t v, TimeStyle) { w.value(v); }
  static std::optional<std::int64_t> read(const json::Value& v) {
    return v.integer() ? std::optional(*v.integer()) : std::nullopt;
  }
  static std::optional<std::int64_t> parse(std::string_view t) { return parse_int(t); }
  static db::Bind bind(const std::int64_t& v) { return v; }
  static std::int64_t load(const db::Rows& r, int c) { return r.integer(c); }
  static std::string text(std::int64_t v) { return std::to_string(v); }
};

struct Real {
  using Type = double;
  static constexpr std::string_view kName = "number";
  static void write(json::Writer& w, double v, TimeStyle) { w.value(v); }
  static std::optional<double> read(const json::Value& v) { return v.number(); }
  static std::optional<double> parse(std::string_view t) { return parse_real(t); }
  static db::Bind bind(const double& v) { return v; }
  static double load(const db::Rows& r, int c) { return r.real(c); }
  static std::string text(double v) { return std::to_string(v); }
};

struct Text {
  using Type = std::string;
  static constexpr std::string_view kName = "string";
  static void write(json::Writer& w, const std::string& v, TimeStyle) { w.value(v); }
  static std::optional<std::string> read(const json::Value& v) {
    return v.text() ? std::optional(*v.text()) : std::nullopt;
  }
  static std::optional<std::string> parse(std::string_view t) { return std::string(t); }
  static db::Bind bind(const std::string& v) { return v; }
  static std::string load(const db::Rows& r, int c) { return r.string(c); }
  static std::string text(const std::string& v) { return v; }
};

struct Time {
  using Type = Instant;
  static constexpr std::string_view kName = "string";
  static void write(json::Writer& w, Instant v, TimeStyle s) { w.value(format_time(v, s)); }
  static std::optional<Instant> read(const json::Value& v) {
    return v.text() ? parse_instant(*v.text()) : std::nullopt;
  }
  static std::optional<Instant> parse(std::string_view t) { return parse_instant(t); }
  static db::Bind bind(const Instant& v) { return v; }
  static Instant load(const db::Rows& r, int c) { return r.instant(c); }
  static std::string text(Instant v) { return iso_micros(v); }
};

template <class P>
constexpr Codec plain() {
  using T = typename P::Type;
  return {.json_type = P::kName,
          .write = [](json::Writer& w, const void* m, TimeStyle s) { P::write(w, at<T>(m), s); },
          .read =
              [](const json::Value& v, void* m) {
                auto read = P::read(v);
                if (read) at<T>(m) = std::move(*read);
                return read.has_value();
              },
          .parse =
              [](std::string_view t, void* m) {
                auto parsed = P::parse(t);
                if (parsed) at<T>(m) = std::move(*parsed);
                return parsed.has_value();
              },
          .bind = [](const void* m, std::string&) { return P::bind(at<T>(m)); },
          .load = [](const db::Rows& r, int c, void* m) { at<T>(m) = P::load(r, c); },
          .text = [](const void* m) { return std::optional(P::text(at<T>(m))); }};
}

template <class P>
constexpr Codec maybe() {
  using T = std::optional<typename P::Type>;
  return {.json_type = P::kName,
          .nullable = true,
          .write =
              [](json::Writer& w, const void* m, TimeStyle s) {
                if (at<T>(m)) {
                  P::write(w, *at<T>(m), s);
                } else {
                  w.null();
                }
              },
          .read =
              [](const json::Value& v, void* m) {
                auto read = v.is_null() ? T() : P::read(v);
                const bool good = v.is_null() || read.has_value();
                if (good) at<T>(m) = std::move(read);
                return good;
              },
          .parse =
              [](std::string_view t, void* m) {
                auto parsed = P::parse(t);
                if (parsed) at<T>(m) = std::move(*parsed);
                return parsed.has_value();
              },
          .bind = [](const void* m,
                     std::string&) { return at<T>(m) ? P::bind(*at<T>(m)) : db::Bind(nullptr); },
          .load = [](const db::Rows& r, int c,
                     void* m) { at<T>(m) = r.is_null(c) ? T() : T(P::load(r, c)); },
          .text =
              [](const void* m) {
                return at<T>(m) ? std::optional(P::text(*at<T>(m))) : std::nullopt;
              }};
}

// Compound values are kept as JSON text in one column.
template <class P>
constexpr Codec compound() {
  using T = typename P::Type;
  return {.json_type = P::kName,
          .nullable = P::kNullable,
          .write = [](json::Writer& w, const void* m, TimeStyle) { P::write(w, at<T>(m)); },
          .read = [](const json::Value& v, void* m) { return P::read(v, at<T>(m)); },
          .parse = [](std::string_view, void*) { return false; },
          .bind =
              [](const void* m, std::string& scratch) {
                json::Writer w;
                P::write(w, at<T>(m));
                scratch = w.take();
                return db::Bind(scratch);
              },
          .load =
              [](const db::Rows& r, int c, void* m) {
                const auto value = json::parse(r.text(c));
                if (!value || !P::read(*value, at<T>(m))) at<T>(m) = T();
              },
          .text = [](const void*) { return std::optional<std::string>(); }};
}

struct Texts {
  using Type = std::vector<std::string>;
  static constexpr std::string_view kName = "array";
  static constexpr bool kNullable = false;
  static void write(json::Writer& w, const Type& v) { w.value(v); }
  static bool read(const json::Value& v, Type& out) {
    if (!v.array()) return false;
    Type texts;
    for (const json::Value& item : *v.array()) {
      if (!item.text()) return false;
      texts.push_back(*item.text());
    }
    out = std::move(texts);
    return true;
  }
};

struct Map {
  using Type = TextMap;
  static constexpr std::string_view kName = "object";
  static constexpr bool kNullable = false;
  static void write(json::Writer& w, const Type& v) {
    w.begin_object();
    for (const auto& [key, text] : v) w.member(key, text);
    w.end_object();
  }
  static bool read(const json::Value& v, Type& out) {
    if (!v.object()) return false;
    Type map;
    for (const auto& [key, item] : *v.object()) {
      if (!item.text()) return false;
      map[key] = *item.text();
    }
    out = std::move(map);
    return true;
  }
};

struct AnyJson {
  using Type = json::Value;
  static constexpr std::string_view kName = "any";
  static constexpr bool kNullable = true;
  static void write(json::Writer& w, const Type& v) { w.value(v); }
  static bool read(const json::Value& v, Type& out) {
    out = v;
    return true;
  }
};

struct JsonObject {
  using Type = json::Object;
  static constexpr std::string_view kName = "object";
  static constexpr bool kNullable = false;
  static void write(json::Writer& w, const Type& v) { w.value(v); }
  static bool read(const json::Value& v, Type& out) {
    if (v.object()) out = *v.object();
    return v.object() != nullptr;
  }
};

}  // namespace

constinit const Codec kBool = plain<Bool>();
constinit const Codec kInteger = plain<Integer>();
constinit const Codec kReal = plain<Real>();
constinit const Codec kText = plain<Text>();
constinit const Codec kTime = plain<Time>();
constinit const Codec kOptionalBool = maybe<Bool>();
constinit const Codec kOptionalInteger = maybe<Integer>();
constinit const Codec kOptionalReal = maybe<Real>();
constinit const Codec kOptionalText = maybe<Text>();
constinit const Codec kOptionalTime = maybe<Time>();
constinit const Codec kTexts = compound<Texts>();
constinit const Codec kTextMap = compound<Map>();
constinit const Codec kJson = compound<AnyJson>();
constinit const Codec kJsonObject = compound<JsonObject>();

std::string format_time(Instant t, TimeStyle style) {
  switch (style) {
    case TimeStyle::seconds_z:
      return iso_seconds(t);
    case TimeStyle::micros_z:
      return iso_micros(t);
    case TimeStyle::micros_naive:
      break;
  }
  return iso_micros_naive(t);
}

}  // namespace haneul::resource
