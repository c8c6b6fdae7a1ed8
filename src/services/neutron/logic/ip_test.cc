#include "services/neutron/logic/ip.h"

#include <gtest/gtest.h>

namespace haneul::neutron {
namespace {

Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}
Address address(std::string_view text) {
  return *parse_address(text);
}

TEST(Ip, ReadsWhatIsAnAddressAndNothingElse) {
  EXPECT_EQ(to_text(address("10.0.0.1")), "10.0.0.1");
  EXPECT_EQ(to_text(address("2001:DB8::0:1")), "2001:db8::1");
  for (const char* bad :
       {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "x", "::g", "1::2::3"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "/8", "::/1x"}) {
    EXPECT_FALSE(parse_prefix(bad)) << bad;
  }
}

TEST(Ip, SortKeysSortAsNumbersDo) {
  EXPECT_LT(sort_key(address("9.255.255.255")), sort_key(address("10.0.0.0")));
  EXPECT_EQ(*from_sort_key(sort_key(address("2001:db8::ff"))), address("2001:db8::ff"));
  EXPECT_FALSE(from_sort_key("zzzzzzzz"));
}

TEST(Ip, PoolsGoAroundTheGateway) {
  const auto usual = default_pools(prefix("10.0.0.0/26"), address("10.0.0.1"));
  ASSERT_EQ(usual.size(), 1u);
  EXPECT_EQ(to_text(usual[0].first), "10.0.0.2");
  EXPECT_EQ(to_text(usual[0].last), "10.0.0.62");
  const auto middle = default_pools(prefix("10.0.0.0/24"), address("10.0.0.100"));
  ASSERT_EQ(middle.size(), 2u);
  EXPECT_EQ(to_text(middle[0].last), "10.0.0.99");
  EXPECT_EQ(to_text(middle[1].first), "10.0.0.101");
  EXPECT_EQ(default_pools(prefix("10.0.0.0/31"), {}).size(), 1u);
  EXPECT_EQ(to_text(default_pools(prefix("10.0.0.7/32"), {})[0].last), "10.0.0.7");
  const auto six = default_pools(prefix("2001:db8::/64"), address("2001:db8::1"));
  EXPECT_EQ(to_text(six[0].first), "2001:db8::2");
  EXPECT_EQ(to_text(six[0].last), "2001:db8::ffff:ffff:ffff:ffff");
}

TEST(Ip, PrefixesKnowWhatTheyHold) {
  EXPECT_TRUE(prefix("10.0.0.0/8").contains(prefix("10.1.0.0/16")));
  EXPECT_TRUE(prefix("10.1.0.0/16").overlaps(prefix("10.0.0.0/8")));
  EXPECT_FALSE(prefix("10.0.0.0/24").overlaps(prefix("10.0.1.0/24")));
  EXPECT_FALSE(prefix("10.0.0.0/24").contains(address("::a00:1")));
  EXPECT_EQ(network_text(prefix("10.0.0.77/24")), "10.0.0.0/24");
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.255.255.255")));
  EXPECT_TRUE(prefix("127.0.0.0/24").is_loopback());
  EXPECT_TRUE(prefix("224.0.0.0/24").is_multicast());
}

TEST(Ip, PortsMayNotHaveTheFirstAndLastAddress) {
  EXPECT_FALSE(is_valid_in_subnet(prefix("10.0.0.0/24"), address("10.0.0.0"), true));
  EXPECT_FALSE(is_valid_in_subnet(prefix("10.0.0.0/24"), address("10.0.0.255"), false));
  EXPECT_FALSE(is_valid_in_subnet(prefix("2001:db8::/64"), address("2001:db8::"), false));
  EXPECT_TRUE(is_valid_in_subnet(prefix("2001:db8::/64"), address("2001:db8::"), true));
  EXPECT_TRUE(is_bad_gateway(prefix("10.0.0.0/24"), address("10.0.0.255")));
  EXPECT_FALSE(is_bad_gateway(prefix("10.0.0.0/24"), address("192.168.0.0")));
}

TEST(Ip, MacsAndTheirAddresses) {
  EXPECT_EQ(parse_mac("FA-16-3E-00-00-01"), "fa:16:3e:00:00:01");
  for (const char* bad : {"", "fa:16:3e:00:00", "fa:16-3e:00:00:01", "00:00:00:00:00:00",
                          "ga:16:3e:00:00:01", "fa:16:3e:00:00:011"}) {
    EXPECT_FALSE(parse_mac(bad)) << bad;
  }
  const auto own = eui64(prefix("2001:db8::/64"), "fa:16:3e:00:00:01");
  EXPECT_EQ(to_text(own), "2001:db8::f816:3eff:fe00:1");
  EXPECT_TRUE(is_eui64(own));
  EXPECT_FALSE(is_eui64(address("2001:db8::1")));
}

}  // namespace
}  // namespace haneul::neutron
