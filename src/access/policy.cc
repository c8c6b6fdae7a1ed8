#include "access/policy.h"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <unordered_map>

#include "access/rule_parser.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"

namespace haneul::access {
namespace {

// How long a chain of rule:… may get: they are followed on the stack.
constexpr std::size_t kReferencesMax = 64;

std::string scope_names(ScopeTypes scopes) {
  std::vector<std::string> names;
  if (scopes & kSystem) names.emplace_back("system");
  if (scopes & kDomain) names.emplace_back("domain");
  if (scopes & kProject) names.emplace_back("project");
  return join(names, ", ");
}

// upstream: openstack/oslo.policy:oslo_policy/policy.py _enforce_scope
ScopeTypes scope_of(const Caller& caller) {
  if (!caller.system_scope.empty()) return kSystem;
  return caller.domain_id.empty() ? kProject : kDomain;
}

}  // namespace

struct Policy::Impl {
  struct Entry {
    std::string name;
    Rule rule;
    ScopeTypes scopes = kAnyScope;
    std::string_view operations;
    bool declared = false;
    bool overridden = false;
    bool referred_to = false;
    std::size_t height = 0;
    enum class Mark { unseen, open, done } mark = Mark::unseen;
  };

  PolicyOptions options;
  std::deque<Entry> entries;  // declared ones first, in order; addresses stay
  std::unordered_map<std::string_view, Entry*> by_name;
  std::vector<const Entry*> path;  // while looking for circles
  std::string trouble;             // why the rules cannot be used

  Entry& entry(std::string_view name) {
    if (const auto found = by_name.find(name); found != by_name.end()) return *found->second;
    Entry& made = entries.emplace_back();
    made.name = name;
    by_name.emplace(made.name, &made);
    return made;
  }

  void note(const std::string& name, const ParseNotes& notes) {
    for (const std::string& text : notes.warnings) {
      log::warning("a part of a policy denies: " + text, {{"policy", name}});
    }
    if (trouble.empty() && !notes.unsupported.empty()) {
      trouble =
          "policy \"" + name + "\": " + notes.unsupported.front() + ", which is not supported";
    }
  }

  void declare(const PolicyDefault& policy) {
    Entry& made = entry(policy.name);
    if (made.declared) throw std::logic_error("policy declared twice: " + made.name);
    ParseNotes notes;
    made.rule = parse_rule(policy.rule, notes);
    made.scopes = policy.scopes;
    made.operations = policy.operations;
    made.declared = true;
    note(made.name, notes);
  }

  void replace(const PolicyOverride& change) {
    Entry& changed = entry(change.name);
    ParseNotes notes;
    changed.rule =
        change.is_list ? parse_rule(change.lists, notes) : parse_rule(change.rule, notes);
    changed.overridden = true;
    note(change.name, notes);
  }

  // upstream: a rule named "default" stands in for all that do not exist.
  void connect(const std::string& name, Rule& rule) {
    for (Rule& part : rule.parts) connect(name, part);
    if (rule.op != Rule::Op::reference) return;
    auto found = by_name.find(rule.match);
    if (found == by_name.end()) found = by_name.find("default");
    if (found == by_name.end()) {
      log::warning("a policy refers to a rule that does not exist",
                   {{"policy", name}, {"rule", rule.match}});
      return;
    }
    found->second->referred_to = true;
    rule.refers_to = &found->second->rule;
    targets.emplace(&rule, found->second);
  }
  std::unordered_map<const Rule*, Entry*> targets;

  // How many references may have to be followed one inside the other.
  std::size_t height(const Rule& rule) {
    std::size_t highest = 0;
    for (const Rule& part : rule.parts) highest = std::max(highest, height(part));
    if (const auto found = targets.find(&rule); found != targets.end()) {
      highest = std::max(highest, height(*found->second));
    }
    return highest;
  }

  std::size_t height(Entry& at) {
    if (at.mark == Entry::Mark::open && trouble.empty()) trouble = circle(at);
    if (path.size() + at.height >= kReferencesMax && trouble.empty()) {
      trouble = "policies refer to each other more than " + std::to_string(kReferencesMax) +
                " deep, down to \"" + at.name + "\"";
    }
    if (!trouble.empty() || at.mark == Entry::Mark::done) return at.height;
    at.mark = Entry::Mark::open;
    path.push_back(&at);
    at.height = 1 + height(at.rule);
    path.pop_back();
    at.mark = Entry::Mark::done;
    return at.height;
  }

