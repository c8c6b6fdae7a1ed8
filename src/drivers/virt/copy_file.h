#pragma once
#include <string>

namespace haneul::virt {

// A copy that shares its blocks with the original where the file system can, else one with the
// same holes; on the disk when this returns. Throws Error; what was written may remain.
void copy_file(const std::string& from, const std::string& to);

}  // namespace haneul::virt
