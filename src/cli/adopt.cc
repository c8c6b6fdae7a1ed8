#include "services/keystone/adopt/adopt.h"

#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "base/id.h"
#include "cli/blank.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "db/migration.h"
#include "services/keystone/keystone.h"
#include "services/list.h"

namespace haneul::cli {
namespace {

namespace fs = std::filesystem;

// A directory that goes with the object.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("haneul-adopt-" + new_hex_id())) {
    fs::create_directory(path_);
    fs::permissions(path_, fs::perms::owner_all);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

// What the program itself has to say: its tables and its services.
struct Program {
  std::vector<db::ModuleMigrations> migrations;
  std::set<std::pair<std::string, std::string>> services;
};

Program read_program() {
  Program program;
  with_blank_services([&](const services::Services& all, const flow::Engine&) {
    program.migrations = all.migrations();
    for (const resource::Service* s : all.all()) {
      program.services.emplace(s->facts().name, s->facts().type);
    }
  });
  return program;
}

class Report {
 public:
  void row(const keystone::Adopted& noun) {
    changed_ = changed_ || noun.fresh > 0 || noun.changed > 0;
    if (noun.read > 0) {
      line(fmt::format("{:<38}{:>8} read{:>8} new{:>8} changed{:>8} unchanged", noun.noun,
                       noun.read, noun.fresh, noun.changed, noun.unchanged));
    }
    for (const auto& name : noun.joined) {
      line(fmt::format("    {} here takes the source's id", name));
    }
    for (const auto& [reason, count] : noun.left) {
      line(noun.read > 0 ? fmt::format("    {} left: {}", count, reason)
                         : fmt::format("{:<38}{:>8} left: {}", noun.noun, count, reason));
    }
  }
  void keys(const keystone::AdoptedKeys& keys) {
    changed_ = changed_ || keys.changed;
    line(fmt::format("{:<38}{:>8} read, {}", "Fernet keys", keys.keys,
                     keys.changed ? "in the place of those here" : "unchanged"));
  }
  void line(const std::string& text) { std::cout << text << std::endl; }
  bool changed() const { return changed_; }

 private:
  bool changed_ = false;
};

void take(const AdoptionWanted& wanted, db::Foreign& source, db::Database& database,
          const keystone::Options& options, const Program& program, Report& report) {
  db::migrate(database, program.migrations, "");
  const keystone::Adoption adoption{
      .source = source,
      .credential_keys = wanted.credential_keys,
      .own_services = program.services,
      .done = [&](const keystone::Adopted& noun) { report.row(noun); },
      .progress = [](std::string_view noun,
                     std::int64_t rows) { std::cerr << fmt::format("{} {} …\n", noun, rows); }};
  keystone::adopt(database, options, SystemClock(), adoption);
}

// On a copy of what is here, in a directory of its own.
void try_out(const Options& options, db::Foreign& source, const Program& program, Report& report) {
  const Scratch scratch;
  const fs::path state = chosen_state_dir(options.state, options.simulated);
  const fs::path copy = scratch.path() / "haneul.db";
  keystone::Options keystone{.key_directory = services::key_directory(state)};
  if (fs::exists(state / "haneul.db")) {
    db::open_sqlite({.path = (state / "haneul.db").string()})->copy_to(copy.string());
  } else {
    keystone.key_directory = scratch.path();
  }
  take(options.adoption, source, *db::open_sqlite({.path = copy.string()}), keystone, program,
       report);
  if (options.adoption.fernet_keys.empty()) return;
  report.keys(keystone::adopt_token_keys(options.adoption.fernet_keys, keystone, true));
}

void do_it(const Options& options, db::Foreign& source, const Program& program, Report& report) {
  StateDir state(chosen_state_dir(options.state, options.simulated));
  state.lock();
  claim(state, options.simulated ? "simulated" : "real");
  auto keystone = load_settings(options, state).services.keystone;
  keystone.key_directory = services::key_directory(state.path());
  take(options.adoption, source, *db::open_sqlite({.path = state.file("haneul.db").string()}),
       keystone, program, report);
  if (options.adoption.fernet_keys.empty()) return;
  report.keys(keystone::adopt_token_keys(options.adoption.fernet_keys, keystone, false));
}

}  // namespace

int adopt(const Options& options) {
  const auto source = db::open_foreign(options.adoption.database_url);
  keystone::refuse_what_is_no_keystone(*source);
  const Program program = read_program();
  Report report;
  if (options.adoption.dry_run) {
    try_out(options, *source, program, report);
    report.line("nothing was written: this was a trial");
    return 0;
  }
  do_it(options, *source, program, report);
  report.line(report.changed()
                  ? "adopted. People keep their passwords, admin as well: haneul's own, in "
                    "secrets.json and clouds.yaml, opens nothing where the source had an admin"
                  : "nothing changed: all of it was here");
  return 0;
}

}  // namespace haneul::cli
