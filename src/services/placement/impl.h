#pragma once
#include "resource/service.h"
#include "services/placement/parts.h"

namespace haneul::placement {

struct Placement::Impl {
  explicit Impl(const resource::World& world);
  Instant now() const { return parts.world.clock.now(); }

  Parts parts;
  resource::Service service;
};

}  // namespace haneul::placement
