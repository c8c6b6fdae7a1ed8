#pragma once
#include <string>

#include "cli/options.h"
#include "cli/state_dir.h"
#include "json/value.h"

namespace haneul::cli {

// Asks the running cloud of this directory; throws std::runtime_error if none runs or answers.
json::Value ask_control(const StateDir& state, const std::string& path);

}  // namespace haneul::cli
