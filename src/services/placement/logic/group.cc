#include "services/placement/logic/group.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/id.h"
#include "base/text.h"

namespace haneul::placement {
namespace {

using resource::Version;

[[noreturn]] void bad(std::string message, const char* code = "") {
  throw Fault::bad_request(std::move(message)).named(code);
}

// "A, B" cut at commas and trimmed.
std::vector<std::string> items(std::string_view text) {
  std::vector<std::string> all;
  for (const auto part : split(text, ',')) all.emplace_back(trim(part));
  return all;
}

Names any_of_traits(std::string_view value, bool allowed) {
  if (!allowed) {
    bad(
        fmt::format("Invalid query string parameters: The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' "
                    "only supported since microversion 1.39. Got: {}",
                    value));
  }
  Names any;
  for (auto& trait : items(value.substr(3))) {
    if (trait.empty()) {
      bad(
          fmt::format("Invalid query string parameters: Expected 'required' parameter value of the "
                      "form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: {}",
                      value));
    }
    if (trait.front() == '!') {
      bad(
          fmt::format("Invalid query string parameters: The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC'"
                      " does not support forbidden traits. Got: {}",
                      value));
    }
    any.insert(std::move(trait));
  }
  return any;
}

void add_traits(std::string_view value, Version version, Traits& traits) {
  const bool forbidden_allowed = version >= Version{1, 22};
  if (value.starts_with("in:")) {
    traits.required.push_back(any_of_traits(value, version >= Version{1, 39}));
    return;
  }
  for (const auto& item : items(value)) {
    const auto name = item.find_first_not_of('!');
    if (name == std::string::npos) {
      bad(fmt::format(
          "Invalid query string parameters: Expected 'required' parameter value of the "
          "form: {}. Got an empty trait in: {}",
          forbidden_allowed ? "HW_CPU_X86_VMX,!CUSTOM_MAGIC" : "HW_CPU_X86_VMX,CUSTOM_MAGIC",
          value));
    }
    if (name == 0) {
      traits.required.push_back({item});
    } else if (forbidden_allowed) {
      traits.forbidden.insert(item.substr(name));
    } else {
      bad(
          fmt::format("Invalid query string parameters: Expected 'required' parameter value of the "
                      "form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: {}",
                      value));
    }
  }
}

// One member_of: the aggregates and whether they are forbidden.
std::pair<Names, bool> read_aggregates(std::string_view value) {
  const bool listed = value.starts_with("in:") || value.starts_with("!in:");
  if (value.find(',') != std::string_view::npos && !listed) {
    bad(
        fmt::format("Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' "
                    "keyword using the valid microversion. Got: {}",
                    value));
  }
  const bool forbidden = value.starts_with('!');
  std::string_view rest = forbidden ? value.substr(1) : value;
  if (listed) rest.remove_prefix(3);
  Names uuids;
  for (const auto uuid : split(rest, ',')) {
    if (!is_uuid_like(uuid)) {
      bad(
          fmt::format("Invalid query string parameters: Expected 'member_of' parameter to contain "
                      "valid UUID(s). Got: {}",
                      uuid));
    }
    uuids.emplace(uuid);
  }
  return {std::move(uuids), forbidden};
}

bool is_suffix(std::string_view text, Version version) {
  if (text.empty()) return true;
  if (version < Version{1, 33}) {
    return text.front() != '0' && text.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return text.size() <= 64 &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             std::string_view::npos;
}

// Which of a group's keys this is, and the group's suffix.
struct Key {
  std::string_view prefix, suffix;
};
std::optional<Key> group_key(std::string_view key, Version version) {
  for (const std::string_view prefix : {"resources", "required", "member_of", "in_tree"}) {
    if (!key.starts_with(prefix) || !is_suffix(key.substr(prefix.size()), version)) continue;
    const bool numbered = key.size() > prefix.size();
    const int since = prefix == "resources"   ? 10
                      : prefix == "required"  ? 17
                      : prefix == "member_of" ? 21
                                              : 31;
    if (version >= Version{1, numbered ? std::max(since, 25) : since}) {
      return Key{prefix, key.substr(prefix.size())};
    }
  }
  return std::nullopt;
}

std::string read_tree(std::string_view value) {
  const auto uuid = trim(value);
  if (!is_uuid_like(uuid)) {
    bad(
        fmt::format("Invalid query string parameters: Expected 'in_tree' parameter to be a format "
                    "of uuid. Got: {}",
                    value));
  }
  return std::string(uuid);
}

void read_group_key(const http::Query& query, std::string_view key, const std::string& value,
                    const Key& of, Version version, Group& group) {
  group.same_provider = !of.suffix.empty();
  if (of.prefix == "resources") {
    group.resources = parse_resources(value);
  } else if (of.prefix == "required") {
    auto traits = parse_required(query, key, version);
    group.required = std::move(traits.required);
    group.forbidden = std::move(traits.forbidden);
  } else if (of.prefix == "member_of") {
    auto aggregates = parse_member_of(query, key, version);
    group.member_of = std::move(aggregates.required);
    group.forbidden_aggregates = std::move(aggregates.forbidden);
  } else {
    group.in_tree = read_tree(value);
  }
}

void read_root_required(const http::Query& query, WholeRequest& whole) {
  const auto values = query.all_of("root_required");
  if (values.empty()) return;
  if (values.size() > 1) {
    bad("Query parameter 'root_required' may be specified only once.",
        "placement.query.duplicate_key");
  }
  Traits traits;
  add_traits(values.front(), {1, 22}, traits);
  whole.root_forbidden = std::move(traits.forbidden);
  std::vector<std::string> conflicts;
  for (const Names& one : traits.required) {
    whole.root_required.insert(*one.begin());
    if (whole.root_forbidden.contains(*one.begin())) conflicts.push_back(*one.begin());
  }
  if (!conflicts.empty()) {
    bad(fmt::format("Conflicting required and forbidden traits found in root_required: {}",
                    fmt::join(conflicts, ", ")),
        "placement.query.bad_value");
  }
}

void read_same_subtrees(const http::Query& query, WholeRequest& whole) {
  for (const auto value : query.all_of("same_subtree")) {
    Names suffixes;
    for (auto& suffix : items(value)) {
      if (suffix.empty()) {
        bad("Empty string (unsuffixed group) can not be specified in `same_subtree` ",
            "placement.query.bad_value");
      }
      suffixes.insert(std::move(suffix));
    }
    whole.same_subtrees.push_back(std::move(suffixes));
  }
}

void read_limit_and_policy(const http::Query& query, WholeRequest& whole) {
  if (const std::string* limit = query.find("limit")) {
    whole.limit = parse_int(*limit);
    if (!whole.limit || *whole.limit < 1 || limit->front() == '+' || limit->front() == '0') {
      bad(fmt::format("Invalid query string parameters: '{}' does not match '^[1-9][0-9]*$'",
                      *limit));
    }
  }
  if (const std::string* policy = query.find("group_policy")) {
    if (*policy != "none" && *policy != "isolate") {
      bad(fmt::format("Invalid query string parameters: '{}' is not one of ['none', 'isolate']",
                      *policy));
    }
    whole.policy = *policy;
  }
}

std::string python_list(const std::vector<std::string>& names) {
  std::string out = "[";
  for (const auto& n : names) out += fmt::format("{}'{}'", out.size() > 1 ? ", " : "", n);
  return out + "]";
}

void check_subtree_suffixes(const WholeRequest& whole) {
  std::vector<std::string> unknown, bare, all;
  Names in_subtrees;
  for (const Names& names : whole.same_subtrees) in_subtrees.insert(names.begin(), names.end());
  std::size_t without_resources = 0;
  for (const auto& [suffix, group] : whole.groups) {
    all.push_back(suffix);
    if (!group.resources.empty()) continue;
    ++without_resources;
    if (!in_subtrees.contains(suffix)) bare.push_back(suffix);
  }
  for (const auto& suffix : in_subtrees) {
    if (!whole.groups.contains(suffix)) unknown.push_back(suffix);
  }
  if (without_resources == whole.groups.size()) {
    bad("There must be at least one resources or resources[$S] parameter.",
        "placement.query.missing_value");
  }
  if (!bare.empty()) {
    bad(fmt::format("Resourceless suffixed group request should be specified in `same_subtree` "
                    "query param: bad group(s) - {}.",
                    python_list(bare)),
        "placement.query.bad_value");
  }
  if (!unknown.empty()) {
    bad(fmt::format("Real suffixes should be specified in `same_subtree`: {} not found in {}.",
                    python_list(unknown), python_list(all)),
        "placement.query.bad_value");
  }
}

void check_orphans(const WholeRequest& whole) {
  std::vector<std::string> traits, aggregates;
  bool all_have = true;
  for (const auto& [suffix, group] : whole.groups) {
    if (!group.resources.empty()) continue;
    all_have = false;
    if (!group.required.empty()) traits.push_back("required" + suffix);
    if (!group.member_of.empty() || !group.forbidden_aggregates.empty()) {
      aggregates.push_back("member_of" + suffix);
    }
  }
  if (!traits.empty()) {
    bad(
        fmt::format("All traits parameters must be associated with resources.  Found the following "
                    "orphaned traits keys: {}",
                    fmt::join(traits, ", ")));
  }
  if (!aggregates.empty()) {
    bad(
        fmt::format("All member_of parameters must be associated with resources. Found the "
                    "following orphaned member_of keys: {}",
                    fmt::join(aggregates, ", ")));
  }
  if (!all_have) bad("All request groups must specify resources.");
  if (whole.groups.empty()) {
    bad("At least one request group (`resources` or `resources{$S}`) is required.");
  }
}

void check_conflicts(const WholeRequest& whole) {
  std::vector<std::string> found;
  for (const auto& [suffix, group] : whole.groups) {
    const auto& forbidden = group.forbidden;  // clang 14 captures no structured binding
    for (const Names& any : group.required) {
      const bool all_forbidden = std::all_of(
          any.begin(), any.end(), [&](const std::string& t) { return forbidden.contains(t); });
      if (all_forbidden) {
        found.push_back(fmt::format("required{}: ({})", suffix, fmt::join(any, ", ")));
      }
    }
  }
  std::sort(found.begin(), found.end());
  if (!found.empty()) {
    bad(
        fmt::format("Conflicting required and forbidden traits found in the following traits keys: "
                    "{}",
                    fmt::join(found, ", ")));
  }
}

void check_key(std::string_view key, Version version) {
  const bool known = (key == "limit" && version >= Version{1, 16}) ||
                     (key == "group_policy" && version >= Version{1, 25}) ||
                     (key == "root_required" && version >= Version{1, 35}) ||
                     (key == "same_subtree" && version >= Version{1, 36});
  if (known) return;
  bad(
      fmt::format("Invalid query string parameters: Additional properties are not allowed ('{}' "
                  "was unexpected)",
                  key));
}

}  // namespace

std::vector<std::pair<std::string, std::int64_t>> parse_resources(std::string_view text) {
  constexpr std::string_view kForm =
      "Badly formed resources parameter. Expected resources query string parameter in form: "
      "?resources=VCPU:2,MEMORY_MB:1024. Got: ";
  if (trim(text).empty()) bad(fmt::format("{}empty string.", kForm));
  std::vector<std::pair<std::string, std::int64_t>> all;
  for (const auto item : split(text, ',')) {
    const auto parts = split(item, ':');
    if (parts.size() != 2) bad(fmt::format("{}{}.", kForm, item));
    const auto amount = parse_int(trim(parts[1]));
    if (!amount) {
      bad(fmt::format("Requested resource {} expected positive integer amount. Got: {}.", parts[0],
                      parts[1]));
    }
    if (*amount < 1) {
      bad(fmt::format("Requested resource {} requires amount >= 1. Got: {}.", parts[0], *amount));
    }
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const auto& one) { return one.first == parts[0]; });
    if (same != all.end()) {
      same->second = *amount;  // the last one counts, as in a Python dict
    } else {
      all.emplace_back(parts[0], *amount);
    }
  }
  return all;
}

