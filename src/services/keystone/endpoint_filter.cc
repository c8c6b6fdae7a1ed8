#include "services/keystone/endpoint_filter.h"

#include <fmt/format.h>

#include "resource/crud.h"
#include "services/keystone/dialect.h"
#include "services/keystone/endpoint.h"
#include "services/keystone/endpoint_group.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/os_ep_filter.py, keystone/catalog/core.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Where;

// Of an endpoint of the table catalog_endpoints and a group g.
constexpr std::string_view kMatches =
    "COALESCE(json_extract(g.filters, '$.service_id'), service_id) = service_id AND "
    "COALESCE(json_extract(g.filters, '$.interface'), interface) = interface AND "
    "(json_extract(g.filters, '$.region_id') IS NULL OR "
    "json_extract(g.filters, '$.region_id') = region_id)";

void need_endpoint(db::Session& session, const std::string& id) {
  if (!session.text("SELECT id FROM catalog_endpoints WHERE id = ?", {id})) {
    throw no_such("endpoint", id);
  }
}

void need_group(db::Session& session, const std::string& id) {
  if (!session.text("SELECT id FROM endpoint_groups WHERE id = ?", {id})) {
    throw Fault::not_found(fmt::format("Could not find endpoint group: {}.", id));
  }
}

// One of the two kinds of association: a project with an endpoint, a project with a group.
struct Link {
  std::string_view path, param, type;
  std::string_view find, add, drop;
  std::string_view add_rule, check_rule, remove_rule;
  void (*need)(db::Session&, const std::string&);
};
constexpr Link kLinks[] = {
    {"/v3/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}", "endpoint_id",
     "project_endpoint", "SELECT 1 FROM project_endpoints WHERE project_id = ? AND endpoint_id = ?",
     "INSERT INTO project_endpoints (project_id, endpoint_id) VALUES (?, ?)",
     "DELETE FROM project_endpoints WHERE project_id = ? AND endpoint_id = ?",
     "identity:add_endpoint_to_project", "identity:check_endpoint_in_project",
     "identity:remove_endpoint_from_project", need_endpoint},
    {"/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}",
     "endpoint_group_id", "project_endpoint_group",
     "SELECT 1 FROM project_endpoint_groups WHERE project_id = ? AND endpoint_group_id = ?",
     "INSERT INTO project_endpoint_groups (project_id, endpoint_group_id) VALUES (?, ?)",
     "DELETE FROM project_endpoint_groups WHERE project_id = ? AND endpoint_group_id = ?",
     "identity:add_endpoint_group_to_project", "identity:get_endpoint_group_in_project",
     "identity:remove_endpoint_group_from_project", need_group}};

bool is_group(const Link& link) {
  return link.param == "endpoint_group_id";
}

bool is_there(const Call& call, db::Session& session, const Link& link) {
  return session.integer(link.find, {call.param("project_id"), call.param(link.param)}).has_value();
}

Fault absent(const Call& call, const Link& link) {
  if (is_group(link)) return Fault::not_found("Endpoint Group Project Association not found");
  return Fault::not_found(fmt::format("Endpoint {} not found in project {}",
                                      call.param("endpoint_id"), call.param("project_id")));
}

void record(const Call& call, db::Transaction& tx, const Link& link, std::string_view what) {
  notify::Event event{.type = fmt::format("identity.{}.{}", link.type, what),
                      .subject = call.param("project_id")};
  event.details.set(link.param, call.param(link.param));
  call.record(tx, event);
}

http::Response add(Call& call, State& state, const Link& link) {
  call.enforce(link.add_rule);
  call.db().write([&](db::Transaction& tx) {
    project_or_fault(state, tx, call.param("project_id"));
    link.need(tx, call.param(link.param));
    if (is_there(call, tx, link)) throw conflict(link.type, "Duplicate entry");
    tx.execute(link.add, {call.param("project_id"), call.param(link.param)});
    record(call, tx, link, "created");
    state.epochs.change_all(tx);
  });
  return http::Response::empty(204);
}

http::Response check(Call& call, const State& state, const Link& link) {
  call.enforce(link.check_rule);
  call.db().read([&](db::Session& session) {
    project_or_fault(state, session, call.param("project_id"));
    link.need(session, call.param(link.param));
    if (!is_there(call, session, link)) throw absent(call, link);
  });
  if (!is_group(link)) return http::Response::empty(204);
  const auto &group = call.param("endpoint_group_id"), &project = call.param("project_id");
  json::Writer w;
  w.begin_object().key("project_endpoint_group").begin_object();
  w.member("endpoint_group_id", group).member("project_id", project).key("links").begin_object();
  w.member("self", fmt::format("/OS-EP-FILTER/endpoint_groups/{}/projects/{}", group, project));
  w.end_object().end_object().end_object();
  return http::Response::json(200, w.take());
}

