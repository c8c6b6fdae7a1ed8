#include "drivers/net/ovsdb.h"

#include <cstring>
#include <filesystem>
#include <poll.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "drivers/net/ovsdb_stream.h"

namespace haneul::net::ovsdb {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

json::Value parsed(std::string_view text) {
  return *json::parse(text);
}

constexpr std::string_view kSchema = R"({"name":"Zoo","version":"1.0.0","tables":{
  "Animal":{"isRoot":true,"columns":{
    "name":{"type":"string"},
    "legs":{"type":{"key":{"type":"integer","minInteger":0},"min":0,"max":1}},
    "tame":{"type":"boolean"},
    "friends":{"type":{"key":{"type":"uuid","refTable":"Animal"},"min":0,"max":"unlimited"}},
    "foods":{"type":{"key":"string","min":0,"max":"unlimited"}},
    "notes":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}}}})";

TableSchema animal() {
  return parse_schema(parsed(kSchema))->at("Animal");
}

TEST(OvsdbValue, ReadsTypes) {
  const TableSchema schema = animal();
  EXPECT_TRUE(schema.is_root);
  EXPECT_EQ(schema.columns.at("name"), (ColumnType{Atom::string, {}, false, false}));
  EXPECT_EQ(schema.columns.at("legs"), (ColumnType{Atom::integer, {}, true, false}));
  EXPECT_EQ(schema.columns.at("friends"), (ColumnType{Atom::uuid, {}, true, true}));
  EXPECT_EQ(schema.columns.at("notes"), (ColumnType{Atom::string, Atom::string, true, true}));
  for (const auto* bad : {"[]", "{}", R"({"tables":{"A":{}}})",
                          R"({"tables":{"A":{"columns":{"b":{"type":"colour"}}}}})"}) {
    EXPECT_FALSE(parse_schema(parsed(bad))) << bad;
  }
}

TEST(OvsdbValue, ReadsAndWritesColumns) {
  const TableSchema schema = animal();
  const std::string text =
      R"({"foods":["set",["hay","oats"]],"friends":["uuid","a1"],"legs":4,"name":"Emil",)"
      R"("notes":["map",[["a","1"],["b","2"]]],"tame":true})";
  const auto row = parse_row(schema, *parsed(text).object());
  ASSERT_TRUE(row);
  EXPECT_EQ(json::dump(encode_row(schema, *row)), text);
  EXPECT_EQ(text_of(*row, "notes", "b"), "2");
  EXPECT_TRUE(is_true(*row, "tame"));
}

TEST(OvsdbValue, TakesSetsInAnyOrderAndForm) {
  const ColumnType foods = animal().columns.at("foods");
  EXPECT_EQ(parse_datum(foods, parsed(R"(["set",["b","a","b"]])")),
            parse_datum(foods, parsed(R"(["set",["a","b"]])")));
  EXPECT_EQ(parse_datum(foods, parsed(R"("a")")), parse_datum(foods, parsed(R"(["set",["a"]])")));
  EXPECT_EQ(parse_datum(foods, parsed(R"(["set",[]])")), Datum{});
}

TEST(OvsdbValue, NamesRowsThatDoNotExistYet) {
  EXPECT_EQ(json::dump(encode(animal().columns.at("friends"), Datum::set({"@row1", "a1"}))),
            R"(["set",[["named-uuid","row1"],["uuid","a1"]]])");
}

TEST(OvsdbValue, HasNoNul) {
  const std::string text("a\0b\0", 4);
  const std::string shown =
      "a\xEF\xBF\xBD"
      "b\xEF\xBF\xBD";
  EXPECT_EQ(Datum::of(text).keys, std::vector{shown});
  EXPECT_EQ(Datum::set({text}).keys, std::vector{shown});
  EXPECT_EQ(*Datum::map({{text, text}}).find(shown), shown);
}

TEST(OvsdbValue, RefusesWhatDoesNotFit) {
  const TableSchema schema = animal();
  for (const auto* bad :
       {R"({"name":1})", R"({"tame":"yes"})", R"({"legs":"four"})", R"({"friends":["uuid",1]})",
        R"({"foods":["set","a"]})", R"({"foods":["set",[1]]})", R"({"notes":["set",[]]})",
        R"({"notes":["map",[["a"]]]})", R"({"notes":{"a":"b"}})"}) {
    EXPECT_FALSE(parse_row(schema, *parsed(bad).object())) << bad;
  }
}

