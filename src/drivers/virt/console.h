#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace haneul::virt {

// A guest writes its console for ever, and nobody may let it fill the disk: a log that has grown
// beyond kConsoleBytesMax is cut to nothing, its last half kept beside it as `<path>.1`. Works on
// files others write with O_APPEND. Text written between copy and cut is lost.
constexpr std::size_t kConsoleBytesMax = 1024 * 1024;

// Cuts the log if it is too long; absent is fine. False if that failed (a full disk): it is cut
// all the same.
bool trim_log(const std::string& path);
// The last `bytes_max` of both parts, at most kConsoleBytesMax; empty if there is none.
std::string read_log_tail(const std::string& path, std::size_t bytes_max);

// A thread that trims the logs `paths` names, every `period`; and once before the constructor
// returns.
class LogTrimmer {
 public:
  LogTrimmer(std::function<std::vector<std::string>()> paths, std::chrono::milliseconds period);
  ~LogTrimmer();
  LogTrimmer(const LogTrimmer&) = delete;
  LogTrimmer& operator=(const LogTrimmer&) = delete;

 private:
  void trim_all();

  const std::function<std::vector<std::string>()> paths_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace haneul::virt