Traits parse_required(const http::Query& query, std::string_view key, Version version) {
  auto values = query.all_of(key);
  if (version < Version{1, 39} && values.size() > 1) values = {values.back()};
  Traits traits;
  for (const auto value : values) add_traits(value, version, traits);
  return traits;
}

Aggregates parse_member_of(const http::Query& query, std::string_view key, Version version) {
  const auto values = query.all_of(key);
  if (version < Version{1, 24} && values.size() > 1) {
    bad(fmt::format("Multiple {} parameters are not supported", key));
  }
  Aggregates all;
  for (const auto value : values) {
    auto [uuids, forbidden] = read_aggregates(value);
    if (!forbidden) {
      all.required.push_back(std::move(uuids));
    } else if (version >= Version{1, 32}) {
      all.forbidden.merge(uuids);
    } else {
      bad(fmt::format("Forbidden {} parameters are not supported in the specified microversion",
                      key));
    }
  }
  return all;
}

WholeRequest parse_whole_request(const http::Query& query, Version version) {
  WholeRequest whole;
  for (const auto& [key, value] : query.all()) {
    const auto of = group_key(key, version);
    if (!of) check_key(key, version);
  }
  if (version < Version{1, 25} && !query.has("resources")) {
    bad("Invalid query string parameters: 'resources' is a required property");
  }
  read_limit_and_policy(query, whole);
  read_root_required(query, whole);
  read_same_subtrees(query, whole);
  for (const auto& [key, value] : query.all()) {
    if (const auto of = group_key(key, version)) {
      read_group_key(query, key, value, *of, version, whole.groups[std::string(of->suffix)]);
    }
  }
  if (version >= Version{1, 36}) {
    check_subtree_suffixes(whole);
  } else {
    check_orphans(whole);
  }
  if (version >= Version{1, 22}) check_conflicts(whole);
  const auto numbered = std::count_if(whole.groups.begin(), whole.groups.end(),
                                      [](const auto& g) { return g.second.same_provider; });
  if (whole.policy.empty() && numbered > 1) {
    bad("The \"group_policy\" parameter is required when specifying more than one \"resources{N}\" "
        "parameter.");
  }
  return whole;
}

}  // namespace haneul::placement
