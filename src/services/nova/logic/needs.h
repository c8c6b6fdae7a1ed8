#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "json/value.h"

namespace haneul::nova {

// What a server asks of the provider that is to be its host.
struct Needs {
  std::map<std::string, std::int64_t> resources;  // by class; what is 0 is left out
  std::vector<std::string> required, forbidden;   // traits, sorted

  // Why no provider can have it; empty: one may.
  std::string contradiction;
};

struct FlavorNeeds {
  std::int64_t vcpus = 0, ram_mib = 0, disk_gib = 0;
};

// The flavor's size, changed by its extra specs (resources:CLASS, trait:NAME, resources1:…,
// group_policy), and the traits that its image asks for. A host is one provider here: groups with
// a suffix all come from it, so that they add up, and two that are to be apart have no host. What
// is no number and no known word counts for nothing, as upstream.
// upstream: openstack/nova:nova/scheduler/utils.py (ResourceRequest)
Needs needs_of(const FlavorNeeds& size, const std::map<std::string, std::string>& extra_specs,
               const json::Object& image_properties);

}  // namespace haneul::nova
