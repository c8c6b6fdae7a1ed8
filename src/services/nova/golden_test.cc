#include <cstdlib>
#include <regex>

#include "services/nova/fixture.h"

namespace haneul::nova {
namespace {

// Answers as they were when somebody last compared them with upstream's samples, with what differs
// in every run replaced. HANEUL_WRITE_GOLDENS=1 writes them anew.
class Golden : public NovaTest {
 protected:
  std::string normal(std::string text, const std::string& server) {
    const auto replace = [&](const std::string& what, const char* with) {
      for (auto at = text.find(what); !what.empty() && at != std::string::npos;
           at = text.find(what)) {
        text.replace(at, what.size(), with);
      }
    };
    replace(server, "<server>");
    replace(image, "<image>");
    text = std::regex_replace(text, std::regex("(..:){5}.."), "<mac>");
    text = std::regex_replace(text, std::regex("r-[a-z0-9]{8}\""), "<reservation>\"");
    std::string lines;
    for (const char c : text) {
      lines += c;
      if (c == ',' || c == '{' || c == '[') lines += '\n';
    }
    return lines + '\n';
  }
  void compare(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path(HANEUL_SOURCE_DIR) / "src/services/nova/golden" / name;
    if (std::getenv("HANEUL_WRITE_GOLDENS")) std::ofstream(path) << text;
    std::ifstream file(path);
    const std::string kept{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(text, kept) << "differs from " << path;
  }
};

TEST_F(Golden, ServersInFourVersions) {
  // Where there is only one host to go to, it is known which.
  const auto services = ask_admin("GET", "/os-services?host=host-2");
  const std::string host = *services.json.at({"services"})->array()->front().at({"id"})->text();
  ASSERT_EQ(ask_admin("PUT", "/os-services/" + host, R"({"status":"disabled"})").status, 200);
  const std::string id = boot("golden", R"(,"metadata":{"a":"b"},"description":"a server",)"
                                        R"("tags":["x"])");
  for (const std::string version : {"2.1", "2.47", "2.73", "2.96"}) {
    compare("server_" + version + ".json", normal(show(id, version).body, id));
    compare("servers_detail_" + version + ".json",
            normal(ask("GET", "/servers/detail", {}, version).body, id));
    compare("server_admin_" + version + ".json", normal(show(id, version, "admin").body, id));
    compare(
        "server_update_" + version + ".json",
        normal(ask("PUT", "/servers/" + id, R"({"server":{"name":"golden"}})", version).body, id));
  }
}

TEST_F(Golden, VersionDocuments) {
  compare("versions.json", normal(cloud.request("GET", "/compute/", "").body, ""));
  compare("version_2.1.json", normal(cloud.request("GET", "/compute/v2.1/", "").body, ""));
}

}  // namespace
}  // namespace haneul::nova
