#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "json/value.h"

namespace haneul::keystone {

// What a domain's own configuration may say, and how it is refused.
// upstream: openstack/keystone:keystone/resource/core.py (DomainConfigManager)

struct ConfigOption {
  std::string_view group, name;
  bool sensitive = false;
};
// All options that a domain may have, in upstream's order.
const std::vector<ConfigOption>& config_options();

bool is_sensitive(std::string_view group, std::string_view option);

// "Invalid domain specific configuration: <reason>."
Fault invalid_config(std::string_view reason);
// "Could not find <group or option> in domain configuration for domain <id>."; empty texts: any.
Fault no_such_config(std::string_view domain_id, std::string_view group, std::string_view option);

// End the request unless the names may stand there; empty ones are not looked at.
void check_config_names(std::string_view group, std::string_view option);
// … unless it is an object of objects of options.
void check_config(const json::Object& config);
// … unless it changes this group, and this option of it, and nothing else; empty: whatever.
void check_config_change(const json::Object& config, const std::string& group,
                         const std::string& option);

// Puts the sensitive values where a text says %(password)s. What is not written as Python's %
// operator wants it, or names what is not there, is left as it is.
std::string substituted(const std::string& text, const json::Object& sensitive);

}  // namespace haneul::keystone
