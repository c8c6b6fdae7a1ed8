#pragma once
#include <functional>

#include "flow/engine.h"
#include "services/list.h"

namespace haneul::cli {

// All services, built over nothing in a directory that goes away: what they declare can be read.
void with_blank_services(
    const std::function<void(const services::Services&, const flow::Engine&)>& read);
void for_every_service(const std::function<void(const resource::Service&)>& tell);

}  // namespace haneul::cli
