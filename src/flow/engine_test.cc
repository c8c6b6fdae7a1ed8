#include "flow/engine.h"

#include <gtest/gtest.h>

#include "base/fault.h"
#include "db/migration.h"

namespace haneul::flow {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

// A program that writes down what happens to it.
struct World {
  std::vector<std::string> story;
  int fail_at_build = 0;  // times a temporary error is thrown
  int fail_writing = 0;   // the same, by what build() wants written
  bool refuse_at_build = false;
  bool wait_in_build = false;
};

struct Job {
  std::string thing;
  World* world = nullptr;

  Outcome prepare(const Visit&) {
    world->story.push_back("prepare " + thing);
    thing += "!";
    return Outcome::next();
  }
  Outcome build(const Visit&) {
    world->story.push_back("build " + thing);
    if (world->refuse_at_build) throw Fault::conflict("no room");
    if (world->fail_at_build-- > 0) throw std::runtime_error("flaky");
    if (world->wait_in_build) return Outcome::nap(std::chrono::seconds(30));
    return Outcome::next().with([this](db::Transaction& tx) {
      if (world->fail_writing-- > 0) throw db::Error("the disk is full");
      tx.execute("INSERT INTO built VALUES (1)");
    });
  }
  Outcome announce(const Visit&) {
    world->story.push_back("announce " + thing);
    return Outcome::next();
  }
  void unprepare(const Visit&) { world->story.push_back("unprepare"); }
  void unbuild(const Visit&) { world->story.push_back("unbuild"); }
  void failed(db::Transaction&, const std::string& why) {
    world->story.push_back("failed: " + why);
  }
};

constexpr auto kState = resource::fields(resource::field<&Job::thing>("thing"));
constexpr Step<Job> kSteps[] = {{"prepare", &Job::prepare, &Job::unprepare},
                                {"build", &Job::build, &Job::unbuild},
                                {"announce", &Job::announce}};
constexpr Program<Job> kJob{"test.job", kState, kSteps, &Job::failed};

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const db::ModuleMigrations modules[] = {{"flow", {kMigrations, kMigrationsCount}}};
    db::migrate(*db_, modules, "");
    db_->write([](db::Transaction& tx) { tx.execute("CREATE TABLE built (x)"); });
    open();
  }
  void open() {
    engine_ = std::make_unique<Engine>(*db_, clock_, options_);
    engine_->add<Job>(kJob, [this] {
      auto job = std::make_unique<Job>();
      job->world = &world_;
      return job;
    });
    engine_->run();
  }
  void start(const std::string& thing, const std::string& subject = "s") {
    db_->write([&](db::Transaction& tx) { engine_->start(tx, kJob, Job{thing}, {subject}); });
  }
  std::int64_t rows(const char* sql) {
    return *db_->read([&](db::Session& s) { return s.integer(sql); });
  }

  std::unique_ptr<db::Database> db_ = db::open_sqlite({});
  ManualClock clock_;
  EngineOptions options_{.threads = 0};
  World world_;
  std::unique_ptr<Engine> engine_;
};

using Story = std::vector<std::string>;

TEST_F(EngineTest, RunsStepsInOrderAndForgetsTheRow) {
  start("a");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story, (Story{"prepare a", "build a!", "announce a!"}));
  EXPECT_EQ(rows("SELECT COUNT(*) FROM flows"), 0);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM built"), 1);
}

TEST_F(EngineTest, DoesNotExistIfItsTransactionFailed) {
  EXPECT_THROW(db_->write([&](db::Transaction& tx) {
    engine_->start(tx, kJob, Job{"a"}, {"s"});
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(engine_->run_until_idle(), 0u);
}

TEST_F(EngineTest, AFaultUndoesEverythingAndSaysWhy) {
  world_.refuse_at_build = true;
  start("a");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story,
            (Story{"prepare a", "build a!", "unbuild", "unprepare", "failed: no room"}));
  EXPECT_EQ(rows("SELECT COUNT(*) FROM flows"), 0);
}

TEST_F(EngineTest, ATemporaryErrorIsTriedAgainLaterAndThenGivenUp) {
  world_.fail_at_build = 2;
  start("a");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "build a!");
  clock_.advance(std::chrono::seconds(1));
  engine_->run_until_idle();
  clock_.advance(std::chrono::seconds(2));
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "announce a!");
  world_.fail_at_build = 1000;
  start("b");
  for (int i = 0; i < 10; ++i) {
    engine_->run_until_idle();
    clock_.advance(std::chrono::seconds(60));
  }
  EXPECT_EQ(world_.story.back(), "failed: flaky");
}

TEST_F(EngineTest, AStepIsTriedAgainIfItsWriteFails) {
  world_.fail_writing = 1;
  start("a");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story, (Story{"prepare a", "build a!"}));
  clock_.advance(std::chrono::seconds(1));
  engine_->run_until_idle();
  EXPECT_EQ(world_.story, (Story{"prepare a", "build a!", "build a!", "announce a!"}));
  EXPECT_EQ(rows("SELECT COUNT(*) FROM built"), 1);
}

TEST_F(EngineTest, OneSubjectOneFlowAtATime) {
  world_.wait_in_build = true;
  start("a");
  start("b");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story, (Story{"prepare a", "build a!"}));
  world_.wait_in_build = false;
  engine_->wake("s");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "announce b!");
}

