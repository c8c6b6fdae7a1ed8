#pragma once
#include <array>
#include <cstddef>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access/access_rule.h"
#include "access/caller.h"
#include "services/keystone/epochs.h"
#include "services/keystone/logic/token_payload.h"

namespace haneul::keystone {

// A token that was good when it was looked into, with the answer to "show this token" written out.
struct ValidToken {
  TokenPayload payload;
  std::shared_ptr<const access::Caller> caller;
  std::string body;  // {"token": {… without the closing brackets and the catalog
  std::shared_ptr<const std::string> catalog;       // a JSON array; null for an unscoped token
  std::optional<access::AccessRules> access_rules;  // the only calls that it is good for
  Epochs::Stamp stamp;
  Instant good_until{std::numeric_limits<std::int64_t>::max()};  // then it must be looked into anew
  std::uint64_t keys_generation = 0;  // of the keys that it was read or made with

  std::size_t bytes() const {
    const auto rules = access_rules ? access_rules->size() : 0;
    return sizeof(*this) + body.capacity() + 1500 + rules * 400;
  }
};

// Least recently used go first. A hit costs a hash and a short lock of one of many shards. Whether
// an entry still holds is the asker's business (stamp and expiry).
class TokenCache {
 public:
  struct Limits {
    std::size_t entries_max = 100'000;
    std::size_t bytes_max = 128 * 1024 * 1024;
  };
  explicit TokenCache(Limits limits);

  std::shared_ptr<const ValidToken> find(std::string_view text);
  void put(std::string_view text, std::shared_ptr<const ValidToken> token);
  void drop(std::string_view text);
  std::size_t size() const;

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<const ValidToken> token;
    std::size_t bytes;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> recent;  // latest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text;
    std::size_t bytes = 0;

    void erase(std::list<Entry>::iterator at);
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard(std::string_view text) {
    return shards_[std::hash<std::string_view>()(text) % kShards];
  }

  const Limits per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace haneul::keystone
