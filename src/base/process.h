#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace haneul {

struct ProcessLimits {
  std::chrono::milliseconds time_max{30'000};
  std::size_t output_bytes_max = 256 * 1024;  // of each stream; the rest is read and dropped
  std::uint64_t memory_bytes_max = 0;         // of address space; 0: no limit
  std::uint64_t cpu_seconds_max = 0;          // 0: no limit
};

struct ProcessEnd {
  int exit_status = -1;  // -1: ended by a signal
  int signal = 0;        // the one that ended it
  bool timed_out = false;
  bool output_cut = false;
  std::string out, err;

  bool ok() const { return exit_status == 0; }
  // The last line of err that is not blank, or how the process ended, in words.
  std::string reason() const;
};

// Runs argv[0] (looked for in PATH) without a shell, with nothing to read, in a process group of
// its own, with default signals and no open files of ours. Returns when it has ended; at the
// time limit its whole group is killed. A failure says why it could not be started. Blocks the
// calling thread; safe from any thread.
Result<ProcessEnd> run_process(const std::vector<std::string>& argv,
                               const ProcessLimits& limits = {});

// This process may have 65,536 open files, or as many as the system lets it: the usual first limit
// of 1,024 is less than a server's connections. Children inherit it.
void allow_many_files();

}  // namespace haneul
