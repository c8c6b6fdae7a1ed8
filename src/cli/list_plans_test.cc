// Lists cost by page, not by table: the statements that lists run are explained by the database,
// and none may read a table that grows from end to end, or sort it.
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "base/id.h"
#include "base/text.h"
#include "cli/drivers.h"
#include "cli/runtime.h"
#include "db/migration.h"
#include "test_kit/test_kit.h"

namespace haneul::cli {
namespace {

constexpr std::string_view kGrowing[] = {"floatingips",
                                         "images",
                                         "image_members",
                                         "image_properties",
                                         "keypairs",
                                         "ip_allocations",
                                         "net_dirty",
                                         "networks",
                                         "neutron_tags",
                                         "ports",
                                         "projects",
                                         "quota_usages",
                                         "rbac_policies",
                                         "role_assignments",
                                         "routers",
                                         "server_actions",
                                         "server_groups",
                                         "security_group_bindings",
                                         "security_groups",
                                         "subnets",
                                         "security_group_rules",
                                         "server_group_members",
                                         "servers",
                                         "users",
                                         "placement_allocations",
                                         "placement_consumers"};

bool grows(std::string_view line) {
  const auto words = split(line, ' ');
  return words.size() > 1 &&
         std::find(std::begin(kGrowing), std::end(kGrowing), words[1]) != std::end(kGrowing);
}

// A walk along an index in the page's order ends with the page; any other scan reads all.
bool reads_all(std::string_view plan) {
  bool scans = false;
  for (const auto line : split(plan, '\n')) {
    if (line.starts_with("SCAN ") && grows(line)) {
      if (line.find(" USING ") == std::string_view::npos) return true;
      scans = true;
    }
    if (scans && line == "USE TEMP B-TREE FOR ORDER BY") return true;
  }
  return false;
}

services::Settings cheap_settings() {
  services::Settings settings;
  settings.keystone.bcrypt_cost = 4;
  return settings;
}

class ListPlans : public testing::Test {
 protected:
  ListPlans()
      : path_(std::filesystem::temp_directory_path() / ("haneul-plans-" + new_hex_id())),
        state_(path_),
        database_(db::open_sqlite({.explain = [this](auto sql, auto plan) { note(sql, plan); }})),
        flows_(*database_, clock_, {.threads = 0}),
        journal_(clock_),
        world_{*database_, clock_, flows_, quota_, journal_} {
    options_.simulated = true;
    drivers_ = open_simulated(options_, state_);
    services_ = std::make_unique<services::Services>(
        world_, services::Surroundings{.state = path_,
                                       .net = drivers_->net(),
                                       .hosts = drivers_->hosts(),
                                       .public_cidr = options_.public_cidr,
                                       .settings = cheap_settings()});
    const auto migrations = services_->migrations();
    db::migrate(*database_, migrations, (path_ / "copy.db").string());
    for (const auto* s : services_->all()) quota_.declare(s->facts().name, s->limits());
    front_ = std::make_unique<resource::Front>(world_, tokens_, services_->all());
    services_->start();
    services_->bootstrap({.admin_password = "a", .demo_password = "b", .url = "http://x"});
  }
  ~ListPlans() override { std::filesystem::remove_all(path_); }

  void note(std::string_view sql, std::string_view plan) {
    const std::lock_guard lock(mutex_);
    if (reads_all(plan)) bad_.insert(std::string(sql) + "\n" + std::string(plan));
  }

  // Asks as an administrator and as somebody else; every statement must be a good one.
  void expect_pages(std::string_view target) {
    for (const char* token : {"admin", "member"}) {
      database_->trim();  // statements are explained when they are new
      bad_.clear();
      http::Request request;
      request.method = "GET";
      request.target = target;
      request.path = target.substr(0, target.find('?'));
      request.raw_query = target.substr(target.find('?') + 1);
      request.headers.add("Host", "x");
      request.headers.add("X-Auth-Token", token);
      request.headers.add("OpenStack-API-Version", "compute 2.93");
      request.deadline = clock_.steady() + std::chrono::seconds(60);
      const auto response = front_->handle(request);
      EXPECT_TRUE(response.status == 200 || response.status == 403)
          << target << " " << response.status << " " << response.body;
      for (const auto& why : bad_) ADD_FAILURE() << token << " " << target << "\n" << why;
    }
  }

