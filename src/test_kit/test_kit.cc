#include "test_kit/test_kit.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace haneul::resource {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::resource
namespace haneul::notify {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::notify
namespace haneul::flow {
extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;
}  // namespace haneul::flow

namespace haneul::resource {
namespace {

class MemoryReader final : public http::BodyReader {
 public:
  explicit MemoryReader(std::string_view bytes) : rest_(bytes), length_(bytes.size()) {}
  std::size_t read(char* out, std::size_t bytes_max) override {
    const std::size_t n = std::min(bytes_max, rest_.size());
    std::memcpy(out, rest_.data(), n);
    rest_.remove_prefix(n);
    return n;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::string_view rest_;
  std::uint64_t length_;
};

std::string read_all(http::BodySource& source) {
  std::string out, part(65'536, '\0');
  while (const std::size_t n = source.read(part.data(), part.size())) out.append(part, 0, n);
  return out;
}

}  // namespace

FakeAuthenticator::FakeAuthenticator() {
  add("admin", caller("admin", "admin-project", {"admin", "manager", "member", "reader"}));
  add("member", caller("demo", "demo-project", {"member", "reader"}));
  add("reader", caller("viewer", "demo-project", {"reader"}));
  add("other", caller("stranger", "other-project", {"member", "reader"}));
}

access::Caller FakeAuthenticator::caller(std::string user, std::string project,
                                         std::vector<std::string> roles) {
  access::Caller c;
  c.user_id = access::UserId(user + "-user");
  c.user_name = std::move(user);
  c.user_domain_id = access::DomainId("default");
  c.user_domain_name = "Default";
  c.project_id = access::ProjectId(project);
  c.project_name = std::move(project);
  c.project_domain_id = access::DomainId("default");
  c.project_domain_name = "Default";
  c.roles = std::move(roles);
  return c;
}

void FakeAuthenticator::add(std::string token, access::Caller c) {
  callers_[std::move(token)] = std::make_shared<const access::Caller>(std::move(c));
}

std::shared_ptr<const access::Caller> FakeAuthenticator::authenticate(std::string_view token,
                                                                      const access::Asked&) {
  const auto found = callers_.find(token);
  return found == callers_.end() ? nullptr : found->second;
}

std::string Answer::text(std::initializer_list<std::string_view> path) const {
  const json::Value* v = json.at(path);
  return v && v->text() ? *v->text() : std::string();
}

TestCloud::TestCloud(flow::EngineOptions options, const std::string& database)
    : is_new_(database.empty() || !std::filesystem::exists(database)),
      db_(db::open_sqlite({.path = database})),
      engine_(*db_, clock_, std::move(options)),
      journal_(clock_),
      world_{*db_, clock_, engine_, quota_, journal_} {
  migrate({"resource", {kMigrations, kMigrationsCount}});
  migrate({"notify", {notify::kMigrations, notify::kMigrationsCount}});
  migrate({"flow", {flow::kMigrations, flow::kMigrationsCount}});
}

void TestCloud::migrate(db::ModuleMigrations module) {
  if (!is_new_) return;
  for (const db::Migration& step : module.steps) {
    db_->write([&](db::Transaction& tx) { tx.execute_script(step.sql); });
  }
}

void TestCloud::open(std::vector<const Service*> services, access::Authenticator* authenticator) {
  for (const Service* s : services) quota_.declare(s->facts().name, s->limits());
  front_ = std::make_unique<Front>(world_, authenticator ? *authenticator : authenticator_,
                                   std::move(services));
  engine_.run();
}

namespace {

http::Request make_request(std::string_view method, std::string_view target, std::string_view token,
                           const std::vector<std::pair<std::string, std::string>>& headers) {
  http::Request r;
  r.method = method;
  r.target = target;
  const auto question = target.find('?');
  r.path = target.substr(0, question);
  if (question != std::string_view::npos) r.raw_query = target.substr(question + 1);
  r.headers.add("Host", "cloud.test:5000");
  if (!token.empty()) r.headers.add("X-Auth-Token", std::string(token));
  for (const auto& [name, value] : headers) r.headers.add(name, value);
  r.peer = "127.0.0.1";
  return r;
}

}  // namespace

Answer TestCloud::run(http::Request& request) {
  request.deadline = clock_.steady() + std::chrono::seconds(60);
  http::Response response = front_->handle(request);
  Answer answer{response.status, response.headers, response.body, {}};
  if (response.stream) answer.body = read_all(*response.stream);
  if (auto value = json::parse(answer.body)) answer.json = std::move(*value);
  return answer;
}

Answer TestCloud::request(std::string_view method, std::string_view target, std::string_view token,
                          std::string body,
                          std::vector<std::pair<std::string, std::string>> headers) {
  http::Request r = make_request(method, target, token, headers);
  if (!body.empty() && !r.headers.find("Content-Type")) {
    r.headers.add("Content-Type", "application/json");
  }
  const auto plan = front_->plan(r);
  r.body_too_large = body.size() > plan.bytes_max;
  MemoryReader stream(body);
  if (plan.stream) r.stream = &stream;
  if (!r.body_too_large && !plan.stream) r.body = std::move(body);
  return run(r);
}

Answer TestCloud::upload_from(std::string_view method, std::string_view target,
                              std::string_view token, http::BodyReader& body,
                              std::vector<std::pair<std::string, std::string>> headers) {
  http::Request r = make_request(method, target, token, headers);
  if (!r.headers.find("Content-Type")) r.headers.add("Content-Type", "application/octet-stream");
  r.stream = &body;
  return run(r);
}

Answer TestCloud::upload(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view bytes,
                         std::vector<std::pair<std::string, std::string>> headers) {
  MemoryReader stream(bytes);
  return upload_from(method, target, token, stream, std::move(headers));
}

}  // namespace haneul::resource
