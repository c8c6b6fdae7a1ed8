#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "db/database.h"

namespace haneul::keystone {

// Tells whether what was derived from the tables may still hold. Take a stamp before reading;
// while at() gives the same stamp, nothing that matters to this user's tokens has changed since.
// Safe from any thread.
class Epochs {
 public:
  struct Stamp {
    std::uint64_t all = 0, user = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp at(std::string_view user_id) const { return {all_.load(), slot(user_id).load()}; }
  std::uint64_t all() const { return all_.load(); }

  // Roles, projects, domains, groups, the catalog: whatever may matter to anybody.
  void change_all(db::Transaction& tx) {
    tx.after_commit([this] { ++all_; });
  }
  // This user alone (and few others who share the slot).
  void change_user(db::Transaction& tx, std::string_view user_id) {
    tx.after_commit([&counter = slot(user_id)] { ++counter; });
  }

 private:
  static constexpr std::size_t kSlots = 4096;
  using Counter = std::atomic<std::uint64_t>;
  const Counter& slot(std::string_view id) const {
    return users_[std::hash<std::string_view>()(id) % kSlots];
  }
  Counter& slot(std::string_view id) { return users_[std::hash<std::string_view>()(id) % kSlots]; }

  Counter all_{0};
  std::array<Counter, kSlots> users_{};
};

}  // namespace haneul::keystone