  const std::filesystem::path path_;
  StateDir state_;
  Options options_;
  std::mutex mutex_;
  std::set<std::string> bad_;
  ManualClock clock_;
  std::unique_ptr<db::Database> database_;
  flow::Engine flows_;
  resource::Quota quota_;
  notify::Journal journal_;
  resource::World world_;
  resource::FakeAuthenticator tokens_;
  std::unique_ptr<Drivers> drivers_;
  std::unique_ptr<services::Services> services_;
  std::unique_ptr<resource::Front> front_;
};

TEST_F(ListPlans, OfEveryKindOfThing) {
  for (const char* target : {"/identity/v3/users?limit=10",
                             "/identity/v3/users?name=x",
                             "/identity/v3/projects?limit=10",
                             "/identity/v3/projects?name=x",
                             "/image/v2/images?limit=10",
                             "/image/v2/images?name=x",
                             "/image/v2/images?status=active",
                             "/networking/v2.0/networks?limit=10",
                             "/networking/v2.0/networks?name=x",
                             "/networking/v2.0/ports?limit=10",
                             "/networking/v2.0/ports?device_id=x",
                             "/networking/v2.0/ports?network_id=x&limit=10",
                             "/networking/v2.0/ports?fixed_ips=ip_address%3D10.0.0.1",
                             "/networking/v2.0/ports?mac_address=x",
                             "/networking/v2.0/subnets?limit=10",
                             "/networking/v2.0/subnets?network_id=x",
                             "/networking/v2.0/routers?limit=10",
                             "/networking/v2.0/floatingips?limit=10",
                             "/networking/v2.0/floatingips?port_id=x",
                             "/networking/v2.0/security-groups?limit=10",
                             "/networking/v2.0/security-group-rules?security_group_id=x",
                             "/networking/v2.0/security-group-rules?limit=10",
                             "/compute/v2.1/os-keypairs?limit=10",
                             "/compute/v2.1/os-server-groups?limit=10",
                             "/compute/v2.1/servers?limit=10",
                             "/compute/v2.1/servers/detail?limit=10&all_tenants=1"}) {
    expect_pages(target);
  }
}

TEST_F(ListPlans, OfServersByEveryKeyAndFilter) {
  for (const char* key : {"access_ip_v4", "access_ip_v6",  "auto_disk_config", "availability_zone",
                          "config_drive", "created_at",    "display_name",     "host",
                          "hostname",     "image_ref",     "key_name",         "launch_index",
                          "launched_at",  "locked",        "power_state",      "project_id",
                          "task_state",   "terminated_at", "updated_at",       "user_id",
                          "uuid",         "vm_state"}) {
    for (const char* rest : {"&sort_dir=asc&all_tenants=1", "&sort_dir=desc&all_tenants=1", ""}) {
      expect_pages("/compute/v2.1/servers?sort_key=" + std::string(key) + rest);
    }
  }
  for (const char* filter : {"status=ACTIVE", "host=x", "name=%5Ex", "image=x", "flavor=x",
                             "user_id=x", "tenant_id=x", "task_state=x", "changes-since=2026-01-01",
                             "availability_zone=x", "reservation_id=x", "key_name=x"}) {
    expect_pages("/compute/v2.1/servers/detail?all_tenants=1&" + std::string(filter));
    expect_pages("/compute/v2.1/servers/detail?" + std::string(filter));
  }
}

TEST(ReadsAll, KnowsAWalkFromAScan) {
  EXPECT_TRUE(reads_all("SCAN ports"));
  EXPECT_TRUE(reads_all("SCAN ports USING INDEX a\nUSE TEMP B-TREE FOR ORDER BY"));
  EXPECT_FALSE(reads_all("SCAN ports USING INDEX a"));
  EXPECT_FALSE(reads_all("SCAN flavors"));
  EXPECT_FALSE(reads_all("SEARCH ports USING INDEX a (id=?)\nUSE TEMP B-TREE FOR ORDER BY"));
}

}  // namespace
}  // namespace haneul::cli
