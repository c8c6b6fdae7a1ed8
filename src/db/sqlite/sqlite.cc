#include <atomic>
#include <condition_variable>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <unistd.h>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "base/id.h"
#include "base/log.h"
#include "db/changes.h"
#include "db/sqlite/commit_watch.h"
#include "db/sqlite/connection.h"

namespace haneul::db {
namespace {

class ReadSession final : public Session {
 public:
  explicit ReadSession(Connection& c) : connection_(c) {}
  using Session::query;
  Rows query(std::string_view sql, Binds binds) override { return connection_.query(sql, binds); }

 private:
  Connection& connection_;
};

class WriteSession final : public Transaction {
 public:
  explicit WriteSession(Connection& c) : connection_(c) {}
  using Session::query;
  using Transaction::execute;
  Rows query(std::string_view sql, Binds binds) override { return connection_.query(sql, binds); }
  std::int64_t execute(std::string_view sql, Binds binds) override {
    return connection_.execute(sql, binds);
  }
  void execute_script(std::string_view sql) override { connection_.script(std::string(sql)); }
  void after_commit(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  void at_end(std::function<void(Transaction&)> job) override { last_.push_back(std::move(job)); }
  // Jobs may add jobs.
  void run_last() {
    for (std::size_t i = 0; i < last_.size(); ++i) std::exchange(last_[i], {})(*this);
  }
  // The change is on disk: a job that fails must not look like a change that failed, nor keep the
  // others from running.
  void run_jobs() const {
    for (const auto& job : jobs_) {
      try {
        job();
      } catch (const std::exception& e) {
        log::error("what follows a commit failed", {{"error", e.what()}});
      }
    }
  }

 private:
  Connection& connection_;
  std::vector<std::function<void()>> jobs_;
  std::deque<std::function<void(Transaction&)>> last_;
};

// Its owner's alone, whatever the directory: there are hashes of passwords in it. SQLite makes the
// files beside it (-wal, -shm) like it. One that is there is not opened: to close it would drop the
// locks that another Database of this process has on it.
const std::string& made_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  ::chmod(path.c_str(), 0600);
  return path;
}

// The transactions that share one commit. Its members wait until it is settled.
struct Group {
  bool settled = false;
  std::exception_ptr failure;  // why the commit failed; then nothing of the group is on disk
};

class Sqlite final : public Database, public Changes {
 public:
  explicit Sqlite(SqliteOptions options)
      : options_(std::move(options)),
        path_(options_.path.empty() ? temporary_path() : options_.path),
        writer_(made_private(path_), Connection::Mode::write, options_.write_cache_kib,
                options_.explain),
        watch_(path_) {}
  ~Sqlite() override {
    if (!options_.path.empty()) return;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  }

  std::uint64_t version() override { return watch_.version(); }
  DatabaseStats stats() const override;
  void trim() override;
  void copy_to(const std::string& path) override {
    made_private(path);
    Connection(path_, Connection::Mode::write, options_.write_cache_kib).copy_to(path);
  }

 protected:
  void do_read(const std::function<void(Session&)>& body) override;
  void do_write(const std::function<void(Transaction&)>& body) override;

 private:
  static std::string temporary_path() {
    return (std::filesystem::temp_directory_path() / ("haneul-" + new_hex_id() + ".db")).string();
  }
  std::unique_ptr<Connection> take_reader();
  void give_back(std::unique_ptr<Connection> reader);
  std::shared_ptr<Group> enter(std::unique_lock<std::mutex>& lock);
  void leave(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Group>& group);
  void commit(const std::shared_ptr<Group>& group);

  const SqliteOptions options_;
  const std::string path_;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<Connection>> readers_;

  // The writer: `busy_` says that somebody's body runs (or a commit); `waiting_` how many queue.
  std::mutex write_mutex_;
  std::condition_variable turn_, settled_;
  Connection writer_;
  CommitWatch watch_;
  bool busy_ = false;
  std::size_t waiting_ = 0, members_ = 0;
  std::shared_ptr<Group> group_;  // the open one

