#include "services/nova/logic/needs.h"

#include <gtest/gtest.h>

namespace haneul::nova {
namespace {

using Specs = std::map<std::string, std::string>;
using Amounts = std::map<std::string, std::int64_t>;
using Names = std::vector<std::string>;

Needs needs(const Specs& specs, const json::Object& image = {}) {
  return needs_of({2, 512, 10}, specs, image);
}

TEST(Needs, AreTheFlavorsSize) {
  EXPECT_EQ(needs({}).resources, (Amounts{{"VCPU", 2}, {"MEMORY_MB", 512}, {"DISK_GB", 10}}));
  EXPECT_EQ(needs_of({1, 64, 0}, {}, {}).resources, (Amounts{{"VCPU", 1}, {"MEMORY_MB", 64}}));
}

TEST(Needs, ExtraSpecsTakeThePlaceOfAClassOrTakeItAway) {
  const auto found = needs({{"resources:VCPU", "0"},
                            {"resources:CUSTOM_GOLD", "3"},
                            {"resources:DISK_GB", "7"},
                            {"resources:MEMORY_MB", "much"}});
  EXPECT_EQ(found.resources, (Amounts{{"CUSTOM_GOLD", 3}, {"DISK_GB", 7}, {"MEMORY_MB", 512}}));
}

TEST(Needs, GroupsAddUpOnOneHost) {
  const auto found = needs({{"resources1:SRIOV_NET_VF", "1"}, {"resources_b:SRIOV_NET_VF", "2"}});
  EXPECT_EQ(found.resources.at("SRIOV_NET_VF"), 3);
  EXPECT_EQ(found.contradiction, "");
  EXPECT_NE(needs({{"resources1:VGPU", "1"}, {"resources2:VGPU", "1"}, {"group_policy", "isolate"}})
                .contradiction,
            "");
}

TEST(Needs, TraitsOfFlavorAndImage) {
  json::Object image;
  image.set("trait:CUSTOM_A", "required");
  image.set("trait:CUSTOM_B", "forbidden");
  image.set("os_distro", "x");
  const auto found = needs({{"trait:HW_CPU_X86_AVX", "required"},
                            {"trait:CUSTOM_SLOW", "forbidden"},
                            {"trait:CUSTOM_ODD", "maybe"},
                            {"trait1:CUSTOM_C", "required"}},
                           image);
  EXPECT_EQ(found.required, (Names{"CUSTOM_A", "CUSTOM_C", "HW_CPU_X86_AVX"}));
  EXPECT_EQ(found.forbidden, Names{"CUSTOM_SLOW"});
  EXPECT_NE(needs({{"trait:CUSTOM_A", "forbidden"}}, image).contradiction, "");
}

TEST(Needs, WhatIsNoSuchKeyCountsForNothing) {
  const auto found = needs({{"resources:vcpu", "9"},
                            {"resources:", "9"},
                            {"resources", "9"},
                            {"resources!:VCPU", "9"},
                            {"trait:lower", "required"},
                            {"traits:CUSTOM_A", "required"}});
  EXPECT_EQ(found.resources, needs({}).resources);
}

}  // namespace
}  // namespace haneul::nova