http::Response remove(Call& call, State& state, const Link& link) {
  call.enforce(link.remove_rule);
  call.db().write([&](db::Transaction& tx) {
    if (is_group(link)) {
      project_or_fault(state, tx, call.param("project_id"));
      need_group(tx, call.param(link.param));
    }
    if (!is_there(call, tx, link)) throw absent(call, link);
    tx.execute(link.drop, {call.param("project_id"), call.param(link.param)});
    record(call, tx, link, "deleted");
    state.epochs.change_all(tx);
  });
  return http::Response::empty(204);
}

// The lists: endpoints and groups of a project, projects of an endpoint or group, endpoints of a
// group.
struct List {
  std::string_view path, rule, param;
  void (*need)(db::Session&, const std::string&);
  std::string condition;
  std::shared_ptr<const resource::Noun> noun;
};

http::Response list(Call& call, const State& state, const List& what) {
  call.enforce(what.rule);
  const auto& id = call.param(what.param);
  call.db().read([&](db::Session& session) {
    what.need ? what.need(session, id) : void(project_or_fault(state, session, id));
  });
  if (what.condition.empty()) return list_where(call, *what.noun, endpoints_of_project(id));
  return list_where(call, *what.noun, Where().and_(what.condition, {id}));
}

void add_lists(resource::Service& service, State& state) {
  const std::string matching =
      "EXISTS (SELECT 1 FROM endpoint_groups g WHERE g.id = ? AND " + std::string(kMatches) + ")";
  const List lists[] = {
      {"/v3/OS-EP-FILTER/projects/{project_id}/endpoints", "identity:list_endpoints_for_project",
       "project_id", nullptr, "", plain_endpoint_noun()},
      {"/v3/OS-EP-FILTER/projects/{project_id}/endpoint_groups",
       "identity:list_endpoint_groups_for_project", "project_id", nullptr,
       "id IN (SELECT endpoint_group_id FROM project_endpoint_groups WHERE project_id = ?)",
       endpoint_group_noun(state)},
      {"/v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects", "identity:list_projects_for_endpoint",
       "endpoint_id", need_endpoint,
       "id IN (SELECT project_id FROM project_endpoints WHERE endpoint_id = ?)",
       plain_project_noun()},
      {"/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects",
       "identity:list_projects_associated_with_endpoint_group", "endpoint_group_id", need_group,
       "id IN (SELECT project_id FROM project_endpoint_groups WHERE endpoint_group_id = ?)",
       plain_project_noun()},
      {"/v3/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints",
       "identity:list_endpoints_associated_with_endpoint_group", "endpoint_group_id", need_group,
       matching, plain_endpoint_noun()}};
  for (const List& one : lists) {
    service.route("GET", one.path, [&state, one](Call& c) { return list(c, state, one); });
  }
}

}  // namespace

Where endpoints_of_project(const std::string& project_id) {
  static const std::string kByGroup =
      "id IN (SELECT endpoint_id FROM project_endpoints WHERE project_id = ?) OR EXISTS (SELECT 1 "
      "FROM project_endpoint_groups pg JOIN endpoint_groups g ON g.id = pg.endpoint_group_id "
      "WHERE pg.project_id = ? AND " +
      std::string(kMatches) + ")";
  return Where().and_(kByGroup, {project_id, project_id});
}

void remove_filters_of_project(db::Transaction& tx, const std::string& project_id) {
  tx.execute("DELETE FROM project_endpoints WHERE project_id = ?", {project_id});
  tx.execute("DELETE FROM project_endpoint_groups WHERE project_id = ?", {project_id});
}

void remove_what_hangs_on_endpoint(db::Transaction& tx, const std::string& endpoint_id) {
  tx.execute("DELETE FROM project_endpoints WHERE endpoint_id = ?", {endpoint_id});
  tx.execute("DELETE FROM policy_associations WHERE endpoint_id = ?", {endpoint_id});
}

void add_endpoint_filters(resource::Service& service, State& state) {
  for (const Link& link : kLinks) {
    service.route("PUT", link.path, [&](Call& c) { return add(c, state, link); });
    service.route("GET", link.path, [&](Call& c) { return check(c, state, link); });
    service.route("DELETE", link.path, [&](Call& c) { return remove(c, state, link); });
  }
  add_lists(service, state);
}

}  // namespace haneul::keystone
