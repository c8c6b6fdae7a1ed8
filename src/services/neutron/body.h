#pragma once
#include <string>
#include <vector>

#include "resource/call.h"
#include "services/neutron/collection.h"

namespace haneul::neutron {

// The objects of a body as sent: one under the singular, or several under the plural (create only).
struct Items {
  std::vector<json::Object> objects;
  bool bulk = false;
};
Items read_items(resource::Call& call, const resource::Resource& resource, resource::Verb verb);

// Checks one object and puts its values into the row; they are converted in `given` as well, for
// hooks to read. Throws in neutron-lib's words.
// upstream: openstack/neutron-lib:neutron_lib/api/attributes.py
void fill_row(const resource::Call& call, const Collection& collection, resource::Verb verb,
              json::Object& given, void* row);

// The policies to ask beside the verb's own: one for each guarded attribute that was given and, on
// create, is not what it would be anyway.
std::vector<std::string> guard_rules(const resource::Call& call, const Collection& collection,
                                     resource::Verb verb, const json::Object& given,
                                     const void* row);

}  // namespace haneul::neutron
