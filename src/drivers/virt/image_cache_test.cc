#include "drivers/virt/image_cache.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/process.h"
#include "drivers/virt/copy_file.h"
#include "drivers/virt/guest_files.h"

namespace haneul::virt {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMib = 1 << 20;

class ImageFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!run_process({"qemu-img", "--version"})) GTEST_SKIP() << "needs qemu-img";
    fs::create_directories(dir_ / "links");
  }
  void TearDown() override { fs::remove_all(dir_); }

  ImageSource raw(const std::string& id, std::int64_t data_bytes = 4096) const {
    const std::string path = dir_ / (id + ".src");
    std::ofstream(path, std::ios::binary) << std::string(static_cast<std::size_t>(data_bytes), 'x');
    fs::resize_file(path, 2 * kMib);
    return {id, "c0", path, "raw"};
  }
  ImageSource qcow2(const std::string& id, std::vector<std::string> options = {},
                    const std::string& size = "3M") const {
    const std::string path = dir_ / (id + ".src");
    std::vector<std::string> argv = {"qemu-img", "create", "-q", "-f", "qcow2"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {path, size});
    const auto end = run_process(argv);
    EXPECT_TRUE(end && end->ok()) << (end ? end->reason() : end.reason());
    return {id, "c0", path, "qcow2"};
  }
  std::string link(const std::string& name) const { return dir_ / "links" / name; }
  std::string cache_dir() const { return dir_ / "cache"; }
  std::size_t copies() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(cache_dir())) ++n;
    return n;
  }
  static std::string refusal(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  const fs::path dir_ = fs::temp_directory_path() / new_hex_id();
};

TEST_F(ImageFiles, ACopyIsMadeOnceAndLinked) {
  ImageCache cache(cache_dir(), 0);
  const auto image = raw("a");
  EXPECT_EQ(cache.link(image, link("1")).virtual_bytes, 2 * kMib);
  fs::remove(image.path);
  EXPECT_EQ(cache.link(image, link("2")).virtual_bytes, 2 * kMib);
  EXPECT_EQ(cache.link(image, link("2")).format, "raw");
  EXPECT_EQ(fs::hard_link_count(link("1")), 3u);
  ImageCache next(cache_dir(), 0);
  EXPECT_EQ(next.link(image, link("3")).virtual_bytes, 2 * kMib);
}

TEST_F(ImageFiles, CopiesKeepTheirHoles) {
  const auto image = raw("a");
  copy_file(image.path, link("copy"));
  struct stat s {};
  ASSERT_EQ(::stat(link("copy").c_str(), &s), 0);
  EXPECT_EQ(s.st_size, 2 * kMib);
  EXPECT_LT(s.st_blocks * 512, kMib);
  std::ifstream in(link("copy"), std::ios::binary);
  std::string head(4097, '?');
  in.read(head.data(), 4097);
  EXPECT_EQ(head, std::string(4096, 'x') + '\0');
}

TEST_F(ImageFiles, ManyWhoWantTheSameImageCopyItOnce) {
  ImageCache cache(cache_dir(), 0);
  const auto image = raw("a");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { cache.link(image, link(std::to_string(i))); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fs::hard_link_count(link("0")), 9u);
}

TEST_F(ImageFiles, UnusedCopiesGoOldestFirst) {
  ImageCache cache(cache_dir(), 2 * kMib);
  for (const char* id : {"a", "b", "c"}) cache.link(raw(id, kMib * 3 / 4), link(id));
  EXPECT_EQ(copies(), 3u);  // all in use
  fs::remove(link("a"));
  fs::remove(link("b"));
  cache.link(raw("d", kMib / 4), link("d"));
  EXPECT_FALSE(fs::exists(cache_dir() + "/a-c0"));
  EXPECT_TRUE(fs::exists(cache_dir() + "/b-c0"));
  EXPECT_TRUE(fs::exists(cache_dir() + "/c-c0"));
  // What was evicted comes again.
  EXPECT_EQ(cache.link(raw("a"), link("a")).virtual_bytes, 2 * kMib);
}

TEST_F(ImageFiles, HostileImagesAreRefusedAndLeaveNothing) {
  ImageCache cache(cache_dir(), 0);
  EXPECT_EQ(refusal([&] {
              cache.link(qcow2("b", {"-F", "raw", "-b", "/etc/passwd", "-u"}), link("x"));
            }),
            "The image names a backing file, which is not allowed.");
  EXPECT_EQ(refusal([&] {
              cache.link(qcow2("d", {"-o", "data_file=" + link("data")}), link("x"));
            }),
            "The image names a data file, which is not allowed.");
  auto not_qcow2 = raw("r");
  not_qcow2.format = "qcow2";
  EXPECT_TRUE(refusal([&] {
                cache.link(not_qcow2, link("x"));
              }).starts_with("The image could not be read: "));
  auto vmdk = raw("v");
  vmdk.format = "vmdk";
  EXPECT_EQ(refusal([&] { cache.link(vmdk, link("x")); }),
            "Images of format vmdk cannot be booted.");
  EXPECT_EQ(copies(), 0u);
}

