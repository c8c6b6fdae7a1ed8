#pragma once
#include <string>
#include <vector>

#include "drivers/directory/directory.h"

namespace haneul::directory {

// Whether an entry meets a filter; `all` are the entries that chains of members lead through.
// Throws Error for what is no filter.
bool meets(const Entry& entry, const std::string& filter, const std::vector<Entry>& all);

}  // namespace haneul::directory
