#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "drivers/cache/cache.h"
#include "services/keystone/token_cache.h"

namespace haneul::keystone {

// What tokens stand for, in a cache that the processes of a cloud share. Whoever reads it learns
// what "show token" says of whom, but no token; whoever writes it can change nothing: entries are
// found and believed by HMACs with a key that is in a file beside the token keys, over the token's
// text and the epochs that it was looked into under. Whether a token is one, has expired or is
// revoked is asked before and elsewhere. Safe from any thread.
class SharedTokens {
 public:
  // No cache: it finds nothing. Makes the key if there is none; throws std::runtime_error.
  SharedTokens(std::unique_ptr<cache::Cache> cache, const std::filesystem::path& key_directory,
               std::chrono::seconds lifetime);

  // Without its catalog; null if it is not there. `payload` is what the text says.
  std::shared_ptr<ValidToken> find(std::string_view text, const TokenPayload& payload,
                                   Epochs::Stamp stamp) const;
  void put(std::string_view text, const ValidToken& token) const;

 private:
  std::string name_of(std::string_view text, Epochs::Stamp stamp) const;
  std::string seal(std::string_view name, std::string_view content) const;

  const std::unique_ptr<cache::Cache> cache_;
  const std::string key_;
  const std::chrono::seconds lifetime_;
};

}  // namespace haneul::keystone
