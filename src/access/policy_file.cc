#include <yaml-cpp/yaml.h>

#include "access/policy.h"
#include "base/log.h"

namespace haneul::access {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

// What YAML 1.1 takes for a truth or a number when it is not in quotes.
bool is_plain_text(const YAML::Node& node) {
  if (!node.IsScalar()) return false;
  if (node.Tag() != "?") return !node.Scalar().empty();  // in quotes
  bool truth = false;
  double number = 0;
  return !node.Scalar().empty() && !YAML::convert<bool>::decode(node, truth) &&
         !YAML::convert<double>::decode(node, number);
}

Failure wrong(const std::string& name, const char* what) {
  return {"the rule of \"" + name + "\" " + what};
}

Result<std::vector<std::string>> checks_of(const std::string& name, const YAML::Node& node) {
  if (is_plain_text(node)) return std::vector{node.Scalar()};
  std::vector<std::string> checks;
  if (!node.IsSequence()) return wrong(name, "has something other than checks in its list");
  for (const YAML::Node& check : node) {
    if (!is_plain_text(check)) return wrong(name, "has something other than text in its lists");
    checks.push_back(check.Scalar());
  }
  return checks;
}

// A bare exclamation mark tags nothing at all, which would let everybody in: upstream falls for it.
bool is_bare_mark(std::string_view file, const YAML::Node& node) {
  const auto at = static_cast<std::size_t>(node.Mark().pos);
  return at < file.size() && file[at] == '!';
}

Result<PolicyOverride> override_of(const std::string& name, const YAML::Node& node,
                                   std::string_view file) {
  PolicyOverride made;
  made.name = name;
  if (node.IsNull()) {
    log::warning("a policy without a rule lets everybody in", {{"policy", name}});
    return made;
  }
  if (node.IsScalar() && node.Scalar().empty()) {
    if (is_bare_mark(file, node)) return wrong(name, "is a bare !, which needs quotes in YAML");
    return made;
  }
  if (is_plain_text(node)) {
    made.rule = node.Scalar();
    return made;
  }
  if (!node.IsSequence()) return wrong(name, "is neither text nor a list");
  made.is_list = true;
  for (const YAML::Node& inner : node) {
    auto checks = checks_of(name, inner);
    if (!checks) return Failure{checks.reason()};
    made.lists.push_back(std::move(*checks));
  }
  return made;
}

}  // namespace

Result<std::vector<PolicyOverride>> parse_policy_file(std::string_view text) {
  if (text.size() > kFileBytesMax) return Failure{"the policy file is larger than 1 MiB"};
  std::vector<PolicyOverride> overrides;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return overrides;
    if (!root.IsMap()) return Failure{"the policy file is not a map of names to rules"};
    for (const auto& pair : root) {
      if (!pair.first.IsScalar()) return Failure{"a name in the policy file is not text"};
      auto made = override_of(pair.first.Scalar(), pair.second, text);
      if (!made) return Failure{made.reason()};
      overrides.push_back(std::move(*made));
    }
  } catch (const YAML::Exception& e) {
    return Failure{std::string("the policy file is not YAML: ") + e.what()};
  }
  return overrides;
}

}  // namespace haneul::access
