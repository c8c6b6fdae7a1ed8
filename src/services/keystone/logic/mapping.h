#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

// What a mapping makes of what a provider says about somebody.
// upstream: openstack/keystone:keystone/federation/utils.py (RuleProcessor)
namespace haneul::keystone {

// Attributes by name, each with its values in the order given.
using Assertion = std::map<std::string, std::vector<std::string>, std::less<>>;

struct MappedDomain {
  std::string id, name;  // the id counts where both are given
  bool empty() const { return id.empty() && name.empty(); }
  bool operator==(const MappedDomain&) const = default;
};
struct MappedUser {
  std::string id, name, email;
  MappedDomain domain;
  bool is_local = false;  // a user that is here already
};
struct MappedGroup {
  std::string name;
  MappedDomain domain;
  bool operator==(const MappedGroup&) const = default;
};
struct MappedProject {
  std::string name;
  std::vector<std::string> roles;
  MappedDomain domain;
};
struct MappedIdentity {
  MappedUser user;
  std::vector<std::string> group_ids;  // each once
  std::vector<MappedGroup> groups;
  std::vector<MappedProject> projects;
};

// Rules are those that mapping_problems() found nothing wrong with. The reason of a failure is a
// sentence for whoever logs in; all of them mean that he may not.
Result<MappedIdentity> map_assertion(const json::Value& rules, std::string_view schema_version,
                                     const Assertion& assertion);

// "['a', 'b']", and what other programs wrote so, as a list; anything else is its only item.
std::vector<std::string> texts_of_literal(std::string_view text);

}  // namespace haneul::keystone
