#include "cli/control.h"

#include <stdexcept>

#include <fmt/format.h>

#include "http/client.h"

namespace haneul::cli {

json::Value ask_control(const Options& options, const StateDir& state, const std::string& path) {
  if (!state.owner()) {
    const auto mode = state.read("mode");
    const bool simulated = mode ? *mode == "simulated" : options.simulated;
    throw std::runtime_error(
        fmt::format("no cloud runs in {}; start it with: haneul up{} --state {}",
                    state.path().string(), simulated ? " --simulated" : "", state.path().string()));
  }
  const auto answer = http::send({.url = "http://control" + path,
                                  .unix_socket = state.file("control").string(),
                                  .time_max = std::chrono::minutes(2)});
  if (!answer) {
    throw std::runtime_error(fmt::format("the cloud in {} does not answer ({}); see {}",
                                         state.path().string(), answer.reason(),
                                         state.file("haneul.log").string()));
  }
  const auto value = json::parse(answer->body);
  if (answer->status != 200 || !value) throw std::runtime_error("the cloud's answer is not known");
  return *value;
}

}  // namespace haneul::cli
