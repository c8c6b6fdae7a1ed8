#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/database.h"
#include "services/keystone/logic/catalog.h"

namespace haneul::keystone {

// Rendered catalogs, read and written out once and kept until something changes. Safe from any
// thread.
class CatalogCache {
 public:
  std::shared_ptr<const std::string> get(db::Session& session, std::uint64_t epoch,
                                         const std::string& project_id, const std::string& user_id);

 private:
  struct Snapshot {
    std::vector<CatalogService> services;
    bool varies = false;
    bool filtered = false;                            // some projects have endpoints of their own
    std::shared_ptr<const std::string> same_for_all;  // where no URL varies
  };
  std::shared_ptr<const Snapshot> snapshot(db::Session& session, std::uint64_t epoch);

  std::mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::shared_ptr<const Snapshot> snapshot_;
};

// Enabled services with their enabled endpoints.
std::vector<CatalogService> read_catalog(db::Session& session);

}  // namespace haneul::keystone
