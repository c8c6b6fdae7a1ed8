#include "resource/quota.h"

#include <stdexcept>

namespace haneul::resource {

void Quota::declare(std::string_view service, const std::vector<QuotaLimit>& limits) {
  auto& mine = declared_[std::string(service)];
  for (const QuotaLimit& l : limits) mine[std::string(l.resource)] = l.standard;
}

std::map<std::string, std::int64_t> Quota::standard(std::string_view service) const {
  const auto found = declared_.find(service);
  return found == declared_.end() ? std::map<std::string, std::int64_t>{} : found->second;
}

std::int64_t Quota::limit(db::Session& session, std::string_view service, std::string_view project,
                          std::string_view resource) const {
  const auto own = session.integer(
      "SELECT hard_limit FROM quota_limits WHERE service = ? AND project_id IN (?, '') AND"
      " resource = ? ORDER BY project_id DESC LIMIT 1",
      {service, project, resource});
  if (own) return *own;
  const auto found = declared_.find(service);
  const auto at = found == declared_.end() ? decltype(found->second.end()){}
                                           : found->second.find(std::string(resource));
  if (found == declared_.end() || at == found->second.end()) {
    throw std::logic_error("no quota is declared for " + std::string(resource));
  }
  return at->second;
}

std::optional<Quota::Over> Quota::reserve(db::Transaction& tx, std::string_view service,
                                          std::string_view project, std::string_view resource,
                                          std::int64_t amount) {
  const std::int64_t allowed = limit(tx, service, project, resource);
  const std::int64_t used =
      tx.integer(
            "SELECT used FROM quota_usages WHERE service = ? AND project_id = ? AND"
            " resource = ?",
            {service, project, resource})
          .value_or(0);
  if (amount > 0 && allowed >= 0 && used + amount > allowed) {
    return Over{std::string(resource), amount, used, allowed};
  }
  const auto changed = tx.execute(
      "UPDATE quota_usages SET used = used + ? WHERE service = ? AND project_id = ? AND"
      " resource = ?",
      {amount, service, project, resource});
  if (changed == 0 && amount != 0) {
    tx.execute("INSERT INTO quota_usages (service, project_id, resource, used) VALUES (?,?,?,?)",
               {service, project, resource, amount});
  }
  return std::nullopt;
}

void Quota::release(db::Transaction& tx, std::string_view service, std::string_view project,
                    std::string_view resource, std::int64_t amount) {
  tx.execute(
      "UPDATE quota_usages SET used = used - ? WHERE service = ? AND project_id = ? AND"
      " resource = ?",
      {amount, service, project, resource});
}

std::map<std::string, QuotaUsage> Quota::of_project(db::Session& session, std::string_view service,
                                                    std::string_view project) const {
  std::map<std::string, QuotaUsage> all;
  for (const auto& [name, standard_limit] : standard(service)) all[name].limit = standard_limit;
  db::Rows limits = session.query(
      "SELECT resource, hard_limit FROM quota_limits WHERE service = ? AND project_id IN (?, '')"
      " ORDER BY project_id",  // a project's own come last
      {service, project});
  while (limits.next()) all[limits.string(0)].limit = limits.integer(1);
  db::Rows used =
      session.query("SELECT resource, used FROM quota_usages WHERE service = ? AND project_id = ?",
                    {service, project});
  while (used.next()) all[used.string(0)].used = used.integer(1);
  return all;
}

std::set<std::string> Quota::projects(db::Session& session, std::string_view service) const {
  std::set<std::string> all;
  db::Rows rows =
      session.query("SELECT DISTINCT project_id FROM quota_usages WHERE service = ?", {service});
  while (rows.next()) all.insert(rows.string(0));
  return all;
}

void Quota::set_limit(db::Transaction& tx, std::string_view service, std::string_view project,
                      std::string_view resource, std::int64_t hard_limit) {
  const auto changed = tx.execute(
      "UPDATE quota_limits SET hard_limit = ? WHERE service = ? AND project_id = ? AND"
      " resource = ?",
      {hard_limit, service, project, resource});
  if (changed == 0) {
    tx.execute(
        "INSERT INTO quota_limits (service, project_id, resource, hard_limit) VALUES (?,?,?,?)",
        {service, project, resource, hard_limit});
  }
}

void Quota::reset_limits(db::Transaction& tx, std::string_view service, std::string_view project) {
  tx.execute("DELETE FROM quota_limits WHERE service = ? AND project_id = ?", {service, project});
}

}  // namespace haneul::resource
