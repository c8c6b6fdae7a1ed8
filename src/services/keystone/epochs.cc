#include "services/keystone/epochs.h"

#include <algorithm>

namespace haneul::keystone {

Epochs::Epochs(db::Database& database, const Clock& clock)
    : database_(database), changes_(db::changes_of(database)), clock_(clock) {}

// FNV-1a: std::hash need not be the same in another process.
std::size_t Epochs::slot_of(std::string_view user_id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : user_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return kFirstUser + (hash ^ hash >> 32) % kUsers;
}

// Greater than all before, so that those who follow read nothing twice; and of the time, so that
// what was kept of a database that is no more never looks current in the copy that followed it.
void Epochs::mark(db::Transaction& tx, std::size_t slot, Instant now) {
  const auto latest =
      tx.integer("SELECT value FROM keystone_epochs ORDER BY value DESC LIMIT 1").value_or(0);
  tx.execute(
      "INSERT INTO keystone_epochs (slot, value) VALUES (?, ?) "
      "ON CONFLICT (slot) DO UPDATE SET value = excluded.value",
      {static_cast<std::int64_t>(slot), std::max(latest + 1, now.micros)});
}

std::uint64_t Epochs::directories_seen_by(db::Session& session) {
  const auto value = session.integer("SELECT value FROM keystone_epochs WHERE slot = ?",
                                     {static_cast<std::int64_t>(kDirectories)});
  return static_cast<std::uint64_t>(value.value_or(0));
}

// The version is asked first: what is committed meanwhile makes it another one.
void Epochs::read() const {
  const std::lock_guard lock(mutex_);
  const auto version = changes_.version();
  if (version == seen_.load()) return;
  database_.read([&](db::Session& session) {
    std::vector<std::pair<std::size_t, std::int64_t>> moved;
    {
      db::Rows rows = session.query(
          "SELECT slot, value FROM keystone_epochs WHERE value > ? ORDER BY value", {known_});
      while (rows.next()) {
        moved.emplace_back(static_cast<std::size_t>(rows.integer(0)), rows.integer(1));
      }
    }
    if (moved.empty() && known_ >= 0) return;
    for (const auto& follow : followers_) follow(session);
    for (const auto& [slot, value] : moved) {
      if (slot < values_.size()) values_[slot].store(static_cast<std::uint64_t>(value));
    }
    known_ = moved.empty() ? 0 : moved.back().second;
  });
  seen_.store(version, std::memory_order_release);
}

}  // namespace haneul::keystone
