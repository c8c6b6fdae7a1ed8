#include "services/keystone/revocation.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace haneul::keystone {
namespace {

constexpr std::string_view kNames[] = {"user",  "project", "audit",
                                       "chain", "trust",   "application_credential"};

std::string_view name_of(Revocations::What what) {
  return kNames[static_cast<std::size_t>(what)];
}

std::string key_of(std::string_view what, std::string_view value) {
  std::string key;
  key.reserve(what.size() + value.size() + 1);
  return key.append(what).append("/").append(value);
}

}  // namespace

void Revocations::load(db::Session& session) {
  const std::unique_lock lock(mutex_);
  db::Rows rows = session.query("SELECT what, value, issued_before FROM revocation_events");
  while (rows.next()) {
    auto& seconds = seconds_by_key_[key_of(rows.text(0), rows.text(1))];
    seconds = std::max(seconds, rows.instant(2).seconds());
  }
}

std::int64_t Revocations::next_second(const std::string& key, Instant now) const {
  const auto found = seconds_by_key_.find(key);
  if (found == seconds_by_key_.end() || found->second < now.seconds()) return now.seconds();
  return found->second + 1;
}

void Revocations::add(db::Transaction& tx, Epochs& epochs, What what, std::string_view value,
                      Instant now) {
  keep(tx, what, value, now);
  what == What::user ? epochs.change_user(tx, value) : epochs.change_all(tx);
}

void Revocations::add(db::Transaction& tx, Epochs& epochs, What what, std::string_view value,
                      std::string_view user_id, Instant now) {
  keep(tx, what, value, now);
  epochs.change_user(tx, user_id);
}

void Revocations::keep(db::Transaction& tx, What what, std::string_view value, Instant now) {
  const std::string key = key_of(name_of(what), value);
  const auto second = [&] {
    const std::shared_lock lock(mutex_);
    return next_second(key, now);
  }();
  tx.execute(
      "INSERT INTO revocation_events (what, value, issued_before, revoked_at) "
      "VALUES (?, ?, ?, ?)",
      {name_of(what), value, Instant::from_seconds(second), now.truncated()});
  tx.after_commit([this, key, now] {
    const std::unique_lock lock(mutex_);
    seconds_by_key_[key] = next_second(key, now);
  });
}

std::int64_t Revocations::of_user(const TokenPayload& token) const {
  const auto found = seconds_by_key_.find(key_of(name_of(What::user), token.user_id));
  return found == seconds_by_key_.end() ? -1 : found->second;
}

bool Revocations::covers(const TokenPayload& token) const {
  const std::shared_lock lock(mutex_);
  if (seconds_by_key_.empty()) return false;
  const auto gone = [&](What what, const std::string& value) {
    return !value.empty() && seconds_by_key_.contains(key_of(name_of(what), value));
  };
  const auto& audit = token.audit_ids;
  return token.issued_at.seconds() <= of_user(token) || gone(What::project, token.project_id) ||
         gone(What::trust, token.trust_id) ||
         gone(What::application_credential, token.app_cred_id) ||
         (!audit.empty() && gone(What::audit, audit.front())) ||
         (!audit.empty() && gone(What::chain, audit.back()));
}

Instant Revocations::issue_time(const TokenPayload& token, Instant now) const {
  const std::shared_lock lock(mutex_);
  return Instant::from_seconds(std::max(now.seconds(), of_user(token) + 1));
}

void Revocations::prune(db::Database& database, Instant revoked_before) {
  database.write([&](db::Transaction& tx) {
    tx.execute("DELETE FROM revocation_events WHERE revoked_at < ?", {revoked_before});
  });
  const std::unique_lock lock(mutex_);
  std::erase_if(seconds_by_key_,
                [&](const auto& entry) { return entry.second < revoked_before.seconds(); });
}

}  // namespace haneul::keystone
