#include "db/sqlite/commit_watch.h"

#include <cstddef>

#include "base/log.h"

namespace haneul::db {
namespace {

constexpr std::int64_t kCacheKib = 64;
constexpr int kRegionBytes = 32 * 1024;  // how SQLite maps the index
// 32-bit words of the header.
constexpr std::size_t kFormat = 0, kCommits = 2, kChecksum = 10;
constexpr std::uint32_t kKnownFormat = 3'007'000;

// Its only other user is SQLite, which writes it while others read.
std::uint32_t word(const std::uint32_t* header, std::size_t at) {
  return __atomic_load_n(header + at, __ATOMIC_ACQUIRE);
}

// Null if there is no such index.
const std::uint32_t* map_header(sqlite3* handle) {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      !file || !file->pMethods || file->pMethods->iVersion < 2) {
    return nullptr;
  }
  void volatile* region = nullptr;
  if (file->pMethods->xShmMap(file, 0, kRegionBytes, 0, &region) != SQLITE_OK) return nullptr;
  return static_cast<const std::uint32_t*>(const_cast<void*>(region));
}

}  // namespace

CommitWatch::CommitWatch(const std::string& path)
    : connection_(path, Connection::Mode::read, kCacheKib) {
  asked();  // a read opens the index
  header_ = map_header(connection_.handle());
  if (header_ && word(header_, kFormat) == kKnownFormat) return;
  header_ = nullptr;
  log::warning("this SQLite has no index as it is known; looking for commits costs more");
}

// The count alone starts anew where the index is made anew after a crash; the checksum is over all
// of the header, which names the last frame of the log.
std::uint64_t CommitWatch::version() {
  if (!header_) return asked();
  const std::uint64_t commits = word(header_, kCommits);
  return commits << 32 | word(header_, kChecksum);
}

std::uint64_t CommitWatch::asked() {
  const std::lock_guard lock(mutex_);
  Rows rows = connection_.query("PRAGMA data_version", {});
  return rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
}

}  // namespace haneul::db
