#include "services/keystone/test_identity.h"

#include <stdlib.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace haneul::keystone {
namespace {

Options with_defaults(Options options, const std::filesystem::path& directory) {
  options.key_directory = directory;
  options.bcrypt_cost = 4;
  return options;
}

Keystone& started(resource::TestCloud& cloud, Keystone& keystone) {
  cloud.migrate(keystone.service().migrations());
  keystone.start();
  Bootstrap wanted{.admin_password = "secret", .demo_password = "demo"};
  wanted.catalog = {
      {"keystone", "identity", "OpenStack Identity Service", "http://cloud.test/identity"},
      {"cinder", "volumev3", "Volumes", "http://cloud.test/volume/v3/$(project_id)s"}};
  keystone.bootstrap(wanted);
  return keystone;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "keystone-XXXXXX";
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestIdentity::TestIdentity(Options options, directory::Opener open, const TestIdentity* beside)
    : place(beside ? beside->place : directory.path()),
      cloud({.threads = 0}, place / "test.db"),
      keystone(cloud.world(), with_defaults(std::move(options), place), std::move(open)) {
  cloud.open({&started(cloud, keystone).service()}, &keystone);
  admin = login("admin", "secret", project_scope(project_id("admin")));
}

TestIdentity::Answer TestIdentity::request(std::string_view method, std::string_view path,
                                           std::string body) {
  return as(admin, method, path, std::move(body));
}

TestIdentity::Answer TestIdentity::as(std::string_view token, std::string_view method,
                                      std::string_view path, std::string body,
                                      std::vector<std::pair<std::string, std::string>> headers) {
  return cloud.request(method, "/identity/v3" + std::string(path), token, std::move(body),
                       std::move(headers));
}

TestIdentity::Answer TestIdentity::authenticate(std::string body) {
  return as("", "POST", "/auth/tokens", std::move(body));
}

std::string TestIdentity::login(std::string_view user, std::string_view password,
                                std::string_view scope) {
  const auto answer = authenticate(fmt::format(
      R"({{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{}",)"
      R"("password":"{}","domain":{{"id":"default"}}}}}}}}{}}}}})",
      user, password, scope.empty() ? "" : fmt::format(R"(,"scope":{})", scope)));
  return answer.status == 201 ? std::string(answer.headers.get("X-Subject-Token")) : "";
}

TestIdentity::Answer TestIdentity::inspect(std::string_view token, std::string_view query) {
  return as(admin, "GET", "/auth/tokens" + std::string(query), {},
            {{"X-Subject-Token", std::string(token)}});
}

std::string TestIdentity::user(std::string_view name, std::string_view password) {
  return post("/users",
              fmt::format(R"({{"user":{{"name":"{}","password":"{}"}}}})", name, password))
      .text({"user", "id"});
}

std::string TestIdentity::project(std::string_view name, std::string_view more) {
  return post("/projects", fmt::format(R"({{"project":{{"name":"{}"{}}}}})", name, more))
      .text({"project", "id"});
}

std::string TestIdentity::role_id(std::string_view name) {
  return cloud.db().read([&](db::Session& session) {
    return session.text("SELECT id FROM roles WHERE name = ? AND domain_id = ''", {name})
        .value_or("");
  });
}

std::string TestIdentity::project_id(std::string_view name) {
  return cloud.db().read([&](db::Session& session) {
    const auto found = keystone.project_named(session, name);
    return found ? found->id : std::string();
  });
}

std::string TestIdentity::user_id(std::string_view name) {
  return cloud.db().read([&](db::Session& session) {
    return session.text("SELECT id FROM users WHERE name = ?", {name}).value_or("");
  });
}

void TestIdentity::grant(std::string_view user_id_, std::string_view project_id_,
                         std::string_view role) {
  const auto answer =
      put(fmt::format("/projects/{}/users/{}/roles/{}", project_id_, user_id_, role_id(role)));
  EXPECT_EQ(answer.status, 204) << answer.body;
}

std::string project_scope(std::string_view id) {
  return fmt::format(R"({{"project":{{"id":"{}"}}}})", id);
}

}  // namespace haneul::keystone
