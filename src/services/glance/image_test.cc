#include "services/glance/fixture.h"

namespace haneul::glance {
namespace {

TEST_F(GlanceTest, SaysItsVersions) {
  EXPECT_EQ(cloud.request("GET", "/image", "").status, 300);
  const auto a = cloud.request("GET", "/image/versions", "");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(*a.json.at({"versions"})->array()->front().at({"status"})->text(), "CURRENT");
  for (const char* path :
       {"/v2/schemas/image", "/v2/schemas/images", "/v2/schemas/member", "/v2/schemas/members",
        "/v2/schemas/task", "/v2/schemas/tasks", "/v2/info/import", "/v2/info/usage"}) {
    const auto document = ask("GET", path);
    EXPECT_EQ(document.status, 200) << path;
    EXPECT_TRUE(document.json.object()) << path;
  }
  EXPECT_EQ(ask("GET", "/v2/info/stores").status, 404);
}

TEST_F(GlanceTest, MakesAndShowsAnImage) {
  const auto a = ask("POST", "/v2/images", "member",
                     R"({"name":"one","tags":["b","a","b"],"min_disk":1,"os_distro":"debian"})");
  ASSERT_EQ(a.status, 201) << a.body;
  EXPECT_EQ(a.text({"status"}), "queued");
  EXPECT_EQ(a.text({"visibility"}), "shared");
  EXPECT_EQ(a.text({"owner"}), "demo-project");
  EXPECT_EQ(a.text({"os_distro"}), "debian");
  EXPECT_EQ(a.json.at({"tags"})->array()->size(), 2u);
  EXPECT_TRUE(a.json.at({"size"})->is_null());
  EXPECT_EQ(*a.headers.find("OpenStack-image-import-methods"), "glance-direct");
  const auto shown = ask("GET", "/v2/images/" + a.text({"id"}), "reader");
  EXPECT_EQ(shown.json, a.json);
}

TEST_F(GlanceTest, BadBodiesAreRefusedInGlancesWords) {
  const auto expect = [&](const std::string& body, int status, const std::string& words) {
    const auto a = ask("POST", "/v2/images", "member", body);
    EXPECT_EQ(a.status, status) << body << a.body;
    EXPECT_NE(a.text({"message"}).find(words), std::string::npos) << body << a.body;
  };
  expect("", 400, "Body expected in request.");
  expect("{", 400, "Malformed JSON in request body.");
  expect("1", 400, "Unexpected body type. Expected list/dict.");
  expect("[]", 400, "is not of type 'object'");
  expect(R"({"name":1})", 400, "Provided object does not match schema 'image': 1 is not of type");
  expect(R"({"disk_format":"zip"})", 400, "'zip' is not one of ['ami', 'ari'");
  expect(R"({"visibility":null})", 400, "is not of type 'string'");
  expect(R"({"min_disk":-1})", 400, "Invalid value '-1' for parameter 'min_disk'");
  expect(R"({"min_ram":99999999999})", 400, "out of range");
  expect(R"({"id":"x"})", 400, "does not match '^([0-9a-fA-F])");
  expect(R"({"color":5})", 400, "5 is not of type 'string'");
  expect(R"({"status":"active"})", 403, "Attribute 'status' is read-only.");
  expect(R"({"self":"x"})", 403, "Attribute 'self' is read-only.");
  expect(R"({"locations":[]})", 403, "Attribute 'locations' is reserved.");
  expect(R"({"deleted":"x"})", 403, "Attribute 'deleted' is reserved.");
  expect(R"({"os_glance_x":"x"})", 403, "is reserved.");
  expect("{\"" + std::string(256, 'k') + R"(":"x"})", 400, "greater than 255 characters");
  expect(R"({"tags":[")" + std::string(256, 't') + R"("]})", 400, "is too long");
  expect(R"({"a":"","b":"","c":"","d":"","e":""})", 413, "Attempted: 5, Maximum: 4");
  expect(R"({"visibility":"public"})", 403, "publicize_image");
  expect(R"({"owner":"other"})", 403, "You are not permitted to create images owned by 'other'");
  EXPECT_EQ(ask("POST", "/v2/images", "reader", "{}").status, 403);
  EXPECT_EQ(ask("POST", "/v2/images", "", "{}").status, 401);
}

TEST_F(GlanceTest, ErrorsFollowAccept) {
  const auto html =
      cloud.request("GET", "/image/v2/images/none", "member", {}, {{"Accept", "*/*"}});
  EXPECT_EQ(html.status, 404);
  EXPECT_EQ(html.body.substr(0, 40), "<html>\n <head>\n  <title>404 Not Found</t");
  EXPECT_NE(html.body.find("No image found with ID none<br /><br />"), std::string::npos);
  const auto json = ask("GET", "/v2/images/none");
  EXPECT_EQ(json.text({"message"}), "No image found with ID none<br /><br />\n\n\n");
  EXPECT_EQ(json.text({"code"}), "404 Not Found");
  EXPECT_EQ(json.text({"title"}), "Not Found");
}

TEST_F(GlanceTest, AnIdIsTakenOnce) {
  const std::string body = R"({"id":"a1b2c3d4-0000-4000-8000-000000000001"})";
  EXPECT_EQ(ask("POST", "/v2/images", "member", body).status, 201);
  const auto again = ask("POST", "/v2/images", "member", body);
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.text({"message"}).find("already exists!"), std::string::npos);
}

