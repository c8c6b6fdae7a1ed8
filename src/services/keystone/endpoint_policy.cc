#include "services/keystone/endpoint_policy.h"

#include <fmt/format.h>

#include "resource/crud.h"
#include "services/keystone/dialect.h"
#include "services/keystone/endpoint.h"
#include "services/keystone/policy.h"
#include "services/keystone/state.h"

namespace haneul::keystone {
namespace {

using resource::Call;

// Policies of associations are told apart by what they are made with.
struct Association {
  std::string_view path, create_rule, check_rule, delete_rule;
};
constexpr Association kKinds[] = {
    {"/endpoints/{endpoint_id}", "identity:create_policy_association_for_endpoint",
     "identity:check_policy_association_for_endpoint",
     "identity:delete_policy_association_for_endpoint"},
    {"/services/{service_id}", "identity:create_policy_association_for_service",
     "identity:check_policy_association_for_service",
     "identity:delete_policy_association_for_service"},
    {"/services/{service_id}/regions/{region_id}",
     "identity:create_policy_association_for_region_and_service",
     "identity:check_policy_association_for_region_and_service",
     "identity:delete_policy_association_for_region_and_service"}};

constexpr std::string_view kOfPolicy =
    "id IN (SELECT endpoint_id FROM policy_associations WHERE policy_id = ? AND endpoint_id <> '') "
    "OR service_id IN (SELECT service_id FROM policy_associations WHERE policy_id = ? AND "
    "service_id <> '' AND region_id = '') "
    "OR (service_id, region_id) IN (WITH RECURSIVE below(service, region) AS ("
    "SELECT service_id, region_id FROM policy_associations WHERE policy_id = ? AND region_id <> '' "
    "UNION SELECT b.service, r.id FROM regions r JOIN below b ON r.parent_region_id = b.region) "
    "SELECT service, region FROM below)";

constexpr std::string_view kOfRegion =
    "WITH RECURSIVE above(id, depth) AS (SELECT ?, 0 UNION SELECT r.parent_region_id, a.depth + 1 "
    "FROM regions r JOIN above a ON r.id = a.id WHERE r.parent_region_id IS NOT NULL) "
    "SELECT p.policy_id FROM above a JOIN policy_associations p ON p.endpoint_id = '' AND "
    "p.service_id = ? AND p.region_id = a.id ORDER BY a.depth LIMIT 1";

void need(db::Session& session, std::string_view sql, std::string_view what,
          const std::string& id) {
  if (!id.empty() && !session.text(sql, {id})) throw no_such(what, id);
}

// Everything that the path names is there.
void need_rows(const Call& call, db::Session& session) {
  need(session, "SELECT id FROM policies WHERE id = ?", "policy", call.param("policy_id"));
  need(session, "SELECT id FROM catalog_endpoints WHERE id = ?", "endpoint",
       call.param("endpoint_id"));
  need(session, "SELECT id FROM catalog_services WHERE id = ?", "service",
       call.param("service_id"));
  need(session, "SELECT id FROM regions WHERE id = ?", "region", call.param("region_id"));
}

void record(const Call& call, db::Transaction& tx, std::string_view what) {
  notify::Event event{.type = fmt::format("identity.policy_association.{}", what),
                      .subject = call.param("policy_id")};
  for (const char* part : {"endpoint_id", "service_id", "region_id"}) {
    if (!call.param(part).empty()) event.details.set(part, call.param(part));
  }
  call.record(tx, event);
}

http::Response associate(Call& call, const Association& kind) {
  call.enforce(kind.create_rule);
  call.db().write([&](db::Transaction& tx) {
    need_rows(call, tx);
    tx.execute(
        "INSERT OR REPLACE INTO policy_associations (policy_id, endpoint_id, service_id, "
        "region_id) VALUES (?, ?, ?, ?)",
        {call.param("policy_id"), call.param("endpoint_id"), call.param("service_id"),
         call.param("region_id")});
    record(call, tx, "created");
  });
  return http::Response::empty(204);
}

http::Response check(Call& call, const Association& kind) {
  call.enforce(kind.check_rule);
  call.db().read([&](db::Session& session) {
    need_rows(call, session);
    const auto there = session.text(
        "SELECT policy_id FROM policy_associations WHERE policy_id = ? AND endpoint_id = ? AND "
        "service_id = ? AND region_id = ?",
        {call.param("policy_id"), call.param("endpoint_id"), call.param("service_id"),
         call.param("region_id")});
    if (!there) throw Fault::not_found("Could not find policy association.");
  });
  return http::Response::empty(204);
}

http::Response dissociate(Call& call, const Association& kind) {
  call.enforce(kind.delete_rule);
  call.db().write([&](db::Transaction& tx) {
    need_rows(call, tx);
    tx.execute(
        "DELETE FROM policy_associations WHERE policy_id = ? AND endpoint_id = ? AND "
        "service_id = ? AND region_id = ?",
        {call.param("policy_id"), call.param("endpoint_id"), call.param("service_id"),
         call.param("region_id")});
    record(call, tx, "deleted");
  });
  return http::Response::empty(204);
}

std::optional<std::string> policy_of(db::Session& session, const std::string& endpoint_id) {
  const auto own = session.text("SELECT policy_id FROM policy_associations WHERE endpoint_id = ?",
                                {endpoint_id});
  if (own) return own;
  db::Rows rows = session.query("SELECT service_id, region_id FROM catalog_endpoints WHERE id = ?",
                                {endpoint_id});
  if (!rows.next()) throw no_such("endpoint", endpoint_id);
  const std::string service = rows.string(0), region = rows.string(1);
  const auto regional = session.text(kOfRegion, {region, service});
  if (regional) return regional;
  return session.text(
      "SELECT policy_id FROM policy_associations WHERE endpoint_id = '' AND service_id = ? AND "
      "region_id = ''",
      {service});
}

http::Response show_for_endpoint(Call& call, const resource::Noun& noun) {
  call.enforce("identity:get_policy_for_endpoint");
  return call.db().read([&](db::Session& session) {
    const auto& endpoint_id = call.param("endpoint_id");
    need_rows(call, session);
    const auto id = policy_of(session, endpoint_id);
    resource::TypedRows<Policy> rows;
    if (!id || !noun.table.find(session, *id, {}, rows.add())) {
      throw Fault::not_found(fmt::format("No policy is associated with endpoint {}.", endpoint_id));
    }
    return http::Response::json(200, render_one(call, session, noun, rows, resource::show));
  });
}

http::Response list_endpoints(Call& call, const resource::Noun& noun) {
  call.enforce("identity:list_endpoints_for_policy");
  call.db().read([&](db::Session& session) { need_rows(call, session); });
  const auto& id = call.param("policy_id");
  return list_where(call, noun, resource::Where().and_(kOfPolicy, {id, id, id}));
}

}  // namespace

void add_endpoint_policies(resource::Service& service, State&) {
  const std::string base = "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY";
  for (const Association& kind : kKinds) {
    const std::string path = base + std::string(kind.path);
    service.route("PUT", path, [&kind](Call& c) { return associate(c, kind); });
    service.route("GET", path, [&kind](Call& c) { return check(c, kind); });
    service.route("DELETE", path, [&kind](Call& c) { return dissociate(c, kind); });
  }
  service.route("GET", base + "/endpoints",
                [noun = plain_endpoint_noun()](Call& c) { return list_endpoints(c, *noun); });
  service.route("GET", "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",
                [noun = policy_noun()](Call& c) { return show_for_endpoint(c, *noun); });
}

}  // namespace haneul::keystone
