#include "drivers/virt/accel.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "base/process.h"
#include "drivers/virt/boot_probe.h"
#include "drivers/virt/driver.h"

namespace haneul::virt {
namespace {

constexpr std::chrono::milliseconds kProofMax{3'000};

bool write_whole(const std::string& path, std::string_view content) {
  const std::string part = path + ".part";
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << content;
    out.close();
    if (!out) return false;
  }
  return std::rename(part.c_str(), path.c_str()) == 0;
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What must be the same for a proof to hold. A boot is part of it, so that a host that was merely
// too slow once is not slow for ever.
std::string circumstances(std::int64_t qemu_version) {
  utsname system{};
  ::uname(&system);
  auto boot = read_whole("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  return fmt::format("kernel {} boot {} qemu {}", system.release, boot, qemu_version);
}

}  // namespace

bool runs_a_guest(const std::string& accelerator, const std::string& state_dir,
                  std::chrono::milliseconds time_max) {
  if (boot_probe().empty()) return false;
  const std::string sector = state_dir + "/accel-proof.img";
  if (!write_whole(sector, boot_probe())) return false;
  const auto end =
      run_process({"qemu-system-x86_64", "-no-user-config", "-nodefaults", "-display", "none",
                   "-machine", "pc,accel=" + accelerator, "-m", "16", "-drive",
                   fmt::format("file={},format=raw,if=ide,readonly=off,snapshot=on", sector),
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=1"},
                  {.time_max = time_max});
  ::unlink(sector.c_str());
  return end && end->exit_status == kBootProbeExitStatus;
}

bool choose_kvm(Accel wanted, const std::string& state_dir, std::int64_t qemu_version) {
  if (wanted == Accel::tcg || ::access("/dev/kvm", F_OK) != 0) {
    if (wanted == Accel::kvm) throw Error("KVM was demanded, but this host has no /dev/kvm.");
    return false;
  }
  const std::string path = state_dir + "/kvm-proof";
  const std::string here = circumstances(qemu_version);
  const std::string proof = read_whole(path);
  bool works = proof == here + ": works\n";
  if (!works && (wanted == Accel::kvm || proof != here + ": fails\n")) {
    works = runs_a_guest("kvm", state_dir, kProofMax);
    write_whole(path, here + (works ? ": works\n" : ": fails\n"));
    log::info("tried KVM with a test guest", {{"works", works}});
  }
  if (wanted == Accel::kvm && !works) {
    throw Error("KVM was demanded, but a test guest did not run under it.");
  }
  return works;
}

}  // namespace haneul::virt
