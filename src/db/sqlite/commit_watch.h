#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include "db/sqlite/connection.h"

namespace haneul::db {

// Sees commits of any process where SQLite itself does: in the header of the index that all who
// have the database open share in memory. `PRAGMA data_version` says the same but takes and drops a
// lock of the file each time, which costs more than checking a token. Safe from any thread.
// upstream: https://www.sqlite.org/walformat.html#the_wal_index_header
class CommitWatch {
 public:
  // The database must be in WAL mode.
  explicit CommitWatch(const std::string& path);
  std::uint64_t version();
  // Whether the header is of the form that this knows; else the pragma is asked.
  bool is_cheap() const { return header_ != nullptr; }

 private:
  std::uint64_t asked();

  // Open for as long as the header is read: that keeps it mapped.
  Connection connection_;
  const std::uint32_t* header_ = nullptr;
  std::mutex mutex_;
};

}  // namespace haneul::db
