#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "drivers/net/descriptor.h"

namespace haneul::net {

struct DaemonSpec {
  std::string name;               // for messages
  std::vector<std::string> argv;  // without --detach and --pidfile
  std::map<std::string, std::string> environment;
  std::string pid_file;  // absolute
};

// A program of the Open vSwitch family that runs in the background by itself and outlives this
// process; found again by its pid file. Not thread-safe.
class Daemon {
 public:
  explicit Daemon(DaemonSpec spec);

  // Looks for a running one: the pid file's process, if it was started with that very pid file.
  bool adopt();
  // Returns when it serves. Throws Error if it does not within the time.
  void start(std::chrono::milliseconds time_max);
  // As known from the last adopt() or start(). Readable once it has ended; -1 if none runs.
  int pidfd() const { return pidfd_.get(); }
  bool running() const;
  void terminate();  // asks; returns at once
  // Kills it if it has not ended within the time. False if even that did not help.
  bool await_end(std::chrono::milliseconds time_max);
  const std::string& name() const { return spec_.name; }

 private:
  bool ended_within(std::chrono::milliseconds time_max) const;
  bool is_ours(pid_t pid) const;

  const DaemonSpec spec_;
  Descriptor pidfd_;
};

}  // namespace haneul::net