TEST_F(GlanceTest, PatchesByBothDrafts) {
  const auto id = make();
  const auto a = patch(id, R"([{"op":"add","path":"/color","value":"red"},
      {"op":"replace","path":"/name","value":"two"},{"op":"add","path":"/a~1b","value":"x"},
      {"op":"replace","path":"/tags","value":["t"]},
      {"op":"replace","path":"/min_ram","value":9}])");
  ASSERT_EQ(a.status, 200) << a.body;
  EXPECT_EQ(a.text({"color"}), "red");
  EXPECT_EQ(a.text({"name"}), "two");
  EXPECT_EQ(a.text({"a/b"}), "x");
  EXPECT_EQ(patch(id, R"([{"op":"remove","path":"/color"}])").json.at({"color"}), nullptr);
  const std::string four = "application/openstack-images-v2.0-json-patch";
  const auto old = ask("PATCH", "/v2/images/" + id, "member", R"([{"add":"/name","value":"x"}])",
                       {{"Content-Type", four}});
  EXPECT_EQ(old.status, 409) << "draft 4 does not add what is there";
  EXPECT_EQ(ask("PATCH", "/v2/images/" + id, "member", R"([{"replace":"/name","value":"x"}])",
                {{"Content-Type", four}})
                .text({"name"}),
            "x");
}

TEST_F(GlanceTest, BadPatchesAreRefusedAndChangeNothing) {
  const auto id = make();
  const auto expect = [&](const std::string& body, int status, const std::string& words) {
    const auto a = patch(id, body);
    EXPECT_EQ(a.status, status) << body << a.body;
    EXPECT_NE(a.text({"message"}).find(words), std::string::npos) << body << a.body;
  };
  const auto wrong_type = ask("PATCH", "/v2/images/" + id, "member", "[]");
  EXPECT_EQ(wrong_type.status, 415);
  EXPECT_TRUE(wrong_type.headers.find("Accept-Patch"));
  expect("{}", 400, "must be a JSON array of operation objects");
  expect("[1]", 400, "Operations must be JSON objects.");
  expect(R"([{"path":"/x"}])", 400, "Unable to find `op`");
  expect(R"([{"op":"move","path":"/x"}])", 400, "Invalid operation: `move`");
  expect(R"([{"op":"add","value":"x"}])", 400, "Unable to find 'path'");
  expect(R"([{"op":"add","path":5,"value":"x"}])", 400, "");
  expect(R"([{"op":"add","path":"x","value":"x"}])", 400, "does not start with");
  expect(R"([{"op":"add","path":"/x/","value":"x"}])", 400, "end with");
  expect(R"([{"op":"add","path":"/x~2","value":"x"}])", 400, "recognized escape");
  expect(R"([{"op":"add","path":"/x/y","value":"x"}])", 400, "Invalid JSON pointer");
  expect(R"([{"op":"add","path":"/x"}])", 400, "requires a member named \"value\"");
  expect(R"([{"op":"add","path":"/x","value":5}])", 400, "is not of type 'string'");
  expect(R"([{"op":"replace","path":"/status","value":"active"}])", 403, "read-only");
  expect(R"([{"op":"replace","path":"/id","value":"x"}])", 403, "read-only");
  expect(R"([{"op":"replace","path":"/deleted","value":"x"}])", 403, "reserved");
  expect(R"([{"op":"replace","path":"/none","value":"x"}])", 409, "Property none does not exist.");
  expect(R"([{"op":"remove","path":"/none"}])", 409, "Property none does not exist.");
  expect(R"([{"op":"remove","path":"/name"}])", 403, "may not be removed");
  expect(R"([{"op":"replace","path":"/owner","value":"x"}])", 403, "Owner can't be updated");
  expect(R"([{"op":"replace","path":"/visibility","value":"public"}])", 403, "publicize_image");
  expect(R"([{"op":"replace","path":"/locations","value":[]}])", 403, "empty list");
  expect(R"([{"op":"replace","path":"/name","value":"changed"},{"op":"remove","path":"/none"}])",
         409, "");
  EXPECT_EQ(ask("GET", "/v2/images/" + id).text({"name"}), "one");
  EXPECT_EQ(patch(id, "[]", "other").status, 404) << "not visible";
}

