#include "drivers/directory/ldap_directory.h"

#include <deque>
#include <mutex>
#include <thread>

#include "drivers/directory/ldap_connection.h"

namespace haneul::directory {
namespace {

using Clock = std::chrono::steady_clock;

class LdapDirectory final : public Directory {
 public:
  explicit LdapDirectory(Settings settings) : settings_(std::move(settings)) {}

  std::vector<Entry> search(const Search& wanted) override;
  bool accepts(const std::string& dn, const std::string& password) override;

 private:
  using Held = std::unique_ptr<LdapConnection>;

  Clock::time_point deadline() const { return Clock::now() + settings_.call_timeout; }
  Held idle();  // null if none is kept
  Held connected(Clock::time_point deadline) const;
  void keep(Held connection);

  const Settings settings_;
  std::mutex mutex_;
  std::deque<Held> idle_;
};

LdapDirectory::Held LdapDirectory::idle() {
  const std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    Held last = std::move(idle_.back());
    idle_.pop_back();
    if (Clock::now() - last->since() < settings_.kept_for) return last;
  }
  return nullptr;
}

void LdapDirectory::keep(Held connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < settings_.kept_max) idle_.push_back(std::move(connection));
}

LdapDirectory::Held LdapDirectory::connected(Clock::time_point deadline) const {
  for (std::size_t attempt = 1;; ++attempt) {
    try {
      auto connection = std::make_unique<LdapConnection>(settings_);
      const std::string& password = settings_.user.empty() ? settings_.user : settings_.password;
      if (connection->bind(settings_.user, password, deadline)) return connection;
      throw Error("the directory does not take the name and password to search with");
    } catch (const Unreachable&) {
      const auto next = Clock::now() + settings_.attempt_delay;
      if (attempt >= settings_.attempts || next >= deadline) throw;
      std::this_thread::sleep_until(next);
    }
  }
}

// A connection that was kept may have been closed by the server meanwhile: then a new one.
std::vector<Entry> LdapDirectory::search(const Search& wanted) {
  const auto until = deadline();
  if (Held kept = idle()) {
    try {
      auto found = kept->search(wanted, until);
      keep(std::move(kept));
      return found;
    } catch (const Unreachable&) {
      if (Clock::now() >= until) throw;
    }
  }
  Held fresh = connected(until);
  auto found = fresh->search(wanted, until);
  keep(std::move(fresh));
  return found;
}

bool LdapDirectory::accepts(const std::string& dn, const std::string& password) {
  if (dn.empty() || password.empty()) return false;  // that would be nobody's bind, and succeed
  LdapConnection connection(settings_);
  return connection.bind(dn, password, deadline());
}

}  // namespace

std::shared_ptr<Directory> open_ldap(const Settings& settings) {
  return std::make_shared<LdapDirectory>(settings);
}

}  // namespace haneul::directory
