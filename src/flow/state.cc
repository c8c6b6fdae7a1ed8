#include "flow/program.h"
#include "json/value.h"
#include "json/writer.h"

namespace haneul::flow {

std::string save_state(std::span<const resource::Field> fields, const void* object) {
  json::Writer w;
  w.begin_object();
  for (const resource::Field& f : fields) {
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<void*>(object)), resource::TimeStyle::micros_z);
  }
  w.end_object();
  return w.take();
}

bool load_state(std::span<const resource::Field> fields, std::string_view text, void* object) {
  const auto value = json::parse(text);
  if (!value || !value->object()) return false;
  for (const resource::Field& f : fields) {
    const json::Value* saved = value->object()->find(f.name);
    if (saved && !f.codec->read(*saved, f.member(object))) return false;
  }
  return true;
}

}  // namespace haneul::flow
