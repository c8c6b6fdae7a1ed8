#include <set>

#include "base/id.h"
#include "json/writer.h"
#include "services/placement/inventory.h"
#include "services/placement/ledger.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

constexpr int kWithGeneration = 19;

http::Response send(const resource::Call& call, const std::vector<std::string>& aggregates,
                    std::int64_t generation) {
  json::Writer w;
  w.begin_object().member("aggregates", aggregates);
  if (call.since(kWithGeneration)) w.member("resource_provider_generation", generation);
  return answer(call, 200, w.end_object().take(), call.now());
}

std::vector<std::string> read_uuids(const resource::Call& call, const json::Value& value) {
  using Kind = resource::Problem::Kind;
  const auto fail = [&](Kind kind, const json::Value& bad, std::string expected) {
    throw call.dialect().invalid(
        {.kind = kind, .field = "aggregates", .value = bad, .expected = std::move(expected)});
  };
  if (!value.array()) fail(Kind::wrong_type, value, "array");
  std::vector<std::string> uuids;
  for (const json::Value& item : *value.array()) {
    if (!item.text()) fail(Kind::wrong_type, item, "string");
    if (!is_uuid_like(*item.text())) fail(Kind::malformed, item, "uuid");
    uuids.push_back(*item.text());
  }
  if (std::set<std::string>(uuids.begin(), uuids.end()).size() != uuids.size()) {
    throw Fault::bad_request("JSON does not validate: " + resource::python_repr(value) +
                             " has non-unique elements");
  }
  return uuids;
}

}  // namespace

http::Response show_aggregates(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto provider = require_provider(s, call.param("uuid"));
    return send(call, aggregates_of(s, provider.uuid), provider.generation);
  });
}

http::Response set_provider_aggregates(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    if (!call.since(kWithGeneration)) {
      const auto uuids = read_uuids(call, call.body());
      set_aggregates(tx, provider.uuid, uuids);
      return send(call, uuids, provider.generation);
    }
    auto form = call.form("");
    const json::Value* list = form.any("aggregates");
    if (!list) form.fail({.kind = resource::Problem::Kind::missing, .field = "aggregates"});
    const auto uuids = read_uuids(call, *list);
    const auto generation = read_generation(form);
    form.done();
    if (generation != provider.generation) {
      throw Fault::conflict(
          "Resource provider's generation already changed. Please update the generation and try "
          "again.")
          .named(kConcurrentUpdate);
    }
    set_aggregates(tx, provider.uuid, uuids);
    raise_generation(tx, provider.uuid, call.now());
    return send(call, uuids, provider.generation + 1);
  });
}

}  // namespace haneul::placement
