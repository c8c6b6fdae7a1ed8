#pragma once
#include <string>

#include "db/database.h"
#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// What a domain says itself: {"identity": {"driver": …}, "ldap": {…}} with sensitive values in
// their places. For the program's own use, never for an answer. Empty: nothing.
json::Object domain_config(db::Session& session, std::string_view domain_id);

// /v3/domains/{domain_id}/config and the defaults.
void add_domain_configs(resource::Service& service, State& state);

}  // namespace haneul::keystone
