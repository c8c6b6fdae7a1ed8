#pragma once
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// The domain's side of a row of `projects`.
struct Domain {
  std::string id, name;
  bool enabled = true;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  json::Object options, extra;
  bool is_domain = true;
};

extern const resource::Resource kDomain;

void add_domains(resource::Service& service, State& state);

}  // namespace haneul::keystone