TEST(OvsdbValue, AppliesChangesOfSetsAndMapsElementByElement) {
  const TableSchema schema = animal();
  Row row = *parse_row(schema, *parsed(R"({"foods":["set",["hay","oats"]],"legs":3,
      "notes":["map",[["a","1"],["b","2"],["c","3"]]]})")
                                    .object());
  apply_change(schema, row,
               *parse_row(schema, *parsed(R"({"foods":["set",["hay","figs"]],"legs":4,
      "notes":["map",[["a","1"],["b","9"],["d","4"]]]})")
                                       .object()));
  EXPECT_EQ(json::dump(encode_row(schema, row)),
            R"({"foods":["set",["figs","oats"]],"legs":4,)"
            R"("notes":["map",[["b","9"],["c","3"],["d","4"]]]})");
}

TEST(OvsdbValue, DiffersOnlyWhereColumnsDiffer) {
  const TableSchema schema = animal();
  const Row present = {{"name", Datum::of("Emil")}, {"legs", Datum::number(4)}};
  EXPECT_TRUE(
      difference(schema, present,
                 {{"name", Datum::of("Emil")}, {"tame", Datum::flag(false)}, {"foods", Datum{}}})
          .empty());
  EXPECT_EQ(difference(schema, present, {{"legs", Datum{}}, {"name", Datum::of("Emil")}}),
            (Row{{"legs", Datum{}}}));
}

TEST(OvsdbStream, CutsWhereObjectsEnd) {
  Splitter splitter(100);
  std::vector<std::string> got;
  const auto take = [&](std::string_view text) { got.emplace_back(text); };
  const std::string stream = R"({"a":"}{\"\\"}{"b":[{}]} {"c":1})";
  for (const char c : stream) EXPECT_TRUE(splitter.feed(std::string(1, c), take));
  EXPECT_THAT(got, ElementsAre(R"({"a":"}{\"\\"})", R"({"b":[{}]})", R"({"c":1})"));
  got.clear();
  EXPECT_TRUE(splitter.feed(stream, take));
  EXPECT_EQ(got.size(), 3u);
}

TEST(OvsdbStream, RefusesWhatIsNoObjectAndWhatIsTooLarge) {
  const auto drop = [](std::string_view) {};
  EXPECT_FALSE(Splitter(100).feed("[1]", drop));
  EXPECT_FALSE(Splitter(100).feed("HTTP/1.1 400", drop));
  Splitter small(10);
  EXPECT_TRUE(small.feed(R"({"a":)", drop));
  EXPECT_FALSE(small.feed(R"("0123456789)", drop));
}

Replica zoo() {
  Replica replica({{"Animal", {"name", "legs", "foods"}}});
  replica.use_schema(*parse_schema(parsed(kSchema)));
  return replica;
}

TEST(OvsdbReplica, FollowsUpdatesAndFindsByName) {
  Replica replica = zoo();
  std::vector<Change> changes;
  ASSERT_TRUE(replica.apply(*parsed(R"({"Animal":{"a1":{"insert":{"name":"Emil","foods":"hay"}},
                            "a2":{"insert":{"name":"Ida"}}}})")
                                 .object(),
                            changes));
  EXPECT_EQ(replica.find_one("Animal", "Emil"), "a1");
  ASSERT_TRUE(replica.apply(
      *parsed(R"({"Animal":{"a1":{"modify":{"name":"Max","foods":["set",["hay","oats"]]}},
                            "a2":{"delete":null}}})")
           .object(),
      changes));
  EXPECT_EQ(replica.find_one("Animal", "Emil"), "");
  EXPECT_EQ(replica.find_one("Animal", "Max"), "a1");
  EXPECT_EQ(column(*replica.find("Animal", "a1"), "foods"), Datum::of("oats"));
  EXPECT_EQ(replica.size("Animal"), 1u);
  EXPECT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes.back().what, Change::What::deleted);
  EXPECT_EQ(text_of(changes.back().columns, "name"), "Ida");
}

