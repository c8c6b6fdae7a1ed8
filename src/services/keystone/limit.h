#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "resource/service.h"
#include "services/keystone/maybe_id.h"

namespace haneul::keystone {

struct State;

// What a project or domain has instead of a registered limit's default.
struct Limit {
  std::string id;
  std::string registered_limit_id;
  MaybeId project_id, domain_id;
  std::string service_id;
  MaybeId region_id;
  std::string resource_name;
  std::int64_t resource_limit = 0;
  std::optional<std::string> description;
};

extern const resource::Resource kLimit;

// /v3/limits and /v3/limits/model. The model is flat: no limit of a parent bounds a child's.
inline constexpr std::string_view kStrictTwoLevel = "strict_two_level";

void add_limits(resource::Service& service, State& state);

}  // namespace haneul::keystone
