#include <sqlite3.h>

#include <fmt/format.h>

#include "db/foreign/foreign.h"

namespace haneul::db {
namespace {

constexpr int kBusyMs = 10'000;

class ForeignSqlite final : public Foreign {
 public:
  explicit ForeignSqlite(const std::string& path) {
    const int code = sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_busy_timeout(handle_, kBusyMs);
    // The first look begins the moment that all is read as of; a file that is no database shows.
    const int begun = code ? code
                           : sqlite3_exec(handle_, "BEGIN; SELECT count(*) FROM sqlite_master",
                                          nullptr, nullptr, nullptr);
    if (begun == SQLITE_OK) return;
    const std::string why = sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw Error(fmt::format("cannot read the database {}: {}", path, why));
  }
  ~ForeignSqlite() override { sqlite3_close(handle_); }
  ForeignSqlite(const ForeignSqlite&) = delete;
  ForeignSqlite& operator=(const ForeignSqlite&) = delete;

  std::vector<std::string> tables() override {
    return first_column("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  }
  std::vector<std::string> columns(const std::string& table) override {
    return first_column(fmt::format("SELECT name FROM pragma_table_info('{}')", table));
  }
  void each(const std::string& sql, const std::function<void(Values)>& row) override;

 private:
  std::vector<std::string> first_column(const std::string& sql) {
    std::vector<std::string> found;
    each(sql, [&](Values values) { found.emplace_back(values[0].value_or("")); });
    return found;
  }

  sqlite3* handle_ = nullptr;
};

void ForeignSqlite::each(const std::string& sql, const std::function<void(Values)>& row) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  if (code == SQLITE_OK) code = sqlite3_step(raw);
  std::vector<std::optional<std::string_view>> values;
  for (; code == SQLITE_ROW; code = sqlite3_step(raw)) {
    values.assign(static_cast<std::size_t>(sqlite3_column_count(raw)), std::nullopt);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto at = static_cast<int>(i);
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, at));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, at));
      if (text) values[i] = std::string_view(text, size);
    }
    row(values);
  }
  if (code != SQLITE_DONE) {
    throw Error(fmt::format("reading failed: {}", sqlite3_errmsg(handle_)));
  }
}

}  // namespace

std::unique_ptr<Foreign> open_foreign_sqlite(const std::string& path) {
  return std::make_unique<ForeignSqlite>(path);
}

}  // namespace haneul::db