TEST(OvsdbReplica, TellsOnlyTheDifferenceAfterReconnecting) {
  Replica replica = zoo();
  std::vector<Change> changes;
  ASSERT_TRUE(replica.reset(
      *parsed(R"({"Animal":{"a1":{"initial":{"name":"Emil","foods":["set",["a","b"]]}},
                            "a2":{"initial":{"name":"Ida"}}, "a3":{"initial":{"name":"Rex"}}}})")
           .object(),
      changes));
  changes.clear();
  ASSERT_TRUE(replica.reset(
      *parsed(R"({"Animal":{"a1":{"initial":{"name":"Emil","foods":["set",["b","c"]]}},
                            "a2":{"initial":{"name":"Ida"}}, "a4":{"initial":{"name":"Tom"}}}})")
           .object(),
      changes));
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(replica.size("Animal"), 3u);
  EXPECT_EQ(replica.find_one("Animal", "Rex"), "");
  for (const Change& change : changes) {
    if (change.what != Change::What::modified) continue;
    EXPECT_EQ(change.columns, (Row{{"foods", Datum::set({"a", "c"})}}));
  }
}

TEST(OvsdbReplica, RefusesUpdatesThatDoNotFit) {
  Replica replica = zoo();
  std::vector<Change> changes;
  for (const auto* bad :
       {R"({"Plant":{}})", R"({"Animal":[]})", R"({"Animal":{"a1":{"modify":{"name":"x"}}}})",
        R"({"Animal":{"a1":{"insert":{"name":7}}}})", R"({"Animal":{"a1":{"swap":{}}}})"}) {
    EXPECT_FALSE(replica.apply(*parsed(bad).object(), changes)) << bad;
  }
}

