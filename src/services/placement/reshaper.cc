#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "services/placement/allocation.h"
#include "services/placement/catalog.h"
#include "services/placement/inventory.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

struct Reshaped {
  std::int64_t generation;
  std::vector<Stock> stock;
};
using Inventories = std::map<std::string, Reshaped>;  // by provider

Inventories read_inventories(resource::Form& form) {
  using Kind = resource::Problem::Kind;
  auto given = form.object("inventories");
  if (!given) form.fail({.kind = Kind::missing, .field = "inventories"});
  if (given->given().empty()) form.malformed("inventories", "object with at least one provider");
  Inventories all;
  for (const auto& member : given->given()) {
    auto one = given->object(member.key);
    Reshaped reshaped{read_generation(*one), {}};
    auto stock = one->object("inventories");
    if (!stock) one->fail({.kind = Kind::missing, .field = "inventories"});
    reshaped.stock = read_stocks(*stock);
    one->done();
    all.emplace(member.key, std::move(reshaped));
  }
  return all;
}

void check_inventories(db::Session& session, const Inventories& all) {
  for (const auto& [uuid, reshaped] : all) {
    const auto provider = find_provider(session, uuid);
    if (!provider) {
      throw Fault::bad_request(
          fmt::format("Resource provider {0} in inventories not found: No resource provider with "
                      "uuid {0} found", uuid))
          .named(kProviderNotFound);
    }
    if (provider->generation != reshaped.generation) {
      throw Fault::conflict(
          fmt::format("resource provider generation conflict for provider {}: actual: {}, given: "
                      "{}", uuid, provider->generation, reshaped.generation))
          .named(kConcurrentUpdate);
    }
    for (const Stock& s : reshaped.stock) {
      if (class_exists(session, s.resource_class)) continue;
      throw Fault::bad_request(fmt::format(
          "malformed reshaper data: No such resource class {}.", s.resource_class));
    }
  }
}

// Old and new inventories side by side, so that allocations can move from the ones to the others.
void add_interim(db::Transaction& tx, const Inventories& all, Instant now) {
  for (const auto& [uuid, reshaped] : all) {
    for (const Stock& s : reshaped.stock) {
      if (!update_inventory(tx, uuid, s, now)) insert_inventory(tx, uuid, s, now);
    }
  }
}

void finish(db::Transaction& tx, const Inventories& all, Instant now) {
  for (const auto& [uuid, reshaped] : all) {
    const auto used = replace_inventories(tx, uuid, reshaped.stock, now);
    if (!used.empty()) {
      throw Fault::conflict(
          fmt::format("update conflict: Inventory for '{}' on resource provider '{}' in use.",
                      fmt::join(used, ", "), uuid))
          .named(kInventoryInUse);
    }
    raise_generation(tx, uuid, now);
  }
}

}  // namespace

http::Response reshape(resource::Call& call, Parts&) {
  auto form = call.form("");
  const auto inventories = read_inventories(form);
  auto given = form.object("allocations");
  if (!given) form.fail({.kind = resource::Problem::Kind::missing, .field = "allocations"});
  form.done();
  std::vector<GivenAllocations> allocations;
  for (const auto& member : given->given()) {
    allocations.push_back(read_allocations(call, *given->object(member.key), member.key, true));
  }
  call.db().write([&](db::Transaction& tx) {
    check_inventories(tx, inventories);
    std::vector<Wanted> wanted;
    for (const auto& one : allocations) wanted.push_back(want(call, tx, one));
    for (const auto& one : allocations) check_providers(tx, one);
    add_interim(tx, inventories, call.now());
    try {
      write_allocations(tx, wanted, call.now());
    } catch (const Fault& fault) {
      if (fault.kind() == Fault::Kind::not_found) {
        throw Fault::bad_request("malformed reshaper data: " + fault.message());
      }
      throw Fault::conflict("Unable to allocate inventory: " + fault.message());
    }
    finish(tx, inventories, call.now());
  });
  return no_content(204);
}

}  // namespace haneul::placement
