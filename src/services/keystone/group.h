#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::keystone {

struct State;

struct Group {
  std::string id, name, domain_id;
  std::optional<std::string> description;
  json::Object extra;
};

extern const resource::Resource kGroup;

// Groups and who is in them.
void add_groups(resource::Service& service, State& state);

}  // namespace haneul::keystone
