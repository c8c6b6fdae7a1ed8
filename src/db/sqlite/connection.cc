#include "db/sqlite/connection.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include <fmt/format.h>

#include "base/id.h"

namespace haneul::db {
namespace {

constexpr std::size_t kIdleStatementsMax = 512;
constexpr std::int64_t kBusyMicrosMax = 10'000'000;
constexpr std::int64_t kPauseMicros = 500;

// Waits for another process's transaction to end; SQLite asks again until this says no. Its own
// pauses grow to a tenth of a second, and a process that writes without pause leaves the lock free
// for far less between two commits: the others would hardly ever find it so.
int wait_for_others(void* begun, int times) {
  using Steady = std::chrono::steady_clock;
  auto& since = *static_cast<Steady::time_point*>(begun);
  if (times == 0) since = Steady::now();
  if (Steady::now() - since > std::chrono::microseconds(kBusyMicrosMax)) return 0;
  const auto pause = static_cast<std::int64_t>(1 + random_below(2 * kPauseMicros));
  std::this_thread::sleep_for(std::chrono::microseconds(pause));
  return 1;
}

// SQLite has no code of its own for its limits on statements.
bool is_too_complex(int code, std::string_view why) {
  constexpr std::string_view kLimits[] = {"Expression tree is too large", "too many SQL variables",
                                          "too many terms in", "pattern too complex",
                                          "parser stack overflow"};
  if (code == SQLITE_TOOBIG) return true;
  return code == SQLITE_ERROR &&
         std::any_of(std::begin(kLimits), std::end(kLimits),
                     [&](auto limit) { return why.find(limit) != std::string_view::npos; });
}

bool is_duplicate(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

}  // namespace

Connection::Connection(const std::string& path, Mode mode, std::int64_t cache_kib, Explain explain)
    : explain_(std::move(explain)) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr)) {
    const std::string why = sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw Error(fmt::format("cannot open the database {}: {}", path, why));
  }
  add_regexp(handle_);
  sqlite3_busy_handler(handle_, wait_for_others, &busy_since_);
  script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
      "PRAGMA temp_store=MEMORY;"
      // 16 MiB: what many transactions change alike is copied once into the database.
      "PRAGMA wal_autocheckpoint=4000;");
  script(fmt::format("PRAGMA cache_size=-{};", cache_kib));
  if (mode == Mode::read) script("PRAGMA query_only=ON;");
}

Connection::~Connection() {
  idle_.clear();
  sqlite3_close(handle_);
}

void Connection::fail(int code, std::string_view doing) const {
  const std::string why = sqlite3_errmsg(handle_);
  if (is_duplicate(code)) {
    const auto colon = why.find(": ");  // "UNIQUE constraint failed: t.a, t.b"
    throw Duplicate(colon == std::string::npos ? why : why.substr(colon + 2));
  }
  const auto text = fmt::format("the database failed ({}): {}", why, doing.substr(0, 200));
  if ((code & 0xff) == SQLITE_FULL) throw NoRoom(text);
  if (is_too_complex(code, why)) throw TooComplex(text);
  throw Error(text);
}

void Connection::script(const std::string& sql) {
  if (const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr)) {
    fail(code, sql);
  }
}

sqlite3_stmt* Connection::take(std::string_view sql) {
  if (const auto found = idle_.find(sql); found != idle_.end()) {
    sqlite3_stmt* statement = found->second.release();
    idle_.erase(found);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  if (explain_) tell_plan(sql);
  return statement;
}

void Connection::tell_plan(std::string_view sql) {
  const std::string question = "EXPLAIN QUERY PLAN " + std::string(sql);
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_, question.c_str(), -1, &raw, nullptr) != SQLITE_OK) return;
  const Statement statement(raw);
  std::string plan;
  while (sqlite3_step(raw) == SQLITE_ROW) {
    plan.append(reinterpret_cast<const char*>(sqlite3_column_text(raw, 3))).append("\n");
  }
  explain_(sql, plan);
}

void Connection::give_back(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (idle_.size() >= kIdleStatementsMax) idle_.erase(idle_.begin());
  const auto [at, fresh] = idle_.try_emplace(sqlite3_sql(statement), nullptr);
  if (fresh) {
    at->second.reset(statement);
  } else {
    sqlite3_finalize(statement);
  }
}

void Connection::bind_all(sqlite3_stmt* s, Binds binds) const {
  int at = 0;
  for (const Bind& b : binds) {
    ++at;
    int code = SQLITE_OK;
    const auto size = static_cast<int>(b.text().size());
    switch (b.kind()) {
      case Bind::Kind::null:
        code = sqlite3_bind_null(s, at);
        break;
      case Bind::Kind::integer:
        code = sqlite3_bind_int64(s, at, b.integer());
        break;
      case Bind::Kind::real:
        code = sqlite3_bind_double(s, at, b.real());
        break;
      // Transient: a query's rows may be read after the call that bound it has returned.
      case Bind::Kind::text:
        code = sqlite3_bind_text(s, at, size ? b.text().data() : "", size, SQLITE_TRANSIENT);
        break;
      case Bind::Kind::blob:
        code = sqlite3_bind_blob(s, at, size ? b.text().data() : "", size, SQLITE_TRANSIENT);
        break;
    }
    if (code != SQLITE_OK) fail(code, sqlite3_sql(s));
  }
}

Rows Connection::query(std::string_view sql, Binds binds) {
  return Rows(std::unique_ptr<Rows::Impl>(new Rows::Impl{Lease(*this, sql, binds)}));
}

std::int64_t Connection::execute(std::string_view sql, Binds binds) {
  Lease lease(*this, sql, binds);
  while (lease.step()) {
  }
  return sqlite3_changes64(handle_);
}

void Connection::release_memory() {
  idle_.clear();
  sqlite3_db_release_memory(handle_);
}

void Connection::copy_to(const std::string& path) {
  const std::string target = path;
  const Bind bind(target);
  execute("VACUUM INTO ?", Binds(&bind, 1));
}

Lease::Lease(Connection& connection, std::string_view sql, Binds binds)
    : connection_(&connection), statement_(connection.take(sql)) {
  try {
    connection.bind_all(statement_, binds);
  } catch (...) {
    connection.give_back(statement_);
    throw;
  }
}

Lease::~Lease() {
  if (statement_) connection_->give_back(statement_);
}

bool Lease::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_->fail(code, sqlite3_sql(statement_));
  return false;
}

Rows::Rows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows::~Rows() = default;
bool Rows::next() {
  return impl_->lease.step();
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(impl_->lease.get(), column) == SQLITE_NULL;
}
std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(impl_->lease.get(), column);
}
double Rows::real(int column) const {
  return sqlite3_column_double(impl_->lease.get(), column);
}

std::string_view Rows::text(int column) const {
  sqlite3_stmt* s = impl_->lease.get();
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(s, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
  return bytes ? std::string_view(bytes, size) : std::string_view();
}

}  // namespace haneul::db