  std::atomic<std::uint64_t> reads_{0}, writes_{0}, commits_{0}, rollbacks_{0};
};

std::unique_ptr<Connection> Sqlite::take_reader() {
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      auto reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return std::make_unique<Connection>(path_, Connection::Mode::read, options_.read_cache_kib,
                                      options_.explain);
}

void Sqlite::give_back(std::unique_ptr<Connection> reader) {
  const std::lock_guard lock(readers_mutex_);
  if (readers_.size() < options_.readers_kept) readers_.push_back(std::move(reader));
}

void Sqlite::do_read(const std::function<void(Session&)>& body) {
  ++reads_;
  auto reader = take_reader();
  reader->run("BEGIN");
  ReadSession session(*reader);
  try {
    body(session);
  } catch (...) {
    reader->run("ROLLBACK");
    give_back(std::move(reader));
    throw;
  }
  reader->run("COMMIT");
  give_back(std::move(reader));
}

// Waits for its turn and joins the open group, or opens one.
std::shared_ptr<Group> Sqlite::enter(std::unique_lock<std::mutex>& lock) {
  ++waiting_;
  turn_.wait(lock, [this] { return !busy_; });
  --waiting_;
  busy_ = true;
  if (!group_) {
    try {
      writer_.run("BEGIN IMMEDIATE");
    } catch (...) {
      busy_ = false;
      turn_.notify_one();
      throw;
    }
    group_ = std::make_shared<Group>();
    members_ = 0;
  }
  ++members_;
  return group_;
}

// Hands the open group to the next in line, or commits it if nobody waits or it is large enough;
// returns when the group is settled.
void Sqlite::leave(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Group>& group) {
  if (waiting_ > 0 && members_ < options_.group_commit_max) {
    busy_ = false;
    turn_.notify_one();
    settled_.wait(lock, [&] { return group->settled; });
    return;
  }
  group_.reset();
  lock.unlock();
  commit(group);
  lock.lock();
  group->settled = true;
  busy_ = false;
  turn_.notify_one();
  settled_.notify_all();
}

void Sqlite::commit(const std::shared_ptr<Group>& group) {
  try {
    writer_.run("COMMIT");
    ++commits_;
  } catch (const Error&) {
    if (!group->failure) group->failure = std::current_exception();
    try {
      writer_.run("ROLLBACK");
    } catch (const Error&) {
      // SQLite rolled back by itself (disk full); there is nothing left to undo.
    }
  }
}

void Sqlite::do_write(const std::function<void(Transaction&)>& body) {
  ++writes_;
  std::unique_lock lock(write_mutex_);
  const auto group = enter(lock);
  lock.unlock();
  WriteSession session(writer_);
  std::exception_ptr thrown;
  try {
    // After a full disk SQLite may have ended the group's transaction by itself: a savepoint would
    // begin one of its own, and the group's failure would be told of what is on disk.
    if (!writer_.in_transaction()) {
      if (group->failure) std::rethrow_exception(group->failure);
      throw Error("the transaction was rolled back");
    }
    writer_.run("SAVEPOINT one");
    body(session);
    session.run_last();
    writer_.run("RELEASE one");
  } catch (...) {
    thrown = std::current_exception();
    ++rollbacks_;
    try {
      writer_.run("ROLLBACK TO one");
      writer_.run("RELEASE one");
    } catch (const Error&) {
      // The transaction as a whole is gone; so are the other members' parts of it.
      if (!group->failure) group->failure = thrown;
    }
  }
  lock.lock();
  leave(lock, group);
  lock.unlock();
  if (thrown) std::rethrow_exception(thrown);
  if (group->failure) std::rethrow_exception(group->failure);
  session.run_jobs();
}

void Sqlite::trim() {
  std::vector<std::unique_ptr<Connection>> idle;
  {
    const std::lock_guard lock(readers_mutex_);
    idle.swap(readers_);
  }
  const std::lock_guard lock(write_mutex_);
  if (!busy_ && !group_) writer_.release_memory();
}

DatabaseStats Sqlite::stats() const {
  DatabaseStats s{reads_, writes_, commits_, rollbacks_, 0};
  for (const char* part : {"", "-wal"}) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(path_ + part, failed);
    if (!failed) s.file_bytes += static_cast<std::int64_t>(bytes);
  }
  return s;
}

}  // namespace

std::optional<std::int64_t> Session::integer(std::string_view sql,
                                             std::initializer_list<Bind> binds) {
  Rows rows = query(sql, binds);
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return rows.integer(0);
}

std::optional<std::string> Session::text(std::string_view sql, std::initializer_list<Bind> binds) {
  Rows rows = query(sql, binds);
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return rows.string(0);
}

Changes& changes_of(Database& database) {
  return dynamic_cast<Changes&>(database);
}

std::unique_ptr<Database> open_sqlite(SqliteOptions options) {
  return std::make_unique<Sqlite>(std::move(options));
}

}  // namespace haneul::db
