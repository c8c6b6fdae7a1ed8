// Answers JSON lines on standard input, one each:
// {"rules":{"p":"role:a",…},"roles":[…],"creds":{"user_id":…,…},"target":{…}} gives
// {"allowed":…} for the rule named p, or {"refused":"why"} if the rules cannot be used.
#include <iostream>

#include "access/policy.h"
#include "base/log.h"
#include "json/writer.h"

namespace haneul::access {
namespace {

std::string text_of(const json::Value& from, std::string_view key) {
  const json::Value* found = from.at({"creds", key});
  return found && found->text() ? *found->text() : std::string();
}

Caller caller_of(const json::Value& request) {
  Caller caller;
  caller.user_id = UserId(text_of(request, "user_id"));
  caller.user_domain_id = DomainId(text_of(request, "user_domain_id"));
  caller.project_id = ProjectId(text_of(request, "project_id"));
  caller.project_domain_id = DomainId(text_of(request, "project_domain_id"));
  caller.domain_id = DomainId(text_of(request, "domain_id"));
  caller.system_scope = text_of(request, "system_scope");
  for (const json::Value& role : *request.at({"creds", "roles"})->array()) {
    caller.roles.push_back(*role.text());
  }
  return caller;
}

std::string answer(const json::Value& request) {
  constexpr PolicyDefault kDefaults[] = {{"p", "!"}};
  std::vector<PolicyOverride> rules;
  for (const json::Member& rule : *request.at({"rules"})->object()) {
    rules.push_back({.name = rule.key, .rule = *rule.value.text()});
  }
  json::Writer out;
  out.begin_object();
  const auto policy = Policy::make(kDefaults, std::move(rules));
  if (policy) {
    out.member("allowed",
               policy->check("p", caller_of(request), ValueTarget(*request.at({"target"}))));
  } else {
    out.member("refused", policy.reason());
  }
  out.end_object();
  return out.take();
}

}  // namespace
}  // namespace haneul::access

int main() {
  haneul::log::set_level(haneul::log::Level::error);
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = haneul::json::parse(line);
    if (!request) return 1;
    std::cout << haneul::access::answer(*request) << std::endl;
  }
}
