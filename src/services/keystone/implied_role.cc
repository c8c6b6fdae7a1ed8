#include "services/keystone/implied_role.h"

#include <fmt/format.h>

#include "services/keystone/dialect.h"
#include "services/keystone/role_graph.h"
#include "services/keystone/state.h"

// upstream: openstack/keystone:keystone/api/roles.py, keystone/api/_shared/implied_roles.py
namespace haneul::keystone {
namespace {

using resource::Call;

constexpr std::string_view kProhibited =
    "admin";  // upstream's [assignment] prohibited_implied_role

void write_role(json::Writer& w, const Call& call, const std::string& id, const std::string& name) {
  w.begin_object().member("id", id);
  write_self_link(w, call, "/roles/" + id);
  w.member("name", name).end_object();
}

struct Pair {
  Role prior, implied;
};

// Both roles must exist, whoever asks.
Pair find_pair(const Call& call, const State& state, db::Session& session, const char* rule) {
  Pair pair{role_or_fault(state, session, call.param("prior_role_id")),
            role_or_fault(state, session, call.param("implied_role_id"))};
  call.enforce(rule);
  return pair;
}

[[noreturn]] void does_not_imply(const Pair& pair) {
  throw Fault::not_found(fmt::format("{} does not imply {}.", pair.prior.id, pair.implied.id));
}

bool is_there(db::Session& session, const Pair& pair) {
  return session
      .text(
          "SELECT prior_role_id FROM implied_roles WHERE prior_role_id = ? AND "
          "implied_role_id = ?",
          {pair.prior.id, pair.implied.id})
      .has_value();
}

std::string render(const Call& call, const Pair& pair) {
  json::Writer w;
  w.begin_object().key("role_inference").begin_object().key("prior_role");
  write_role(w, call, pair.prior.id, pair.prior.name);
  w.key("implies");
  write_role(w, call, pair.implied.id, pair.implied.name);
  w.end_object();
  write_self_link(w, call, fmt::format("/roles/{}/implies/{}", pair.prior.id, pair.implied.id));
  w.end_object();
  return w.take();
}

http::Response show(Call& call, const State& state) {
  const bool head = call.request().method == "HEAD";
  return call.db().read([&](db::Session& session) {
    const auto pair = find_pair(call, state, session,
                                head ? "identity:check_implied_role" : "identity:get_implied_role");
    if (!is_there(session, pair)) does_not_imply(pair);
    return head ? http::Response::empty(204) : http::Response::json(200, render(call, pair));
  });
}

void check_new(db::Transaction& tx, const Pair& pair) {
  if (pair.implied.name == kProhibited) {
    throw Fault::forbidden(pair.implied.id + " cannot be an implied roles.");
  }
  if (pair.prior.domain_id.empty() && !pair.implied.domain_id.empty()) {
    throw Fault::forbidden(pair.implied.id + " cannot be an implied roles.");
  }
  if (is_there(tx, pair)) throw conflict("implied_role", "Duplicate entry");
}

void record(const Call& call, db::Transaction& tx, const Pair& pair, std::string_view what) {
  call.record(tx, {.type = fmt::format("identity.implied_role.{}", what),
                   .subject = pair.prior.id,
                   .details = {{"implied_role", pair.implied.id}}});
}

http::Response create(Call& call, State& state) {
  return call.db().write([&](db::Transaction& tx) {
    const auto pair = find_pair(call, state, tx, "identity:create_implied_role");
    check_new(tx, pair);
    tx.execute("INSERT INTO implied_roles (prior_role_id, implied_role_id) VALUES (?, ?)",
               {pair.prior.id, pair.implied.id});
    state.epochs.change_all(tx);
    record(call, tx, pair, "created");
    return http::Response::json(201, render(call, pair));
  });
}

http::Response remove(Call& call, State& state) {
  call.db().write([&](db::Transaction& tx) {
    const auto pair = find_pair(call, state, tx, "identity:delete_implied_role");
    if (!is_there(tx, pair)) does_not_imply(pair);
    tx.execute("DELETE FROM implied_roles WHERE prior_role_id = ? AND implied_role_id = ?",
               {pair.prior.id, pair.implied.id});
    state.epochs.change_all(tx);
    record(call, tx, pair, "deleted");
  });
  return http::Response::empty(204);
}

void write_implied(json::Writer& w, const Call& call, const RoleGraph& graph,
                   const RoleGraph::Node& prior) {
  w.begin_object().key("prior_role");
  write_role(w, call, prior.id, prior.name);
  w.key("implies").begin_array();
  for (const auto& id : prior.implies) {
    const auto* implied = graph.find(id);
    if (implied) write_role(w, call, implied->id, implied->name);
  }
  w.end_array().end_object();
}

http::Response list(Call& call, const State& state) {
  return call.db().read([&](db::Session& session) {
    const Role prior = role_or_fault(state, session, call.param("prior_role_id"));
    call.enforce("identity:list_implied_roles");
    const auto graph = RoleGraph::read(session);
    json::Writer w;
    w.begin_object().key("role_inference");
    write_implied(w, call, *graph, *graph->find(prior.id));
    write_self_link(w, call, fmt::format("/roles/{}/implies", prior.id));
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response list_inferences(Call& call) {
  call.enforce("identity:list_role_inference_rules");
  return call.db().read([&](db::Session& session) {
    const auto graph = RoleGraph::read(session);
    json::Writer w;
    w.begin_object().key("role_inferences").begin_array();
    for (const auto& [id, prior] : graph->nodes()) {
      if (!prior.implies.empty()) write_implied(w, call, *graph, prior);
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace

void add_implied_roles(resource::Service& service, State& state) {
  const std::string all = "/v3/roles/{prior_role_id}/implies", one = all + "/{implied_role_id}";
  service.route("GET", "/v3/role_inferences", list_inferences);
  service.route("GET", all, [&](Call& c) { return list(c, state); });
  service.route("GET", one, [&](Call& c) { return show(c, state); });
  service.route("PUT", one, [&](Call& c) { return create(c, state); });
  service.route("DELETE", one, [&](Call& c) { return remove(c, state); });
}

}  // namespace haneul::keystone
