#pragma once
#include <functional>

#include "resource/service.h"

namespace haneul::cli {

// Builds all services over nothing, in a directory that goes away, for what can be said of them
// without a cloud.
void for_every_service(const std::function<void(const resource::Service&)>& tell);

}  // namespace haneul::cli
