#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "resource/service.h"
#include "services/keystone/maybe_id.h"

namespace haneul::keystone {

struct State;

// How much of a resource a project may have by default.
struct RegisteredLimit {
  std::string id, service_id;
  MaybeId region_id;
  std::string resource_name;
  std::int64_t default_limit = 0;
  std::optional<std::string> description;
};

extern const resource::Resource kRegisteredLimit;

void add_registered_limits(resource::Service& service, State& state);

// Ends the request unless the service and (if any) the region exist.
void check_limit_place(db::Session& session, std::string_view what, const std::string& service_id,
                       const MaybeId& region_id);

}  // namespace haneul::keystone