TEST_F(ImageFiles, AQcow2SaidToBeRawStaysRaw) {
  ImageCache cache(cache_dir(), 0);
  auto image = qcow2("b", {"-F", "raw", "-b", "/etc/passwd", "-u"});
  image.format = "raw";
  const auto whole_sectors = (fs::file_size(image.path) + 511) / 512 * 512;
  EXPECT_EQ(cache.link(image, link("x")).virtual_bytes, static_cast<std::int64_t>(whole_sectors));
}

TEST_F(ImageFiles, NamesCannotLeaveTheCache) {
  ImageCache cache(cache_dir(), 0);
  auto image = raw("a");
  image.id = "../evil";
  EXPECT_NE(refusal([&] { cache.link(image, link("x")); }), "");
  image = raw("a");
  image.checksum = "/x";
  EXPECT_NE(refusal([&] { cache.link(image, link("x")); }), "");
  image = raw("a");
  image.path = "/no/such";
  EXPECT_EQ(refusal([&] { cache.link(image, link("x")); }),
            "The image could not be read on this host: No such file or directory.");
}

TEST_F(ImageFiles, DisksAreMadeOnceAndGrow) {
  GuestFiles files(dir_ / "state", 0, ::geteuid(), ::getegid());
  const std::string id = new_uuid();
  for (int i = 0; i < 2; ++i) files.create_disk(id, qcow2("a"), 0);
  EXPECT_EQ(disk_virtual_bytes(files.disk(id)), 3 * kMib);
  EXPECT_EQ(files.base_format(id), "qcow2");
  files.create_disk(id, qcow2("a"), 1);
  EXPECT_EQ(disk_virtual_bytes(files.disk(id)), 1024 * kMib);
  files.create_disk(id, qcow2("a"), 0);
  EXPECT_EQ(disk_virtual_bytes(files.disk(id)), 1024 * kMib);
  EXPECT_EQ(files.list(), std::vector<std::string>{id});
  for (int i = 0; i < 2; ++i) files.remove(id);
  EXPECT_TRUE(files.list().empty());
}

TEST_F(ImageFiles, AnImageTooLargeForTheDiskIsRefused) {
  GuestFiles files(dir_ / "state", 0, ::geteuid(), ::getegid());
  const std::string id = new_uuid();
  EXPECT_EQ(refusal([&] { files.create_disk(id, qcow2("a", {}, "1025M"), 1); }),
            "The image needs a disk of at least 2 GiB; the disk asked for has 1 GiB.");
  EXPECT_EQ(files.disk(id), "");
  EXPECT_NE(refusal([&] { files.create_disk(id, qcow2("a"), -1); }), "");
  EXPECT_EQ(refusal([&] { files.create_disk("../../etc", qcow2("a"), 1); }),
            "A guest's id must be a UUID.");
}

TEST_F(ImageFiles, ConfigDrivesAreVolumesOfTheirName) {
  if (!run_process({"genisoimage", "--version"})) GTEST_SKIP() << "needs genisoimage";
  GuestFiles files(dir_ / "state", 0, ::geteuid(), ::getegid());
  const std::string id = new_uuid();
  const std::map<std::string, std::string> content = {
      {"openstack/latest/meta_data.json", "{\"uuid\": \"x\"}"},
      {"openstack/latest/user_data", std::string("\0\x01 two", 6)}};
  for (int i = 0; i < 2; ++i) files.write_config_drive(id, content);
  std::ifstream in(files.config_drive(id), std::ios::binary);
  const std::string iso(std::istreambuf_iterator<char>(in), {});
  ASSERT_GT(iso.size(), 0x8800u);
  EXPECT_EQ(iso.substr(0x8001, 5), "CD001");
  EXPECT_EQ(iso.substr(0x8028, 9), "config-2 ");
  EXPECT_NE(iso.find("meta_data.json"), std::string::npos);  // Rock Ridge's name
  EXPECT_NE(iso.find("{\"uuid\": \"x\"}"), std::string::npos);
  EXPECT_EQ(fs::status(files.config_drive(id)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  for (const char* bad : {"../x", "/etc/x", "a//b", "", "a/./b", "a/.."}) {
    EXPECT_NE(refusal([&] { files.write_config_drive(id, {{bad, ""}}); }), "") << bad;
  }
}

}  // namespace
}  // namespace haneul::virt
