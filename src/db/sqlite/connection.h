#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "db/database.h"

namespace haneul::db {

// Makes REGEXP known to a connection.
void add_regexp(sqlite3* handle);

// One SQLite connection with its prepared statements. One thread at a time.
class Connection {
 public:
  enum class Mode { read, write };
  using Explain = std::function<void(std::string_view sql, std::string_view plan)>;
  Connection(const std::string& path, Mode mode, std::int64_t cache_kib, Explain explain = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Rows query(std::string_view sql, Binds binds);
  std::int64_t execute(std::string_view sql, Binds binds);
  void script(const std::string& sql);
  void run(std::string_view sql) { execute(sql, {}); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  void copy_to(const std::string& path);
  void release_memory();  // pages and statements kept for speed
  sqlite3* handle() const { return handle_; }
  // Throws Duplicate or Error for a SQLite result code.
  [[noreturn]] void fail(int code, std::string_view doing) const;

 private:
  friend class Lease;
  struct Free {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Free>;

  sqlite3_stmt* take(std::string_view sql);
  void give_back(sqlite3_stmt* statement);
  void bind_all(sqlite3_stmt* statement, Binds binds) const;

  void tell_plan(std::string_view sql);

  sqlite3* handle_ = nullptr;
  const Explain explain_;
  std::chrono::steady_clock::time_point busy_since_;
  // Statements not in use, by their text. A statement in use is out of the map, so the same text
  // may run twice at a time.
  std::unordered_map<std::string_view, Statement> idle_;
};

// A statement in use; goes back to its connection when it dies.
class Lease {
 public:
  Lease(Connection& connection, std::string_view sql, Binds binds);
  Lease(Lease&& other) noexcept
      : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
  ~Lease();
  sqlite3_stmt* get() const { return statement_; }
  bool step();

 private:
  Connection* connection_;
  sqlite3_stmt* statement_;
};

struct Rows::Impl {
  Lease lease;
};

}  // namespace haneul::db
