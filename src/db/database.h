#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "db/fwd.h"

namespace haneul::db {

// The database would not. Busy, full, broken; a request ends in 503.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// There is no room left on the disk.
class NoRoom : public Error {
 public:
  using Error::Error;
};

// The statement asks for more than the database can look up at once: too many conditions, values or
// columns to sort by, too long a pattern. Whoever asked must ask for less.
class TooComplex : public Error {
 public:
  using Error::Error;
};

// A UNIQUE or PRIMARY KEY would be violated; `columns` reads "table.column, table.column".
class Duplicate : public Error {
 public:
  explicit Duplicate(std::string columns_)
      : Error("duplicate " + columns_), columns(std::move(columns_)) {}
  std::string columns;
};

// A value for one ? of a statement. Holds views: what it was made from must outlive the call.
class Bind {
 public:
  enum class Kind { null, integer, real, text, blob };

  Bind(std::nullptr_t) {}
  Bind(bool v) : kind_(Kind::integer), integer_(v ? 1 : 0) {}
  Bind(int v) : kind_(Kind::integer), integer_(v) {}
  Bind(std::int64_t v) : kind_(Kind::integer), integer_(v) {}
  Bind(double v) : kind_(Kind::real), real_(v) {}
  Bind(std::string_view v) : kind_(Kind::text), text_(v) {}
  Bind(const std::string& v) : kind_(Kind::text), text_(v) {}
  Bind(const char* v) : kind_(Kind::text), text_(v) {}
  Bind(Instant v) : kind_(Kind::integer), integer_(v.micros) {}
  template <class T>
  Bind(const std::optional<T>& v) : Bind(v ? Bind(*v) : Bind(nullptr)) {}
  static Bind blob(std::string_view v) {
    Bind b(v);
    b.kind_ = Kind::blob;
    return b;
  }

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  double real() const { return real_; }
  std::string_view text() const { return text_; }

 private:
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string_view text_;
};

using Binds = std::span<const Bind>;

// The rows of a running query, one at a time. Views live until the next call of next(). Must not
// outlive its Session.
class Rows {
 public:
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl);
  Rows(Rows&&) noexcept;
  ~Rows();

  bool next();
  bool is_null(int column) const;
  std::int64_t integer(int column) const;  // 0 for null
  double real(int column) const;
  std::string_view text(int column) const;  // text or blob; empty for null
  bool boolean(int column) const { return integer(column) != 0; }
  Instant instant(int column) const { return {integer(column)}; }
  std::string string(int column) const { return std::string(text(column)); }

 private:
  std::unique_ptr<Impl> impl_;
};

// A consistent view of the database; belongs to one thread.
class Session {
 public:
  virtual ~Session() = default;
  // Statements are prepared once per connection and kept: give constant text, never values in it.
  virtual Rows query(std::string_view sql, Binds binds) = 0;
  Rows query(std::string_view sql, std::initializer_list<Bind> binds = {}) {
    return query(sql, Binds(binds.begin(), binds.size()));
  }
  // The first column of the first row.
  std::optional<std::int64_t> integer(std::string_view sql, std::initializer_list<Bind> binds = {});
  std::optional<std::string> text(std::string_view sql, std::initializer_list<Bind> binds = {});
};

// A session that may also write. Sees its own changes.
class Transaction : public Session {
 public:
  // Rows changed. Throws Duplicate, Error.
  virtual std::int64_t execute(std::string_view sql, Binds binds) = 0;
  std::int64_t execute(std::string_view sql, std::initializer_list<Bind> binds = {}) {
    return execute(sql, Binds(binds.begin(), binds.size()));
  }
  // Several statements without values; for migrations.
  virtual void execute_script(std::string_view sql) = 0;
  // Runs in this transaction when the body has ended, in order; may write, and what it throws
  // undoes all. For what must look at everything the body did.
  virtual void at_end(std::function<void(Transaction&)> job) = 0;
  // Runs on the caller's thread after the commit is on disk, in order; not if it failed. What it
  // throws is logged.
  virtual void after_commit(std::function<void()> job) = 0;
};

struct DatabaseStats {
  std::uint64_t reads = 0, writes = 0, commits = 0, rollbacks = 0;
  std::int64_t file_bytes = 0;
};

// Safe from any thread. A read never waits for a write.
class Database {
 public:
  virtual ~Database() = default;

  template <class F>
  auto read(F&& body) {
    return run<Session>(body, [this](const std::function<void(Session&)>& f) { do_read(f); });
  }
  // Runs the body in a write transaction; a throw undoes all of it and goes on to the caller. When
  // it returns, the change is on disk. Transactions run one after the other, so a body sees a
  // database that nobody else changes: check and write in the same body. A body must be quick and
  // must not call drivers, sleep or start another transaction. Transactions that come together
  // share one commit.
  template <class F>
  auto write(F&& body) {
    return run<Transaction>(body,
                            [this](const std::function<void(Transaction&)>& f) { do_write(f); });
  }

  virtual DatabaseStats stats() const = 0;
  // Gives back the memory that is kept for speed and not in use now. Any thread.
  virtual void trim() = 0;
  // A consistent copy while others work.
  virtual void copy_to(const std::string& path) = 0;

 protected:
  virtual void do_read(const std::function<void(Session&)>& body) = 0;
  virtual void do_write(const std::function<void(Transaction&)>& body) = 0;

 private:
  template <class S, class F, class Runner>
  static auto run(F& body, Runner&& runner) {
    using R = std::invoke_result_t<F&, S&>;
    if constexpr (std::is_void_v<R>) {
      runner([&](S& session) { body(session); });
    } else {
      std::optional<R> result;
      runner([&](S& session) { result.emplace(body(session)); });
      return std::move(*result);
    }
  }
};

// Whether `column REGEXP ?` takes this as a regular expression (RE2's, in any case).
bool is_pattern(std::string_view text);

struct SqliteOptions {
  std::string path;                    // empty: a temporary file that goes with the object
  std::size_t group_commit_max = 128;  // transactions that may share one commit
  std::int64_t write_cache_kib = 64 * 1024;
  std::int64_t read_cache_kib = 4 * 1024;  // per connection
  std::size_t readers_kept = 8;            // idle read connections kept open
  // For tests: told of every statement when it is first prepared, with the lines of its query plan.
  std::function<void(std::string_view sql, std::string_view plan)> explain;
};
// Makes the file if there is none. Throws Error with a sentence for the user.
std::unique_ptr<Database> open_sqlite(SqliteOptions options);

}  // namespace haneul::db
