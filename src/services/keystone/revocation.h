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

// Tokens that are void before they expire: rows, and the same in memory, which follows what any
// process over the database writes as the epochs do. Safe from any thread.
// upstream: openstack/keystone:keystone/models/revoke_model.py
class Revocations {
 public:
  enum class What { user, project, audit, chain, trust, application_credential };

  // `epochs` must outlive it.
  explicit Revocations(Epochs& epochs);

  // As soon as the commit has returned, tokens are void: the user's issued up to `now`; all of
  // anything else, whose ids never come back.
  void add(db::Transaction& tx, What what, std::string_view value, Instant now);
  // The same for what concerns only this user's tokens.
  void add(db::Transaction& tx, What what, std::string_view value, std::string_view user_id,
           Instant now);
  bool covers(const TokenPayload& token) const;
  // What a token made now must say: tokens know only seconds, so one made in the second of a
  // revocation that it must survive is dated a second later.
  Instant issue_time(const TokenPayload& token, Instant now) const;
  // Forgets events so old that no token they cover can still live.
  void prune(db::Database& database, Instant revoked_before);

 private:
  void follow(db::Session& session);
  std::int64_t of_user(const TokenPayload& token) const;  // seconds; -1 for none

  Epochs& epochs_;
  std::int64_t last_row_ = 0;  // of those read; only follow() uses it
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::int64_t> seconds_by_key_;
};

}  // namespace haneul::keystone
