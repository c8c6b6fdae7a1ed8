#include "services/placement/inventory.h"

#include <fmt/format.h>

#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/ledger.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

constexpr std::int64_t kMax = 2'147'483'647;
constexpr double kRatioMax = 3.40282e+38;  // upstream: the largest single-precision float

void write_stock(json::Writer& w, const Stock& s) {
  w.member("total", s.total).member("reserved", s.reserved).member("min_unit", s.min_unit);
  w.member("max_unit", s.max_unit).member("step_size", s.step_size);
  w.member("allocation_ratio", s.allocation_ratio);
}

std::string render_one(const Stock& s, std::int64_t generation) {
  json::Writer w;
  w.begin_object();
  write_stock(w, s);
  // upstream writes no generation of 0: placement/handlers/inventory.py _serialize_inventory
  if (generation != 0) w.member("resource_provider_generation", generation);
  return w.end_object().take();
}

std::string render_all(const std::vector<Stock>& all, std::int64_t generation) {
  json::Writer w;
  w.begin_object().member("resource_provider_generation", generation);
  w.key("inventories").begin_object();
  for (const Stock& s : all) {
    w.key(s.resource_class).begin_object();
    write_stock(w, s);
    w.end_object();
  }
  return w.end_object().end_object().take();
}

// Since 1.26 everything may be reserved.
void check_capacity(const resource::Call& call, std::string_view uuid, const Stock& s,
                    std::string_view doing) {
  const bool full_allowed = call.since(26);
  if (s.capacity() > 0 || (full_allowed && s.capacity() == 0)) return;
  throw Fault::bad_request(fmt::format(
      "Unable to {} inventory for resource provider {}: Invalid inventory for '{}' on resource "
      "provider '{}'. The reserved value is greater than {}total.",
      doing, uuid, s.resource_class, uuid, full_allowed ? "" : "or equal to "));
}

ProviderRow provider_for_reading(db::Session& session, const std::string& uuid) {
  auto row = find_provider(session, uuid);
  if (row) return std::move(*row);
  throw Fault::not_found(fmt::format(
      "No resource provider with uuid {0} found : No resource provider with uuid {0} found", uuid));
}

void check_generation(std::int64_t given, const ProviderRow& provider) {
  if (given == provider.generation) return;
  throw Fault::conflict("resource provider generation conflict").named(kConcurrentUpdate);
}

Fault in_use(std::string_view prefix, const std::string& names, std::string_view uuid,
             const char* code) {
  return Fault::conflict(fmt::format("{}Inventory for '{}' on resource provider '{}' in use.",
                                     prefix, names, uuid))
      .named(code);
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Stock read_stock(resource::Form& form, std::string resource_class) {
  const auto number = [&](std::string_view key, std::int64_t minimum, std::int64_t standard) {
    return form.integer(key, {.minimum = minimum, .maximum = kMax, .text_allowed = false})
        .value_or(standard);
  };
  Stock s;
  s.resource_class = std::move(resource_class);
  s.total = number("total", 1, 0);
  if (s.total == 0) form.fail({.kind = resource::Problem::Kind::missing, .field = "total"});
  s.reserved = number("reserved", 0, 0);
  s.min_unit = number("min_unit", 1, 1);
  s.max_unit = number("max_unit", 1, kMax);
  s.step_size = number("step_size", 1, 1);
  if (const json::Value* ratio = form.any("allocation_ratio")) {
    if (!ratio->number()) {
      form.fail({.kind = resource::Problem::Kind::wrong_type, .field = "allocation_ratio",
                 .value = *ratio, .expected = "number"});
    }
    s.allocation_ratio = *ratio->number();
    if (!(s.allocation_ratio <= kRatioMax) || s.allocation_ratio < -kRatioMax) {
      form.malformed("allocation_ratio", "number up to 3.40282e+38");
    }
  }
  return s;
}

std::vector<Stock> read_stocks(resource::Form form) {
  std::vector<Stock> all;
  for (const auto& member : form.given()) {
    // Names that are no classes are not looked at by upstream's schema, but they fail later on.
    auto one = form.object(member.key);
    all.push_back(read_stock(*one, member.key));
    one->any("resource_provider_generation");
    one->done();
  }
  return all;
}

std::int64_t read_generation(resource::Form& form) {
  const auto generation =
      form.integer("resource_provider_generation", {.minimum = INT64_MIN, .maximum = INT64_MAX,
                                                    .text_allowed = false});
  if (!generation) {
    form.fail({.kind = resource::Problem::Kind::missing, .field = "resource_provider_generation"});
  }
  return *generation;
}

http::Response list_inventories(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto provider = provider_for_reading(s, call.param("uuid"));
    return answer(call, 200, render_all(inventories_of(s, provider.uuid), provider.generation),
                  provider.updated_at);
  });
}