TEST_F(EngineTest, AWakeDuringTheStepEndsTheNapItThenTakes) {
  options_.probe = [this](std::string_view step, bool after) {
    if (step != "test.job/build" || after || !world_.wait_in_build) return;
    engine_->wake("s");
    world_.wait_in_build = world_.story.size() < 2;
  };
  open();
  world_.wait_in_build = true;
  start("a");
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "announce a!");
}

TEST_F(EngineTest, ACancelEndsTheNapAndUndoes) {
  world_.wait_in_build = true;
  start("a");
  engine_->run_until_idle();
  db_->write([&](db::Transaction& tx) { engine_->cancel(tx, "s", "deleted"); });
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "failed: deleted");
}

TEST_F(EngineTest, PastItsDeadlineItFails) {
  world_.wait_in_build = true;
  start("a");
  engine_->run_until_idle();
  clock_.advance(std::chrono::hours(1));
  engine_->run_until_idle();
  EXPECT_EQ(world_.story.back(), "failed: it took too long (step build)");
}

TEST_F(EngineTest, ACrashAnywhereIsResumed) {
  for (const char* where : {"test.job/prepare", "test.job/build", "test.job/announce"}) {
    for (const bool after : {false, true}) {
      world_.story.clear();
      options_.probe = [&](std::string_view step, bool is_after) {
        if (step == where && is_after == after) throw Crash{};
      };
      open();
      start("a", where);
      engine_->run_until_idle();
      options_.probe = {};
      open();
      engine_->run_until_idle();
      EXPECT_EQ(world_.story.back(), "announce a!") << where << after;
      EXPECT_EQ(rows("SELECT COUNT(*) FROM flows"), 0);
    }
  }
}

TEST_F(EngineTest, WhatNeverGivesUpComesAboutInTheEnd) {
  constexpr static Program<Job> kStubborn{"test.stubborn", kState, kSteps, &Job::failed, true};
  engine_->add<Job>(kStubborn, [this] {
    auto job = std::make_unique<Job>();
    job->world = &world_;
    return job;
  });
  world_.fail_at_build = 20;
  db_->write([&](db::Transaction& tx) { engine_->start(tx, kStubborn, Job{"a"}, {"s"}); });
  for (int i = 0; i < 40; ++i) {
    engine_->run_until_idle();
    clock_.advance(std::chrono::minutes(5));
  }
  EXPECT_EQ(world_.story.back(), "announce a!");
}

TEST_F(EngineTest, RecurringWorkComesBack) {
  int ran = 0;
  engine_->every(std::chrono::seconds(5), "count", [&] { ++ran; });
  engine_->run_until_idle();
  EXPECT_EQ(ran, 0);
  for (int i = 0; i < 3; ++i) {
    clock_.advance(std::chrono::seconds(5));
    engine_->run_until_idle();
  }
  EXPECT_EQ(ran, 3);
}

// A clock that can be set, as a machine's is.
class SetClock final : public Clock {
 public:
  explicit SetClock(ManualClock& real) : real_(real) {}
  Instant now() const override { return real_.now() + off; }
  Duration steady() const override { return real_.steady(); }
  Duration off{};

 private:
  ManualClock& real_;
};

TEST_F(EngineTest, AClockThatIsSetBackPutsNothingOff) {
  SetClock set(clock_);
  Engine engine(*db_, set, options_);
  engine.add<Job>(kJob, [this] {
    auto job = std::make_unique<Job>();
    job->world = &world_;
    return job;
  });
  int ran = 0;
  engine.every(std::chrono::seconds(10), "tick", [&] { ++ran; });
  engine.run();
  world_.wait_in_build = true;
  db_->write([&](db::Transaction& tx) { engine.start(tx, kJob, Job{"a"}, {"s"}); });
  engine.run_until_idle();
  world_.wait_in_build = false;
  set.off = -std::chrono::hours(1);
  clock_.advance(std::chrono::seconds(30));
  engine.run_until_idle();
  EXPECT_EQ(world_.story.back(), "announce a!");
  EXPECT_EQ(ran, 1);
}

TEST_F(EngineTest, RecurringWorkDoesNotWaitForFlows) {
  engine_->every(std::chrono::seconds(5), "report", [&] { world_.story.push_back("report"); });
  start("a");
  clock_.advance(std::chrono::seconds(5));
  engine_->run_until_idle();
  ASSERT_FALSE(world_.story.empty());
  EXPECT_EQ(world_.story.front(), "report");
  EXPECT_EQ(world_.story.back(), "announce a!");
}

TEST_F(EngineTest, ThreadsRunThemToo) {
  options_.threads = 4;
  SystemClock real;
  Engine engine(*db_, real, options_);
  engine.add<Job>(kJob, [this] {
    auto job = std::make_unique<Job>();
    job->world = &world_;
    return job;
  });
  engine.run();
  db_->write([&](db::Transaction& tx) { engine.start(tx, kJob, Job{"a"}, {"s"}); });
  while (engine.stats().finished == 0) std::this_thread::yield();
  engine.stop();
  EXPECT_EQ(world_.story.back(), "announce a!");
}

}  // namespace
}  // namespace haneul::flow
