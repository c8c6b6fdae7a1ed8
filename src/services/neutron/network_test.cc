#include "services/neutron/neutron_test.h"

namespace haneul::neutron {
namespace {

using NetworkTest = NeutronTest;

TEST_F(NetworkTest, IsMadeShownChangedAndRemoved) {
  const Answer made = ask("POST", "/networks", R"({"network":{"name":"n","description":"d"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = made.text({"network", "id"});
  EXPECT_EQ(made.text({"network", "status"}), "ACTIVE");
  EXPECT_EQ(made.text({"network", "tenant_id"}), "demo-project");
  EXPECT_EQ(made.text({"network", "project_id"}), "demo-project");
  EXPECT_EQ(*made.json.at({"network", "mtu"})->integer(), 1442);
  EXPECT_FALSE(*made.json.at({"network", "shared"})->boolean());
  EXPECT_EQ(made.json.at({"network", "provider:network_type"}), nullptr);
  const Answer changed = ask("PUT", "/networks/" + id, R"({"network":{"name":"m"}})");
  EXPECT_EQ(changed.text({"network", "name"}), "m");
  EXPECT_EQ(*changed.json.at({"network", "revision_number"})->integer(), 2);
  EXPECT_EQ(ask("GET", "/networks/" + id).text({"network", "name"}), "m");
  EXPECT_EQ(ask("DELETE", "/networks/" + id).status, 204);
  expect_error(ask("GET", "/networks/" + id), 404, "NetworkNotFound",
               "Network " + id + " could not be found.");
}

TEST_F(NetworkTest, OthersDoNotSeeIt) {
  const auto id = make_network();
  for (const char* method : {"GET", "DELETE"}) {
    expect_error(ask(method, "/networks/" + id, "", "other"), 404, "NetworkNotFound",
                 "Network " + id + " could not be found.");
  }
  EXPECT_EQ(count(ask("GET", "/networks", "", "other"), "networks"), 0u);
  EXPECT_EQ(count(ask("GET", "/networks", "", "admin"), "networks"), 1u);
  EXPECT_EQ(ask("GET", "/networks/" + id, "", "reader").status, 200);
  expect_error(ask("DELETE", "/networks/" + id, "", "reader"), 403, "PolicyNotAuthorized",
               "rule:delete_network is disallowed by policy");
  EXPECT_EQ(cloud_.request("GET", "/networking/v2.0/networks", "").status, 401);
}

TEST_F(NetworkTest, SharedAndExternalOnesAreSeenButNotChanged) {
  expect_error(ask("POST", "/networks", R"({"network":{"shared":true}})"), 403,
               "PolicyNotAuthorized",
               "(rule:create_network and rule:create_network:shared) is disallowed by policy");
  EXPECT_EQ(ask("POST", "/networks", R"({"network":{"shared":false}})").status, 201);
  const auto id = make_network(R"("shared":true)", "admin");
  const Answer seen = ask("GET", "/networks/" + id, "", "other");
  ASSERT_EQ(seen.status, 200) << seen.body;
  EXPECT_TRUE(*seen.json.at({"network", "shared"})->boolean());
  EXPECT_EQ(ask("PUT", "/networks/" + id, R"({"network":{"name":"x"}})", "other").status, 403);
  const auto outside = make_public();
  EXPECT_EQ(ask("DELETE", "/networks/" + outside).status, 403);
  EXPECT_EQ(count(ask("GET", "/networks?router:external=True"), "networks"), 1u);
}

TEST_F(NetworkTest, OneProjectMayBeLetIn) {
  const auto id = make_network();
  make_subnet(id);
  const auto rule = make("rbac-policies", "rbac_policy",
                         R"("object_type":"network","action":"access_as_shared","object_id":")" +
                             id + R"(","target_tenant":"other-project")");
  const Answer seen = ask("GET", "/networks/" + id, "", "other");
  ASSERT_EQ(seen.status, 200) << seen.body;
  EXPECT_TRUE(*seen.json.at({"network", "shared"})->boolean());
  const auto port = make_port(id, "", "other");
  expect_error(ask("DELETE", "/rbac-policies/" + rule), 409, "RbacPolicyInUse",
               "RBAC policy on object " + id +
                   " cannot be removed because other objects depend on it. Details: Unable to "
                   "reconfigure sharing settings for network " +
                   id + ". Multiple projects are using it.");
  EXPECT_EQ(ask("DELETE", "/ports/" + port, "", "other").status, 204);
  EXPECT_EQ(ask("DELETE", "/rbac-policies/" + rule).status, 204);
  EXPECT_EQ(ask("GET", "/networks/" + id, "", "other").status, 404);
}

TEST_F(NetworkTest, ProviderAttributesAreForAdministrators) {
  EXPECT_EQ(ask("POST", "/networks", R"({"network":{"provider:network_type":"vlan"}})").status,
            403);
  const auto vlan = [&](const char* more) {
    return ask("POST", "/networks",
               std::string(R"({"network":{"provider:network_type":"vlan",)") + more + "}}",
               "admin");
  };
  const Answer made =
      vlan(R"("provider:physical_network":"physnet1","provider:segmentation_id":"7")");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(*made.json.at({"network", "provider:segmentation_id"})->integer(), 7);
  EXPECT_EQ(*made.json.at({"network", "mtu"})->integer(), 1500);
  expect_error(vlan(R"("provider:physical_network":"physnet1","provider:segmentation_id":7)"), 409,
               "VlanIdInUse",
               "Unable to create the network. The VLAN 7 on physical network physnet1 is in use.");
  expect_error(vlan(R"("provider:physical_network":"nowhere")"), 400, "InvalidInput",
               "Invalid input for operation: physical_network 'nowhere' unknown for VLAN provider "
               "network.");
  EXPECT_EQ(
      vlan(R"("provider:physical_network":"physnet1","provider:segmentation_id":5000)").status,
      400);
  const std::string flat =
      R"({"network":{"provider:network_type":"flat","provider:physical_network":"physnet2"}})";
  EXPECT_EQ(ask("POST", "/networks", flat, "admin").status, 201);
  expect_error(ask("POST", "/networks", flat, "admin"), 409, "FlatNetworkInUse",
               "Unable to create the flat network. Physical network physnet2 is in use.");
}

TEST_F(NetworkTest, BadBodiesAreRefusedInUpstreamsWords) {
  const auto post = [&](const std::string& body) { return ask("POST", "/networks", body); };
  expect_error(post(""), 400, "HTTPBadRequest", "Unable to find 'network' in request body");
  expect_error(post("{"), 400, "HTTPBadRequest", "Body contains invalid data");
  expect_error(post("[]"), 400, "HTTPBadRequest", "Body contains invalid data");
  expect_error(post("{}"), 400, "HTTPBadRequest", "Unable to find 'network' in request body");
  expect_error(post(R"({"network":5})"), 400, "HTTPBadRequest",
               "Object 'network' contains invalid data");
  expect_error(post(R"({"network":{"x":1}})"), 400, "HTTPBadRequest",
               "Unrecognized attribute(s) 'x'");
  expect_error(post(R"({"network":{"name":5}})"), 400, "HTTPBadRequest",
               "Invalid input for name. Reason: '5' is not a valid string.");
  expect_error(post(R"({"network":{"id":"x"}})"), 400, "HTTPBadRequest",
               "Attribute 'id' not allowed in POST");
  expect_error(post(R"({"network":{"admin_state_up":"perhaps"}})"), 400, "InvalidInput",
               "Invalid input for operation: 'perhaps' cannot be converted to boolean.");
  expect_error(post(R"({"network":{"tenant_id":"other-project"}})"), 400, "HTTPBadRequest",
               "Specifying 'project_id' other than the authenticated project in request is not "
               "allowed for the current user.");
  expect_error(post(R"({"network":{"mtu":9000}})"), 400, "InvalidInput",
               "Invalid input for operation: Requested MTU is too big, maximum is 1442.");
  EXPECT_EQ(post(R"({"network":{"name":")" + std::string(256, 'x') + R"("}})").status, 400);
  EXPECT_EQ(post(R"({"networks":[]})").status, 400);
  EXPECT_EQ(post(R"({"networks":{}})").status, 400);
  EXPECT_EQ(post(R"({"networks":[5]})").status, 400);
  const auto id = make_network();
  expect_error(ask("PUT", "/networks/" + id, R"({"network":{"status":"DOWN"}})"), 400,
               "HTTPBadRequest", "Cannot update read-only attribute status");
}

TEST_F(NetworkTest, WordsAndNumbersAreConverted) {
  const Answer made =
      ask("POST", "/networks", R"({"network":{"admin_state_up":"no","mtu":"1400"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_FALSE(*made.json.at({"network", "admin_state_up"})->boolean());
  EXPECT_EQ(*made.json.at({"network", "mtu"})->integer(), 1400);
}

TEST_F(NetworkTest, ManyAreMadeAtOnceOrNone) {
  const Answer made =
      ask("POST", "/networks", R"({"networks":[{"name":"a"},{"network":{"name":"b"}}]})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(count(made, "networks"), 2u);
  EXPECT_EQ(ask("POST", "/networks", R"({"networks":[{"name":"c"},{"name":4}]})").status, 400);
  EXPECT_EQ(count(ask("GET", "/networks"), "networks"), 2u);
}

TEST_F(NetworkTest, QuotaIsKept) {
  ASSERT_EQ(ask("PUT", "/quotas/demo-project", R"({"quota":{"network":"2"}})", "admin").status,
            200);
  make_network();
  expect_error(ask("POST", "/networks", R"({"networks":[{},{}]})"), 409, "OverQuota",
               "Quota exceeded for resources: ['network'].");
  const auto id = make_network();
  EXPECT_EQ(ask("POST", "/networks", R"({"network":{}})").status, 409);
  EXPECT_EQ(ask("DELETE", "/networks/" + id).status, 204);
  EXPECT_EQ(ask("POST", "/networks", R"({"network":{}})").status, 201);
}

TEST_F(NetworkTest, ListsAreFilteredSortedAndPaged) {
  for (const char* name : {"c", "a", "b"}) make_network(std::string(R"("name":")") + name + "\"");
  EXPECT_EQ(count(ask("GET", "/networks?name=a&name=b"), "networks"), 2u);
  EXPECT_EQ(count(ask("GET", "/networks?name="), "networks"), 0u);
  EXPECT_EQ(count(ask("GET", "/networks?tenant_id=demo-project"), "networks"), 3u);
  const auto names = [](const Answer& a) {
    std::string out;
    for (const auto& n : *a.json.at({"networks"})->array()) out += *n.at({"name"})->text();
    return out;
  };
  EXPECT_EQ(names(ask("GET", "/networks?sort_key=name&sort_dir=desc")), "cba");
  const Answer page = ask("GET", "/networks?sort_key=name&sort_dir=asc&limit=2");
  EXPECT_EQ(names(page), "ab");
  const auto& links = *page.json.at({"networks_links"})->array();
  EXPECT_EQ(*links[0].at({"rel"})->text(), "next");
  const std::string next = *links[0].at({"href"})->text();
  const Answer rest = cloud_.request("GET", next.substr(next.find("/networking")), "member");
  EXPECT_EQ(names(rest), "c");
  const std::string last_id = *rest.json.at({"networks"})->array()->front().at({"id"})->text();
  EXPECT_EQ(
      names(ask("GET", "/networks?sort_key=name&sort_dir=asc&limit=1&page_reverse=True&marker=" +
                           last_id)),
      "b");
  const Answer fields = ask("GET", "/networks?fields=id&fields=name");
  EXPECT_EQ(fields.json.at({"networks"})->array()->front().object()->size(), 2u);
  expect_error(ask("GET", "/networks?colour=red"), 400, "HTTPBadRequest",
               "['colour'] is invalid attribute for filtering");
  expect_error(ask("GET", "/networks?sort_key=colour&sort_dir=asc"), 400, "HTTPBadRequest",
               "['colour'] is invalid attribute for sort_keys");
  EXPECT_EQ(ask("GET", "/networks?sort_key=name").status, 400);
  EXPECT_EQ(ask("GET", "/networks?sort_key=name&sort_dir=up").status, 400);
  expect_error(ask("GET", "/networks?limit=-1"), 400, "BadRequest",
               "Bad limit request: Limit must be an integer 0 or greater and not '-1'.");
  EXPECT_EQ(ask("GET", "/networks?limit=2&marker=nobody").status, 404);
  EXPECT_EQ(ask("GET", "/networks?admin_state_up=maybe").status, 400);
}

TEST_F(NetworkTest, TagsAreKeptAndFiltered) {
  const auto id = make_network();
  make_network();
  EXPECT_EQ(ask("PUT", "/networks/" + id + "/tags", R"({"tags":["red","blue"]})").status, 200);
  EXPECT_EQ(ask("PUT", "/networks/" + id + "/tags/green").status, 201);
  EXPECT_EQ(ask("GET", "/networks/" + id + "/tags").body, R"({"tags":["blue","green","red"]})");
  EXPECT_EQ(count(ask("GET", "/networks?tags=red,blue"), "networks"), 1u);
  EXPECT_EQ(count(ask("GET", "/networks?tags=red,black"), "networks"), 0u);
  EXPECT_EQ(count(ask("GET", "/networks?tags-any=red,black"), "networks"), 1u);
  EXPECT_EQ(count(ask("GET", "/networks?not-tags=red"), "networks"), 1u);
  EXPECT_EQ(ask("GET", "/networks/" + id + "/tags/green").status, 204);
  EXPECT_EQ(ask("DELETE", "/networks/" + id + "/tags/green").status, 204);
  expect_error(ask("GET", "/networks/" + id + "/tags/green"), 404, "TagNotFound",
               "Tag green could not be found.");
  EXPECT_EQ(ask("PUT", "/networks/" + id + "/tags", R"({"tags":[5]})").status, 400);
  EXPECT_EQ(ask("PUT", "/networks/nobody/tags", R"({"tags":[]})").status, 404);
  EXPECT_EQ(ask("PUT", "/networks/" + id + "/tags", R"({"tags":[]})", "reader").status, 403);
  EXPECT_EQ(ask("PUT", "/networks/" + id + "/tags", R"({"tags":[]})", "other").status, 404);
}

TEST_F(NetworkTest, ARevisionMayBeDemanded) {
  const auto id = make_network();
  const auto put = [&](const char* match) {
    return cloud_.request("PUT", "/networking/v2.0/networks/" + id, "member",
                          R"({"network":{"name":"x"}})", {{"If-Match", match}});
  };
  EXPECT_EQ(put("revision_number=1").status, 200);
  expect_error(put("revision_number=1"), 412, "RevisionNumberConstraintFailed",
               "Constrained to 1, but current revision is 2");
  EXPECT_EQ(put("revision_number=x").status, 400);
}

TEST_F(NetworkTest, PortsKeepIt) {
  const auto id = make_network();
  make_subnet(id);
  const auto port = make_port(id);
  expect_error(ask("DELETE", "/networks/" + id), 409, "NetworkInUse",
               "Unable to complete operation on network " + id +
                   ". There are one or more ports still in use on the network, id for these ports "
                   "is: " +
                   port + ".");
  EXPECT_EQ(ask("DELETE", "/ports/" + port).status, 204);
  EXPECT_EQ(ask("DELETE", "/networks/" + id).status, 204);
  EXPECT_EQ(count(ask("GET", "/subnets"), "subnets"), 0u);
  EXPECT_EQ(count(ask("GET", "/ports", "", "admin"), "ports"), 0u);
  const Answer used = ask("GET", "/quotas/demo-project/details");
  for (const char* noun : {"network", "subnet", "port"}) {
    EXPECT_EQ(*used.json.at({"quota", noun, "used"})->integer(), 0) << noun;
  }
}

TEST_F(NetworkTest, VersionsExtensionsAndOtherPaths) {
  const Answer versions = cloud_.request("GET", "/networking/", "");
  EXPECT_EQ(versions.status, 200);
  EXPECT_NE(versions.body.find("http://cloud.test:5000/networking/v2.0/"), std::string::npos);
  EXPECT_EQ(cloud_.request("GET", "/networking/v2.0/", "").status, 200);
  EXPECT_GT(count(ask("GET", "/extensions"), "extensions"), 20u);
  EXPECT_EQ(ask("GET", "/extensions/router").text({"extension", "alias"}), "router");
  expect_error(ask("GET", "/extensions/teleport"), 404, "HTTPNotFound",
               "Extension with alias teleport does not exist");
  EXPECT_EQ(ask("GET", "/teleports").status, 404);
  EXPECT_EQ(ask("PATCH", "/networks").status, 405);
}

}  // namespace
}  // namespace haneul::neutron
