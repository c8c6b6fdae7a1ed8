#pragma once
// For tests only.
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/placement/placement.h"
#include "test_kit/test_kit.h"

namespace haneul::placement {

using resource::Answer;

inline const std::string kHost = "11111111-1111-1111-1111-111111111111";
inline const std::string kOther = "22222222-2222-2222-2222-222222222222";
inline const std::string kConsumer = "cccccccc-cccc-cccc-cccc-cccccccccccc";

class PlacementTest : public ::testing::Test {
 protected:
  PlacementTest() : placement(cloud.world()) {
    cloud.migrate(placement.service().migrations());
    cloud.tokens().add(
        "service", resource::FakeAuthenticator::caller("nova", "service", {"service", "member"}));
    cloud.open({&placement.service()});
  }
  // As a service, in `version`.
  Answer ask(std::string_view method, const std::string& path, std::string body = {},
             const std::string& version = "1.39",
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    headers.emplace_back("OpenStack-API-Version", "placement " + version);
    headers.emplace_back("Accept", "application/json");
    return cloud.request(method, "/placement" + path, "service", std::move(body), headers);
  }
  // The words of a failure.
  static std::string why(const Answer& a) {
    const json::Value* errors = a.json.at({"errors"});
    const json::Value* detail = errors ? errors->array()->front().at({"detail"}) : nullptr;
    return detail ? *detail->text() : a.body;
  }
  static std::string code(const Answer& a) {
    const json::Value* errors = a.json.at({"errors"});
    const json::Value* found = errors ? errors->array()->front().at({"code"}) : nullptr;
    return found ? *found->text() : "";
  }
  std::int64_t number(const Answer& a, std::initializer_list<std::string_view> path) {
    const json::Value* v = a.json.at(path);
    return v && v->integer() ? *v->integer() : -1;
  }
  // A host of 8 VCPU (ratio 2), 1024 MEMORY_MB and 100 DISK_GB.
  void add_host(const std::string& uuid, const std::string& name,
                const std::vector<std::string>& traits = {}) {
    cloud.db().write([&](db::Transaction& tx) {
      placement.put_provider(tx, uuid, name,
                             {{.resource_class = "VCPU", .total = 8, .allocation_ratio = 2.0},
                              {.resource_class = "MEMORY_MB", .total = 1024},
                              {.resource_class = "DISK_GB", .total = 100}},
                             traits);
    });
  }
  std::string allocation_body(const std::string& provider, int vcpu, int memory,
                              const std::string& generation = "null") {
    return fmt::format(
        R"({{"allocations":{{"{}":{{"resources":{{"VCPU":{},"MEMORY_MB":{}}}}}}},)"
        R"("project_id":"p","user_id":"u","consumer_generation":{},"consumer_type":"INSTANCE"}})",
        provider, vcpu, memory, generation);
  }
  // `used` of the inventory row, and the sum of the allocations beneath it: must agree.
  std::pair<std::int64_t, std::int64_t> used(const std::string& provider,
                                             const std::string& resource_class) {
    return cloud.db().read([&](db::Session& s) {
      return std::pair(
          s.integer("SELECT used FROM placement_inventories WHERE provider_uuid = ? AND"
                    " resource_class = ?",
                    {provider, resource_class})
              .value_or(-1),
          s.integer("SELECT COALESCE(SUM(used), 0) FROM placement_allocations WHERE"
                    " provider_uuid = ? AND resource_class = ?",
                    {provider, resource_class})
              .value_or(-1));
    });
  }

  resource::TestCloud cloud;
  Placement placement;
};

}  // namespace haneul::placement
