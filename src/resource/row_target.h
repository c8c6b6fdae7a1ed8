#pragma once
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

// A row as policies see it, with what they ask of other rows put beside it: "network:project_id"
// and the like. Added facts win over the row's own.
class RowFacts final : public access::Target {
 public:
  RowFacts(const Resource& resource, const void* row) : row_(resource, row) {}
  void add(std::string_view name, std::string value);
  void add(std::string_view name, bool value);
  std::optional<access::TargetValue> get(std::string_view name) const override;

 private:
  RowTarget row_;
  std::deque<std::pair<std::string_view, std::string>> texts_;
  std::vector<std::pair<std::string_view, bool>> flags_;
};

}  // namespace haneul::resource
