#include "services/glance/logic/format_inspector.h"

#include "services/glance/fixture.h"

namespace haneul::glance {
namespace {

std::string check(const std::string& bytes, std::string_view disk_format) {
  StreamWindow window;
  // In odd pieces, as they come from a network.
  for (std::size_t at = 0; at < bytes.size(); at += 777) {
    window.feed(std::string_view(bytes).substr(at, 777));
  }
  const auto result = check_format(window, disk_format, "bare", true);
  return result ? std::to_string(*result) : result.reason();
}

TEST(FormatInspector, KnowsTheSizeOfAQcow2Disk) {
  EXPECT_EQ(check(qcow2(), "qcow2"), "1048576");
  EXPECT_EQ(check(qcow2(), "raw"), "65536") << "declared raw is taken as its bytes";
  EXPECT_EQ(check(qcow2(), "vmdk"), "Image disk_format vmdk does not match stream data qcow2");
  EXPECT_EQ(check("hello", "qcow2"), "Image disk_format qcow2 does not match stream data raw");
  EXPECT_EQ(check("hello", "raw"), "5");
  EXPECT_EQ(check("", "raw"), "0");
  EXPECT_EQ(check("hello", "ami"), "0") << "not inspectable: size unknown";
}

TEST(FormatInspector, RefusesHostileQcow2WhateverIsDeclared) {
  const std::vector<std::string> hostile = {
      qcow2({{8, big(0x200, 8) + big(11, 4)}}),  // a backing file
      qcow2({{72, big(4, 8)}}),                  // a data file
      qcow2({{72, big(1 << 4, 8)}}),             // extended L2: not known
      qcow2({{72, big(std::uint64_t{1} << 63, 8)}}),
      qcow2({{4, big(4, 4)}}),
      qcow2({{4, big(1, 4)}}),
      qcow2({{4, big(0, 4)}}),
      qcow2({{20, big(63, 4)}}),
      qcow2({{20, big(0, 4)}}),
      qcow2({{36, big(0xffffffff, 4)}}),  // L1 of 32 GiB
      qcow2({{24, big(UINT64_MAX, 8)}}),
      qcow2({{100, big(0xfffffff0, 4)}}),
      qcow2({{100, big(8, 4)}})};
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    EXPECT_EQ(check(hostile[i], "qcow2"), "Image failed safety checks") << i;
    EXPECT_EQ(check(hostile[i], "raw"), "Image failed safety checks") << i;
  }
}

TEST(FormatInspector, CutAndRandomHeadersDoNotHurt) {
  const auto whole = qcow2();
  for (const std::size_t n : {0u, 1u, 3u, 4u, 71u, 104u, 511u, 512u}) {
    EXPECT_FALSE(check(whole.substr(0, n), "qcow2").empty());
  }
  for (int i = 0; i < 300; ++i) {
    std::string noise = random_bytes(700);
    const std::string_view magics[] = {"QFI\xfb", "KDMV", "vhdxfile", "conectix", "LUKS\xba\xbe"};
    noise.replace(0, magics[i % 5].size(), magics[i % 5]);
    EXPECT_FALSE(check(noise, "raw").empty());
  }
}

TEST(FormatInspector, TellsIsoAndPartitionsApart) {
  std::string iso(40'960, '\0');
  iso.replace(32'768, 6,
              "\x01"
              "CD001");
  iso.replace(32'768 + 80, 2, "\x14\x00");
  iso.replace(32'768 + 128, 2, std::string("\x00\x08", 2));
  EXPECT_EQ(check(iso, "iso"), std::to_string(20 * 2048));
  EXPECT_EQ(check(iso, "qcow2"), "Image disk_format qcow2 does not match stream data iso");
  iso.replace(510, 2, "\x55\xaa");
  EXPECT_EQ(check(iso, "iso"), std::to_string(20 * 2048)) << "a hybrid is an ISO";
  std::string disk(1024, '\0');
  disk.replace(510, 2, "\x55\xaa");
  EXPECT_EQ(check(disk, "raw"), "1024") << "an odd partition table is no danger";
  std::string both = qcow2();
  both.replace(510, 2, "\x55\xaa");
  EXPECT_EQ(check(both, "qcow2"), "Multiple formats detected: qcow2,gpt");
}

TEST(FormatInspector, ReadsVmdkDescriptors) {
  const auto descriptor = [](const std::string& type, const std::string& extent) {
    return "# Disk DescriptorFile\nversion=1\ncreateType=\"" + type + "\"\n" + extent + "\n";
  };
  const auto sparse = [&](const std::string& type, const std::string& extent) {
    std::string out(66'048, '\0');
    out.replace(0, 4, "KDMV");
    out[4] = 1;
    out[12] = 8;   // sectors of the disk
    out[28] = 1;   // the descriptor's sector
    out[36] = 20;  // its sectors
    const auto text = descriptor(type, extent);
    out.replace(512, text.size(), text);
    return out;
  };
  EXPECT_EQ(check(sparse("monolithicSparse", "RW 8 SPARSE \"a.vmdk\""), "vmdk"), "4096");
  for (const auto& bad :
       {sparse("monolithicFlat", "RW 8 FLAT \"a.vmdk\" 0"),
        sparse("monolithicSparse", "RW 8 SPARSE \"/etc/passwd\""), sparse("monolithicSparse", ""),
        descriptor("monolithicFlat", "RW 8 FLAT \"/etc/passwd\" 0")}) {
    EXPECT_EQ(check(bad, "vmdk"), "Image failed safety checks");
  }
}

TEST(FormatInspector, OtherContainersAreNotLookedInto) {
  StreamWindow window;
  window.feed(qcow2({{8, big(1, 8)}}));
  EXPECT_TRUE(check_format(window, "raw", "ova", true));
}

}  // namespace
}  // namespace haneul::glance
