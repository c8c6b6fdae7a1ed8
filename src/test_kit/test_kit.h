#pragma once
// For tests only: a cloud without sockets, threads or a real clock.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/authenticator.h"
#include "base/clock.h"
#include "db/database.h"
#include "flow/engine.h"
#include "json/value.h"
#include "notify/journal.h"
#include "resource/front.h"
#include "resource/quota.h"
#include "resource/service.h"

namespace haneul::resource {

// Tokens by name. Three stand ready: "admin" (role admin in project "admin-project"), "member" and
// "reader" (of project "demo-project"), "other" (member of "other-project"); add more at will.
class FakeAuthenticator final : public access::Authenticator {
 public:
  FakeAuthenticator();
  std::shared_ptr<const access::Caller> authenticate(std::string_view token,
                                                     const access::Asked& asked) override;
  void add(std::string token, access::Caller caller);
  static access::Caller caller(std::string user, std::string project,
                               std::vector<std::string> roles);

 private:
  std::map<std::string, std::shared_ptr<const access::Caller>, std::less<>> callers_;
};

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;
  json::Value json;  // null if the body is not JSON

  // The text at a path of keys; empty if there is none.
  std::string text(std::initializer_list<std::string_view> path) const;
};

// Make the services with world(), then open(): it runs all migrations and builds the Front.
class TestCloud {
 public:
  // `database` is a file, to be shared: migrations run where it is new. Empty: one of its own.
  explicit TestCloud(flow::EngineOptions options = {.threads = 0},
                     const std::string& database = {});

  const World& world() const { return world_; }
  ManualClock& clock() { return clock_; }
  db::Database& db() { return *db_; }
  flow::Engine& flows() { return engine_; }
  FakeAuthenticator& tokens() { return authenticator_; }
  // Migrations of the frame are run by the constructor; a service's own before it is built.
  void migrate(db::ModuleMigrations module);
  // Uses another authenticator than the fake one from now on if given.
  void open(std::vector<const Service*> services, access::Authenticator* authenticator = nullptr);

  // As a client would: path with query, a body of JSON text (empty: none), a token (empty: none).
  Answer request(std::string_view method, std::string_view target, std::string_view token,
                 std::string body = {},
                 std::vector<std::pair<std::string, std::string>> headers = {});
  // The same with a streamed body.
  Answer upload(std::string_view method, std::string_view target, std::string_view token,
                std::string_view bytes,
                std::vector<std::pair<std::string, std::string>> headers = {});
  // … from a reader of the test's own: one that breaks off, or acts while it is read.
  Answer upload_from(std::string_view method, std::string_view target, std::string_view token,
                     http::BodyReader& body,
                     std::vector<std::pair<std::string, std::string>> headers = {});

 private:
  Answer run(http::Request& request);

  ManualClock clock_;
  const bool is_new_;  // the database
  std::unique_ptr<db::Database> db_;
  flow::Engine engine_;
  Quota quota_;
  notify::Journal journal_;
  World world_;
  FakeAuthenticator authenticator_;
  std::unique_ptr<Front> front_;
};

}  // namespace haneul::resource
