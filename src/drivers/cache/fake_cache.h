#pragma once
#include <map>
#include <mutex>

#include "drivers/cache/cache.h"

namespace haneul::cache {

// In memory, without lifetimes; what it holds may be tampered with.
class FakeCache final : public Cache {
 public:
  std::optional<std::string> get(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
  void put(const std::string& key, std::string_view value, std::chrono::seconds) override {
    const std::lock_guard lock(mutex_);
    values[key] = value;
  }

  std::map<std::string, std::string> values;

 private:
  std::mutex mutex_;
};

}  // namespace haneul::cache
