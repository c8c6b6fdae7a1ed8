#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/caller.h"
#include "access/target.h"
#include "base/result.h"

namespace haneul::access {

// Scopes a policy accepts, joined by |. None given: any scope will do.
using ScopeTypes = std::uint8_t;
constexpr ScopeTypes kAnyScope = 0, kSystem = 1, kDomain = 2, kProject = 4;

// A policy a service declares. Names and rules are upstream's; the text lives as long as the
// program.
struct PolicyDefault {
  std::string_view name;
  std::string_view rule;
  ScopeTypes scopes = kAnyScope;
  // The routes that ask it: "GET /v3/users/{id}, PATCH …", as `haneul routes` prints them.
  std::string_view operations = {};
};

// A declared policy for people to read.
struct ListedPolicy {
  std::string name, rule, scopes, operations;
};

// A rule from an operator's file: text, or the old list of lists ("or" of "and"s).
struct PolicyOverride {
  std::string name;
  std::string rule;
  std::vector<std::vector<std::string>> lists;  // used when `is_list`
  bool is_list = false;
};

// Reads a policy file, YAML or JSON. Fails on anything that is not a map of names to rules, and
// on files over 1 MiB. A null rule lets everybody in, as upstream's parser has it; that is logged.
Result<std::vector<PolicyOverride>> parse_policy_file(std::string_view text);

struct PolicyOptions {
  bool enforce_scope = true;
  // What `enforce` tells the user; {} stands for the policy's name.
  std::string denial = "{} is disallowed by policy";
};

// The policies of one service, compiled once and then read from any thread without locks. To
// apply changed files make a new one. The language is oslo.policy's, without `http:` checks.
// upstream: openstack/oslo.policy:oslo_policy/_parser.py, _checks.py, policy.py
class Policy {
 public:
  // Later overrides win. Fails with a sentence for the operator when rules refer to each other in
  // a circle or use a check that cannot be supported. Rules that cannot be understood and
  // references to rules that do not exist deny, as upstream, and are logged. A mistake in the
  // defaults alone throws std::logic_error.
  static Result<Policy> make(std::span<const PolicyDefault> defaults,
                             std::vector<PolicyOverride> overrides = {},
                             PolicyOptions options = {});
  ~Policy();
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  // Whether a default of that name was declared. An override alone does not count.
  bool has(std::string_view name) const;

  // `name` must be declared: std::logic_error otherwise. Takes well under a microsecond for
  // upstream's rules and allocates nothing.
  bool check(std::string_view name, const Caller& caller, const Target& target) const;
  bool check(std::string_view name, const Caller& caller) const;
  // Whether a token of the caller's scope may pass at all, whatever the target.
  bool takes_scope(std::string_view name, const Caller& caller) const;

  // Throws Fault::forbidden unless check() is true. Logs why at debug level.
  void enforce(std::string_view name, const Caller& caller, const Target& target) const;
  void enforce(std::string_view name, const Caller& caller) const;

  // One line that names the sub-rules which decided, with the values compared.
  std::string explain(std::string_view name, const Caller& caller, const Target& target) const;

  // Every declared policy with the rule in force in canonical form, in order of declaration.
  std::vector<std::pair<std::string, std::string>> effective() const;
  // The same with scopes ("any", or "system, project") and operations.
  std::vector<ListedPolicy> listed() const;

 private:
  struct Impl;
  explicit Policy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace haneul::access
