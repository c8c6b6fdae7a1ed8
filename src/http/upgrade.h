#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/upgraded.h"

namespace haneul::http {

struct UpgradeRequest {
  std::string url;       // http:// or https://, with the path
  std::string protocol;  // what the Upgrade header says
  std::vector<std::pair<std::string, std::string>> headers;
  std::string ca_pem;  // https: certificates to trust; empty: the system's authorities
  Duration time_max = std::chrono::seconds(10);  // for everything
};

struct UpgradeAnswer {
  int status = 0;                 // 101: the server agreed
  std::string body;               // of any other answer, cut at a few KiB
  std::optional<Upgraded> taken;  // with 101
};

// Connects and asks the server to leave HTTP; blocks. A failure says what went wrong on the way.
Result<UpgradeAnswer> ask_upgrade(const UpgradeRequest& request);

}  // namespace haneul::http
