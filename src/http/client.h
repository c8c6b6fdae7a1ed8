#pragma once
#include <string>
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
};

struct ClientAnswer {
  int status = 0;
  std::string body;
};

// One request outward; blocks. Redirects are not followed. The reason says what went wrong on the
// way (refused, timed out); an answer with an error status is an answer.
Result<ClientAnswer> send(const ClientRequest& request);

}  // namespace haneul::http
