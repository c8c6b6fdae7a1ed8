#include "services/keystone/limit.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/field.h"
#include "services/keystone/extra.h"
#include "services/keystone/limit_batch.h"
#include "services/keystone/registered_limit.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/limit/core.py, keystone/api/limits.py
namespace haneul::keystone {
namespace {

using resource::Call;
using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields = resource::fields(
    field<&Limit::id>("id"), field<&Limit::registered_limit_id>("registered_limit_id").hidden(),
    field<&Limit::project_id>("project_id").settable(create).max(64).filter(),
    field<&Limit::domain_id>("domain_id").settable(create).max(64).filter(),
    field<&Limit::service_id>("service_id").settable(create).required().max(64).filter(),
    field<&Limit::region_id>("region_id").settable(create).max(255).filter(),
    field<&Limit::resource_name>("resource_name")
        .settable(create)
        .required()
        .range(1, 255)
        .filter(),
    field<&Limit::resource_limit>("resource_limit")
        .settable(create | update)
        .required()
        .range(-1, 0x7fffffff),
    field<&Limit::description>("description").settable(create | update));
static_assert(resource::complete<Limit>(kFields));

// The owner is one project or one domain; a project that acts as a domain counts as the domain.
void check_owner(const State& state, db::Session& session, Limit& limit) {
  if (limit.project_id.empty() == limit.domain_id.empty()) {
    throw Fault::bad_request("Either project_id or domain_id must be given, not both.");
  }
  if (!limit.project_id.empty()) {
    const auto project = state.projects.find(session, limit.project_id.text);
    if (!project) throw expected("project_id", "limit");
    if (project->is_domain) std::swap(limit.project_id, limit.domain_id);
  }
  if (limit.domain_id.empty()) return;
  const auto domain = state.projects.find(session, limit.domain_id.text);
  if (!domain || !domain->is_domain) throw expected("domain_id", "limit");
}

void complete_row(const State& state, db::Session& session, Limit& limit) {
  check_limit_place(session, "limit", limit.service_id, limit.region_id);
  check_owner(state, session, limit);
  const auto registered = session.text(
      "SELECT id FROM registered_limits WHERE service_id = ? AND region_id = ? AND "
      "resource_name = ?",
      {limit.service_id, limit.region_id.text, limit.resource_name});
  if (!registered) {
    throw Fault::forbidden("Unable to create a limit that has no corresponding registered limit.");
  }
  limit.registered_limit_id = *registered;
  const auto taken = session.text(
      "SELECT id FROM limits WHERE project_id = ? AND domain_id = ? AND registered_limit_id = ?",
      {limit.project_id.text, limit.domain_id.text, *registered});
  if (taken) throw conflict("limit", "Duplicate entry");
}

bool sees_all(const access::Caller& caller) {
  const auto has = [&](const char* role) {
    return std::find(caller.roles.begin(), caller.roles.end(), role) != caller.roles.end();
  };
  return !caller.system_scope.empty() || has("admin") || has("service");
}

void narrow(const Call& call, resource::Page& page) {
  const auto& caller = call.caller();
  if (sees_all(caller)) return;
  if (!caller.domain_id.empty()) {
    page.where.and_("domain_id = ? OR project_id IN (SELECT id FROM projects WHERE domain_id = ?)",
                    {caller.domain_id.text, caller.domain_id.text});
  } else {
    page.where.equals("project_id",
                      caller.project_id.empty() ? std::string("none") : caller.project_id.text);
  }
}

resource::Hooks<Limit> hooks() {
  resource::Hooks<Limit> h;
  h.before_update = [](Change& c, const Limit& old, Limit&) { refuse_other_id(c.given, old.id); };
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) { narrow(call, page); };
  return h;
}

http::Response show_model(Call& call) {
  call.enforce("identity:get_limit_model");
  return http::Response::json(
      200, R"({"model":{"description":"Limit enforcement and validation does not take project )"
           R"(hierarchy into consideration.","name":"flat"}})");
}

// The policy also looks at the owner's domain, which is not in the row.
http::Response show(Call& call, const State& state, const resource::Noun& noun,
                    const resource::Store<Limit>& store) {
  return call.db().read([&](db::Session& session) {
    const auto limit = store.find(session, call.param("id"));
    if (!limit) call.throw_absent(kLimit, call.param("id"), "identity:get_limit");
    access::PairsTarget target{{"target.limit.domain.id", limit->domain_id.text}};
    target.add("target.limit.project_id", limit->project_id.text);
    const auto project = state.projects.find(session, limit->project_id.text);
    if (project) target.add("target.limit.project.domain_id", project->domain_id.text);
    call.enforce("identity:get_limit", target);
    resource::TypedRows<Limit> rows;
    rows.rows.push_back(*limit);
    return http::Response::json(200, render_one(call, session, noun, rows, resource::show));
  });
}

}  // namespace

constinit const resource::Resource kLimit{
    .singular = "limit",
    .plural = "limits",
    .path = "/v3/limits",
    .scope = resource::Scope::cloud,
    .policy = {"", "identity:list_limits", "", "identity:update_limit", "identity:delete_limit"},
    .event = "identity.limit",
    .update_method = "PATCH",
    .fields = kFields};

void add_limits(resource::Service& service, State& state) {
  const auto noun = resource::make_noun<Limit>(kLimit, hooks());
  const resource::Store<Limit> store(kLimit);
  service.resource<Limit>(kLimit, hooks());
  service.route("GET", "/v3/limits/model", show_model);
  service.route("GET", "/v3/limits/{id}",
                [=, &state](Call& c) { return show(c, state, *noun, store); });
  service.route("POST", "/v3/limits", [=, &state](Call& c) {
    return create_batch<Limit>(
        c, *noun, store, "identity:create_limits",
        [&](db::Transaction& tx, Limit& limit) { complete_row(state, tx, limit); });
  });
}

}  // namespace haneul::keystone
