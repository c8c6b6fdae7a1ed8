#pragma once
#include <span>
#include <string>
#include <string_view>

#include "db/fwd.h"

namespace haneul::db {

// One step of one module's schema. The schema is the sum of its migrations, nothing else.
struct Migration {
  std::string_view name;  // "0001_initial"
  std::string_view sql;   // statements, run in one transaction
};

struct ModuleMigrations {
  std::string_view module;
  std::span<const Migration> steps;
};

// Runs what has not run yet, each step once and whole. Before the first step on a database that
// holds anything, a copy is kept at `copy_path` (empty: none). Throws std::runtime_error with a
// sentence for the user if the database knows steps that this program does not.
void migrate(Database& database, std::span<const ModuleMigrations> modules,
             const std::string& copy_path);

}  // namespace haneul::db
