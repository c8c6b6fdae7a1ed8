#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "resource/version.h"

namespace haneul::placement {

using Names = std::set<std::string>;

// What is asked of one group of resources.
struct Group {
  bool same_provider = false;  // numbered groups: all of it from one provider
  std::vector<std::pair<std::string, std::int64_t>> resources;
  std::vector<Names> required;   // traits: of each set any will do
  Names forbidden;               // traits
  std::vector<Names> member_of;  // aggregates: of each set any will do
  Names forbidden_aggregates;
  std::optional<std::string> in_tree;
};

// What is asked of a candidate as a whole.
struct WholeRequest {
  std::map<std::string, Group> groups;  // by suffix; "" is the group without a number
  std::optional<std::int64_t> limit;
  std::string policy;  // "none", "isolate" or empty
  Names root_required, root_forbidden;
  std::vector<Names> same_subtrees;  // of suffixes
};

// upstream: openstack/placement:placement/lib.py, util.py. All throw Fault::bad_request in its
// words; the words' names are error codes.
std::vector<std::pair<std::string, std::int64_t>> parse_resources(std::string_view text);
struct Traits {
  std::vector<Names> required;
  Names forbidden;
};
// All values of `key` ("required", "required1").
Traits parse_required(const http::Query& query, std::string_view key, resource::Version version);
struct Aggregates {
  std::vector<Names> required;
  Names forbidden;
};
Aggregates parse_member_of(const http::Query& query, std::string_view key,
                           resource::Version version);
// The query string of GET /allocation_candidates.
WholeRequest parse_whole_request(const http::Query& query, resource::Version version);

}  // namespace haneul::placement
