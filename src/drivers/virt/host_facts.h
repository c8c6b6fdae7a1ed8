#pragma once
#include <string>
#include <string_view>

#include "drivers/virt/driver.h"

namespace haneul::virt {

// Processors, memory and disk of this machine, from the kernel; `dir` is on the disk that counts.
// Fills the fields that have a meaning without a hypervisor.
void read_machine(HostFacts& facts, const std::string& dir);
// CPU model, vendor, features and topology from libvirt's capabilities; what is absent stays.
void read_capabilities(HostFacts& facts, std::string_view xml);

}  // namespace haneul::virt
