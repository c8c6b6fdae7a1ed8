#include "services/keystone/logic/totp.h"

#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

constexpr std::string_view kRfc = "12345678901234567890";  // the secret of RFC 6238's appendix B
constexpr std::string_view kRfcInBase32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

std::string at(std::int64_t seconds) {
  return totp_passcode(kRfc, totp_step(Instant::from_seconds(seconds)));
}

// The last six of the eight digits given there.
TEST(Totp, HasThePasscodesOfTheRfc) {
  EXPECT_EQ(at(59), "287082");
  EXPECT_EQ(at(1'111'111'109), "081804");
  EXPECT_EQ(at(1'111'111'111), "050471");
  EXPECT_EQ(at(1'234'567'890), "005924");
  EXPECT_EQ(at(2'000'000'000), "279037");
  EXPECT_EQ(at(20'000'000'000), "353130");
}

TEST(Totp, ReadsSecretsAsPythonDoes) {
  EXPECT_EQ(totp_secret(kRfcInBase32), kRfc);
  EXPECT_EQ(totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY"), "1234567890123456");
  EXPECT_EQ(totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY======"), "1234567890123456");
  EXPECT_EQ(totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGZ"), "1234567890123456");  // loose bits
  EXPECT_EQ(totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3T="), "12345678901234567");
  for (const char* bad : {"", "0", "GEZDGNBV", "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
                          "GEZDGNBVGY3TQOJQGEZDGNBVGYB", "GEZDGNBV GY3TQOJQGEZDGNBVGY3TQOJQ",
                          "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ========", "========"}) {
    EXPECT_FALSE(totp_secret(bad)) << bad;
  }
}

TEST(Totp, TakesPasscodesOfPreviousSteps) {
  const Instant now = Instant::from_seconds(1'111'111'109);
  const auto step = totp_step(now);
  EXPECT_EQ(totp_step_of(kRfc, "081804", now, 0), step);
  EXPECT_EQ(totp_step_of(kRfc, "081804", now + std::chrono::seconds(30), 1), step);
  EXPECT_FALSE(totp_step_of(kRfc, "081804", now + std::chrono::seconds(30), 0));
  EXPECT_FALSE(totp_step_of(kRfc, "081804", now + std::chrono::seconds(60), 1));
  EXPECT_FALSE(totp_step_of(kRfc, "081804", now - std::chrono::seconds(30), 10));
}

TEST(Totp, TakesNothingElse) {
  const Instant now = Instant::from_seconds(1'111'111'109);
  for (const char* bad : {"", "081805", "81804", " 081804", "0818040", "08180é"}) {
    EXPECT_FALSE(totp_step_of(kRfc, bad, now, 1)) << bad;
  }
  EXPECT_FALSE(totp_step_of("other secret 1234", "081804", now, 10));
}

}  // namespace
}  // namespace haneul::keystone
