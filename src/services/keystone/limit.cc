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

[[noreturn]] void refuse_model(const Limit& limit) {
  const bool of_project = !limit.project_id.empty();
  throw Fault::forbidden(fmt::format(
      "Invalid resource limit: The resource limit ({}: {}, resource_name: {}, resource_limit: {}, "
      "service_id: {}, region_id: {}) doesn't satisfy current hierarchy model..",
      of_project ? "project_id" : "domain_id",
      of_project ? limit.project_id.text : limit.domain_id.text, limit.resource_name,
      limit.resource_limit, limit.service_id,
      limit.region_id.empty() ? "None" : limit.region_id.text));
}

// A project's limit is at most its domain's, which is the registered one where it has none.
// upstream: openstack/keystone:keystone/limit/models/strict_two_level.py
void check_two_levels(const State& state, db::Session& session, const Limit& limit) {
  if (state.options.limit_model != kStrictTwoLevel) return;
  const auto bound =
      limit.project_id.empty()
          ? session.integer(
                "SELECT MAX(resource_limit) FROM limits WHERE registered_limit_id = ? AND "
                "project_id IN (WITH RECURSIVE below(id) AS (SELECT id FROM projects WHERE "
                "parent_id = ? UNION SELECT p.id FROM projects p JOIN below b ON "
                "p.parent_id = b.id) SELECT id FROM below)",
                {limit.registered_limit_id, limit.domain_id.text})
          : session.integer(
                "SELECT COALESCE((SELECT l.resource_limit FROM limits l JOIN projects p ON "
                "l.domain_id = p.parent_id WHERE p.id = ? AND l.project_id = '' AND "
                "l.registered_limit_id = r.id), r.default_limit) "
                "FROM registered_limits r WHERE r.id = ?",
                {limit.project_id.text, limit.registered_limit_id});
  if (!bound || *bound == 0) return;
  const bool fits =
      limit.project_id.empty() ? limit.resource_limit >= *bound : limit.resource_limit <= *bound;
  if (!fits) refuse_model(limit);
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
  check_two_levels(state, session, limit);
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

resource::Hooks<Limit> hooks(const State& state) {
  resource::Hooks<Limit> h;
  h.before_update = [&state](Change& c, const Limit& old, Limit& fresh) {
    refuse_other_id(c.given, old.id);
    check_two_levels(state, c.tx, fresh);
  };
  h.narrow = [](const Call& call, db::Session&, resource::Page& page) { narrow(call, page); };
  return h;
}

http::Response show_model(Call& call, const State& state) {
  call.enforce("identity:get_limit_model");
  json::Writer w;
  w.begin_object().key("model").begin_object();
  w.member("name", state.options.limit_model);
  w.member("description",
           state.options.limit_model == kStrictTwoLevel
               ? "This model requires project hierarchy never exceeds a depth of two"
               : "Limit enforcement and validation does not take project hierarchy into "
                 "consideration.");
  w.end_object().end_object();
  return http::Response::json(200, w.take());
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
  const auto noun = resource::make_noun<Limit>(kLimit, hooks(state));
  const resource::Store<Limit> store(kLimit);
  service.resource<Limit>(kLimit, hooks(state));
  service.route("GET", "/v3/limits/model", [&](Call& c) { return show_model(c, state); });
  service.route("GET", "/v3/limits/{id}",
                [=, &state](Call& c) { return show(c, state, *noun, store); });
  service.route("POST", "/v3/limits", [=, &state](Call& c) {
    return create_batch<Limit>(
        c, *noun, store, "identity:create_limits",
        [&](db::Transaction& tx, Limit& limit) { complete_row(state, tx, limit); });
  });
}

}  // namespace haneul::keystone
