#include "base/log.h"

#include <memory>

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace haneul::log {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kFilesKept = 4;

thread_local std::string request_id;

std::shared_ptr<spdlog::logger> make_logger(std::shared_ptr<spdlog::sinks::sink> sink) {
  auto logger = std::make_shared<spdlog::logger>("haneul", std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::warn);
  logger->set_level(spdlog::level::info);
  return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
  static auto instance = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return instance;
}

spdlog::level::level_enum spd(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      break;
  }
  return spdlog::level::err;
}

// A value is quoted when it has blanks, quotes or control characters, so that one line stays one
// record whatever a client sends.
void append_value(std::string& line, std::string_view value) {
  const auto special = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=';
  };
  bool plain = !value.empty();
  for (const char c : value) plain = plain && !special(c);
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') line += '\\';
    if (c == '\n') {
      line += "\\n";
    } else {
      line += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
  line += '"';
}

}  // namespace

void open_file(const std::string& path) {
  logger() = make_logger(
      std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileBytesMax, kFilesKept));
  spdlog::flush_every(std::chrono::seconds(1));
  spdlog::set_default_logger(logger());
}

void set_level(Level level) {
  logger()->set_level(spd(level));
}

void flush() {
  logger()->flush();
}

void write(Level level, std::string_view message, std::initializer_list<Part> parts) {
  auto& out = *logger();
  if (!out.should_log(spd(level))) return;
  std::string line(message);
  for (const Part& part : parts) {
    line += ' ';
    line += part.key;
    line += '=';
    append_value(line, part.value);
  }
  if (!request_id.empty()) line += " request_id=" + request_id;
  out.log(spd(level), spdlog::string_view_t(line.data(), line.size()));
}

RequestScope::RequestScope(std::string id) : previous_(std::move(request_id)) {
  request_id = std::move(id);
}
RequestScope::~RequestScope() {
  request_id = std::move(previous_);
}

const std::string& current_request_id() {
  return request_id;
}

}  // namespace haneul::log
