#pragma once
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::keystone {

struct State;

// A project, or a domain: a project that acts as one and whose id is the domain's.
struct Project {
  std::string id, name;
  std::string domain_id, parent_id;  // empty is null
  bool is_domain = false;
  bool enabled = true;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  json::Object options, extra;
};

extern const resource::Resource kProject;

// Projects, their trees and tags.
void add_projects(resource::Service& service, State& state);

// What goes with a project when it is deleted: grants, credentials, default projects, limits.
void remove_what_hangs_on_project(State& state, db::Transaction& tx, const std::string& id);
void write_project_members(const Project& p, json::Writer& w);

}  // namespace haneul::keystone
