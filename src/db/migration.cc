#include "db/migration.h"

#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "db/database.h"

namespace haneul::db {
namespace {

constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " module TEXT NOT NULL, name TEXT NOT NULL, applied INTEGER NOT NULL,"
    " PRIMARY KEY (module, name))";

std::set<std::pair<std::string, std::string>> applied_steps(Database& database) {
  return database.read([](Session& s) {
    std::set<std::pair<std::string, std::string>> done;
    Rows rows = s.query("SELECT module, name FROM schema_migrations");
    while (rows.next()) done.emplace(rows.string(0), rows.string(1));
    return done;
  });
}

void apply(Database& database, std::string_view module, const Migration& step) {
  database.write([&](Transaction& tx) {
    tx.execute_script(step.sql);
    tx.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)",
               {module, step.name, SystemClock().now()});
  });
}

}  // namespace

void migrate(Database& database, std::span<const ModuleMigrations> modules,
             const std::string& copy_path) {
  database.write([](Transaction& tx) { tx.execute(kTable); });
  auto unknown = applied_steps(database);
  const bool holds_anything = !unknown.empty();
  std::vector<std::pair<std::string_view, const Migration*>> missing;
  for (const ModuleMigrations& m : modules) {
    for (const Migration& step : m.steps) {
      if (unknown.erase({std::string(m.module), std::string(step.name)}) == 0) {
        missing.emplace_back(m.module, &step);
      }
    }
  }
  if (!unknown.empty()) {
    const auto& [module, name] = *unknown.begin();
    throw std::runtime_error(
        fmt::format("the state directory was used by a newer haneul (it has {}/{}); use that "
                    "version, or another --state directory",
                    module, name));
  }
  if (!missing.empty() && holds_anything && !copy_path.empty()) {
    std::filesystem::remove(copy_path);
    database.copy_to(copy_path);
  }
  for (const auto& [module, step] : missing) apply(database, module, *step);
}

}  // namespace haneul::db
