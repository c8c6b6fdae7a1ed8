#include "services/nova/logic/needs.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "base/text.h"

namespace haneul::nova {
namespace {

constexpr std::size_t kSuffixLettersMax = 64, kNameLettersMax = 255;
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kSuffixLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

bool is_of(std::string_view text, std::string_view letters, std::size_t bytes_max) {
  return text.size() <= bytes_max && text.find_first_not_of(letters) == std::string_view::npos;
}

// "resources_1:VCPU" of "resources": the suffix and the name.
struct Key {
  std::string suffix, name;
};
std::optional<Key> key_of(std::string_view text, std::string_view kind) {
  const auto colon = text.find(':');
  if (!text.starts_with(kind) || colon == std::string_view::npos) return std::nullopt;
  const auto suffix = text.substr(kind.size(), colon - kind.size());
  const auto name = text.substr(colon + 1);
  if (!is_of(suffix, kSuffixLetters, kSuffixLettersMax) || name.empty() ||
      !is_of(name, kUpper, kNameLettersMax)) {
    return std::nullopt;
  }
  return Key{std::string(suffix), std::string(name)};
}

class Reading {
 public:
  explicit Reading(const FlavorNeeds& size)
      : own_{{"VCPU", size.vcpus}, {"MEMORY_MB", size.ram_mib}, {"DISK_GB", size.disk_gib}} {}

  void spec(const std::string& key, const std::string& value) {
    if (const auto of = key_of(key, "resources")) amount(*of, value);
    if (const auto of = key_of(key, "trait")) trait(of->name, value);
    if (key == "group_policy") isolate_ = value == "isolate";
  }
  void image(const std::string& key, const std::string& value) {
    const auto of = key_of(key, "trait");
    if (of && of->suffix.empty() && value == "required") required_.insert(of->name);
  }

  Needs needs() const {
    Needs needs;
    for (const auto& [name, count] : own_) needs.resources[name] += count;
    for (const auto& [name, count] : grouped_) needs.resources[name] += count;
    std::erase_if(needs.resources, [](const auto& r) { return r.second <= 0; });
    needs.required.assign(required_.begin(), required_.end());
    needs.forbidden.assign(forbidden_.begin(), forbidden_.end());
    const auto both = std::find_if(required_.begin(), required_.end(),
                                   [this](const auto& t) { return forbidden_.contains(t); });
    if (both != required_.end()) {
      needs.contradiction = *both + " is both required and forbidden";
    } else if (isolate_ && groups_.size() > 1) {
      needs.contradiction = "its groups of resources are to be on different providers";
    }
    return needs;
  }

 private:
  // A class without a suffix takes the place of the flavor's own figure; 0 takes it away.
  void amount(const Key& key, const std::string& value) {
    const auto count = parse_int(value);
    if (!count || *count < 0) return;
    if (key.suffix.empty()) {
      own_[key.name] = *count;
    } else {
      grouped_[key.name] += *count;
      groups_.insert(key.suffix);
    }
  }
  void trait(const std::string& name, const std::string& value) {
    if (value == "required") required_.insert(name);
    if (value == "forbidden") forbidden_.insert(name);
  }

  std::map<std::string, std::int64_t> own_, grouped_;
  std::set<std::string> groups_, required_, forbidden_;
  bool isolate_ = false;
};

}  // namespace

Needs needs_of(const FlavorNeeds& size, const std::map<std::string, std::string>& extra_specs,
               const json::Object& image_properties) {
  Reading reading(size);
  for (const auto& [key, value] : extra_specs) reading.spec(key, value);
  for (const auto& member : image_properties) {
    if (member.value.text()) reading.image(member.key, *member.value.text());
  }
  return reading.needs();
}

}  // namespace haneul::nova
