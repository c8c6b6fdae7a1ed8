#pragma once
#include <string_view>

namespace haneul::virt {

// What QEMU's exit status is when the probe ran to its end: (kBootProbeCode << 1) | 1.
constexpr int kBootProbeExitStatus = 0x35 * 2 + 1;

// A boot sector of 512 bytes that proves a processor works: it writes "haneul" to the first serial
// port in real mode, goes through protected mode with paging into 64-bit mode, sums up there, and
// tells the result to isa-debug-exit at port 0xf4. Empty on other machines than x86-64.
std::string_view boot_probe();

}  // namespace haneul::virt
