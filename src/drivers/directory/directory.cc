#include "drivers/directory/directory.h"

#include "base/text.h"

namespace haneul::directory {

const std::vector<std::string>* Entry::find(const std::string& name) const {
  const auto found = attributes.find(lower(name));
  return found == attributes.end() ? nullptr : &found->second;
}

}  // namespace haneul::directory
