#include "services/keystone/project.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "resource/field.h"
#include "services/keystone/dialect.h"
#include "services/keystone/endpoint_filter.h"
#include "services/keystone/extra.h"
#include "services/keystone/limit.h"
#include "services/keystone/project_tag.h"
#include "services/keystone/project_tree.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/resource/core.py, keystone/api/projects.py
namespace haneul::keystone {
namespace {

using resource::Change;
using resource::create;
using resource::field;
using resource::update;

constexpr auto kFields =
    resource::fields(field<&Project::id>("id"),
                     field<&Project::name>("name")
                         .settable(create | update)
                         .required()
                         .range(1, 64)
                         .filter()
                         .sort_key(),
                     field<&Project::domain_id>("domain_id").settable(create).max(64).filter(),
                     field<&Project::parent_id>("parent_id").settable(create).max(64).filter(),
                     field<&Project::is_domain>("is_domain").settable(create).filter(),
                     field<&Project::enabled>("enabled").settable(create | update).filter(),
                     field<&Project::description>("description").settable(create | update),
                     field<&Project::tags>("tags").settable(create | update).max(kProjectTagsMax),
                     field<&Project::options>("options").settable(create | update),
                     field<&Project::extra>("extra").hidden());
static_assert(resource::complete<Project>(kFields));

constexpr std::string_view kNameTaken = "SELECT id FROM projects WHERE domain_id = ? AND name = ?";

void refuse_same_project_name(db::Session& session, const Project& p) {
  const auto taken = session.text(kNameTaken, {p.domain_id.text, p.name});
  if (!taken || *taken == p.id) return;
  if (p.is_domain) {
    throw conflict("project",
                   "it is not permitted to have two projects acting as domains with "
                   "the same name: " +
                       p.name);
  }
  throw conflict("project", fmt::format("it is not permitted to have two projects with either the "
                                        "same name or same id in the same domain: name is {}, "
                                        "project id {}",
                                        p.name, p.id));
}

// A project hangs below another one of its own domain, or below the domain itself.
Project parent_of(const State& state, db::Session& session, const Project& p) {
  const auto domain = state.projects.find(session, p.domain_id.text);
  if (!domain || !domain->is_domain) {
    throw Fault::bad_request(fmt::format("Could not find domain: {}.", p.domain_id.text));
  }
  auto parent = state.projects.find(session, p.parent_id.text);
  if (!parent) {
    throw Fault::bad_request(fmt::format("Could not find project: {}.", p.parent_id.text));
  }
  if (parent->is_domain && parent->id != domain->id) {
    throw Fault::bad_request(fmt::format(
        "Cannot create project, the parent ({}) is acting as a domain, but this project's domain "
        "id ({}) does not match the parent's id.",
        parent->id, domain->id));
  }
  if (!parent->is_domain && parent->domain_id.text != domain->id) {
    throw Fault::bad_request(fmt::format(
        "Cannot create project, since it specifies its domain_id {}, but specifies a parent in a "
        "different domain ({}).",
        domain->id, parent->domain_id.text));
  }
  return std::move(*parent);
}

std::int64_t depth_max(const Options& options) {
  constexpr std::int64_t kTwoLevels = 2;
  return options.limit_model == kStrictTwoLevel
             ? std::min(kTwoLevels, options.project_tree_depth_max)
             : options.project_tree_depth_max;
}

void check_branch(const State& state, db::Session& session, const Project& p) {
  auto branch = parents_of(state, session, p.parent_id.text);
  branch.push_back(parent_of(state, session, p));
  for (const Project& above : branch) {
    if (!above.enabled) {
      throw Fault::bad_request(
          "cannot create a project in a branch containing a disabled project: " + above.id);
    }
  }
  if (static_cast<std::int64_t>(branch.size()) > depth_max(state.options)) {
    throw Fault::forbidden(
        fmt::format("Max hierarchy depth reached for {} branch.", p.parent_id.text));
  }
}

void before_create(const State& state, Change& change, Project& p) {
  p.name = stripped_name(change.call, p.name);
  check_tags(change.call, p.tags);
  p.options = merged_options(change.call, {}, p.options, kImmutable);
  keep_extra(kProject, change.given, p.extra);
  if (!change.given.has("description")) p.description = "";
  if (!p.is_domain) p.domain_id.text = domain_for(change.call, p.domain_id.text);
  if (p.parent_id.empty()) p.parent_id = p.domain_id;
  if (p.is_domain && !p.parent_id.empty()) {
    throw Fault::bad_request("only root projects are allowed to act as domains.");
  }
  if (!p.is_domain) check_branch(state, change.tx, p);
  refuse_same_project_name(change.tx, p);
}

void refuse_moves(const json::Object& given, const Project& old) {
  refuse_other_id(given, old.id);
  refuse_change(given, "domain_id", old.domain_id.text, "Cannot change Domain ID");
  const json::Value* parent = given.find("parent_id");
  const bool same = !parent || (parent->text() ? *parent->text() == old.parent_id.text
                                               : parent->is_null() && old.parent_id.empty());
  if (!same) throw Fault::forbidden("Update of `parent_id` is not allowed.");
  const json::Value* is_domain = given.find("is_domain");
  if (is_domain && (!is_domain->boolean() || *is_domain->boolean() != old.is_domain)) {
    throw Fault::bad_request("Update of `is_domain` is not allowed.");
  }
}

void check_enabling(const State& state, db::Session& session, const Project& old,
                    const Project& fresh) {
  if (!old.enabled && fresh.enabled) {
    for (const Project& above : parents_of(state, session, old.id)) {
      if (above.enabled) continue;
      throw Fault::forbidden(
          fmt::format("Cannot enable project {} since it has disabled parents", old.id));
    }
  }
  if (!old.enabled || fresh.enabled || old.is_domain) return;
  for (const Project& below : subtree_of(state, session, old.id)) {
    if (!below.enabled) continue;
    throw Fault::forbidden(fmt::format(
        "Cannot disable project {} since its subtree contains enabled projects.", old.id));
  }
}

void before_update(const State& state, Change& change, const Project& old, Project& fresh) {
  refuse_moves(change.given, old);
  refuse_immutable_update(old.is_domain ? "domain" : "project", old.id, old.options, change.given);
  if (fresh.name != old.name) fresh.name = stripped_name(change.call, fresh.name);
  check_tags(change.call, fresh.tags);
  if (change.given.has("options")) {
    fresh.options = merged_options(change.call, old.options, fresh.options, kImmutable);
  }
  keep_extra(kProject, change.given, fresh.extra);
  check_enabling(state, change.tx, old, fresh);
  refuse_same_project_name(change.tx, fresh);
}

void before_remove(Change& change, const Project& p) {
  refuse_immutable_removal("project", p.id, p.options);
  if (p.is_domain && p.enabled) {
    throw Fault::bad_request(
        fmt::format("cannot delete an enabled project acting as a domain. "
                    "Please disable the project {} first.",
                    p.id));
  }
  if (change.tx.text("SELECT id FROM projects WHERE parent_id = ? LIMIT 1", {p.id})) {
    throw Fault::forbidden(fmt::format(
        "Cannot delete the project {} since it is not a leaf in the hierarchy. Use the cascade "
        "option if you want to delete a whole subtree.",
        p.id));
  }
}

void narrow(const resource::Call& call, resource::Page& page) {
  if (!call.query().has("is_domain")) page.where.and_("is_domain = 0");
  const auto& domain = call.caller().domain_id.text;
  if (!domain.empty()) page.where.equals("domain_id", domain);
  narrow_by_tags(call, page);
}

auto extras(const State& state) {
  return [&state](
             const resource::Call& call, db::Session& session,
             std::span<const Project> rows) -> std::function<void(const Project&, json::Writer&)> {
    const bool one =
        rows.size() == 1 && call.request().method == "GET" && call.param("id") == rows.front().id;
    return [&state, &call, &session, one](const Project& p, json::Writer& w) {
      write_extra(w, p.extra);
      if (one) write_tree_asked_for(state, call, session, p, w);
    };
  };
}

resource::Hooks<Project> hooks(State& state) {
  resource::Hooks<Project> h;
  h.before_create = [&](Change& c, Project& p) { before_create(state, c, p); };
  h.before_update = [&](Change& c, const Project& old, Project& fresh) {
    before_update(state, c, old, fresh);
  };
  h.after_update = [&](Change& c, const Project&, const Project&) {
    state.epochs.change_all(c.tx);
  };
  h.before_remove = before_remove;
  h.after_remove = [&](Change& c, const Project& p) {
    remove_what_hangs_on_project(state, c.tx, p.id);
  };
  h.list_target = [](const resource::Call& call, access::PairsTarget& target) {
    const auto& domain = call.caller().domain_id.text;
    if (!domain.empty()) target.add("target.domain_id", domain);
  };
  h.narrow = [](const resource::Call& call, db::Session&, resource::Page& page) {
    narrow(call, page);
  };
  h.extras = extras(state);
  return h;
}

}  // namespace

constinit const resource::Resource kProject{
    .singular = "project",
    .plural = "projects",
    .path = "/v3/projects",
    .table = "projects",
    .scope = resource::Scope::cloud,
    .policy = {"identity:create_project", "identity:list_projects", "identity:get_project",
               "identity:update_project", "identity:delete_project"},
    .event = "identity.project",
    .update_method = "PATCH",
    .fields = kFields};

void write_project_members(const Project& p, json::Writer& w) {
  for (const auto& f : kFields) {
    if (!f.shown(resource::show, {})) continue;
    w.key(f.name);
    f.codec->write(w, f.member(const_cast<Project*>(&p)), resource::TimeStyle::micros_naive);
  }
  write_extra(w, p.extra);
}

std::shared_ptr<const resource::Noun> plain_project_noun() {
  resource::Hooks<Project> h;
  h.extras = [](const resource::Call&, db::Session&, std::span<const Project>) {
    return [](const Project& p, json::Writer& w) { write_extra(w, p.extra); };
  };
  return resource::make_noun<Project>(kProject, std::move(h));
}

void remove_what_hangs_on_project(State& state, db::Transaction& tx, const std::string& id) {
  tx.execute("DELETE FROM role_assignments WHERE target_id = ? AND target_kind <> 'system'", {id});
  tx.execute("DELETE FROM credentials WHERE project_id = ?", {id});
  tx.execute("UPDATE users SET default_project_id = NULL WHERE default_project_id = ?", {id});
  tx.execute(
      "DELETE FROM application_credential_roles WHERE application_credential_id IN "
      "(SELECT id FROM application_credentials WHERE project_id = ?)",
      {id});
  tx.execute(
      "DELETE FROM application_credential_access_rules WHERE application_credential_id IN "
      "(SELECT id FROM application_credentials WHERE project_id = ?)",
      {id});
  tx.execute("DELETE FROM application_credentials WHERE project_id = ?", {id});
  tx.execute("DELETE FROM limits WHERE project_id = ?", {id});
  remove_filters_of_project(tx, id);
  remove_trusts_of_project(state, tx, id);
  tx.execute("DELETE FROM oauth_request_tokens WHERE project_id = ?", {id});
  remove_access_tokens(state, tx, "project_id", id);
  state.revocations.add(tx, Revocations::What::project, id, state.now());
}

void add_projects(resource::Service& service, State& state) {
  service.resource<Project>(kProject, hooks(state));
  add_project_tags(service, state);
}

}  // namespace haneul::keystone
