#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/inventory.h"
#include "services/placement/ledger.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

std::string render(const std::vector<std::string>& traits) {
  json::Writer w;
  return w.begin_object().member("traits", traits).end_object().take();
}

std::string render(const std::vector<std::string>& traits, std::int64_t generation) {
  json::Writer w;
  w.begin_object().member("traits", traits);
  return w.member("resource_provider_generation", generation).end_object().take();
}

void filter_by_name(const resource::Call& call, std::vector<std::string>& traits) {
  const std::string* name = call.query().find("name");
  if (!name) return;
  const auto colon = name->find(':');
  if (colon == std::string::npos) {
    throw Fault::bad_request(
        fmt::format("Badly formatted name parameter. Expected name query string parameter in form: "
                    "?name=[in|startswith]:[name1,name2|prefix]. Got: \"{}\"", *name));
  }
  const auto op = name->substr(0, colon);
  const std::string_view value = std::string_view(*name).substr(colon + 1);
  if (op == "in") {
    const auto wanted = split(value, ',');
    std::erase_if(traits, [&](const std::string& t) {
      return std::find(wanted.begin(), wanted.end(), t) == wanted.end();
    });
  } else if (op == "startswith") {
    std::erase_if(traits, [&](const std::string& t) { return !t.starts_with(value); });
  }
}

void filter_by_use(const resource::Call& call, db::Session& session,
                   std::vector<std::string>& traits) {
  const std::string* associated = call.query().find("associated");
  if (!associated) return;
  const auto word = lower(*associated);
  if (word != "true" && word != "false") {
    throw Fault::bad_request("The query parameter \"associated\" only accepts \"true\" or "
                             "\"false\"");
  }
  std::vector<std::string> used;
  db::Rows rows =
      session.query("SELECT DISTINCT trait FROM placement_provider_traits ORDER BY trait");
  while (rows.next()) used.push_back(rows.string(0));
  std::erase_if(traits, [&](const std::string& t) {
    return std::binary_search(used.begin(), used.end(), t) != (word == "true");
  });
}

http::Response located(resource::Call& call, int status, const std::string& name) {
  auto response = answer(call, status, "", call.now());
  response.headers.set("Location", fmt::format("{}/traits/{}", call.service_url(), name));
  return response;
}

std::vector<std::string> read_traits(resource::Form& form) {
  const json::Array* list = form.array("traits", 10'000);
  if (!list) form.fail({.kind = resource::Problem::Kind::missing, .field = "traits"});
  std::vector<std::string> traits;
  for (const json::Value& item : *list) {
    using Kind = resource::Problem::Kind;
    if (!item.text()) {
      form.fail({.kind = Kind::wrong_type, .field = "traits", .value = item, .expected = "string"});
    }
    if (item.text()->empty()) form.fail({.kind = Kind::too_short, .field = "traits", .value = item});
    if (item.text()->size() > 255) {
      form.fail({.kind = Kind::too_long, .field = "traits", .value = item});
    }
    traits.push_back(*item.text());
  }
  return traits;
}

}  // namespace

http::Response list_traits(resource::Call& call, Parts&) {
  allow_keys(call, {"name", "associated"});
  return call.db().read([&](db::Session& s) {
    auto traits = all_traits(s);
    filter_by_name(call, traits);
    filter_by_use(call, s, traits);
    return answer(call, 200, render(traits), call.now());
  });
}

http::Response show_trait(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  const bool known = call.db().read([&](db::Session& s) { return trait_exists(s, name); });
  if (!known) throw Fault::not_found(fmt::format("No such trait(s): {}.", name));
  return answer(call, 204, "", call.now());
}

http::Response put_trait(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  if (!is_custom(name)) {
    throw Fault::bad_request(
        "The trait is invalid. A valid trait must be no longer than 255 characters, start with the "
        "prefix \"CUSTOM_\" and use following characters: \"A\"-\"Z\", \"0\"-\"9\" and \"_\"");
  }
  const bool fresh =
      call.db().write([&](db::Transaction& tx) { return add_trait(tx, name, call.now()); });
  return located(call, fresh ? 201 : 204, name);
}

http::Response remove_trait(resource::Call& call, Parts&) {
  const auto& name = call.param("name");
  return call.db().write([&](db::Transaction& tx) {
    if (!trait_exists(tx, name)) {
      throw Fault::not_found(fmt::format("No such trait(s): {}.", name));
    }
    if (!name.starts_with("CUSTOM_")) {
      throw Fault::bad_request(fmt::format("Cannot delete standard trait {}.", name));
    }
    if (tx.integer("SELECT 1 FROM placement_provider_traits WHERE trait = ? LIMIT 1", {name})) {
      throw Fault::conflict(fmt::format("The trait {} is in use by a resource provider.", name));
    }
    tx.execute("DELETE FROM placement_traits WHERE name = ?", {name});
    return no_content(204);
  });
}

http::Response list_provider_traits(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto& uuid = call.param("uuid");
    const auto provider = find_provider(s, uuid);
    if (!provider) {
      throw Fault::not_found(fmt::format("No resource provider with uuid {0} found: No resource "
                                         "provider with uuid {0} found", uuid));
    }
    return answer(call, 200, render(traits_of(s, uuid), provider->generation), call.now());
  });
}

http::Response set_provider_traits(resource::Call& call, Parts&) {
  auto form = call.form("");
  const auto traits = read_traits(form);
  const auto generation = read_generation(form);
  form.done();
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    if (provider.generation != generation) {
      throw Fault::conflict(
          "Resource provider's generation already changed. Please update the generation and try "
          "again.")
          .named(kConcurrentUpdate);
    }
    std::vector<std::string> unknown;
    for (const auto& t : traits) {
      if (!trait_exists(tx, t)) unknown.push_back(t);
    }
    if (!unknown.empty()) {
      throw Fault::bad_request(fmt::format("No such trait {}", fmt::join(unknown, ", ")));
    }
    const bool changed = set_traits(tx, provider.uuid, traits);
    if (changed) raise_generation(tx, provider.uuid, call.now());
    return answer(call, 200,
                  render(traits_of(tx, provider.uuid), provider.generation + (changed ? 1 : 0)),
                  call.now());
  });
}

http::Response remove_provider_traits(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    const auto provider = require_provider(tx, call.param("uuid"));
    if (set_traits(tx, provider.uuid, {})) raise_generation(tx, provider.uuid, call.now());
    return no_content(204);
  });
}

}  // namespace haneul::placement
