#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/fwd.h"

namespace haneul::http {

// Header fields in order; names compare without case.
class Headers {
 public:
  // Null if absent; the first if repeated.
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;  // empty if absent
  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // replaces all of that name
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A decoded query string: pairs in order, a key may repeat.
class Query {
 public:
  // At most 1,000 pairs; nothing for bad percent-encoding, bad UTF-8 or more pairs.
  static std::optional<Query> parse(std::string_view text);

  const std::string* find(std::string_view key) const;  // the last if repeated, as upstream's webob
  std::vector<std::string_view> all_of(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  const std::vector<std::pair<std::string, std::string>>& all() const { return pairs_; }
  void add(std::string key, std::string value) {
    pairs_.emplace_back(std::move(key), std::move(value));
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// A body too large for memory, read by the handler's thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Blocks until there is something; 0 at the end. Throws Fault when the client is gone, sends
  // too slowly or more than was allowed.
  virtual std::size_t read(char* out, std::size_t bytes_max) = 0;
  // From Content-Length; nothing for a chunked body.
  virtual std::optional<std::uint64_t> length() const = 0;
};

// An answer's body that is made while it is sent. Called from a bulk-pool thread.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // 0 at the end. A throw cuts the connection, since the status line is gone already.
  virtual std::size_t read(char* out, std::size_t bytes_max) = 0;
  // Known sizes are announced by Content-Length, others sent chunked.
  virtual std::optional<std::uint64_t> length() const = 0;
};

struct Request {
  std::string method;     // upper case
  std::string target;     // as sent
  std::string path;       // still percent-encoded, without query; the router decodes segments
  std::string raw_query;  // as sent, without the question mark
  Headers headers;
  std::string body;              // whole, unless the plan asked for a stream
  BodyReader* stream = nullptr;  // if the plan asked for it and the body is not too large
  bool body_too_large = false;   // more than the plan allowed; `body` is then empty
  std::string peer;              // the client's address, no port
  std::string listener;          // label of the listening socket it came through
  bool tls = false;
  std::string certificate;  // the client's, DER, of an authority of the listener; empty without one
  Duration deadline{};      // Clock::steady() value by which an answer must be given
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<BodySource> stream;  // instead of body
  // With status 101: who takes the connection over once the head is sent. Called on the handler's
  // thread; must not throw. Never asked if the client is gone by then.
  std::function<void(Upgraded)> upgrade;

  static Response json(int status, std::string body);
  static Response empty(int status);
};

// How a request's body is to be received; asked when the head is complete.
struct BodyPlan {
  bool stream = false;
  std::uint64_t bytes_max = 1024 * 1024;
  // Takes a large part of a second of processor time (a password): handled on a pool of its own,
  // so that quick requests do not wait behind it, nor it behind uploads.
  bool slow = false;
};

// The one thing the server needs from above.
class Handler {
 public:
  virtual ~Handler() = default;
  // Called on a loop thread: must be quick and must not throw.
  virtual BodyPlan plan(const Request& head) = 0;
  // Called on an api-pool thread, or a bulk-pool one if streamed, or a slow-pool one. Must not
  // throw.
  virtual Response handle(Request& request) = 0;
};

}  // namespace haneul::http
