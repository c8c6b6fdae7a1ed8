#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"

namespace haneul::resource {

struct QuotaLimit {
  std::string_view resource;  // "cores"
  std::int64_t standard;      // where a project has none of its own; -1 is no limit
};

struct QuotaUsage {
  std::int64_t limit = -1, used = 0;
};

// Limits and usage per service, project and resource. Usage is a counter changed in the same
// transaction as the rows it counts. Safe from any thread.
class Quota {
 public:
  static constexpr std::string_view kEveryProject = "";

  // Called once per service at start.
  void declare(std::string_view service, const std::vector<QuotaLimit>& limits);

  struct Over {
    std::string resource;
    std::int64_t requested, used, limit;
  };
  // Takes `amount` (may be 0 or negative to give back); what is exceeded if there is not enough,
  // and then nothing was taken. Undeclared resources throw std::logic_error.
  std::optional<Over> reserve(db::Transaction& tx, std::string_view service,
                              std::string_view project, std::string_view resource,
                              std::int64_t amount);
  void release(db::Transaction& tx, std::string_view service, std::string_view project,
               std::string_view resource, std::int64_t amount);

  // Every declared resource of the service. kEveryProject: what projects without a limit of their
  // own have.
  std::map<std::string, QuotaUsage> of_project(db::Session& session, std::string_view service,
                                               std::string_view project) const;
  // Those that were ever charged for anything of the service.
  std::set<std::string> projects(db::Session& session, std::string_view service) const;
  // As declared.
  std::map<std::string, std::int64_t> standard(std::string_view service) const;
  // For one project, or for kEveryProject instead of what was declared.
  void set_limit(db::Transaction& tx, std::string_view service, std::string_view project,
                 std::string_view resource, std::int64_t limit);
  void reset_limits(db::Transaction& tx, std::string_view service, std::string_view project);

 private:
  std::int64_t limit(db::Session& session, std::string_view service, std::string_view project,
                     std::string_view resource) const;
  std::map<std::string, std::map<std::string, std::int64_t>, std::less<>> declared_;
};

}  // namespace haneul::resource
