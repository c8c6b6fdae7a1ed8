// Feeds bytes to everything that reads them before anybody is known to be a friend: the request
// parser, the query, the router, JSON, dates and encodings. Looks for crashes and for promises
// that do not hold.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"
#include "http/input_buffer.h"
#include "http/message.h"
#include "http/request_parser.h"
#include "http/router.h"
#include "json/value.h"

namespace {

using namespace haneul;
using Step = http::RequestParser::Step;

void promise(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << "\n";
  std::abort();
}

const http::Router& router() {
  static const http::Router kRouter = [] {
    http::Router made;
    made.add("GET", "/", 0);
    made.add("GET", "/servers", 1);
    made.add("GET", "/servers/detail", 2);
    made.add("DELETE", "/servers/{id}", 3);
    made.add("GET", "/servers/{id}/ips/{label}", 4);
    made.add("PUT", "/{account}/{container}/{name...}", 5);
    return made;
  }();
  return kRouter;
}

void route(std::string_view path) {
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD"}) {
    auto match = router().find(method, path);
    for (const auto& [name, value] : match.params.pairs()) {
      promise(is_valid_utf8(value) && value.find('\0') == value.npos, "parameters are clean");
      promise(!value.empty(), "parameters are not empty");
    }
  }
}

void query(std::string_view text) {
  const auto parsed = http::Query::parse(text);
  if (!parsed) return;
  promise(parsed->all().size() <= 1000, "a query has at most 1,000 pairs");
  for (const auto& [key, value] : parsed->all()) {
    promise(is_valid_utf8(key) && is_valid_utf8(value), "a query is UTF-8");
  }
}

void document(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return;
  // Not compared: the parser rounds large doubles one unit off now and then.
  promise(json::parse(json::dump(*value)).has_value(), "what is dumped can be parsed");
}

struct Outcome {
  Step step = Step::more;
  http::Request request;
  std::string body;
};

// The whole request in pieces of at most `piece` bytes.
Outcome receive(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  http::RequestParser parser(4096);
  parser.reset(outcome.request);
  http::InputBuffer in;
  bool head_done = false;
  for (; !bytes.empty() && (outcome.step == Step::more || !head_done);) {
    const std::size_t count = std::min(piece, bytes.size());
    std::memcpy(in.room(count), bytes.data(), count);
    in.filled(count);
    bytes.remove_prefix(count);
    if (!head_done) outcome.step = parser.parse_head(in);
    if (!head_done && outcome.step != Step::more) {
      head_done = true;
      if (outcome.step != Step::done || !parser.head().chunked) return outcome;
      outcome.step = Step::more;
    }
    char out[64];
    for (std::size_t got = 1; head_done && got > 0 && outcome.step == Step::more;) {
      outcome.step = parser.decode(in, out, sizeof(out), &got);
      outcome.body.append(out, got);
    }
  }
  return outcome;
}

void request(std::string_view bytes) {
  const Outcome whole = receive(bytes, bytes.size());
  if (whole.step != Step::done) return;
  const Outcome parts = receive(bytes, 3);
  promise(parts.step == Step::done, "pieces do not matter");
  promise(parts.request.target == whole.request.target && parts.body == whole.body,
          "pieces do not change the request");
  promise(parts.request.headers.all() == whole.request.headers.all(), "nor its headers");
  route(whole.request.path);
  query(whole.request.raw_query);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string_view rest = bytes.substr(1);
  switch (bytes.front() % 4) {
    case 0:
      request(rest);
      break;
    case 1:
      route(rest);
      query(rest);
      break;
    case 2:
      document(rest);
      break;
    default:
      (void)parse_instant(rest);
      (void)base64_decode(rest);
      (void)from_hex(rest);
      (void)parse_int(rest);
      (void)parse_real(rest);
  }
  return 0;
}
