#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace haneul::log {

// What each level is for: error - somebody must act; warning - it mends itself but should not
// happen often; info - one line per change of the world (not per request that reads); debug - for
// the developer.
enum class Level { debug, info, warning, error };

// One key and its value in a structured line; text is quoted where it needs to be.
struct Part {
  std::string_view key;
  std::string value;

  Part(std::string_view k, std::string_view v) : key(k), value(v) {}
  Part(std::string_view k, const std::string& v) : key(k), value(v) {}
  Part(std::string_view k, const char* v) : key(k), value(v) {}
  Part(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)) {}
  Part(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  Part(std::string_view k, std::size_t v) : key(k), value(std::to_string(v)) {}
  Part(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
};

// Where lines go: standard error until open_file is called; a file is rotated at 64 MiB, four kept.
void open_file(const std::string& path);
void set_level(Level level);
// Bytes already written are on their way to the disk when this returns.
void flush();

// `time level message key=value …`, with request_id=req-… when the thread works for a request.
// Safe from any thread; never throws.
void write(Level level, std::string_view message, std::initializer_list<Part> parts = {});
inline void debug(std::string_view m, std::initializer_list<Part> p = {}) {
  write(Level::debug, m, p);
}
inline void info(std::string_view m, std::initializer_list<Part> p = {}) {
  write(Level::info, m, p);
}
inline void warning(std::string_view m, std::initializer_list<Part> p = {}) {
  write(Level::warning, m, p);
}
inline void error(std::string_view m, std::initializer_list<Part> p = {}) {
  write(Level::error, m, p);
}

// While it lives, lines of this thread carry the request id. Set by the HTTP front and by flows.
class RequestScope {
 public:
  explicit RequestScope(std::string request_id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string previous_;
};
// Empty outside a RequestScope.
const std::string& current_request_id();

}  // namespace haneul::log
