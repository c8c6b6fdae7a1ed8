#pragma once
#include <deque>
#include <string>
#include <string_view>

#include "access/target.h"
#include "resource/resource.h"

namespace haneul::resource {

// A row as policies see it: its wire names, "tenant_id" for project_id, and the same behind
// "target.<singular>.".
class RowTarget final : public access::Target {
 public:
  RowTarget(const Resource& resource, const void* row) : resource_(resource), row_(row) {}
  std::optional<access::TargetValue> get(std::string_view name) const override;

 private:
  const Resource& resource_;
  const void* row_;
  mutable std::deque<std::string> made_;  // text that no member holds
};

}  // namespace haneul::resource
