#pragma once
#include <vector>

#include "services/keystone/adopt/adopt.h"

namespace haneul::keystone {

// Tables with rows that have no place here, and columns that nobody here has heard of.
std::vector<Adopted> what_is_left(db::Foreign& source);

}  // namespace haneul::keystone
