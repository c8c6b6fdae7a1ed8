#include "db/database.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "base/id.h"
#include "db/changes.h"
#include "db/migration.h"

namespace haneul::db {
namespace {

// A database on disk that goes with the test.
class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("haneul-db-" + new_hex_id());
    std::filesystem::create_directory(directory_);
    database_ = open_sqlite({.path = file("main.db")});
    database_->write([](Transaction& tx) {
      tx.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, r REAL, b BLOB)");
    });
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string file(const std::string& name) const { return (directory_ / name).string(); }
  std::int64_t count() {
    return *database_->read([](Session& s) { return s.integer("SELECT COUNT(*) FROM t"); });
  }

  std::filesystem::path directory_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, KeepsEveryType) {
  const std::string blob("\0\xff", 2);
  database_->write([&](Transaction& tx) {
    tx.execute("INSERT INTO t VALUES (?, ?, ?, ?)", {1, "ä", 2.5, Bind::blob(blob)});
    tx.execute("INSERT INTO t VALUES (?, ?, ?, ?)", {2, nullptr, nullptr, nullptr});
  });
  database_->read([&](Session& s) {
    Rows rows = s.query("SELECT * FROM t ORDER BY id");
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(1), "ä");
    EXPECT_EQ(rows.real(2), 2.5);
    EXPECT_EQ(rows.text(3), blob);
    ASSERT_TRUE(rows.next());
    EXPECT_TRUE(rows.is_null(1));
    EXPECT_FALSE(rows.next());
  });
}

TEST_F(DatabaseTest, AThrowUndoesItsOwnTransactionOnly) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      try {
        database_->write([&](Transaction& tx) {
          tx.execute("INSERT INTO t (id) VALUES (?)", {i});
          if (i % 2) throw std::runtime_error("no");
        });
      } catch (const std::runtime_error&) {
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count(), 8);
}

TEST_F(DatabaseTest, ManyWritersShareCommits) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        database_->write(
            [&](Transaction& tx) { tx.execute("INSERT INTO t (id) VALUES (?)", {t * 1000 + i}); });
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count(), 400);
  EXPECT_LE(database_->stats().commits, database_->stats().writes);
}

