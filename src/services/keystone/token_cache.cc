#include "services/keystone/token_cache.h"

#include <algorithm>

namespace haneul::keystone {

TokenCache::TokenCache(Limits limits)
    : per_shard_{(limits.entries_max + kShards - 1) / kShards, limits.bytes_max / kShards} {}

void TokenCache::Shard::erase(std::list<Entry>::iterator at) {
  bytes -= at->bytes;
  by_text.erase(at->text);
  recent.erase(at);
}

std::shared_ptr<const ValidToken> TokenCache::find(std::string_view text) {
  Shard& s = shard(text);
  const std::lock_guard lock(s.mutex);
  const auto found = s.by_text.find(text);
  if (found == s.by_text.end()) return nullptr;
  s.recent.splice(s.recent.begin(), s.recent, found->second);
  return found->second->token;
}

void TokenCache::put(std::string_view text, std::shared_ptr<const ValidToken> token) {
  Shard& s = shard(text);
  const std::size_t bytes = token->bytes() + text.size();
  const std::lock_guard lock(s.mutex);
  const auto found = s.by_text.find(text);
  if (found != s.by_text.end()) s.erase(found->second);
  s.recent.push_front({std::string(text), std::move(token), bytes});
  s.by_text.emplace(s.recent.front().text, s.recent.begin());
  s.bytes += bytes;
  while (s.recent.size() > per_shard_.entries_max || s.bytes > per_shard_.bytes_max) {
    s.erase(std::prev(s.recent.end()));
  }
}

void TokenCache::drop(std::string_view text) {
  Shard& s = shard(text);
  const std::lock_guard lock(s.mutex);
  const auto found = s.by_text.find(text);
  if (found != s.by_text.end()) s.erase(found->second);
}

std::size_t TokenCache::size() const {
  std::size_t count = 0;
  for (const Shard& s : shards_) {
    const std::lock_guard lock(s.mutex);
    count += s.recent.size();
  }
  return count;
}

}  // namespace haneul::keystone
