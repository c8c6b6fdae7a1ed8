#include "drivers/virt/host_facts.h"

#include <gtest/gtest.h>

namespace haneul::virt {
namespace {

TEST(HostFacts, TheMachineIsPlausible) {
  HostFacts f;
  read_machine(f, "/");
  EXPECT_GT(f.vcpus, 0);
  EXPECT_GT(f.memory_mib, 0);
  EXPECT_GE(f.memory_used_mib, 0);
  EXPECT_LE(f.memory_used_mib, f.memory_mib);
  EXPECT_LE(f.disk_free_gib, f.disk_gib);
  EXPECT_FALSE(f.hostname.empty());
  f.hostname = "given";
  read_machine(f, "/");
  EXPECT_EQ(f.hostname, "given");
}

TEST(HostFacts, CapabilitiesAreRead) {
  HostFacts f;
  read_capabilities(f, R"(<capabilities><host><uuid>x</uuid>
    <cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
      <topology sockets='2' dies='1' cores='16' threads='2'/>
      <feature name='aes'/><feature name='avx2'/></cpu>
    <power_management/></host><guest><feature name='no'/></guest></capabilities>)");
  EXPECT_EQ(f.cpu_arch, "x86_64");
  EXPECT_EQ(f.cpu_model, "EPYC");
  EXPECT_EQ(f.cpu_vendor, "AMD");
  EXPECT_EQ(f.cpu_sockets, 2);
  EXPECT_EQ(f.cpu_cores, 16);
  EXPECT_EQ(f.cpu_threads, 2);
  EXPECT_EQ(f.cpu_features, (std::vector<std::string>{"aes", "avx2"}));
}

TEST(HostFacts, StrangeCapabilitiesLeaveWhatWasThere) {
  for (const char* xml : {"", "<host>", "<host><cpu></host>",
                          "<host><cpu><topology sockets='x'/>"
                          "<feature name=''/></cpu></host>"}) {
    HostFacts f;
    f.cpu_arch = "x86_64";
    read_capabilities(f, xml);
    EXPECT_EQ(f.cpu_arch, "x86_64");
    EXPECT_EQ(f.cpu_sockets, 1);
    EXPECT_TRUE(f.cpu_features.empty());
  }
}

}  // namespace
}  // namespace haneul::virt
