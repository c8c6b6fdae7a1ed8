#pragma once
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Rules that say what a provider's users are here; logic/mapping.h follows them.
struct Mapping {
  std::string id;
  json::Value rules;
  std::string schema_version;
};

extern const resource::Resource kMapping;

Mapping mapping_or_fault(db::Session& session, std::string_view id);

void add_mappings(resource::Service& service, State& state);

}  // namespace haneul::keystone
