#include <stdexcept>

#include <gtest/gtest.h>

#include "drivers/cache/cache.h"

namespace haneul::cache {
namespace {

TEST(Memcached, KnowsAddressesAsOsloHasThem) {
  ManualClock clock;
  const auto opens = [&](const char* server) {
    try {
      return open_memcached({.servers = {server}}, clock) != nullptr;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  for (const char* good :
       {"localhost", "10.0.0.1:11211", "[::1]", "[::1]:11212", "inet6:[::1]:11211"}) {
    EXPECT_TRUE(opens(good)) << good;
  }
  for (const char* bad : {"", ":11211", "host:", "host:0", "host:70000", "host:x", "[::1", "[]:1",
                          "[::1]x", "inet6:"}) {
    EXPECT_FALSE(opens(bad)) << bad;
  }
  EXPECT_THROW(open_memcached({}, clock), std::runtime_error);
}

TEST(Memcached, ThatIsNotThereHasNothing) {
  ManualClock clock;
  const auto cache = open_memcached({.servers = {"127.0.0.1:1"}}, clock);
  cache->put("key", "value", std::chrono::seconds(1));
  EXPECT_EQ(cache->get("key"), std::nullopt);
}

}  // namespace
}  // namespace haneul::cache
