#include <map>
#include <set>

#include <fmt/format.h>

#include "json/writer.h"
#include "services/placement/ledger.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

// Usage of one project (and user), by consumer type and class.
struct Usage {
  std::map<std::string, std::map<std::string, std::int64_t>> by_type;
  std::map<std::string, std::int64_t> consumers;  // by type
};

constexpr std::string_view kSums =
    "SELECT COALESCE(c.consumer_type, 'unknown'), a.resource_class, SUM(a.used)"
    " FROM placement_consumers c JOIN placement_allocations a ON a.consumer_uuid = c.uuid"
    " WHERE c.project_id = ? AND (? IS NULL OR c.user_id = ?) GROUP BY 1, 2";
constexpr std::string_view kCounts =
    "SELECT COALESCE(consumer_type, 'unknown'), COUNT(*) FROM placement_consumers"
    " WHERE project_id = ? AND (? IS NULL OR user_id = ?) GROUP BY 1";

Usage load(db::Session& session, const std::string& project,
           const std::optional<std::string>& user) {
  Usage usage;
  db::Rows sums = session.query(kSums, {project, user, user});
  while (sums.next()) usage.by_type[sums.string(0)][sums.string(1)] = sums.integer(2);
  db::Rows counts = session.query(kCounts, {project, user, user});
  while (counts.next()) usage.consumers[counts.string(0)] = counts.integer(1);
  return usage;
}

// All types under one name.
Usage merged(const Usage& usage, const std::string& name) {
  Usage one;
  for (const auto& [type, classes] : usage.by_type) {
    for (const auto& [resource_class, used] : classes) one.by_type[name][resource_class] += used;
    one.consumers[name] += usage.consumers.at(type);
  }
  return one;
}

std::string render_by_type(const Usage& usage) {
  json::Writer w;
  w.begin_object().key("usages").begin_object();
  for (const auto& [type, classes] : usage.by_type) {
    w.key(type).begin_object();
    for (const auto& [name, used] : classes) w.member(name, used);
    w.member("consumer_count", usage.consumers.at(type)).end_object();
  }
  return w.end_object().end_object().take();
}

std::string render_flat(const Usage& usage) {
  json::Writer w;
  w.begin_object().key("usages").begin_object();
  const Usage one = merged(usage, "all");
  if (!one.by_type.empty()) {
    for (const auto& [name, used] : one.by_type.at("all")) w.member(name, used);
  }
  return w.end_object().end_object().take();
}

void check_length(std::string_view key, const std::string* value) {
  if (!value) return;
  if (value->empty() || value->size() > 255) {
    throw Fault::bad_request(fmt::format("Invalid query string parameters: '{}' is too {}", *value,
                                         value->empty() ? "short" : "long"));
  }
  if (key == "consumer_type" && *value != "all" && *value != "unknown" && !is_symbol(*value)) {
    throw Fault::bad_request(
        fmt::format("Invalid query string parameters: '{}' does not match "
                    "'^[A-Z0-9_]+$|^all|^unknown$'", *value));
  }
}

}  // namespace

http::Response show_provider_usages(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto& uuid = call.param("uuid");
    const auto provider = find_provider(s, uuid);
    if (!provider) {
      throw Fault::not_found(fmt::format("No resource provider with uuid {0} found: No resource "
                                         "provider with uuid {0} found", uuid));
    }
    json::Writer w;
    w.begin_object().member("resource_provider_generation", provider->generation);
    w.key("usages").begin_object();
    for (const Stock& stock : inventories_of(s, uuid)) w.member(stock.resource_class, stock.used);
    return answer(call, 200, w.end_object().end_object().take(), call.now());
  });
}

http::Response show_usages(resource::Call& call, Parts&) {
  const auto& query = call.query();
  const std::string* project = query.find("project_id");
  access::PairsTarget target;
  target.add("project_id", project ? access::TargetValue(std::string_view(*project))
                                   : access::TargetValue(nullptr));
  call.enforce("placement:usages", target);
  const bool typed = call.since(38);
  typed ? allow_keys(call, {"project_id", "user_id", "consumer_type"})
        : allow_keys(call, {"project_id", "user_id"});
  if (!project) {
    throw Fault::bad_request(
        "Invalid query string parameters: 'project_id' is a required property");
  }
  for (const std::string_view key : {"project_id", "user_id", "consumer_type"}) {
    check_length(key, query.find(key));
  }
  const std::string* user = query.find("user_id");
  const std::string* type = query.find("consumer_type");
  return call.db().read([&](db::Session& s) {
    Usage usage = load(s, *project, user ? std::optional(*user) : std::nullopt);
    if (!typed) return answer(call, 200, render_flat(usage), call.now());
    if (type && *type == "all") {
      usage = merged(usage, "all");
    } else if (type) {
      std::erase_if(usage.by_type, [&](const auto& one) { return one.first != *type; });
    }
    return answer(call, 200, render_by_type(usage), call.now());
  });
}

}  // namespace haneul::placement
