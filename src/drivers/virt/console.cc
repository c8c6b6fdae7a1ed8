#include "drivers/virt/console.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <pthread.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/log.h"

namespace haneul::virt {
namespace {

std::string read_end(const std::string& path, std::size_t bytes_max) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0));
  std::string out(std::min(size, bytes_max), '\0');
  in.seekg(static_cast<std::streamoff>(size - out.size()));
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return out;
}

bool keep_end(const std::string& path) {
  const std::string part = path + ".part";
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << read_end(path, kConsoleBytesMax / 2);
    out.close();
    if (!out) return false;
  }
  return std::rename(part.c_str(), (path + ".1").c_str()) == 0;
}

}  // namespace

bool trim_log(const std::string& path) {
  struct stat now {};
  if (::stat(path.c_str(), &now) != 0) return true;
  if (static_cast<std::size_t>(now.st_size) <= kConsoleBytesMax) return true;
  const bool kept = keep_end(path);
  return ::truncate(path.c_str(), 0) == 0 && kept;
}

std::string read_log_tail(const std::string& path, std::size_t bytes_max) {
  const std::size_t most = std::min(bytes_max, kConsoleBytesMax);
  std::string out = read_end(path, most);
  if (out.size() < most) out.insert(0, read_end(path + ".1", most - out.size()));
  return out;
}

LogTrimmer::LogTrimmer(std::function<std::vector<std::string>()> paths,
                       std::chrono::milliseconds period)
    : paths_(std::move(paths)) {
  trim_all();
  thread_ = std::thread([this, period] {
    pthread_setname_np(pthread_self(), "virt-trim");
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period, [this] { return closing_; })) trim_all();
  });
}

LogTrimmer::~LogTrimmer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void LogTrimmer::trim_all() {
  try {
    for (const auto& path : paths_()) {
      if (!trim_log(path)) log::warning("a console log was cut without keeping its end", {});
    }
  } catch (const std::exception& e) {
    log::warning("console logs could not be trimmed", {{"error", e.what()}});
  }
}

}  // namespace haneul::virt
