#pragma once
#include <map>
#include <string>

#include "resource/call.h"
#include "services/keystone/logic/assignment.h"

namespace haneul::keystone {

struct State;

// Names of what assignments speak of, each looked up once per answer.
class AssignmentNames {
 public:
  AssignmentNames(const State& state, db::Session& session) : state_(state), session_(session) {}

  struct Name {
    std::string name, domain_id, domain_name;  // empty where the row is gone
  };
  const Name& user(const std::string& id);
  const Name& group(const std::string& id);
  const Name& project(const std::string& id);
  const Name& role(const std::string& id);

 private:
  template <class Find>
  const Name& look_up(char kind, const std::string& id, Find&& find);

  const State& state_;
  db::Session& session_;
  std::map<std::string, Name> known_;
};

// One assignment as upstream writes it; `names` null leaves names out.
// upstream: openstack/keystone:keystone/api/role_assignments.py (_format_entity)
void write_assignment(json::Writer& w, const resource::Call& call, const Assignment& assignment,
                      AssignmentNames* names);

}  // namespace haneul::keystone
