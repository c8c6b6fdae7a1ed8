#pragma once
#include "resource/service.h"
#include "services/glance/parts.h"

namespace haneul::glance {

struct Glance::Impl {
  Impl(const resource::World& world, Options options);

  Parts parts;
  resource::Service service;
};

}  // namespace haneul::glance
