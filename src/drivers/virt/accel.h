#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace haneul::virt {

enum class Accel { automatic, kvm, tcg };

// Starts a tiny guest under QEMU's accelerator ("kvm", "tcg") and sees whether it runs to its end
// within the time; false in every other case. The test guest is killed then.
bool runs_a_guest(const std::string& accelerator, const std::string& state_dir,
                  std::chrono::milliseconds time_max);

// Whether guests are to run under KVM. The proof is made once for each kernel and QEMU and kept in
// the state directory. Throws Error if KVM was demanded and does not work.
bool choose_kvm(Accel wanted, const std::string& state_dir, std::int64_t qemu_version);

}  // namespace haneul::virt
