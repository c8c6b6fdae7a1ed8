#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace haneul::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;          // http:// or https://
  std::string unix_socket;  // path; empty: TCP
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration time_max = std::chrono::seconds(30);
  std::size_t answer_bytes_max = 16 * 1024 * 1024;
  std::string ca_pem;  // https: certificates to trust; empty: the system's authorities
  // Takes the body of an answer with status 200 piece by piece, of any length; false breaks it off.
  std::function<bool(std::string_view)> sink;
  Duration stall_max{};  // no byte for so long ends it; zero: time_max alone counts
};

struct ClientAnswer {
  int status = 0;
  std::string body;
};

// One request outward; blocks. Redirects are not followed. The reason says what went wrong on the
// way (refused, timed out); an answer with an error status is an answer.
Result<ClientAnswer> send(const ClientRequest& request);

}  // namespace haneul::http
