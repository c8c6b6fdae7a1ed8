#include "access/target.h"

namespace haneul::access {
namespace {

std::optional<TargetValue> comparable(const json::Value& value) {
  if (value.is_null()) return TargetValue(nullptr);
  if (const auto* text = value.text()) return TargetValue(std::string_view(*text));
  if (const auto* boolean = value.boolean()) return TargetValue(*boolean);
  if (const auto* integer = value.integer()) return TargetValue(*integer);
  return std::nullopt;
}

}  // namespace

std::optional<TargetValue> PairsTarget::get(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<TargetValue> ValueTarget::get(std::string_view name) const {
  const json::Value* here = &value_;
  for (;;) {
    const json::Object* object = here->object();
    if (!object) return std::nullopt;
    if (const auto* found = object->find(name)) return comparable(*found);
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    here = object->find(name.substr(0, dot));
    if (!here) return std::nullopt;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace haneul::access
