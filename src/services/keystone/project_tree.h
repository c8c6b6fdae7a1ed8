#pragma once
#include <string>
#include <vector>

#include "resource/call.h"
#include "services/keystone/project.h"

namespace haneul::keystone {

struct State;

// From the project's parent up to the domain, and all below it; breadth first.
std::vector<Project> parents_of(const State& state, db::Session& session, const std::string& id);
std::vector<Project> subtree_of(const State& state, db::Session& session, const std::string& id);

// "parents" and "subtree" if the query asks for them, as lists or as nested ids.
void write_tree_asked_for(const State& state, const resource::Call& call, db::Session& session,
                          const Project& project, json::Writer& w);

}  // namespace haneul::keystone
