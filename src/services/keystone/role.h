#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::keystone {

struct State;

struct Role {
  std::string id, name;
  std::string domain_id;  // empty is null: a role of the whole cloud
  std::optional<std::string> description;
  json::Object options, extra;
};

extern const resource::Resource kRole;

void add_roles(resource::Service& service, State& state);

// A role's members as answers show them, without its links.
void write_role_members(json::Writer& w, const Role& role);

}  // namespace haneul::keystone
