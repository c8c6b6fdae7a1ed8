#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/changes.h"
#include "db/database.h"

namespace haneul::keystone {

// Tells whether what was derived from the tables may still hold, whichever process over the
// database changed them. Take a stamp before reading; while at() gives the same stamp, nothing that
// matters to this user's tokens has changed since. A stamp says the same in every process and does
// not come back, not even where a copy of the database is put in its place.
//
// What moves an epoch writes its new number in the transaction of the change. Whoever asks first
// looks whether anybody has committed (nanoseconds), and only then reads what moved: a change
// counts in every process once it is acknowledged. Those who ask throw db::Error where that cannot
// be read. Safe from any thread.
class Epochs {
 public:
  // Both must outlive it; the tables need not exist yet.
  Epochs(db::Database& database, const Clock& clock);

  struct Stamp {
    std::uint64_t all = 0, user = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp at(std::string_view user_id) const {
    catch_up();
    return {values_[kAll].load(), values_[slot_of(user_id)].load()};
  }
  std::uint64_t all() const {
    catch_up();
    return values_[kAll].load();
  }
  // Of the domains' configurations: of now, and of what a session sees.
  std::uint64_t directories() const {
    catch_up();
    return values_[kDirectories].load();
  }
  static std::uint64_t directories_seen_by(db::Session& session);

  // Roles, projects, domains, groups, the catalog: whatever may matter to anybody.
  void change_all(db::Transaction& tx) { mark(tx, kAll, clock_.now()); }
  // This user alone (and few others who share the slot).
  void change_user(db::Transaction& tx, std::string_view user_id) {
    mark(tx, slot_of(user_id), clock_.now());
  }
  void change_directories(db::Transaction& tx) { mark(tx, kDirectories, clock_.now()); }

  // What else is mirrored in memory and changes with an epoch: `follow` reads it from the snapshot
  // that the epochs are read from, before they say so. Before the first question only.
  void along(std::function<void(db::Session&)> follow) { followers_.push_back(std::move(follow)); }
  void catch_up() const {
    if (changes_.version() != seen_.load(std::memory_order_acquire)) read();
  }

 private:
  // Numbers of rows, the same in all processes and versions.
  static constexpr std::size_t kAll = 0, kDirectories = 1, kFirstUser = 2, kUsers = 4096;
  static constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

  static std::size_t slot_of(std::string_view user_id);
  static void mark(db::Transaction& tx, std::size_t slot, Instant now);
  void read() const;

  db::Database& database_;
  db::Changes& changes_;
  const Clock& clock_;
  std::vector<std::function<void(db::Session&)>> followers_;
  mutable std::mutex mutex_;                         // of those who read
  mutable std::int64_t known_ = -1;                  // no row with a greater number was seen
  mutable std::atomic<std::uint64_t> seen_{kNever};  // the database's version of that
  mutable std::array<std::atomic<std::uint64_t>, kFirstUser + kUsers> values_{};
};

}  // namespace haneul::keystone
