#include "resource/service.h"
#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

// Every route there is, asked for nonsense by somebody who may do everything: whatever the answer,
// it is in Nova's own words and not a failure of ours.
class BadInput : public NovaTest {
 protected:
  static std::string fill(std::string pattern, const std::string& with) {
    for (auto open = pattern.find('{'); open != std::string::npos; open = pattern.find('{')) {
      pattern.replace(open, pattern.find('}') - open + 1, with);
    }
    return pattern;
  }
  void expect_calm(const resource::Route& route, const std::string& path, const std::string& body,
                   const std::string& version) {
    const auto a = cloud.request(route.method, "/compute" + path, "admin", body,
                                 {{"OpenStack-API-Version", "compute " + version}});
    EXPECT_TRUE(a.status < 500 || a.status == 501)
        << route.method << " " << path << " " << body << " at " << version << ": " << a.status
        << " " << a.body;
  }
};

TEST_F(BadInput, IsNeverAFailureOfOurs) {
  const std::string id = boot("target");
  const auto& routes = nova.service().routes();
  const std::vector<std::string> queries{"",
                                         "?limit=x",
                                         "?limit=-1",
                                         "?marker=x",
                                         "?sort_key=x&sort_dir=y",
                                         "?changes-since=x",
                                         "?start=x&end=y",
                                         "?with_servers=x",
                                         "?all_tenants=x",
                                         "?is_public=x",
                                         "?offset=x",
                                         "?%zz=1"};
  for (const auto& route : routes) {
    const std::string key = route.action.empty() ? "server" : route.action;
    std::vector<std::string> bodies{""};
    if (route.method != "GET" && route.method != "DELETE") {
      bodies = {"",
                "x",
                "[]",
                "null",
                "{}",
                "{\"" + key + "\":null}",
                "{\"" + key + "\":[]}",
                "{\"" + key + "\":{}}",
                "{\"" + key + "\":{\"name\":7,\"host\":[],\"shoe\":1}}",
                "{\"" + key + "\":\"\xff\"}"};
    }
    for (const std::string version : {"2.1", "2.53", "2.96"}) {
      for (const auto& name : {std::string("x"), id, std::string("%E2%82%AC")}) {
        if (route.method == "DELETE" && name == id) continue;
        const std::string path = fill(route.pattern, name);
        for (const auto& body : bodies) expect_calm(route, path, body, version);
        if (route.method != "GET") continue;
        for (const auto& query : queries) expect_calm(route, path + query, "", version);
      }
    }
  }
  settle();
}

TEST_F(BadInput, InServerBodies) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"("name":7)", "7 is not of type 'string'"},
      {R"("name":"")", "name"},
      {R"("flavorRef":"shoe")", "Flavor shoe could not be found."},
      {R"("imageRef":"shoe")", "Invalid imageRef provided."},
      {R"("imageRef":"00000000-0000-0000-0000-000000000000")", "Can not find requested image"},
      {R"("key_name":"shoe")", "Invalid key_name provided."},
      {R"("networks":"shoe")", "networks"},
      {R"("networks":[{"uuid":"shoe"}])", "shoe"},
      {R"("networks":[{"uuid":"00000000-0000-0000-0000-000000000000"}])", "could not be found"},
      {R"("networks":[{"port":"00000000-0000-0000-0000-000000000000"}])", "could not be found"},
      {R"("user_data":"!")", "user_data"},
      {R"("metadata":{"a":1})", "1 is not of type 'string'"},
      {R"("min_count":0)", "min_count"},
      {R"("accessIPv4":"shoe")", "accessIPv4"},
      {R"("security_groups":[{"name":"shoe"}])", "Security group shoe not found."},
      {R"("config_drive":"shoe")", "config_drive"},
      {R"("tags":["a,b"])", "tags"},
      {R"("hostname":"_")", "hostname"},
      {R"("shoe":1)", "('shoe' was unexpected)"}};
  for (const auto& [member, message] : wrong) {
    json::Object server{
        {"name", "x"}, {"imageRef", image}, {"flavorRef", "42"}, {"networks", "auto"}};
    const auto given = json::parse(fmt::format("{{{}}}", member));
    for (const auto& m : *given->object()) server.set(m.key, m.value);
    expect_error(ask("POST", "/servers", json::dump(json::Object{{"server", server}})), 400,
                 "badRequest", message);
  }
  EXPECT_EQ(rows("SELECT COUNT(*) FROM servers"), 0);
  EXPECT_EQ(rows("SELECT COUNT(*) FROM ports WHERE device_owner LIKE 'compute:%'"), 0);
  EXPECT_EQ(rows("SELECT COALESCE(SUM(used), 0) FROM quota_usages WHERE service = 'nova'"), 0);
}

TEST_F(BadInput, InVersionHeaders) {
  EXPECT_EQ(ask("GET", "/servers", {}, "2.999").status, 406);
  EXPECT_EQ(ask("GET", "/servers", {}, "two").status, 400);
  EXPECT_EQ(*ask("GET", "/servers", {}, "latest").headers.find("OpenStack-API-Version"),
            "compute 2.96");
}

}  // namespace
}  // namespace haneul::nova