// A page limit stands for the full disk: SQLite answers both alike.
TEST_F(DatabaseTest, AFullDiskLosesNothingThatWasAcknowledged) {
  const std::string kilobytes(20'000, 'x');
  database_->write([](Transaction& tx) { tx.execute_script("PRAGMA max_page_count = 200"); });
  std::atomic<int> acknowledged = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        try {
          database_->write([&](Transaction& tx) {
            tx.execute("INSERT INTO t (id, b) VALUES (?, ?)", {t * 1000 + i, kilobytes});
          });
          ++acknowledged;
        } catch (const NoRoom&) {
          ++refused;
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(count(), acknowledged);
  EXPECT_GT(acknowledged, 0);
  EXPECT_GT(refused, 0);
  database_->write([](Transaction& tx) { tx.execute_script("PRAGMA max_page_count = 100000"); });
  database_->write([](Transaction& tx) { tx.execute("INSERT INTO t (id) VALUES (-1)"); });
  EXPECT_EQ(count(), acknowledged + 1);
}

TEST_F(DatabaseTest, NamesTheDuplicate) {
  const auto insert = [&](int id) {
    database_->write(
        [&](Transaction& tx) { tx.execute("INSERT INTO t (id, name) VALUES (?, 'x')", {id}); });
  };
  insert(1);
  try {
    insert(2);
    FAIL() << "the name is taken";
  } catch (const Duplicate& e) {
    EXPECT_EQ(e.columns, "t.name");
  }
}

TEST_F(DatabaseTest, SaysWhenTooMuchIsAsked) {
  const auto ask = [&](const std::string& sql, std::initializer_list<Bind> binds = {}) {
    database_->read([&](Session& s) { s.query(sql, binds).next(); });
  };
  std::string many = "SELECT * FROM t WHERE id = 0";
  for (int i = 1; i < 1500; ++i) many += " OR id = 0";
  EXPECT_THROW(ask(many), TooComplex);
  std::string sorted = "SELECT * FROM t ORDER BY id";
  for (int i = 1; i < 3000; ++i) sorted += ", id";
  EXPECT_THROW(ask(sorted), TooComplex);
  std::string values = "SELECT * FROM t WHERE id IN (?";
  for (int i = 1; i < 260'000; ++i) values += ",?";
  EXPECT_THROW(ask(values + ")"), TooComplex);
  database_->write([](Transaction& tx) { tx.execute("INSERT INTO t (name) VALUES ('x')"); });
  EXPECT_THROW(ask("SELECT * FROM t WHERE name LIKE ?", {std::string(60'000, 'x')}), TooComplex);
  try {
    ask("SELECT nothing FROM t");
    FAIL() << "there is no such column";
  } catch (const TooComplex&) {
    FAIL() << "that is not too much but wrong";
  } catch (const Error&) {
  }
}

TEST_F(DatabaseTest, AfterCommitRunsOnceOnDiskAndNotAfterAThrow) {
  int ran = 0;
  database_->write(
      [&](Transaction& tx) { tx.after_commit([&] { ran += count() == 0 ? 1 : 10; }); });
  EXPECT_EQ(ran, 1);
  EXPECT_THROW(database_->write([&](Transaction& tx) {
    tx.after_commit([&] { ran = 99; });
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(ran, 1);
}

TEST_F(DatabaseTest, AJobThatFailsAfterTheCommitHidesNothing) {
  bool ran = false;
  database_->write([&](Transaction& tx) {
    tx.execute("INSERT INTO t (id) VALUES (1)");
    tx.after_commit([] { throw Error("the disk is full"); });
    tx.after_commit([&] { ran = true; });
  });
  EXPECT_TRUE(ran);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, AtEndSeesEverythingAndMayStillUndoIt) {
  database_->write([&](Transaction& tx) {
    tx.at_end([](Transaction& t) { t.execute("INSERT INTO t (id) SELECT 100 + COUNT(*) FROM t"); });
    tx.execute("INSERT INTO t (id) VALUES (1)");
  });
  EXPECT_EQ(database_->read([](Session& s) { return s.integer("SELECT MAX(id) FROM t"); }), 101);
  EXPECT_THROW(database_->write([](Transaction& tx) {
    tx.execute("INSERT INTO t (id) VALUES (2)");
    tx.at_end([](Transaction&) { throw std::runtime_error("no"); });
  }),
               std::runtime_error);
  EXPECT_EQ(count(), 2);
}

TEST_F(DatabaseTest, ItsFilesAreItsOwnersAlone) {
  std::filesystem::permissions(directory_, std::filesystem::perms::all);
  database_->write([](Transaction& tx) { tx.execute("INSERT INTO t (id) VALUES (1)"); });
  database_->copy_to(file("copy.db"));
  for (const char* name : {"main.db", "main.db-wal", "main.db-shm", "copy.db"}) {
    const auto mode = std::filesystem::status(file(name)).permissions();
    EXPECT_EQ(static_cast<unsigned>(mode), 0600u) << name;
  }
}

TEST_F(DatabaseTest, AReadSeesOneMomentWhileOthersWrite) {
  database_->read([&](Session& s) {
    EXPECT_EQ(s.integer("SELECT COUNT(*) FROM t"), 0);
    std::thread([&] {
      database_->write([](Transaction& tx) { tx.execute("INSERT INTO t (id) VALUES (1)"); });
    }).join();
    EXPECT_EQ(s.integer("SELECT COUNT(*) FROM t"), 0);
  });
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, MigratesOnceKeepsACopyAndRefusesTheFuture) {
  const Migration first[] = {{"0001_a", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"}};
  const Migration both[] = {first[0], {"0002_b", "ALTER TABLE a ADD COLUMN y;"}};
  const auto run = [&](std::span<const Migration> steps) {
    const ModuleMigrations modules[] = {{"m", steps}};
    migrate(*database_, modules, file("copy.db"));
  };
  run(first);
  run(first);
  EXPECT_FALSE(std::filesystem::exists(file("copy.db")));
  run(both);
  const auto copy = open_sqlite({.path = file("copy.db")});
  copy->read([](Session& s) {
    EXPECT_EQ(s.integer("SELECT x FROM a"), 1);
    EXPECT_EQ(s.integer("SELECT COUNT(*) FROM pragma_table_info('a')"), 1) << "as it was before";
  });
  EXPECT_THROW(run(first), std::runtime_error);
}

TEST_F(DatabaseTest, WorksOnAfterItsMemoryWasGivenBack) {
  database_->write([](Transaction& tx) {
    tx.execute("CREATE TABLE given (x)");
    tx.execute("INSERT INTO given VALUES (1)");
  });
  const auto count = [&] {
    return database_->read([](Session& s) { return s.integer("SELECT COUNT(*) FROM given"); });
  };
  EXPECT_EQ(count(), 1);
  database_->trim();
  EXPECT_EQ(count(), 1);
  database_->write([&](Transaction& tx) {
    tx.execute("INSERT INTO given VALUES (2)");
    database_->trim();  // leaves a transaction under way alone
  });
  EXPECT_EQ(count(), 2);
}

TEST_F(DatabaseTest, TellsWhetherAnybodyCommitted) {
  const auto other = open_sqlite({.path = file("main.db")});
  Changes& changes = changes_of(*database_);
  auto before = changes.version();
  EXPECT_EQ(changes.version(), before);
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(changes.version(), before) << "a read is no change";
  const auto moved = [&] { return std::exchange(before, changes.version()) != before; };
  for (Database* who : {other.get(), database_.get()}) {
    who->write([](Transaction& tx) { tx.execute("INSERT INTO t (name) VALUES (NULL)"); });
    EXPECT_TRUE(moved());
    const auto undone = [](Transaction& tx) {
      tx.execute("INSERT INTO t (name) VALUES (NULL)");
      throw std::runtime_error("undone");
    };
    EXPECT_THROW(who->write(undone), std::runtime_error);
    EXPECT_EQ(count(), who == other.get() ? 1 : 2);
  }
}

TEST_F(DatabaseTest, TwoThatWriteWithoutPauseBothComeToTheirTurn) {
  constexpr int kEach = 100;
  const auto other = open_sqlite({.path = file("main.db")});
  std::vector<std::thread> threads;
  for (Database* who : {database_.get(), other.get()}) {
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([who] {
        for (int n = 0; n < kEach; ++n) {
          who->write([](Transaction& tx) { tx.execute("INSERT INTO t (name) VALUES (NULL)"); });
        }
      });
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(), 8 * kEach);
}

TEST(TemporaryDatabase, IsSharedByItsConnections) {
  const auto database = open_sqlite({});
  database->write([](Transaction& tx) { tx.execute("CREATE TABLE t (x)"); });
  EXPECT_EQ(database->read([](Session& s) { return s.integer("SELECT COUNT(*) FROM t"); }), 0);
}

}  // namespace
}  // namespace haneul::db
