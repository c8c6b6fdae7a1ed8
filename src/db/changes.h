#pragma once
#include <cstdint>

#include "db/fwd.h"

namespace haneul::db {

// Whether anybody has changed a database since: this process or another one. Every Database of this
// folder is one too; it stands apart because hardly anybody needs to know.
class Changes {
 public:
  virtual ~Changes() = default;
  // Another number after every commit that changed anything, from the moment that the commit
  // returns to whoever made it; now and then also for no reason. SQLite's costs a few nanoseconds
  // and may be asked with each request. Any thread. Throws Error.
  virtual std::uint64_t version() = 0;
};

Changes& changes_of(Database& database);

}  // namespace haneul::db