  std::string circle(const Entry& at) const {
    std::string text = "policies refer to each other in a circle: ";
    for (auto step = std::find(path.begin(), path.end(), &at); step != path.end(); ++step) {
      text += (*step)->name + " -> ";
    }
    return text + at.name;
  }

  void link() {
    for (Entry& e : entries) connect(e.name, e.rule);
    for (Entry& e : entries) height(e);
    targets.clear();
    for (const Entry& e : entries) {
      if (e.declared || e.referred_to) continue;
      log::warning("a policy file has a rule that nothing uses", {{"rule", e.name}});
    }
  }

  const Entry& declared(std::string_view name) const {
    const auto found = by_name.find(name);
    if (found == by_name.end() || !found->second->declared) {
      throw std::logic_error("policy not declared: " + std::string(name));
    }
    return *found->second;
  }

  bool in_scope(const Entry& e, const Caller& caller) const {
    return !options.enforce_scope || e.scopes == kAnyScope || (e.scopes & scope_of(caller)) != 0;
  }
};

Policy::Policy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

Result<Policy> Policy::make(std::span<const PolicyDefault> defaults,
                            std::vector<PolicyOverride> overrides, PolicyOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  for (const PolicyDefault& policy : defaults) impl->declare(policy);
  if (!impl->trouble.empty()) throw std::logic_error(impl->trouble);
  for (const PolicyOverride& change : overrides) impl->replace(change);
  impl->link();
  if (impl->trouble.empty()) return Policy(std::move(impl));
  if (overrides.empty()) throw std::logic_error(impl->trouble);
  return Failure{impl->trouble};
}

bool Policy::has(std::string_view name) const {
  const auto found = impl_->by_name.find(name);
  return found != impl_->by_name.end() && found->second->declared;
}

bool Policy::check(std::string_view name, const Caller& caller, const Target& target) const {
  const Impl::Entry& entry = impl_->declared(name);
  return impl_->in_scope(entry, caller) && holds(entry.rule, caller, target);
}

bool Policy::check(std::string_view name, const Caller& caller) const {
  return check(name, caller, PairsTarget());
}

bool Policy::takes_scope(std::string_view name, const Caller& caller) const {
  return impl_->in_scope(impl_->declared(name), caller);
}

void Policy::enforce(std::string_view name, const Caller& caller, const Target& target) const {
  if (check(name, caller, target)) return;
  log::debug(explain(name, caller, target));
  std::string text = impl_->options.denial;
  if (const auto at = text.find("{}"); at != text.npos) text.replace(at, 2, name);
  throw Fault::forbidden(std::move(text));
}

void Policy::enforce(std::string_view name, const Caller& caller) const {
  enforce(name, caller, PairsTarget());
}

std::string Policy::explain(std::string_view name, const Caller& caller,
                            const Target& target) const {
  const Impl::Entry& entry = impl_->declared(name);
  if (!impl_->in_scope(entry, caller)) {
    return std::string(name) + " denied: it takes a token of scope " + scope_names(entry.scopes) +
           ", this one's is " + scope_names(scope_of(caller));
  }
  const bool allowed = holds(entry.rule, caller, target);
  return std::string(name) + (allowed ? " allowed" : " denied") +
         (entry.overridden ? " by a policy file" : "") + ": " + why(entry.rule, caller, target);
}

std::vector<std::pair<std::string, std::string>> Policy::effective() const {
  std::vector<std::pair<std::string, std::string>> rules;
  for (const Impl::Entry& entry : impl_->entries) {
    if (entry.declared) rules.emplace_back(entry.name, rule_text(entry.rule));
  }
  return rules;
}

std::vector<ListedPolicy> Policy::listed() const {
  std::vector<ListedPolicy> all;
  for (const Impl::Entry& entry : impl_->entries) {
    if (!entry.declared) continue;
    all.push_back({entry.name, rule_text(entry.rule),
                   entry.scopes == kAnyScope ? "any" : scope_names(entry.scopes),
                   std::string(entry.operations)});
  }
  return all;
}

}  // namespace haneul::access
