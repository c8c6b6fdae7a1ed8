#pragma once
#include "resource/service.h"

namespace haneul::example {

// A service of lamps. Compiled and tested, but no part of the program.
resource::Service example_service();

}  // namespace haneul::example
