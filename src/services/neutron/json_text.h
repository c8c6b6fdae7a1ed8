#pragma once
#include <string>

#include "resource/codec.h"

namespace haneul::neutron {

// A member that is a JSON list or object, kept as its text: lists of rows copy it into answers
// without reading it. Always valid JSON.
struct JsonText {
  std::string text = "[]";

  static JsonText of(const json::Value& value) { return {json::dump(value)}; }
  static JsonText object() { return {"{}"}; }
  json::Value value() const { return json::parse(text).value_or(json::Value(json::Array{})); }
  bool operator==(const JsonText&) const = default;
};

// The strings of a list; anything else in it is left out.
std::vector<std::string> texts_of(const JsonText& list);
JsonText json_of(const std::vector<std::string>& texts);

extern const resource::Codec kJsonText;

}  // namespace haneul::neutron

template <>
struct haneul::resource::CodecOf<haneul::neutron::JsonText> {
  static constexpr const Codec* codec() { return &neutron::kJsonText; }
};
