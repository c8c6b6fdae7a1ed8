#pragma once
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bus/bus.h"
#include "json/value.h"

namespace haneul::remote {

// Structs to JSON and back, so that both ends agree by construction: members are named once, in
// shapes.h, by a function walk(visitor, struct) for each struct.

template <class T, class Struct>
concept Of = std::same_as<std::remove_const_t<T>, Struct>;

[[noreturn]] inline void misread(std::string_view member) {
  throw bus::Error(bus::Error::Kind::refused, "the order's " + std::string(member) +
                                                  " is missing or of another type; controller and "
                                                  "agent may be of different versions");
}

// What is no struct: numbers, texts, enumerations, lists, maps of texts.
inline json::Value encode(const std::string& v) {
  return v;
}
inline json::Value encode(bool v) {
  return v;
}
inline json::Value encode(int v) {
  return v;
}
inline json::Value encode(std::int64_t v) {
  return v;
}
template <class T>
requires std::is_enum_v<T> json::Value encode(T v) {
  return static_cast<std::int64_t>(v);
}
template <class T>
json::Value encode(const std::optional<T>& v) {
  return v ? encode(*v) : json::Value();
}
inline json::Value encode(const std::map<std::string, std::string>& v) {
  json::Object out;
  for (const auto& [key, text] : v) out.set(key, text);
  return out;
}
template <class T>
requires std::is_class_v<T> json::Value encode(const T& v);
template <class T>
json::Value encode(const std::vector<T>& v) {
  json::Array out;
  for (const T& one : v) out.push_back(encode(one));
  return out;
}

struct Encoder {
  json::Object out;
  template <class T>
  void operator()(std::string_view name, const T& member) {
    out.set(name, encode(member));
  }
};
template <class T>
requires std::is_class_v<T> json::Value encode(const T& v) {
  Encoder encoder;
  walk(encoder, v);
  return std::move(encoder.out);
}

// These throw bus::Error (refused) if the value is of another type.
inline void decode(std::string_view name, const json::Value& from, std::string& to) {
  from.text() ? void(to = *from.text()) : misread(name);
}
inline void decode(std::string_view name, const json::Value& from, bool& to) {
  from.boolean() ? void(to = *from.boolean()) : misread(name);
}
inline void decode(std::string_view name, const json::Value& from, std::int64_t& to) {
  from.integer() ? void(to = *from.integer()) : misread(name);
}
inline void decode(std::string_view name, const json::Value& from, int& to) {
  std::int64_t wide = 0;
  decode(name, from, wide);
  to = static_cast<int>(wide);
}
template <class T>
requires std::is_enum_v<T>
void decode(std::string_view name, const json::Value& from, T& to) {
  std::int64_t number = 0;
  decode(name, from, number);
  to = static_cast<T>(number);
}
template <class T>
requires std::is_class_v<T>
void decode(std::string_view name, const json::Value& from, T& to);
template <class T>
void decode(std::string_view name, const json::Value& from, std::optional<T>& to) {
  if (from.is_null()) return to.reset();
  decode(name, from, to.emplace());
}
inline void decode(std::string_view name, const json::Value& from,
                   std::map<std::string, std::string>& to) {
  if (!from.object()) misread(name);
  for (const auto& m : *from.object()) decode(name, m.value, to[m.key]);
}
template <class T>
void decode(std::string_view name, const json::Value& from, std::vector<T>& to) {
  if (!from.array()) misread(name);
  to.reserve(from.array()->size());
  for (const json::Value& one : *from.array()) decode(name, one, to.emplace_back());
}

struct Decoder {
  const json::Object& from;
  template <class T>
  void operator()(std::string_view name, T& member) {
    const json::Value* value = from.find(name);
    value ? decode(name, *value, member) : misread(name);
  }
};
template <class T>
requires std::is_class_v<T>
void decode(std::string_view name, const json::Value& from, T& to) {
  if (!from.object()) misread(name);
  Decoder decoder{*from.object()};
  walk(decoder, to);
}

// A whole value, or one member of an object.
template <class T>
T decoded(const json::Value& from, std::string_view name = "body") {
  T out{};
  decode(name, from, out);
  return out;
}
template <class T>
T member(const json::Value& from, std::string_view name) {
  const json::Value* value = from.at({name});
  if (!value) misread(name);
  return decoded<T>(*value, name);
}

}  // namespace haneul::remote
