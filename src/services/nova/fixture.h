#pragma once
// For tests only.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "drivers/net/fake.h"
#include "drivers/virt/fake.h"
#include "services/glance/glance.h"
#include "services/neutron/neutron.h"
#include "services/nova/nova.h"
#include "services/placement/placement.h"
#include "test_kit/test_kit.h"

namespace haneul::nova {

using resource::Answer;

// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "nova-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A cloud of two simulated hosts, an image, a network of demo-project and the first flavors. Flows
// run when settle() is called, on the test's thread.
class NovaTest : public ::testing::Test {
 protected:
  explicit NovaTest(flow::EngineOptions flows = {.threads = 0})
      : cloud(std::move(flows)),
        net({.synchronous_events = true}),
        one(virt::fake_host_facts("host-1")),
        two(virt::fake_host_facts("host-2")),
        placement(cloud.world()),
        glance(cloud.world(), {.directory = directory.path()}),
        neutron(cloud.world(), net),
        nova(cloud.world(), glance, placement, neutron,
             {{{"host-1", &one}, {"host-2", &two}}, net}) {
    const std::vector<const resource::Service*> services{&placement.service(), &glance.service(),
                                                         &neutron.service(), &nova.service()};
    for (const auto* s : services) cloud.migrate(s->migrations());
    cloud.open(services);
    glance.start();
    neutron.start();
    nova.start();
    nova.bootstrap();
    image = add_image();
    network = add_network();
    settle();
  }

  // In `version`, as a member of demo-project unless told otherwise.
  Answer ask(std::string_view method, const std::string& path, std::string body = {},
             const std::string& version = "2.96", std::string_view token = "member") {
    return cloud.request(method, "/compute/v2.1" + path, token, std::move(body),
                         {{"OpenStack-API-Version", "compute " + version}});
  }
  Answer ask_admin(std::string_view method, const std::string& path, std::string body = {},
                   const std::string& version = "2.96") {
    return ask(method, path, std::move(body), version, "admin");
  }
  Answer act(const std::string& id, const std::string& body, const std::string& version = "2.96",
             std::string_view token = "member") {
    return ask("POST", "/servers/" + id + "/action", body, version, token);
  }
  std::string body_of(const std::string& name, const std::string& more = {}) const {
    return fmt::format(
        R"({{"server":{{"name":"{}","imageRef":"{}","flavorRef":"42","networks":"auto"{}}}}})",
        name, image, more);
  }
  Answer create(const std::string& name, const std::string& more = {}) {
    return ask("POST", "/servers", body_of(name, more));
  }
  // A server that runs.
  std::string boot(const std::string& name, const std::string& more = {}) {
    const auto a = create(name, more);
    EXPECT_EQ(a.status, 202) << a.body;
    settle();
    return a.text({"server", "id"});
  }
  Answer show(const std::string& id, const std::string& version = "2.96",
              std::string_view token = "member") {
    return ask("GET", "/servers/" + id, {}, version, token);
  }
  std::string status(const std::string& id) { return show(id).text({"server", "status"}); }
  std::string host_of(const std::string& id) {
    return show(id, "2.96", "admin").text({"server", "OS-EXT-SRV-ATTR:host"});
  }
  virt::FakeDriver& driver_of(const std::string& id) { return host_of(id) == "host-1" ? one : two; }

  void settle() { cloud.flows().run_until_idle(); }
  std::int64_t rows(std::string_view sql) {
    return cloud.db().read([&](db::Session& s) { return s.integer(sql).value_or(-1); });
  }
  static std::int64_t number(const Answer& a, std::initializer_list<std::string_view> path) {
    const json::Value* v = a.json.at(path);
    return v && v->integer() ? *v->integer() : -1;
  }
  static std::size_t count(const Answer& a, std::string_view plural) {
    const json::Value* list = a.json.at({plural});
    return list && list->array() ? list->array()->size() : std::string::npos;
  }
  // Of an error's answer.
  static std::string why(const Answer& a) {
    if (!a.json.object() || a.json.object()->empty()) return a.body;
    const json::Value* message = a.json.object()->begin()->value.at({"message"});
    return message && message->text() ? *message->text() : a.body;
  }
  static void expect_error(const Answer& a, int status, std::string_view name,
                           std::string_view message) {
    EXPECT_EQ(a.status, status) << a.body;
    ASSERT_TRUE(a.json.object() && !a.json.object()->empty()) << a.body;
    EXPECT_EQ(a.json.object()->begin()->key, name);
    EXPECT_NE(why(a).find(message), std::string::npos) << a.body;
  }
  // As if the host of a guest asked 169.254.169.254.
  http::Response ask_metadata(const std::string& address, const std::string& path,
                              std::string method = "GET", std::string body = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = request.path = path;
    request.body = std::move(body);
    request.peer = address;
    request.listener = "metadata:" + network;
    request.headers.add("Accept", "*/*");
    return nova.metadata_response(request);
  }
  std::string address_of(const std::string& id) {
    const auto a = show(id);
    const json::Value* list = a.json.at({"server", "addresses", "private"});
    return list && !list->array()->empty() ? *list->array()->front().at({"addr"})->text() : "";
  }

  TemporaryDirectory directory;
  resource::TestCloud cloud;
  net::FakeDriver net;
  virt::FakeDriver one, two;
  placement::Placement placement;
  glance::Glance glance;
  neutron::Neutron neutron;
  Nova nova;
  std::string image, network;

 private:
  std::string add_image() {
    const auto file = directory.path() / "tiny.raw";
    std::ofstream(file) << std::string(4096, '\0');
    return glance.import_file(file,
                              {.name = "tiny", .disk_format = "raw", .owner = "admin-project"});
  }
  std::string add_network() {
    const std::string path = "/networking/v2.0/";
    const auto made =
        cloud.request("POST", path + "networks", "member", R"({"network":{"name":"private"}})");
    const std::string id = made.text({"network", "id"});
    const auto subnet = cloud.request(
        "POST", path + "subnets", "member",
        fmt::format(R"({{"subnet":{{"network_id":"{}","ip_version":4,"cidr":"10.0.0.0/24",)"
                    R"("dns_nameservers":["8.8.8.8"]}}}})",
                    id));
    EXPECT_EQ(subnet.status, 201) << subnet.body;
    return id;
  }
};

}  // namespace haneul::nova
