#pragma once
// For tests only: a bootstrapped Keystone behind a Front without sockets.
#include <filesystem>
#include <string>
#include <string_view>

#include "services/keystone/keystone.h"
#include "test_kit/test_kit.h"

namespace haneul::keystone {

// Directories that go with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class TestIdentity {
 public:
  // `beside` another one: as a second process would be, with its database and its keys.
  explicit TestIdentity(Options options = {}, directory::Opener open = {},
                        const TestIdentity* beside = nullptr);

  using Answer = resource::Answer;
  Answer get(std::string_view path) { return request("GET", path); }
  Answer post(std::string_view path, std::string body) {
    return request("POST", path, std::move(body));
  }
  Answer patch(std::string_view path, std::string body) {
    return request("PATCH", path, std::move(body));
  }
  Answer put(std::string_view path, std::string body = {}) {
    return request("PUT", path, std::move(body));
  }
  Answer remove(std::string_view path) { return request("DELETE", path); }
  // With the token of the admin; `as` takes another one.
  Answer request(std::string_view method, std::string_view path, std::string body = {});
  Answer as(std::string_view token, std::string_view method, std::string_view path,
            std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {});

  // Logs in; the token's text, empty if refused.
  std::string login(std::string_view user, std::string_view password,
                    std::string_view scope = "");  // the JSON under "scope"
  Answer authenticate(std::string body);
  // "show token", asked for by the admin.
  Answer inspect(std::string_view token, std::string_view query = "");

  // Makes one and gives its id.
  std::string user(std::string_view name, std::string_view password);
  std::string project(std::string_view name, std::string_view more = "");  // ,"key": value
  std::string role_id(std::string_view name);
  std::string project_id(std::string_view name);
  std::string user_id(std::string_view name);
  void grant(std::string_view user_id, std::string_view project_id, std::string_view role);

  TemporaryDirectory directory;
  const std::filesystem::path place;  // of database and keys
  resource::TestCloud cloud;
  Keystone keystone;
  std::string admin;  // a token for the project admin
};

// {"project": {"id": …}} and its like, for login().
std::string project_scope(std::string_view id);

}  // namespace haneul::keystone
