#pragma once
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "resource/crud.h"

namespace haneul::example {

struct Lamp {
  std::string id, project_id, name;
  std::int64_t brightness = 100;
  bool lit = false;
  Instant created_at;
};

// The noun: what the table says, and what only code can say.
std::shared_ptr<const resource::Noun> lamp_noun();
// POST /v1/lamps/{id}/action {"switch": {"lit": true}}
http::Response switch_lamp(resource::Call& call);

}  // namespace haneul::example
