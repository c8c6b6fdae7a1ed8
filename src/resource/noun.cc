#include "resource/call.h"
#include "resource/hooks.h"

namespace haneul::resource {

const KnownKey* Noun::known(std::string_view key) const {
  for (const KnownKey& k : also_known) {
    if (k.name == key) return &k;
  }
  return nullptr;
}

std::string_view Noun::key_of(const void* row) const {
  const Field* f = resource.field_in_column(resource.key);
  const bool is_text = f && f->codec == &kText;
  return is_text ? *static_cast<const std::string*>(f->member(const_cast<void*>(row)))
                 : std::string_view();
}

Where Noun::rows_for(const Call& call) const {
  return visible ? visible(call) : call.owned(resource);
}

}  // namespace haneul::resource
