#pragma once
#include <string>

#include "json/value.h"
#include "resource/service.h"
#include "services/keystone/maybe_id.h"

namespace haneul::keystone {

struct State;

struct Region {
  std::string id;
  std::optional<std::string> parent_region_id;
  std::string description;
  json::Object extra;
};

extern const resource::Resource kRegion;

void add_regions(resource::Service& service, State& state);

}  // namespace haneul::keystone
