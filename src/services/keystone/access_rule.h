#pragma once
#include <string>
#include <vector>

#include "access/access_rule.h"
#include "json/writer.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// One call that an application credential may be used for. A user's rules outlive credentials.
struct AccessRule {
  std::string id;  // of an existing rule, or empty
  std::string service, path, method;
};

std::vector<AccessRule> read_access_rules(const resource::Form& form, const json::Array& rules);
// Ties the rules to the credential; equal ones of the same user are shared.
void store_access_rules(db::Transaction& tx, const std::string& user_id,
                        const std::string& app_cred_id, const std::vector<AccessRule>& rules);
// What the credential may be used for.
access::AccessRules access_rules_of(db::Session& session, std::string_view app_cred_id);
// The rules of one credential, each an object, into an array that is open.
void write_access_rules(json::Writer& w, db::Session& session, std::string_view app_cred_id);

void add_access_rules(resource::Service& service, State& state);

}  // namespace haneul::keystone
