#pragma once
#include <string>

#include "resource/service.h"

namespace haneul::keystone {

struct State;

// OS-EP-FILTER: a project that has endpoints of its own, one by one or by groups, sees only those
// in its catalog; others see all.
void add_endpoint_filters(resource::Service& service, State& state);
// The condition that an endpoint is one of this project's.
resource::Where endpoints_of_project(const std::string& project_id);
void remove_filters_of_project(db::Transaction& tx, const std::string& project_id);
// Its filters and its policies.
void remove_what_hangs_on_endpoint(db::Transaction& tx, const std::string& endpoint_id);

}  // namespace haneul::keystone
