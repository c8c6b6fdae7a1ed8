#include "services/neutron/json_text.h"

namespace haneul::neutron {
namespace {

const JsonText& at(const void* member) {
  return *static_cast<const JsonText*>(member);
}
JsonText& at(void* member) {
  return *static_cast<JsonText*>(member);
}

}  // namespace

const resource::Codec kJsonText{
    .json_type = "array",
    .nullable = false,
    .write = [](json::Writer& w, const void* m, resource::TimeStyle) { w.raw(at(m).text); },
    .read =
        [](const json::Value& v, void* m) {
          if (!v.array() && !v.object()) return false;
          at(m).text = json::dump(v);
          return true;
        },
    .parse = [](std::string_view, void*) { return false; },
    .bind = [](const void* m, std::string&) { return db::Bind(at(m).text); },
    .load = [](const db::Rows& r, int c, void* m) { at(m).text = r.string(c); },
    .text = [](const void*) { return std::optional<std::string>(); }};

std::vector<std::string> texts_of(const JsonText& list) {
  std::vector<std::string> out;
  const auto value = list.value();
  if (const auto* items = value.array()) {
    for (const auto& item : *items) {
      if (item.text()) out.push_back(*item.text());
    }
  }
  return out;
}

JsonText json_of(const std::vector<std::string>& texts) {
  json::Writer w;
  w.value(texts);
  return {w.take()};
}

}  // namespace haneul::neutron