// A server of one connection after another that says what the test makes it say.
class Server {
 public:
  Server() : folder_("/tmp/haneul-ovsdb-XXXXXX") {
    if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp");
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (folder_ + "/db.sock").c_str());
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 4) != 0) {
      throw std::runtime_error("listen");
    }
  }
  ~Server() { std::filesystem::remove_all(folder_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  ClientOptions options() const {
    ClientOptions options;
    options.endpoint = "unix:" + folder_ + "/db.sock";
    options.database = "Zoo";
    options.tables = {{"Animal", {"name", "legs", "foods"}}};
    options.reconnect_pause = milliseconds(1);
    options.request_time_max = milliseconds(5'000);
    return options;
  }

  // Takes the next connection through the handshake, with these rows to begin with.
  void welcome(std::string_view rows) {
    connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    splitter_ = std::make_unique<Splitter>(1 << 20);
    answer(expect("get_schema"), std::string(kSchema));
    answer(expect("monitor_cond"), std::string(rows));
  }
  // The id of the next message, which must be this request; its text is in last().
  std::string expect(const std::string& method) {
    const json::Value message = next();
    const json::Value* name = message.at({"method"});
    EXPECT_TRUE(name != nullptr && *name == json::Value(method)) << json::dump(message);
    return json::dump(*message.at({"id"}));
  }
  json::Value next() {
    while (messages_.empty()) {
      char part[65536];
      const ssize_t n = ::recv(connection_.get(), part, sizeof part, 0);
      if (n <= 0) throw std::runtime_error("the client hung up");
      splitter_->feed({part, static_cast<std::size_t>(n)},
                      [this](std::string_view text) { messages_.emplace_back(text); });
    }
    last_ = messages_.front();
    messages_.erase(messages_.begin());
    return parsed(last_);
  }
  void say(const std::string& text) { send_all(connection_.get(), text, milliseconds(5'000)); }
  void answer(const std::string& id, const std::string& result) {
    say(R"({"id":)" + id + R"(,"error":null,"result":)" + result + "}");
  }
  void update(const std::string& rows) {
    say(R"({"id":null,"method":"update2","params":["haneul",)" + rows + "]}");
  }
  void hang_up() { connection_.reset(); }
  const std::string& last() const { return last_; }

 private:
  std::string folder_;
  Descriptor listener_, connection_;
  std::unique_ptr<Splitter> splitter_;
  std::vector<std::string> messages_;
  std::string last_;
};

constexpr std::string_view kEmil = R"({"Animal":{"a1":{"initial":{"name":"Emil"}}}})";

bool has_animal(const Replica& replica, const std::string& name) {
  return !replica.find_one("Animal", name).empty();
}

TEST(OvsdbClient, FillsItsReplicaAndFollows) {
  Server server;
  std::vector<Change> told;
  std::mutex mutex;
  ClientOptions options = server.options();
  options.on_change = [&](const std::vector<Change>& changes, const Client&) {
    const std::lock_guard lock(mutex);
    told.insert(told.end(), changes.begin(), changes.end());
  };
  Client client(options);
  server.welcome(kEmil);
  ASSERT_TRUE(client.wait_ready(milliseconds(5'000)));
  EXPECT_THAT(server.last(), HasSubstr(R"({"Animal":{"columns":["name","legs","foods"]}})"));
  EXPECT_TRUE(client.read([](const Replica& r) { return has_animal(r, "Emil"); }));
  server.update(R"({"Animal":{"a2":{"insert":{"name":"Ida"}}}})");
  EXPECT_TRUE(client.wait_until(milliseconds(5'000),
                                [](const Replica& r) { return has_animal(r, "Ida"); }));
  const std::lock_guard lock(mutex);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told.back().uuid, "a2");
}

TEST(OvsdbClient, TransactsAndSeesTheEffect) {
  Server server;
  Client client(server.options());
  server.welcome(kEmil);
  std::thread peer([&] {
    const std::string id = server.expect("transact");
    server.update(R"({"Animal":{"a1":{"modify":{"legs":4}}}})");
    server.answer(id, R"([{"count":1}])");
  });
  const json::Array results = client.transact(json::Array{json::Value(json::Object{{"op", "x"}})});
  peer.join();
  EXPECT_EQ(json::dump(json::Value(results)), R"([{"count":1}])");
  EXPECT_THAT(server.last(), HasSubstr(R"("params":["Zoo",{"op":"x"}])"));
  EXPECT_EQ(client.read([](const Replica& r) {
    return std::string(text_of(*r.find("Animal", "a1"), "legs"));
  }),
            "4");
}

TEST(OvsdbClient, SaysWhyATransactionWasRefused) {
  Server server;
  Client client(server.options());
  server.welcome(kEmil);
  std::thread peer([&] {
    server.answer(server.expect("transact"),
                  R"([null,{"error":"constraint violation","details":"two of them"}])");
  });
  try {
    client.transact({});
    ADD_FAILURE() << "not refused";
  } catch (const Refused& refused) {
    EXPECT_STREQ(refused.what(), "Zoo refused: constraint violation: two of them");
  }
  peer.join();
}

TEST(OvsdbClient, AnswersEchoes) {
  Server server;
  Client client(server.options());
  server.welcome(kEmil);
  server.say(R"({"method":"echo","params":["ping"],"id":"echo"})");
  const json::Value reply = server.next();
  EXPECT_EQ(json::dump(*reply.at({"result"})), R"(["ping"])");
  EXPECT_EQ(json::dump(*reply.at({"id"})), R"("echo")");
}

TEST(OvsdbClient, ReconnectsAndFailsWhatWasUnderWay) {
  Server server;
  Client client(server.options());
  server.welcome(kEmil);
  std::thread peer([&] {
    server.expect("transact");
    server.hang_up();
    server.welcome(R"({"Animal":{"a3":{"initial":{"name":"Rex"}}}})");
  });
  EXPECT_THROW(client.transact({}), Error);
  peer.join();
  EXPECT_TRUE(client.wait_until(milliseconds(5'000), [](const Replica& r) {
    return has_animal(r, "Rex") && !has_animal(r, "Emil");
  }));
}

TEST(OvsdbClient, GivesUpAtItsDeadline) {
  Server server;
  ClientOptions options = server.options();
  options.request_time_max = milliseconds(200);
  Client client(options);
  server.welcome(kEmil);
  ASSERT_TRUE(client.wait_ready(milliseconds(5'000)));
  try {
    client.transact({});
    ADD_FAILURE() << "no answer came";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no answer in time"));
  }
}

TEST(OvsdbClient, ComplainsWhenThereIsNoServer) {
  ClientOptions options;
  options.endpoint = "unix:/nonexistent/" + std::string(150, 'x') + "/db.sock";
  options.database = "Zoo";
  options.request_time_max = milliseconds(50);
  Client client(options);
  try {
    client.transact({});
    ADD_FAILURE() << "no server there";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("No such file"));
  }
}

TEST(OvsdbClient, HangsUpOnNonsense) {
  Server server;
  Client client(server.options());
  server.welcome(kEmil);
  server.say("tea?");
  server.welcome(kEmil);
  EXPECT_TRUE(client.wait_ready(milliseconds(5'000)));
}

}  // namespace
}  // namespace haneul::net::ovsdb
