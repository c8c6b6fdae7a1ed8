#include "resource/row_target.h"

namespace haneul::resource {
namespace {

constexpr std::string_view kPrefix = "target.";

std::string_view without_prefix(std::string_view name, std::string_view singular) {
  if (!name.starts_with(kPrefix)) return name;
  const auto rest = name.substr(kPrefix.size());
  const bool ours = rest.starts_with(singular) && rest.substr(singular.size()).starts_with('.');
  return ours ? rest.substr(singular.size() + 1) : name;
}

}  // namespace

std::optional<access::TargetValue> RowTarget::get(std::string_view asked) const {
  std::string_view name = without_prefix(asked, resource_.singular);
  if (name == "tenant_id") name = "project_id";
  const Field* f = resource_.field_named(name);
  if (!f) f = resource_.field_in_column(name);
  if (!f) return std::nullopt;
  const void* member = f->member(const_cast<void*>(row_));
  if (f->codec == &kText) return *static_cast<const std::string*>(member);
  if (f->codec == &kBool) return *static_cast<const bool*>(member);
  if (f->codec == &kInteger) return *static_cast<const std::int64_t*>(member);
  auto text = f->codec->text(member);
  if (!text) return access::TargetValue(nullptr);
  return std::string_view(made_.emplace_back(std::move(*text)));
}

void RowFacts::add(std::string_view name, std::string value) {
  texts_.emplace_back(name, std::move(value));
}

void RowFacts::add(std::string_view name, bool value) {
  flags_.emplace_back(name, value);
}

std::optional<access::TargetValue> RowFacts::get(std::string_view name) const {
  for (const auto& [key, value] : texts_) {
    if (key == name) return access::TargetValue(std::string_view(value));
  }
  for (const auto& [key, value] : flags_) {
    if (key == name) return access::TargetValue(value);
  }
  return row_.get(name);
}

}  // namespace haneul::resource
