#include "services/keystone/catalog_cache.h"

#include <set>

#include "services/keystone/endpoint_filter.h"

namespace haneul::keystone {
namespace {

// What is left for a project with endpoints of its own; empty if it has none, and so sees all.
std::vector<CatalogService> own_services(db::Session& session,
                                         const std::vector<CatalogService>& all,
                                         const std::string& project_id) {
  const auto where = endpoints_of_project(project_id);
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  std::set<std::string, std::less<>> ids;
  db::Rows rows = session.query("SELECT id FROM catalog_endpoints WHERE " + where.sql(), binds);
  while (rows.next()) ids.insert(rows.string(0));
  std::vector<CatalogService> own;
  for (CatalogService service : all) {
    std::erase_if(service.endpoints, [&](const auto& e) { return !ids.contains(e.id); });
    if (!service.endpoints.empty()) own.push_back(std::move(service));
  }
  return own;
}

}  // namespace

std::vector<CatalogService> read_catalog(db::Session& session) {
  db::Rows rows = session.query(
      "SELECT s.id, s.type, s.name, e.id, e.interface, e.region_id, e.url FROM catalog_services s "
      "LEFT JOIN catalog_endpoints e ON e.service_id = s.id AND e.enabled = 1 "
      "WHERE s.enabled = 1 ORDER BY s.type, s.id, e.interface, e.id");
  std::vector<CatalogService> services;
  while (rows.next()) {
    if (services.empty() || services.back().id != rows.text(0)) {
      services.push_back({rows.string(0), rows.string(1), rows.string(2), {}});
    }
    if (rows.is_null(3)) continue;
    services.back().endpoints.push_back(
        {rows.string(3), rows.string(4), rows.string(5), rows.string(6)});
  }
  return services;
}

std::shared_ptr<const CatalogCache::Snapshot> CatalogCache::snapshot(db::Session& session,
                                                                     std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (snapshot_ && epoch_ == epoch) return snapshot_;
  }
  auto fresh = std::make_shared<Snapshot>();
  fresh->services = read_catalog(session);
  fresh->varies = has_blanks(fresh->services);
  fresh->filtered = session
                        .integer(
                            "SELECT EXISTS (SELECT 1 FROM project_endpoints) OR "
                            "EXISTS (SELECT 1 FROM project_endpoint_groups)")
                        .value_or(0) != 0;
  if (!fresh->varies) {
    fresh->same_for_all =
        std::make_shared<const std::string>(render_catalog(fresh->services, "", ""));
  }
  const std::lock_guard lock(mutex_);
  if (!snapshot_ || epoch >= epoch_) {
    snapshot_ = fresh;
    epoch_ = epoch;
  }
  return fresh;
}

std::shared_ptr<const std::string> CatalogCache::get(db::Session& session, std::uint64_t epoch,
                                                     const std::string& project_id,
                                                     const std::string& user_id) {
  const auto now = snapshot(session, epoch);
  if (now->filtered && !project_id.empty()) {
    const auto own = own_services(session, now->services, project_id);
    if (!own.empty()) {
      return std::make_shared<const std::string>(render_catalog(own, project_id, user_id));
    }
  }
  if (!now->varies) return now->same_for_all;
  return std::make_shared<const std::string>(render_catalog(now->services, project_id, user_id));
}

}  // namespace haneul::keystone
