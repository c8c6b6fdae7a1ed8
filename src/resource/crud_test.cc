// One noun, declared once, in a service of its own: every verb.
#include "resource/crud.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "access/policy.h"
#include "resource/dialect.h"
#include "resource/service.h"
#include "test_kit/test_kit.h"

namespace haneul::resource {
namespace {

enum class Colour { red, green };
constexpr std::string_view names_of(Colour c) {
  constexpr std::string_view kNames[] = {"red", "green", ""};
  return kNames[static_cast<int>(c)];
}

struct Widget {
  std::string id, project_id, name;
  Colour colour = Colour::red;
  std::optional<std::int64_t> weight;
  std::vector<std::string> tags;
  bool secret = false;
  Instant created;
};

constexpr auto kFields = fields(
    field<&Widget::id>("id").sort_key(), field<&Widget::project_id>("project_id").filter(),
    field<&Widget::name>("name")
        .settable(create | update)
        .required()
        .min(1)
        .max(8)
        .filter()
        .sort_key(),
    field<&Widget::colour>("colour").settable(create | update).filter(),
    field<&Widget::weight>("weight").settable(create | update).range(0, 100).sort_key().filter(),
    field<&Widget::tags>("tags").settable(create | update).since({1, 2}),
    field<&Widget::secret>("secret").settable(create).guarded(create | show),
    field<&Widget::created>("created"));
static_assert(complete<Widget>(kFields));

const Resource kWidget{
    .singular = "widget",
    .plural = "widgets",
    .path = "/v1/widgets",
    .policy = {"widget:create", "widget:list", "widget:show", "widget:update", "widget:remove"},
    .quota = "widgets",
    .default_sort = "name",
    .fields = kFields};

constexpr access::PolicyDefault kPolicies[] = {
    {"admin", "role:admin"},
    {"widget:create", "role:member and project_id:%(project_id)s"},
    {"widget:create:secret", "rule:admin"},
    {"widget:list", "role:reader"},
    {"widget:show", "role:reader"},
    {"widget:show:secret", "rule:admin"},
    {"widget:update", "role:member"},
    {"widget:remove", "role:member"},
};

class PlainDialect final : public Dialect {
 public:
  http::Response error(const Fault& fault, const Version&, const std::string&) const override {
    const auto status = [&] {
      switch (fault.kind()) {
        case Fault::Kind::bad_request:
          return 400;
        case Fault::Kind::unauthorized:
          return 401;
        case Fault::Kind::forbidden:
          return 403;
        case Fault::Kind::not_found:
          return 404;
        case Fault::Kind::method_not_allowed:
          return 405;
        case Fault::Kind::conflict:
          return 409;
        case Fault::Kind::too_large:
          return 413;
        default:
          return 500;
      }
    };
    return http::Response::json(status(), json::dump(json::Object{{"error", fault.message()}}));
  }
  Version negotiate(const http::Headers& headers) const override {
    return Version::parse(headers.get("X-Version")).value_or(Version{1, 0});
  }
  Fault invalid(const Problem& p) const override {
    return Fault::bad_request(p.field + ": " + p.in_jsonschema_words());
  }
  Fault no_such(const Resource& r, std::string_view key) const override {
    return Fault::not_found("no " + std::string(r.singular) + " " + std::string(key));
  }
  Fault over_quota(const Quota::Over& over) const override {
    return Fault::conflict("too many " + over.resource);
  }
  void end_list(json::Writer& w, const Call&, const Resource&, const PageEnd& end) const override {
    if (end.more) w.member("next", end.last);
  }
  bool sees_all(const Call& call) const override { return call.allowed("admin"); }
};

class CrudTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Hooks<Widget> hooks;
    hooks.before_create = [](Change& change, Widget& w) {
      w.created = change.call.now();
      if (w.name == "taken") throw Fault::conflict("that name is taken");
    };
    service_.resource<Widget>(kWidget, hooks);
    service_.limits({{"widgets", 5}});
    cloud_.db().write([](db::Transaction& tx) {
      tx.execute_script(
          "CREATE TABLE widgets (id TEXT PRIMARY KEY, project_id TEXT, name TEXT,"
          " colour TEXT, weight INTEGER, tags TEXT, secret INTEGER, created INTEGER)");
    });
    cloud_.open({&service_});
  }
  Answer make(std::string body, std::string_view token = "member") {
    return cloud_.request("POST", "/w/v1/widgets", token, std::move(body));
  }
  std::string names(std::string_view query, std::string_view token = "member") {
    const auto answer = cloud_.request("GET", "/w/v1/widgets" + std::string(query), token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string all;
    for (const auto& w : *answer.json.at({"widgets"})->array())
      all += *w.at({"name"})->text() + " ";
    return all;
  }

  TestCloud cloud_;
  Service service_{{.name = "widgets", .type = "widget", .mount = "/w"},
                   std::make_unique<PlainDialect>(),
                   *access::Policy::make(kPolicies)};
};

TEST_F(CrudTest, CreatesShowsUpdatesAndRemoves) {
  const auto made = make(R"({"widget":{"name":"a","weight":7,"colour":"green","tags":["x"]}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = "/w/v1/widgets/" + made.text({"widget", "id"});
  EXPECT_EQ(made.text({"widget", "project_id"}), "demo-project");
  EXPECT_EQ(made.text({"widget", "colour"}), "green");
  const auto changed = cloud_.request("PUT", path, "member", R"({"widget":{"weight":null}})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_TRUE(changed.json.at({"widget", "weight"})->is_null());
  EXPECT_EQ(changed.text({"widget", "name"}), "a");
  EXPECT_EQ(cloud_.request("DELETE", path, "member").status, 204);
  EXPECT_EQ(cloud_.request("GET", path, "member").status, 404);
}

TEST_F(CrudTest, RefusesBadBodiesInTheServicesWords) {
  const std::pair<const char*, const char*> bad[] = {
      {"{", "JSON"},
      {"[]", "object"},
      {"{}", "required"},
      {R"({"widget":5})", "object"},
      {R"({"widget":{}})", "name"},
      {R"({"widget":{"name":5}})", "not of type 'string'"},
      {R"({"widget":{"name":""}})", "too short"},
      {R"({"widget":{"name":"ninechars"}})", "too long"},
      {R"({"widget":{"name":"a","weight":101}})", "maximum of 100"},
      {R"({"widget":{"name":"a","weight":-1}})", "minimum of 0"},
      {R"({"widget":{"name":"a","weight":"heavy"}})", "integer"},
      {R"({"widget":{"name":"a","colour":"blue"}})", "colour"},
      {R"({"widget":{"name":"a","tags":[1]}})", "array"},
      {R"({"widget":{"name":"a","created":"x"}})", "unexpected"},
      {R"({"widget":{"name":"a","zzz":1}})", "zzz"},
  };
  for (const auto& [body, word] : bad) {
    const auto answer = make(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_NE(answer.body.find(word), std::string::npos) << body << " → " << answer.body;
  }
  EXPECT_EQ(make(R"({"widget":{"name":"taken"}})").status, 409);
  EXPECT_EQ(names(""), "");
}

TEST_F(CrudTest, KeepsOwnersApart) {
  const auto made = make(R"({"widget":{"name":"a"}})");
  const std::string path = "/w/v1/widgets/" + made.text({"widget", "id"});
  EXPECT_EQ(cloud_.request("GET", path, "other").status, 404);
  EXPECT_EQ(cloud_.request("DELETE", path, "other").status, 404);
  EXPECT_EQ(names("", "other"), "");
  EXPECT_EQ(names("", "admin"), "a ");
  EXPECT_EQ(cloud_.request("DELETE", path, "reader").status, 403);
  EXPECT_EQ(cloud_.request("GET", path, "").status, 401);
  EXPECT_EQ(cloud_.request("GET", path, "nonsense").status, 401);
}

TEST_F(CrudTest, AsksForGuardedFieldsAlone) {
  EXPECT_EQ(make(R"({"widget":{"name":"a","secret":true}})").status, 403);
  const auto made = make(R"({"widget":{"name":"a","secret":true}})", "admin");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(made.json.at({"widget", "secret"}));
  EXPECT_FALSE(make(R"({"widget":{"name":"b"}})").json.at({"widget", "secret"}));
}

TEST_F(CrudTest, ShowsWhatTheVersionKnows) {
  const auto made = make(R"({"widget":{"name":"a","tags":["x"]}})");
  EXPECT_FALSE(made.json.at({"widget", "tags"}));
  const auto later = cloud_.request("GET", "/w/v1/widgets/" + made.text({"widget", "id"}), "member",
                                    "", {{"X-Version", "1.2"}});
  EXPECT_TRUE(later.json.at({"widget", "tags"}));
}

TEST_F(CrudTest, FiltersSortsAndPages) {
  for (const char* body : {R"({"widget":{"name":"c","weight":1}})", R"({"widget":{"name":"a"}})",
                           R"({"widget":{"name":"b","weight":1,"colour":"green"}})",
                           R"({"widget":{"name":"d","weight":9}})"}) {
    ASSERT_EQ(make(body).status, 201);
  }
  EXPECT_EQ(names(""), "a b c d ");
  EXPECT_EQ(names("?sort_key=name&sort_dir=desc"), "d c b a ");
  EXPECT_EQ(names("?sort_key=weight&sort_key=name"), "a b c d ");
  EXPECT_EQ(names("?colour=green"), "b ");
  EXPECT_EQ(names("?weight=1"), "b c ");
  EXPECT_EQ(names("?name=zzz"), "");
  // Every order, page by page, gives everything once.
  for (const std::string order : {"", "&sort_key=weight", "&sort_key=weight&sort_dir=desc"}) {
    std::string seen, marker;
    for (int page = 0; page < 5; ++page) {
      const auto answer = cloud_.request("GET", "/w/v1/widgets?limit=1" + order + marker, "member");
      ASSERT_EQ(answer.status, 200) << answer.body;
      for (const auto& w : *answer.json.at({"widgets"})->array()) seen += *w.at({"name"})->text();
      const std::string next = answer.text({"next"});
      if (next.empty()) break;
      marker = "&marker=" + next;
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, "abcd") << order;
  }
  for (const char* bad : {"?limit=x", "?limit=-1", "?marker=nobody", "?sort_key=zzz",
                          "?sort_key=name&sort_dir=up", "?weight=heavy", "?name=%zz"}) {
    EXPECT_EQ(cloud_.request("GET", std::string("/w/v1/widgets") + bad, "member").status, 400)
        << bad;
  }
}

// What is more than a database looks up at once is the client's mistake, not a broken database; and
// a sort key decides nothing when it comes again.
TEST_F(CrudTest, TooMuchAtOnceIsABadRequest) {
  const auto made = make(R"({"widget":{"name":"a"}})");
  const auto ask = [&](std::string query) {
    return cloud_.request("GET", "/w/v1/widgets" + query, "member").status;
  };
  std::string sorted = "?limit=1&marker=" + made.text({"widget", "id"});
  for (int i = 0; i < 990; ++i) sorted += "&sort_key=weight";
  EXPECT_EQ(ask(sorted), 200);
  service_.route("GET", "/v1/many", [](Call& call) {
    std::string sql = "SELECT 1 FROM widgets WHERE 0";
    for (int i = 0; i < 2000; ++i) sql += " OR name = 'x'";
    call.db().read([&](db::Session& session) { session.integer(sql); });
    return http::Response::empty(200);
  });
  cloud_.open({&service_});
  EXPECT_EQ(cloud_.request("GET", "/w/v1/many", "member").status, 400);
}

TEST_F(CrudTest, CountsQuotaInTheSameTransaction) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(make(R"({"widget":{"name":"a"}})").status, 201);
  const auto over = make(R"({"widget":{"name":"a"}})");
  EXPECT_EQ(over.status, 409);
  EXPECT_NE(over.body.find("too many widgets"), std::string::npos);
  const auto all = cloud_.request("GET", "/w/v1/widgets", "member");
  const std::string id = *all.json.at({"widgets"})->array()->front().at({"id"})->text();
  EXPECT_EQ(cloud_.request("DELETE", "/w/v1/widgets/" + id, "member").status, 204);
  EXPECT_EQ(make(R"({"widget":{"name":"a"}})").status, 201);
}

TEST_F(CrudTest, KnowsItsPathsAndMethods) {
  EXPECT_EQ(cloud_.request("GET", "/w/v1/nothing", "member").status, 404);
  EXPECT_EQ(cloud_.request("PATCH", "/w/v1/widgets", "member").status, 405);
  EXPECT_EQ(make(R"({"widget":{"name":")" + std::string(2'000'000, 'x') + "\"}}").status, 413);
  const auto answer = cloud_.request("GET", "/w/v1/widgets", "member");
  EXPECT_TRUE(std::string(answer.headers.get("X-Openstack-Request-Id")).starts_with("req-"));
}

}  // namespace
}  // namespace haneul::resource
