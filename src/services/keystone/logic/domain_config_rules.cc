#include "services/keystone/logic/domain_config_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/keystone/logic/ldap_options.h"

namespace haneul::keystone {
namespace {

// [ldap] options that upstream keeps to its configuration file.
constexpr std::string_view kFileOnly[] = {"randomize_urls", "connection_timeout",
                                          "group_ad_nesting"};

std::vector<ConfigOption> make_options() {
  std::vector<ConfigOption> all = {{"identity", "driver"}, {"identity", "list_limit"}};
  for (const auto& o : ldap_options()) {
    if (std::find(std::begin(kFileOnly), std::end(kFileOnly), o.name) != std::end(kFileOnly)) {
      continue;
    }
    all.push_back({"ldap", o.name, o.name == "password"});
  }
  return all;
}

const ConfigOption* find_option(std::string_view group, std::string_view name) {
  for (const auto& o : config_options()) {
    if (o.group == group && o.name == name) return &o;
  }
  return nullptr;
}

bool is_empty(const json::Value& value) {
  if (value.object()) return value.object()->empty();
  return value.is_null();
}

// One %(name)s and its like at `at`, which stands behind the %; nothing if it is none.
std::optional<std::string> one_substitution(const std::string& text, std::size_t& at,
                                            const json::Object& sensitive) {
  if (at < text.size() && text[at] == '%') return ++at, "%";
  const auto end = text.find(")s", at);
  if (at >= text.size() || text[at] != '(' || end == std::string::npos) return std::nullopt;
  const json::Value* value = sensitive.find(text.substr(at + 1, end - at - 1));
  if (!value) return std::nullopt;
  at = end + 2;
  return value->text() ? *value->text() : json::dump(*value);
}

}  // namespace

const std::vector<ConfigOption>& config_options() {
  static const std::vector<ConfigOption> kOptions = make_options();
  return kOptions;
}

bool is_sensitive(std::string_view group, std::string_view option) {
  const auto* found = find_option(group, option);
  return found && found->sensitive;
}

Fault invalid_config(std::string_view reason) {
  return Fault::forbidden(fmt::format("Invalid domain specific configuration: {}.", reason));
}

Fault no_such_config(std::string_view domain_id, std::string_view group, std::string_view option) {
  const auto what = !option.empty()  ? fmt::format("option {} in group {}", option, group)
                    : !group.empty() ? fmt::format("group {}", group)
                                     : std::string("any options");
  return Fault::not_found(
      fmt::format("Could not find {} in domain configuration for domain {}.", what, domain_id));
}

void check_config_names(std::string_view group, std::string_view option) {
  if (group.empty()) return;
  if (group != "identity" && group != "ldap") {
    throw invalid_config(
        fmt::format("Group {} is not supported for domain specific configurations", group));
  }
  if (!option.empty() && !find_option(group, option)) {
    throw invalid_config(
        fmt::format("Option {} in group {} is not supported for domain specific configurations",
                    option, group));
  }
}

void check_config(const json::Object& config) {
  if (config.empty()) throw invalid_config("No options specified");
  for (const auto& [group, options] : config) {
    if (is_empty(options) || !options.object()) {
      throw invalid_config(fmt::format(
          "The value of group {} specified in the config should be a dictionary of options",
          group));
    }
    for (const auto& [option, value] : *options.object()) {
      check_config_names(group, "");
      check_config_names(group, option.empty() ? "''" : std::string_view(option));
    }
  }
}

void check_config_change(const json::Object& config, const std::string& group,
                         const std::string& option) {
  check_config(config);
  check_config_names(group, option);
  if (group.empty()) return;
  const json::Value* options = config.find(group);
  const std::size_t count = options && options->object() ? options->object()->size() : 0;
  if (config.size() != 1 || (!option.empty() && count != 1)) {
    throw invalid_config(
        option.empty()
            ? fmt::format("Trying to update group {}, so that, and only that, group must be "
                          "specified in the config",
                          group)
            : fmt::format("Trying to update option {} in group {}, so that, and only that, option "
                          "must be specified  in the config",
                          option, group));
  }
  if (!options) {
    throw invalid_config(
        fmt::format("request to update group {}, but config provided contains group {} instead",
                    group, config.begin()->key));
  }
  if (!option.empty() && !options->object()->has(option)) {
    throw invalid_config(fmt::format(
        "Trying to update option {} in group {}, but config provided contains option {} instead",
        option, group, options->object()->begin()->key));
  }
}

std::string substituted(const std::string& text, const json::Object& sensitive) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      made += text[at++];
      continue;
    }
    const auto value = one_substitution(text, ++at, sensitive);
    if (!value) return text;
    made += *value;
  }
  return made;
}

}  // namespace haneul::keystone
