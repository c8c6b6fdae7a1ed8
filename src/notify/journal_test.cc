#include "notify/journal.h"

#include <gtest/gtest.h>

#include "db/migration.h"
#include "notify/cadf.h"

namespace haneul::notify {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    db_->write([](db::Transaction& tx) {
      for (unsigned i = 0; i < kMigrationsCount; ++i) tx.execute_script(kMigrations[i].sql);
    });
  }
  void add(const Journal& journal, const Event& event, const Initiator& by = {}) {
    db_->write([&](db::Transaction& tx) { journal.add(tx, event, by); });
  }
  std::vector<Entry> found(const Filter& filter, std::int64_t limit = 100) {
    return db_->read([&](db::Session& s) { return read(s, filter, limit); });
  }
  std::vector<std::string> subjects(const Filter& filter) {
    std::vector<std::string> out;
    for (const Entry& e : found(filter)) out.push_back(e.event.subject);
    return out;
  }

  ManualClock clock_;
  std::unique_ptr<db::Database> db_ = db::open_sqlite({});
  Journal journal_{clock_};
};

using Texts = std::vector<std::string>;

TEST_F(JournalTest, KeepsWhatWasToldInOrder) {
  const Initiator by{"u", "p", "d", "req-1", "10.0.0.1", "curl"};
  add(journal_, {"identity.user.created", "a", "p9", true, {{"k", "v"}}}, by);
  add(journal_, {"identity.user.deleted", "b", "", false, {}});
  const auto all = found({});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_LT(all[0].id, all[1].id);
  EXPECT_EQ(all[0].uuid.size(), 36u);
  EXPECT_EQ(all[0].at, clock_.now());
  EXPECT_EQ(*all[0].event.details.find("k")->text(), "v");
  EXPECT_EQ(all[0].by.address, "10.0.0.1");
  EXPECT_TRUE(all[0].event.success);
  EXPECT_FALSE(all[1].event.success);
}

TEST_F(JournalTest, AnUndoneChangeLeavesNoEvent) {
  try {
    db_->write([&](db::Transaction& tx) {
      journal_.add(tx, {"identity.user.created", "a", "", true, {}}, {});
      throw std::runtime_error("no");
    });
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(found({}).empty());
}

TEST_F(JournalTest, FiltersByTypeAndTheRest) {
  add(journal_, {"identity.user.created", "a", "p1", true, {}}, {.user_id = "u1"});
  add(journal_, {"identity.user_group.created", "b", "p2", true, {}}, {.request_id = "r"});
  add(journal_, {"image.image.created", "c", "p1", true, {}});
  EXPECT_EQ(subjects({.type = "identity"}), (Texts{"a", "b"}));
  EXPECT_EQ(subjects({.type = "identity.user"}), Texts{"a"});
  EXPECT_EQ(subjects({.project_id = "p1"}), (Texts{"a", "c"}));
  EXPECT_EQ(subjects({.user_id = "u1"}), Texts{"a"});
  EXPECT_EQ(subjects({.request_id = "r"}), Texts{"b"});
  EXPECT_EQ(subjects({.after = found({}).front().id}), (Texts{"b", "c"}));
  EXPECT_EQ(found({}, 2).size(), 2u);
  const auto last = db_->read([](db::Session& s) { return read_last(s, {}, 2); });
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[0].event.subject, "b");
}

TEST_F(JournalTest, TextsAndDetailsHaveALimit) {
  std::string text(254, 'x');
  text += "é and more";
  add(journal_, {"t", text, "", true, {{"k", std::string(9'000, 'y')}}});
  const auto all = found({});
  EXPECT_EQ(all[0].event.subject, std::string(254, 'x'));  // no half of a character
  EXPECT_TRUE(all[0].event.details.empty());
}

TEST_F(JournalTest, OldOnesAndTooManyGo) {
  const Journal few(clock_, {.kept = std::chrono::hours(1), .events_max = 3});
  for (const char* id : {"a", "b", "c", "d"}) add(few, {"t", id, "", true, {}});
  EXPECT_EQ(few.prune(*db_), 1);
  EXPECT_EQ(subjects({}), (Texts{"b", "c", "d"}));
  clock_.advance(std::chrono::minutes(61));
  add(few, {"t", "e", "", true, {}});
  EXPECT_EQ(few.prune(*db_), 3);
  EXPECT_EQ(subjects({}), Texts{"e"});
  EXPECT_EQ(few.prune(*db_), 0);
}

TEST_F(JournalTest, ReadsAsCadf) {
  add(journal_, {"identity.project.created", "p1", "", true, {}},
      {"u1", "p0", "", "req-2", "192.0.2.9", ""});
  add(journal_, {"identity.authenticate", "u1", "", false, {{"reason", "wrong"}}});
  json::Writer w;
  w.begin_array();
  for (const Entry& e : found({})) write_cadf(w, e);
  w.end_array();
  const auto made = json::parse(w.take());
  const json::Value& first = *(*made->array())[0].at({"payload"});
  EXPECT_EQ(*first.at({"action"})->text(), "created.project");
  EXPECT_EQ(*first.at({"target", "typeURI"})->text(), "data/security/project");
  EXPECT_EQ(*first.at({"initiator", "id"})->text(), "u1");
  EXPECT_EQ(*first.at({"initiator", "host", "address"})->text(), "192.0.2.9");
  EXPECT_EQ(*first.at({"observer", "typeURI"})->text(), "service/security");
  EXPECT_EQ(*first.at({"outcome"})->text(), "success");
  const json::Value& second = *(*made->array())[1].at({"payload"});
  EXPECT_EQ(*second.at({"action"})->text(), "authenticate");
  EXPECT_EQ(*second.at({"outcome"})->text(), "failure");
  EXPECT_EQ(*second.at({"target", "typeURI"})->text(), "service/security/account/user");
}

}  // namespace
}  // namespace haneul::notify
