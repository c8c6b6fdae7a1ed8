#pragma once
// For tests only.
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/fault.h"
#include "base/id.h"
#include "services/glance/glance.h"
#include "test_kit/test_kit.h"

namespace haneul::glance {

using resource::Answer;

// A store that goes with the test; small limits, so that tests can reach them.
class GlanceTest : public ::testing::Test {
 protected:
  explicit GlanceTest(std::uint64_t project_bytes_max = 0)
      : directory_(std::filesystem::temp_directory_path() / ("haneul-glance-" + new_hex_id())),
        glance(cloud.world(), {.directory = directory_,
                               .image_bytes_max = 4 * 1024 * 1024,
                               .free_bytes_min = 0,
                               .project_bytes_max = project_bytes_max,
                               .properties_max = 4,
                               .tags_max = 3,
                               .members_max = 2}) {
    cloud.migrate(glance.service().migrations());
    glance.start();
    cloud.open({&glance.service()});
  }
  ~GlanceTest() override { std::filesystem::remove_all(directory_); }

  Answer ask(std::string_view method, const std::string& path, const std::string& token = "member",
             std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {}) {
    headers.emplace_back("Accept", "application/json");
    return cloud.request(method, "/image" + path, token, std::move(body), headers);
  }
  // The id of a new image; `members` are more members of the body.
  std::string make(const std::string& members = R"("name":"one")",
                   const std::string& token = "member") {
    const auto a = ask("POST", "/v2/images", token,
                       R"({"disk_format":"raw","container_format":"bare",)" + members + "}");
    EXPECT_EQ(a.status, 201) << a.body;
    return a.text({"id"});
  }
  Answer put(const std::string& id, std::string_view bytes, const std::string& token = "member",
             const std::string& what = "file") {
    return cloud.upload("PUT", "/image/v2/images/" + id + "/" + what, token, bytes,
                        {{"Accept", "application/json"}});
  }
  Answer patch(const std::string& id, const std::string& changes,
               const std::string& token = "member") {
    return ask("PATCH", "/v2/images/" + id, token, changes,
               {{"Content-Type", "application/openstack-images-v2.1-json-patch"}});
  }
  std::string status_of(const std::string& id) {
    return ask("GET", "/v2/images/" + id, "admin").text({"status"});
  }
  std::size_t files(const std::string& folder) const {
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / folder)) {
      n += entry.exists() ? 1 : 0;
    }
    return n;
  }
  // Names of a list, in order.
  std::string names(const std::string& query, const std::string& token = "member") {
    const auto a = ask("GET", "/v2/images" + query, token);
    const json::Value* list = a.json.at({"images"});
    if (!list) return std::to_string(a.status);
    std::string all;
    for (const auto& image : *list->array()) {
      const json::Value* name = image.at({"name"});
      all += (name->text() ? *name->text() : "-") + " ";
    }
    return all;
  }

  const std::filesystem::path directory_;
  resource::TestCloud cloud;
  Glance glance;
};

// Bytes of a number, the highest first.
inline std::string big(std::uint64_t n, int width) {
  std::string out;
  for (int i = width - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i));
  return out;
}

// A version-3 qcow2 header of a disk of 1 MiB, padded to one cluster; fields are changed by place.
inline std::string qcow2(const std::vector<std::pair<std::size_t, std::string>>& changes = {}) {
  std::string image(65'536, '\0');
  const auto set = [&](std::size_t at, const std::string& bytes) {
    image.replace(at, bytes.size(), bytes);
  };
  set(0, std::string("QFI\xfb") + big(3, 4));
  set(20, big(16, 4) + big(1'048'576, 8));
  set(36, big(1, 4) + big(196'608, 8));
  set(96, big(4, 4) + big(104, 4));
  for (const auto& [at, bytes] : changes) set(at, bytes);
  return image;
}

}  // namespace haneul::glance