// Who sees, changes and lists what, by visibility.
TEST_F(GlanceTest, VisibilityDecidesWhoSeesAndChanges) {
  struct Row {
    const char* visibility;
    int other_shows, other_patches;
    const char* listed_for_other;
  };
  const Row rows[] = {{"private", 404, 404, ""},
                      {"shared", 404, 404, ""},
                      {"community", 200, 403, ""},
                      {"public", 200, 403, "public "}};
  for (const Row& row : rows) {
    const auto id =
        make(fmt::format(R"("name":"{0}","visibility":"{0}")", row.visibility), "admin");
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(ask("GET", path, "other").status, row.other_shows) << row.visibility;
    EXPECT_EQ(patch(id, R"([{"op":"add","path":"/x","value":"y"}])", "other").status,
              row.other_patches)
        << row.visibility;
    EXPECT_EQ(ask("DELETE", path, "other").status, row.other_patches) << row.visibility;
    EXPECT_EQ(names("?name=" + std::string(row.visibility), "other"), row.listed_for_other);
    EXPECT_EQ(ask("GET", path, "admin").status, 200);
  }
  EXPECT_EQ(names("?visibility=community", "other"), "community ");
  EXPECT_EQ(names("?visibility=all&sort=name", "other"), "public community ");
  EXPECT_EQ(names("?visibility=private", "other"), "");
  EXPECT_EQ(names("?visibility=mine", "other"), "400");
}

TEST_F(GlanceTest, SharesWithMembersWhoAccept) {
  const auto id = make();
  const std::string path = "/v2/images/" + id, members = path + "/members";
  EXPECT_EQ(ask("GET", path, "other").status, 404);
  const auto added = ask("POST", members, "member", R"({"member":"other-project"})");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.text({"status"}), "pending");
  EXPECT_EQ(ask("POST", members, "member", R"({"member":"other-project"})").status, 409);
  EXPECT_EQ(ask("POST", members, "member", R"({"member":""})").status, 400);
  EXPECT_EQ(ask("POST", members, "member", "{}").status, 400);
  EXPECT_EQ(ask("POST", members, "other", R"({"member":"x"})").status, 403);
  EXPECT_EQ(ask("GET", path, "other").status, 200) << "a pending member may look";
  EXPECT_EQ(names("", "other"), "") << "but it is not in the list yet";
  EXPECT_EQ(names("?member_status=pending", "other"), "one ");
  EXPECT_EQ(names("?member_status=maybe", "other"), "400");
  const std::string one = members + "/other-project";
  EXPECT_EQ(ask("PUT", one, "member", R"({"status":"accepted"})").status, 403)
      << "the owner does not accept for others";
  EXPECT_EQ(ask("PUT", one, "other", R"({"status":"maybe"})").status, 400);
  EXPECT_EQ(ask("PUT", one, "other", R"({"status":"accepted"})").text({"status"}), "accepted");
  EXPECT_EQ(names("", "other"), "one ");
  EXPECT_EQ(ask("GET", one, "other").status, 200);
  EXPECT_EQ(ask("GET", members, "other").json.at({"members"})->array()->size(), 1u);
  EXPECT_EQ(ask("DELETE", one, "other").status, 403);
  EXPECT_EQ(ask("POST", members, "member", R"({"member":"second"})").status, 200);
  EXPECT_EQ(ask("GET", members + "/second", "other").status, 404) << "members do not see others";
  EXPECT_EQ(ask("POST", members, "member", R"({"member":"third"})").status, 413);
  EXPECT_EQ(ask("DELETE", one, "member").status, 204);
  EXPECT_EQ(ask("GET", path, "other").status, 404);
  const auto open = make(R"("name":"p","visibility":"private")");
  EXPECT_EQ(ask("POST", "/v2/images/" + open + "/members", "member", R"({"member":"x"})").status,
            403);
}

