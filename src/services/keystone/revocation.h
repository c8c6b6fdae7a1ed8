#pragma once
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "db/database.h"
#include "services/keystone/epochs.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// Tokens that are void before they expire: rows, and the same in memory. Safe from any thread.
// upstream: openstack/keystone:keystone/models/revoke_model.py
class Revocations {
 public:
  enum class What { user, project, audit, chain, trust, application_credential };

  // Reads the rows; call once the tables exist.
  void load(db::Session& session);
  // As soon as the commit has returned, tokens are void: the user's issued up to `now`; all of
  // anything else, whose ids never come back.
  void add(db::Transaction& tx, Epochs& epochs, What what, std::string_view value, Instant now);
  bool covers(const TokenPayload& token) const;
  // What a token made now must say: tokens know only seconds, so one made in the second of a
  // revocation that it must survive is dated a second later.
  Instant issue_time(const TokenPayload& token, Instant now) const;
  // Forgets events so old that no token they cover can still live.
  void prune(db::Database& database, Instant revoked_before);

 private:
  std::int64_t of_user(const TokenPayload& token) const;  // seconds; -1 for none
  // Twice in one second: the second revocation must cover what was dated ahead after the first.
  std::int64_t next_second(const std::string& key, Instant now) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::int64_t> seconds_by_key_;
};

}  // namespace haneul::keystone