http::Response show_inventory(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto provider = provider_for_reading(s, call.param("uuid"));
    const auto& name = call.param("resource_class");
    const auto stock = inventory_of(s, provider.uuid, name);
    if (!stock) {
      throw Fault::not_found(fmt::format("No inventory of class {} for {}", name, provider.uuid));
    }
    return answer(call, 200, render_one(*stock, provider.generation), provider.updated_at);
  });
}

http::Response create_inventory(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    auto provider = require_provider(tx, call.param("uuid"));
    auto form = call.form("");
    auto name = form.required_text("resource_class");
    if (!is_symbol(name)) form.malformed("resource_class", "^[A-Z0-9_]+$");
    form.any("resource_provider_generation");
    const Stock stock = read_stock(form, std::move(name));
    form.done();
    check_capacity(call, provider.uuid, stock, "create");
    if (!class_exists(tx, stock.resource_class)) {
      throw Fault::bad_request(
          fmt::format("Unable to create inventory for resource provider {}: No such resource class "
                      "{}.", provider.uuid, stock.resource_class));
    }
    if (inventory_of(tx, provider.uuid, stock.resource_class)) {
      throw Fault::conflict(fmt::format("Update conflict: there is an inventory of class {} already",
                                        stock.resource_class))
          .named(kConcurrentUpdate);
    }
    insert_inventory(tx, provider.uuid, stock, call.now());
    raise_generation(tx, provider.uuid, call.now());
    auto response = answer(call, 201, render_one(stock, provider.generation + 1), call.now());
    response.headers.set("Location",
                         fmt::format("{}/resource_providers/{}/inventories/{}",
                                     call.service_url(), provider.uuid, stock.resource_class));
    return response;
  });
}

http::Response set_inventories(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    auto form = call.form("");
    const auto generation = read_generation(form);
    auto given = form.object("inventories");
    if (!given) form.fail({.kind = resource::Problem::Kind::missing, .field = "inventories"});
    form.done();
    const auto stock = read_stocks(*given);
    check_generation(generation, provider);
    for (const Stock& s : stock) {
      check_capacity(call, provider.uuid, s, "update");
      if (!class_exists(tx, s.resource_class)) {
        throw Fault::bad_request(
            fmt::format("Unknown resource class in inventory for resource provider {}: No such "
                        "resource class {}.", provider.uuid, s.resource_class));
      }
    }
    const auto used = replace_inventories(tx, provider.uuid, stock, call.now());
    if (!used.empty()) {
      throw in_use("update conflict: ", joined(used), provider.uuid, kInventoryInUse);
    }
    raise_generation(tx, provider.uuid, call.now());
    return answer(call, 200, render_all(stock, provider.generation + 1), call.now());
  });
}

http::Response update_one_inventory(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    auto form = call.form("");
    const auto generation = read_generation(form);
    const Stock stock = read_stock(form, call.param("resource_class"));
    form.done();
    check_generation(generation, provider);
    check_capacity(call, provider.uuid, stock, "update");
    require_class(tx, stock.resource_class);
    if (!update_inventory(tx, provider.uuid, stock, call.now())) {
      throw Fault::bad_request(
          fmt::format("No inventory record with resource class for resource provider {}: No "
                      "inventory of class {} found.", provider.uuid, stock.resource_class));
    }
    raise_generation(tx, provider.uuid, call.now());
    return answer(call, 200, render_one(stock, provider.generation + 1), call.now());
  });
}

http::Response remove_inventory(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    const auto& name = call.param("resource_class");
    const auto stock = inventory_of(tx, provider.uuid, name);
    if (!stock) {
      const auto why = class_exists(tx, name)
                           ? fmt::format("No inventory of class {} found for delete", name)
                           : fmt::format("No such resource class {}.", name);
      throw Fault::not_found(
          fmt::format("No inventory of class {} found for delete: {}", name, why));
    }
    if (stock->used > 0) {
      throw in_use(fmt::format("Unable to delete inventory of class {}: ", name), name,
                   provider.uuid, kConcurrentUpdate);
    }
    tx.execute("DELETE FROM placement_inventories WHERE resource_class = ? AND provider_uuid = ?",
               {name, provider.uuid});
    raise_generation(tx, provider.uuid, call.now());
    return no_content(204);
  });
}

http::Response remove_inventories(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    const auto used = replace_inventories(tx, provider.uuid, {}, call.now());
    if (!used.empty()) throw in_use("", joined(used), provider.uuid, kInventoryInUse);
    raise_generation(tx, provider.uuid, call.now());
    return no_content(204);
  });
}

}  // namespace haneul::placement
