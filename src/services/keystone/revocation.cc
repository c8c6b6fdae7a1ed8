#include "services/keystone/revocation.h"

#include <algorithm>
#include <mutex>

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

Revocations::Revocations(Epochs& epochs) : epochs_(epochs) {
  epochs.along([this](db::Session& session) { follow(session); });
}

void Revocations::follow(db::Session& session) {
  db::Rows rows = session.query(
      "SELECT id, what, value, issued_before FROM revocation_events WHERE id > ? ORDER BY id",
      {last_row_});
  const std::unique_lock lock(mutex_);
  while (rows.next()) {
    auto& seconds = seconds_by_key_[key_of(rows.text(1), rows.text(2))];
    seconds = std::max(seconds, rows.instant(3).seconds());
    last_row_ = rows.integer(0);
  }
}

namespace {

// Twice in one second: the second revocation must cover what was dated ahead after the first.
std::int64_t second_of(db::Session& session, std::string_view what, std::string_view value,
                       Instant now) {
  const auto last = session.integer(
      "SELECT MAX(issued_before) FROM revocation_events WHERE what = ? AND value = ?",
      {what, value});
  if (!last || Instant{*last}.seconds() < now.seconds()) return now.seconds();
  return Instant{*last}.seconds() + 1;
}

void write_down(db::Transaction& tx, Revocations::What what, std::string_view value, Instant now) {
  const auto name = name_of(what);
  tx.execute(
      "INSERT INTO revocation_events (what, value, issued_before, revoked_at) "
      "VALUES (?, ?, ?, ?)",
      {name, value, Instant::from_seconds(second_of(tx, name, value, now)), now.truncated()});
}

}  // namespace

void Revocations::add(db::Transaction& tx, What what, std::string_view value, Instant now) {
  write_down(tx, what, value, now);
  what == What::user ? epochs_.change_user(tx, value) : epochs_.change_all(tx);
}

void Revocations::add(db::Transaction& tx, What what, std::string_view value,
                      std::string_view user_id, Instant now) {
  write_down(tx, what, value, now);
  epochs_.change_user(tx, user_id);
}

std::int64_t Revocations::of_user(const TokenPayload& token) const {
  const auto found = seconds_by_key_.find(key_of(name_of(What::user), token.user_id));
  return found == seconds_by_key_.end() ? -1 : found->second;
}

bool Revocations::covers(const TokenPayload& token) const {
  epochs_.catch_up();
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
  epochs_.catch_up();
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