TEST_F(GlanceTest, ListsFilterSortAndPage) {
  for (int i = 0; i < 5; ++i) {
    make(fmt::format(R"("name":"i{}","min_ram":{},"tags":["t{}"],"color":"{}")", i, i, i % 2,
                     i % 2 ? "red" : "blue"));
    cloud.clock().advance(std::chrono::seconds(1));
  }
  make(R"("name":"hidden","os_hidden":true)");
  EXPECT_EQ(names(""), "i4 i3 i2 i1 i0 ");
  EXPECT_EQ(names("?sort=name:asc"), "i0 i1 i2 i3 i4 ");
  EXPECT_EQ(names("?sort_key=name&sort_dir=asc&limit=2"), "i0 i1 ");
  EXPECT_EQ(names("?os_hidden=true"), "hidden ");
  EXPECT_EQ(names("?name=i3"), "i3 ");
  EXPECT_EQ(names("?name=in:i3,%22i1%22"), "i3 i1 ");
  EXPECT_EQ(names("?min_ram_min=2&min_ram_max=3"), "i3 i2 ");
  EXPECT_EQ(names("?tag=t1"), "i3 i1 ");
  EXPECT_EQ(names("?tag=t1&tag=t0"), "");
  EXPECT_EQ(names("?color=red"), "i3 i1 ");
  EXPECT_EQ(names("?color=red&name=i1"), "i1 ");
  EXPECT_EQ(names("?status=queued&owner=demo-project&limit=1"), "i4 ");
  EXPECT_EQ(names("?created_at=gt:2026-01-01T00:00:02Z"), "i4 i3 ");
  EXPECT_EQ(names("?limit=0"), "");
  for (const char* bad :
       {"?limit=x", "?limit=-1", "?sort=color", "?sort_key=name&sort_dir=up", "?marker=none",
        "?name=near:x", "?size_min=x", "?color_min=3", "?created_at=gt:now", "?os_hidden=maybe",
        "?protected=1", "?changes-since=x", "?name=in:%22x", "?sort=name&sort_key=id"}) {
    EXPECT_EQ(names(bad), "400") << bad;
  }
  std::string seen, path = "/v2/images?limit=2&sort=name:asc";
  for (int pages = 0; pages < 4 && !path.empty(); ++pages) {
    const auto a = ask("GET", path);
    for (const auto& image : *a.json.at({"images"})->array()) {
      seen += *image.at({"name"})->text() + " ";
    }
    EXPECT_EQ(a.text({"first"}), "/v2/images?limit=2&sort=name%3Aasc");
    path = a.text({"next"});
  }
  EXPECT_EQ(seen, "i0 i1 i2 i3 i4 ");
}

TEST_F(GlanceTest, ProtectsTagsAndDeletes) {
  const auto id = make(R"("name":"kept","protected":true)");
  const auto path = "/v2/images/" + id;
  const auto refused = ask("DELETE", path);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.text({"message"}).find("is protected and cannot be deleted"),
            std::string::npos);
  EXPECT_EQ(ask("PUT", path + "/tags/a").status, 204);
  EXPECT_EQ(ask("PUT", path + "/tags/a").status, 204);
  EXPECT_EQ(ask("PUT", path + "/tags/" + std::string(256, 'x')).status, 400);
  EXPECT_EQ(ask("DELETE", path + "/tags/b").status, 404);
  EXPECT_EQ(ask("PUT", path + "/tags/b").status, 204);
  EXPECT_EQ(ask("PUT", path + "/tags/c").status, 204);
  EXPECT_EQ(ask("PUT", path + "/tags/d").status, 413);
  EXPECT_EQ(ask("DELETE", path + "/tags/b").status, 204);
  EXPECT_EQ(patch(id, R"([{"op":"replace","path":"/protected","value":false}])").status, 200);
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(ask("GET", path).status, 404);
  EXPECT_EQ(ask("DELETE", path).status, 404);
}

TEST_F(GlanceTest, TasksAreForAdministrators) {
  EXPECT_EQ(ask("GET", "/v2/tasks").status, 403);
  EXPECT_EQ(ask("GET", "/v2/tasks", "admin").status, 200);
  EXPECT_EQ(ask("GET", "/v2/tasks/none", "admin").status, 404);
}

}  // namespace
}  // namespace haneul::glance
