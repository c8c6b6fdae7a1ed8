#include <fstream>

#include "services/glance/fixture.h"
#include "services/glance/ingest.h"

namespace haneul::glance {
namespace {

// Gives some bytes and then fails, as a client that goes away.
class BrokenReader final : public http::BodyReader {
 public:
  explicit BrokenReader(std::size_t good) : left_(good) {}
  std::size_t read(char* out, std::size_t bytes_max) override {
    if (left_ == 0) throw Fault::bad_request("the client is gone");
    const auto n = std::min(left_, bytes_max);
    std::fill(out, out + n, 'x');
    left_ -= n;
    return n;
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  std::size_t left_;
};

TEST_F(GlanceTest, StoresDataWithItsHashes) {
  const auto id = make();
  const auto a = put(id, "hello");
  ASSERT_EQ(a.status, 204) << a.body;
  const auto image = ask("GET", "/v2/images/" + id);
  EXPECT_EQ(image.text({"status"}), "active");
  EXPECT_EQ(image.text({"checksum"}), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(image.text({"os_hash_algo"}), "sha512");
  EXPECT_EQ(image.text({"os_hash_value"}).substr(0, 16), "9b71d224bd62f378");
  EXPECT_EQ(*image.json.at({"size"})->integer(), 5);
  EXPECT_EQ(*image.json.at({"virtual_size"})->integer(), 5);
  EXPECT_EQ(files("images"), 1u);
  EXPECT_EQ(files("incoming"), 0u);
  const auto again = put(id, "other");
  EXPECT_EQ(again.status, 409);
  EXPECT_NE(again.text({"message"}).find("from active to saving is not allowed"),
            std::string::npos);
  const auto down = ask("GET", "/v2/images/" + id + "/file");
  EXPECT_EQ(down.status, 200);
  EXPECT_EQ(down.body, "hello");
  EXPECT_EQ(*down.headers.find("Content-MD5"), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(ask("GET", "/v2/images/" + id + "/file", "reader").status, 403);
  EXPECT_EQ(ask("GET", "/v2/images/" + id + "/file", "other").status, 404);
  EXPECT_EQ(ask("DELETE", "/v2/images/" + id).status, 204);
  EXPECT_EQ(files("images"), 0u);
}

TEST_F(GlanceTest, GivesParts) {
  const auto id = make();
  put(id, "0123456789");
  const auto path = "/v2/images/" + id + "/file";
  const auto get = [&](const std::string& header, const std::string& value) {
    const auto a = ask("GET", path, "member", {}, {{header, value}});
    const std::string* range = a.headers.find("Content-Range");
    return fmt::format("{} {} {}", a.status, a.status < 300 ? a.body : "", range ? *range : "");
  };
  EXPECT_EQ(get("Range", "bytes=2-4"), "206 234 bytes 2-4/10");
  EXPECT_EQ(get("Range", "bytes=7-"), "206 789 bytes 7-9/10");
  EXPECT_EQ(get("Range", "bytes=-3"), "206 789 bytes 7-9/10");
  EXPECT_EQ(get("Range", "bytes=-99"), "206 0123456789 bytes 0-9/10");
  EXPECT_EQ(get("Range", "bytes=8-99"), "206 89 bytes 8-9/10");
  EXPECT_EQ(get("Content-Range", "bytes 1-2/*"), "206 12 bytes 1-2/10");
  for (const char* bad : {"bytes=10-", "bytes=4-2", "bytes=x", "lines=1-2", "bytes=-0", "bytes=-",
                          "bytes=99999999999999999999-"}) {
    EXPECT_EQ(get("Range", bad), "416  ") << bad;
  }
  EXPECT_EQ(get("Range", "bytes=0-1,3-4"), "400  ");
  EXPECT_EQ(get("Content-Range", "bytes 1-99/*"), "416  ");
}

TEST_F(GlanceTest, RefusedUploadsLeaveNothing) {
  const auto id = make(R"("name":"q","disk_format":"qcow2")");
  const auto expect_queued = [&](const Answer& a, int status, const std::string& words) {
    EXPECT_EQ(a.status, status) << a.body;
    EXPECT_NE(a.text({"message"}).find(words), std::string::npos) << a.body;
    EXPECT_EQ(status_of(id), "queued");
    EXPECT_EQ(files("images") + files("incoming") + files("staging"), 0u);
  };
  expect_queued(put(id, "not a qcow2"), 415,
                "Image disk_format qcow2 does not match stream data raw");
  expect_queued(put(id, qcow2({{8, big(512, 8)}})), 415, "Image failed safety checks");
  expect_queued(put(id, std::string(4 * 1024 * 1024 + 1, 'x')), 413, "too large");
  EXPECT_EQ(cloud
                .upload("PUT", "/image/v2/images/" + id + "/file", "member", "x",
                        {{"Content-Type", "text/plain"}})
                .status,
            415);
  EXPECT_EQ(cloud
                .upload("PUT", "/image/v2/images/" + id + "/file", "member", "x",
                        {{"X-OpenStack-Image-Size", "many"}})
                .status,
            400);
  EXPECT_EQ(put(id, qcow2()).status, 204);
  EXPECT_EQ(*ask("GET", "/v2/images/" + id).json.at({"virtual_size"})->integer(), 1'048'576);
  const auto bare = ask("POST", "/v2/images", "member", "{}").text({"id"});
  const auto early = put(bare, "x");
  EXPECT_EQ(early.status, 400);
  EXPECT_NE(early.text({"message"}).find("Properties disk_format, container_format must be set"),
            std::string::npos);
  EXPECT_EQ(put(id, "x", "other").status, 404);
}

TEST_F(GlanceTest, AClientThatGoesAwayLeavesNothing) {
  const auto id = make();
  BrokenReader reader(3 * 1024 * 1024);
  const auto a = cloud.upload_from("PUT", "/image/v2/images/" + id + "/file", "member", reader);
  EXPECT_GE(a.status, 400);
  EXPECT_EQ(status_of(id), "queued");
  EXPECT_EQ(files("images") + files("incoming"), 0u);
}

class StorageQuota : public GlanceTest {
 protected:
  StorageQuota() : GlanceTest(2 * 1024 * 1024) {}
};

TEST_F(StorageQuota, CountsWhatWasNotAnnounced) {
  ASSERT_EQ(put(make(), std::string(1024 * 1024, 'x')).status, 204);
  const auto id = make();
  BrokenReader reader(3 * 1024 * 1024);
  const auto a = cloud.upload_from("PUT", "/image/v2/images/" + id + "/file", "member", reader);
  EXPECT_EQ(a.status, 413) << a.body;
  EXPECT_NE(a.body.find("1048576 bytes remaining"), std::string::npos) << a.body;
  EXPECT_EQ(status_of(id), "queued");
  EXPECT_EQ(files("incoming"), 0u);
  EXPECT_EQ(put(id, std::string(1024 * 1024, 'x')).status, 204);
  EXPECT_EQ(put(make(), "x").status, 413);
}

TEST_F(GlanceTest, LooksAgainWhileMuchArrives) {
  class Endless final : public http::BodyReader {
   public:
    std::size_t read(char* out, std::size_t bytes_max) override {
      std::fill(out, out + bytes_max, 'x');
      return bytes_max;
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }
  };
  Endless body;
  int looks = 0;
  const auto full_at_last = [&] {
    if (++looks == 2) throw Fault::too_large("the disk is full");
  };
  EXPECT_THROW(ingest(body, -1, {.bytes_max = 1'000'000'000, .look = full_at_last}), Fault);
  EXPECT_EQ(looks, 2);
}

TEST_F(GlanceTest, DeletedDuringTheUpload) {
  const auto id = make();
  // Deletes the image from within, after the first block.
  class Deleting final : public http::BodyReader {
   public:
    explicit Deleting(std::function<void()> act) : act_(std::move(act)) {}
    std::size_t read(char* out, std::size_t) override {
      if (!act_) return 0;
      act_();
      act_ = nullptr;
      *out = 'x';
      return 1;
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }

   private:
    std::function<void()> act_;
  } reader([&] {
    EXPECT_EQ(status_of(id), "saving");
    EXPECT_EQ(put(id, "second").status, 409) << "one writer at a time";
    EXPECT_EQ(ask("DELETE", "/v2/images/" + id).status, 204);
  });
  EXPECT_EQ(cloud.upload_from("PUT", "/image/v2/images/" + id + "/file", "member", reader).status,
            410);
  EXPECT_EQ(files("images") + files("incoming"), 0u);
}

TEST_F(GlanceTest, DeactivatedDataIsForAdministrators) {
  const auto id = make();
  put(id, "hello");
  const auto path = "/v2/images/" + id;
  EXPECT_EQ(ask("POST", path + "/actions/deactivate").status, 204);
  EXPECT_EQ(ask("POST", path + "/actions/deactivate").status, 204);
  EXPECT_EQ(status_of(id), "deactivated");
  EXPECT_EQ(ask("GET", path + "/file").status, 403);
  EXPECT_EQ(ask("GET", path + "/file", "admin").status, 200);
  EXPECT_EQ(ask("POST", path + "/actions/reactivate").status, 204);
  EXPECT_EQ(ask("GET", path + "/file").status, 200);
  EXPECT_EQ(ask("POST", "/v2/images/" + make() + "/actions/deactivate").status, 403);
  EXPECT_EQ(ask("GET", "/v2/images/" + make() + "/file").status, 204) << "no data yet";
}

constexpr const char* kDirect = R"({"method":{"name":"glance-direct"}})";

TEST_F(GlanceTest, StagesAndImports) {
  const auto id = make(R"("name":"q","disk_format":"qcow2")");
  const auto path = "/v2/images/" + id;
  EXPECT_EQ(ask("POST", path + "/import", "member", kDirect).status, 409) << "nothing staged";
  ASSERT_EQ(put(id, qcow2(), "member", "stage").status, 204);
  EXPECT_EQ(status_of(id), "uploading");
  EXPECT_EQ(put(id, qcow2(), "member", "stage").status, 409);
  for (const char* bad : {"{}", R"({"method":{}})", R"({"method":{"name":"magic"}})", "[]",
                          R"({"method":{"name":"glance-direct"},"all_stores":1})"}) {
    EXPECT_EQ(ask("POST", path + "/import", "member", bad).status, 400) << bad;
  }
  ASSERT_EQ(ask("POST", path + "/import", "member", kDirect).status, 202);
  EXPECT_EQ(status_of(id), "importing");
  EXPECT_EQ(ask("POST", path + "/import", "member", kDirect).status, 409);
  cloud.flows().run_until_idle();
  EXPECT_EQ(status_of(id), "active");
  EXPECT_EQ(*ask("GET", path).json.at({"virtual_size"})->integer(), 1'048'576);
  EXPECT_EQ(files("staging"), 0u);
  EXPECT_EQ(ask("GET", path + "/file").body, qcow2());
  const auto tasks = ask("GET", path + "/tasks");
  EXPECT_EQ(*tasks.json.at({"tasks"})->array()->front().at({"status"})->text(), "success");
  EXPECT_EQ(ask("GET", "/v2/tasks", "admin").json.at({"tasks"})->array()->size(), 1u);
}

TEST_F(GlanceTest, AHostileImportFailsWithItsReason) {
  const auto id = make(R"("name":"q","disk_format":"qcow2")");
  const auto path = "/v2/images/" + id;
  ASSERT_EQ(put(id, qcow2({{72, big(4, 8)}}), "member", "stage").status, 204);
  ASSERT_EQ(ask("POST", path + "/import", "member", kDirect).status, 202);
  cloud.flows().run_until_idle();
  EXPECT_EQ(status_of(id), "queued");
  EXPECT_EQ(files("staging") + files("images"), 0u);
  const auto tasks = ask("GET", path + "/tasks");
  const auto& task = tasks.json.at({"tasks"})->array()->front();
  EXPECT_EQ(*task.at({"status"})->text(), "failure");
  EXPECT_EQ(*task.at({"message"})->text(), "Image failed safety checks");
}

TEST_F(GlanceTest, StartUpForgetsWhatACrashLeft) {
  const auto cut = make(), kept = make();
  put(kept, "hello");
  cloud.db().write([&](db::Transaction& tx) {
    tx.execute("UPDATE images SET status = 'saving', upload = 'dead' WHERE id = ?", {cut});
  });
  std::ofstream(directory_ / "incoming" / "left") << "x";
  std::ofstream(directory_ / "images" / cut) << "x";
  std::ofstream(directory_ / "staging" / kept) << "x";
  glance.start();
  EXPECT_EQ(status_of(cut), "queued");
  EXPECT_EQ(files("incoming") + files("staging"), 0u);
  EXPECT_EQ(files("images"), 1u);
  EXPECT_EQ(ask("GET", "/v2/images/" + kept + "/file").body, "hello");
}

TEST_F(GlanceTest, GivesImagesToOtherServices) {
  const auto id = make(R"("name":"one","min_ram":64,"hw_disk_bus":"virtio")");
  const auto owner = resource::FakeAuthenticator::caller("demo", "demo-project", {"member"});
  const auto stranger = resource::FakeAuthenticator::caller("x", "y", {"member"});
  cloud.db().read([&](db::Session& s) {
    EXPECT_FALSE(glance.source(s, id));
    EXPECT_FALSE(glance.find(s, stranger, id));
    const auto facts = glance.find(s, owner, id);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->min_ram, 64);
    EXPECT_EQ(*facts->properties.find("hw_disk_bus")->text(), "virtio");
  });
  put(id, "hello");
  cloud.db().read([&](db::Session& s) {
    const auto source = glance.source(s, id);
    ASSERT_TRUE(source);
    EXPECT_EQ(std::filesystem::file_size(source->path), 5u);
    EXPECT_EQ(source->format, "raw");
    EXPECT_EQ(source->checksum, "5d41402abc4b2a76b9719d911017c592");
  });
}

TEST_F(GlanceTest, ImportsAFileOnce) {
  const auto file = directory_ / "guest.qcow2";
  std::ofstream(file, std::ios::binary) << qcow2();
  const ImportedFile facts{.name = "haneul-guest", .owner = "admin-project", .min_ram = 64};
  const auto id = glance.import_file(file, facts);
  EXPECT_EQ(glance.import_file(file, facts), id);
  EXPECT_EQ(names("", "other"), "haneul-guest ");
  EXPECT_EQ(files("images"), 1u);
  EXPECT_EQ(files("incoming"), 0u);
  std::ofstream(file, std::ios::binary) << "no qcow2";
  EXPECT_THROW(glance.import_file(file, facts), Fault);
}

}  // namespace
}  // namespace haneul::glance
