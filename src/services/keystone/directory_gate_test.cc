#include "services/keystone/directory_gate.h"

#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/fault.h"

namespace haneul::keystone {
namespace {

using Pass = DirectoryGate::Pass;

class DirectoryGateTest : public ::testing::Test {
 protected:
  bool is_open(const char* domain) {
    try {
      Pass pass(gate, domain);
      return true;
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), Fault::Kind::unavailable);
      return false;
    }
  }
  void fail(const char* domain) {
    Pass pass(gate, domain);
    pass.failed();
  }
  ManualClock clock;
  DirectoryGate gate{clock};
};

TEST_F(DirectoryGateTest, LetsFewCallsOfADomainStay) {
  std::list<Pass> passes;
  for (int i = 0; i < 3; ++i) passes.emplace_back(gate, "a");
  EXPECT_FALSE(is_open("a"));
  EXPECT_TRUE(is_open("b"));
  passes.pop_back();
  EXPECT_TRUE(is_open("a"));
}

TEST_F(DirectoryGateTest, LetsFewCallsOfAllStay) {
  std::list<Pass> passes;
  for (int i = 0; i < 3; ++i) passes.emplace_back(gate, "a");
  for (int i = 0; i < 2; ++i) passes.emplace_back(gate, "b");
  EXPECT_FALSE(is_open("c"));
}

TEST_F(DirectoryGateTest, WaitsForAPlace) {
  std::list<Pass> passes;
  for (int i = 0; i < 3; ++i) passes.emplace_back(gate, "a");
  std::optional<bool> open;
  std::thread waiter([&] { open = is_open("a"); });
  passes.pop_front();
  waiter.join();
  EXPECT_TRUE(*open);
}

TEST_F(DirectoryGateTest, IsShutForAWhileAfterAFailure) {
  fail("a");
  EXPECT_FALSE(is_open("a"));
  EXPECT_TRUE(is_open("b"));
  clock.advance(std::chrono::seconds(3));
  {
    Pass trial(gate, "a");
    EXPECT_FALSE(is_open("a"));  // one at a time until it has answered
    trial.succeeded();
  }
  Pass one(gate, "a");
  EXPECT_TRUE(is_open("a"));
}

}  // namespace
}  // namespace haneul::keystone
