#include <map>
#include <random>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/keystone/test_identity.h"

// Random changes through three processes' worth of Keystone over one database, beside a model that
// says what each token is worth. After every acknowledged change all of them are asked.
namespace haneul::keystone {
namespace {

constexpr int kOperations = 3'000;
constexpr std::size_t kUsers = 6, kProjects = 3, kRoles = 3, kTokensKept = 12;

struct Person {
  std::string id, name, password;
  bool enabled = true, in_group = false;
};
struct Token {
  std::string text;
  std::size_t user, project;
  bool revoked = false;
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {
    for (std::size_t i = 0; i < kRoles; ++i) {
      const auto body = fmt::format(R"({{"role":{{"name":"role{}"}}}})", i);
      roles_.push_back(any().post("/roles", body).text({"role", "id"}));
    }
    for (std::size_t i = 0; i < kUsers; ++i) {
      const auto name = fmt::format("user{}", i);
      people_.push_back({any().user(name, "first"), name, "first"});
    }
    for (std::size_t i = 0; i < kProjects; ++i) {
      projects_.push_back(any().project(fmt::format("project{}", i)));
      project_enabled_.push_back(true);
    }
    group_ = any().post("/groups", R"({"group":{"name":"group"}})").text({"group", "id"});
  }

  void step() {
    const auto advance = std::chrono::milliseconds(below(4) == 0 ? below(1'500) : 0);
    for (auto* world : worlds_) world->cloud.clock().advance(advance);
    using Change = std::string (Model::*)();
    static constexpr Change kChanges[] = {
        &Model::log_in,       &Model::log_in,         &Model::log_in,       &Model::revoke,
        &Model::grant,        &Model::grant,          &Model::grant_group,  &Model::change_password,
        &Model::enable_user,  &Model::enable_project, &Model::change_group, &Model::imply,
        &Model::change_region};
    last_ = (this->*kChanges[below(std::size(kChanges))])();
    check();
  }
  std::map<std::string, int> seen;  // how many answers of each kind the model asked for

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  TestIdentity& any() { return *worlds_[below(std::size(worlds_))]; }

  std::set<std::size_t> roles_of(std::size_t user, std::size_t project) const {
    std::set<std::size_t> held;
    if (const auto own = grants_.find({user, project}); own != grants_.end()) held = own->second;
    if (const auto its = group_grants_.find(project);
        its != group_grants_.end() && people_[user].in_group) {
      held.insert(its->second.begin(), its->second.end());
    }
    if (implied_ && held.contains(0)) held.insert(1);
    return held;
  }
  bool may_enter(std::size_t user, std::size_t project) const {
    return people_[user].enabled && project_enabled_[project] && !roles_of(user, project).empty();
  }
  void revoke_all_of(std::size_t user) {
    for (auto& token : tokens_) token.revoked |= token.user == user;
  }

  std::string log_in() {
    const std::size_t user = below(kUsers), project = below(kProjects);
    const auto text =
        any().login(people_[user].name, people_[user].password, project_scope(projects_[project]));
    EXPECT_EQ(!text.empty(), may_enter(user, project)) << people_[user].name;
    if (!text.empty()) {
      if (tokens_.size() == kTokensKept) tokens_.erase(tokens_.begin());
      tokens_.push_back({text, user, project});
    }
    return "log_in";
  }
  std::string revoke() {
    if (tokens_.empty()) return "nothing";
    auto& token = tokens_[below(tokens_.size())];
    auto& world = any();
    const bool is_good = !token.revoked && may_enter(token.user, token.project);
    const auto answer =
        world.as(world.admin, "DELETE", "/auth/tokens", {}, {{"X-Subject-Token", token.text}});
    EXPECT_EQ(answer.status, is_good ? 204 : 404);
    token.revoked |= is_good;
    return "revoke";
  }
  std::string grant() {
    const std::size_t user = below(kUsers), project = below(kProjects), role = below(kRoles);
    const auto path = fmt::format("/projects/{}/users/{}/roles/{}", projects_[project],
                                  people_[user].id, roles_[role]);
    auto& held = grants_[{user, project}];
    const bool had = held.contains(role);
    EXPECT_EQ(any().request(had ? "DELETE" : "PUT", path).status, 204);
    had ? static_cast<void>(held.erase(role)) : static_cast<void>(held.insert(role));
    return had ? "take role" : "give role";
  }
  std::string grant_group() {
    const std::size_t project = below(kProjects), role = below(kRoles);
    const auto path =
        fmt::format("/projects/{}/groups/{}/roles/{}", projects_[project], group_, roles_[role]);
    auto& held = group_grants_[project];
    const bool had = held.contains(role);
    EXPECT_EQ(any().request(had ? "DELETE" : "PUT", path).status, 204);
    had ? static_cast<void>(held.erase(role)) : static_cast<void>(held.insert(role));
    return had ? "take role of group" : "give role to group";
  }
  std::string change_group() {
    const std::size_t user = below(kUsers);
    auto& person = people_[user];
    const auto path = fmt::format("/groups/{}/users/{}", group_, person.id);
    EXPECT_EQ(any().request(person.in_group ? "DELETE" : "PUT", path).status, 204);
    if (person.in_group) revoke_all_of(user);
    person.in_group = !person.in_group;
    return person.in_group ? "join group" : "leave group";
  }
  std::string change_password() {
    const std::size_t user = below(kUsers);
    auto& person = people_[user];
    person.password = fmt::format("password{}", random_());
    const auto body = fmt::format(R"({{"user":{{"password":"{}"}}}})", person.password);
    EXPECT_EQ(any().patch("/users/" + person.id, body).status, 200);
    revoke_all_of(user);
    return "change password";
  }
  std::string enable_user() {
    const std::size_t user = below(kUsers);
    auto& person = people_[user];
    const auto body = fmt::format(R"({{"user":{{"enabled":{}}}}})", !person.enabled);
    EXPECT_EQ(any().patch("/users/" + person.id, body).status, 200);
    if (person.enabled) revoke_all_of(user);
    person.enabled = !person.enabled;
    return "enable user";
  }
  std::string enable_project() {
    const std::size_t project = below(kProjects);
    const bool wanted = !project_enabled_[project];
    const auto body = fmt::format(R"({{"project":{{"enabled":{}}}}})", wanted);
    EXPECT_EQ(any().patch("/projects/" + projects_[project], body).status, 200);
    project_enabled_[project] = wanted;
    return "enable project";
  }
  std::string imply() {
    const auto path = fmt::format("/roles/{}/implies/{}", roles_[0], roles_[1]);
    EXPECT_EQ(any().request(implied_ ? "DELETE" : "PUT", path).status, implied_ ? 204 : 201);
    implied_ = !implied_;
    return "imply";
  }
  // Of no consequence for tokens: what is kept must stay right all the same.
  std::string change_region() {
    EXPECT_EQ(any().post("/regions", R"({"region":{}})").status, 201);
    return "region";
  }

  void check() {
    for (auto* world : worlds_) {
      for (const Token& token : tokens_) {
        const bool is_good = !token.revoked && may_enter(token.user, token.project);
        const auto answer = world->inspect(token.text);
        ASSERT_EQ(answer.status, is_good ? 200 : 404) << "after: " << last_;
        ++seen[is_good ? "good" : "refused"];
        if (is_good) check_roles(answer, token);
      }
    }
  }
  void check_roles(const TestIdentity::Answer& answer, const Token& token) const {
    std::set<std::string> said, wanted;
    for (const auto& role : *answer.json.at({"token", "roles"})->array()) {
      said.insert(*role.at({"name"})->text());
    }
    for (const auto role : roles_of(token.user, token.project)) {
      wanted.insert(fmt::format("role{}", role));
    }
    ASSERT_EQ(said, wanted) << "after: " << last_;
  }

  std::mt19937 random_;
  TestIdentity first_, second_{{}, nullptr, &first_}, third_{{}, nullptr, &first_};
  TestIdentity* const worlds_[3] = {&first_, &second_, &third_};
  std::vector<std::string> roles_, projects_;
  std::vector<Person> people_;
  std::vector<bool> project_enabled_;
  std::string group_, last_;
  std::map<std::pair<std::size_t, std::size_t>, std::set<std::size_t>> grants_;
  std::map<std::size_t, std::set<std::size_t>> group_grants_;
  bool implied_ = false;
  std::vector<Token> tokens_;
};

TEST(ThreeProcesses, AgreeOnWhatATokenIsWorthAfterEveryChange) {
  constexpr unsigned kSeed = 20'261'127;
  Model model(kSeed);
  for (int i = 0; i < kOperations; ++i) {
    model.step();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "operation " << i << " of seed " << kSeed;
  }
  // Both kinds came up often: neither a model that forbids all nor one that allows all passes.
  EXPECT_GT(model.seen["good"], kOperations);
  EXPECT_GT(model.seen["refused"], kOperations);
}

}  // namespace
}  // namespace haneul::keystone
