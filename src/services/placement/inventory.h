#pragma once
#include <string>
#include <vector>

#include "resource/form.h"
#include "services/placement/placement.h"

namespace haneul::placement {

// {"total": 4, "reserved": 0, …} with upstream's limits; other keys are refused.
Stock read_stock(resource::Form& form, std::string resource_class);
// {"VCPU": {…}, …}
std::vector<Stock> read_stocks(resource::Form form);
std::int64_t read_generation(resource::Form& form);

}  // namespace haneul::placement
