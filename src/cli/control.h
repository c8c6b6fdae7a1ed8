#pragma once
#include <string>

#include "cli/options.h"
#include "cli/state_dir.h"
#include "json/value.h"

namespace haneul::cli {

// Asks the running cloud of this directory; throws std::runtime_error if none runs or answers, with
// the command that starts one of the kind that it holds, or that was asked for.
json::Value ask_control(const Options& options, const StateDir& state, const std::string& path);

}  // namespace haneul::cli
