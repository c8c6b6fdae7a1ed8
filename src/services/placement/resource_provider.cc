#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "base/id.h"
#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/logic/group.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"
#include "services/placement/stock.h"

namespace haneul::placement {
namespace {

struct Link {
  std::string_view rel;
  int since;
};
constexpr Link kLinks[] = {{"inventories", 0}, {"usages", 0},  {"aggregates", 1},
                           {"traits", 6},      {"allocations", 11}};

std::string url(const resource::Call& call, std::string_view uuid) {
  return fmt::format("{}/resource_providers/{}", call.service().mount(), uuid);
}

void write_provider(json::Writer& w, const resource::Call& call, const ProviderRow& row) {
  w.begin_object().member("uuid", row.uuid).member("name", row.name);
  w.member("generation", row.generation).key("links").begin_array();
  const auto self = url(call, row.uuid);
  w.begin_object().member("rel", "self").member("href", self).end_object();
  for (const Link& link : kLinks) {
    if (!call.since(link.since)) continue;
    w.begin_object().member("rel", link.rel);
    w.member("href", fmt::format("{}/{}", self, link.rel)).end_object();
  }
  w.end_array();
  if (call.since(14)) {
    w.member("parent_provider_uuid", row.parent_uuid).member("root_provider_uuid", row.root_uuid);
  }
  w.end_object();
}

std::string render(const resource::Call& call, const ProviderRow& row) {
  json::Writer w;
  write_provider(w, call, row);
  return w.take();
}

// What a body may say of a provider.
struct Given {
  std::string name;
  std::optional<std::string> uuid, parent_uuid;
  bool has_parent = false;
};

Given read_body(resource::Call& call, bool with_uuid) {
  auto form = call.form("");
  Given given;
  given.name = form.required_text("name", {.chars_max = 200});
  if (with_uuid) given.uuid = form.uuid("uuid");
  if (call.since(14)) {
    given.has_parent = form.has("parent_provider_uuid");
    const json::Value* parent = form.any("parent_provider_uuid");
    if (parent && !parent->is_null()) given.parent_uuid = form.uuid("parent_provider_uuid");
  }
  form.done();
  if (given.parent_uuid) given.parent_uuid = normal_uuid(*given.parent_uuid);
  return given;
}

Fault action_error(std::string_view doing, std::string_view action, std::string_view reason) {
  return Fault::bad_request(
      fmt::format("{}: Object action {} failed because: {}", doing, action, reason));
}

void refuse_duplicates(db::Session& session, const ProviderRow& row) {
  std::vector<std::string> same;
  if (find_provider(session, row.uuid)) same.push_back("uuid: " + row.uuid);
  if (session.integer("SELECT 1 FROM placement_providers WHERE name = ?", {row.name})) {
    same.push_back("name: " + row.name);
  }
  if (same.empty()) return;
  throw Fault::conflict(fmt::format("Conflicting resource provider {} already exists.",
                                    fmt::join(same, ", ")))
      .named(kDuplicateName);
}

void set_new_parent(db::Session& session, const Given& given, ProviderRow& row) {
  const auto doing =
      fmt::format("Unable to create resource provider \"{}\", {}", row.name, row.uuid);
  if (row.name.empty()) throw action_error(doing, "create", "name is required");
  row.root_uuid = row.uuid;
  if (!given.parent_uuid) return;
  if (*given.parent_uuid == row.uuid) {
    throw action_error(doing, "create",
                       "parent provider UUID cannot be same as UUID. Please set parent provider "
                       "UUID to None if there is no parent.");
  }
  const auto parent = find_provider(session, *given.parent_uuid);
  if (!parent) throw action_error(doing, "create", "parent provider UUID does not exist.");
  row.parent_uuid = parent->uuid;
  row.root_uuid = parent->root_uuid;
}

// The provider and all below it.
std::set<std::string> subtree_of(db::Session& session, const std::string& uuid) {
  std::set<std::string> all{uuid};
  std::vector<std::string> open{uuid};
  while (!open.empty()) {
    const std::string parent = std::move(open.back());
    open.pop_back();
    db::Rows rows =
        session.query("SELECT uuid FROM placement_providers WHERE parent_uuid = ?", {parent});
    while (rows.next()) {
      if (all.insert(rows.string(0)).second) open.push_back(rows.string(0));
    }
  }
  return all;
}

// Moves the provider below another one or makes it a root, with all that is below it.
void move_provider(const resource::Call& call, db::Transaction& tx, const Given& given,
                   ProviderRow& row) {
  const auto doing = fmt::format("Unable to save resource provider {}", row.uuid);
  const bool allowed = call.since(37);
  auto root = row.uuid;
  if (given.parent_uuid) {
    const auto parent = find_provider(tx, *given.parent_uuid);
    if (!parent) throw action_error(doing, "create", "parent provider UUID does not exist.");
    if (row.parent_uuid && *row.parent_uuid != parent->uuid && !allowed) {
      throw action_error(doing, "update", "re-parenting a provider is not currently allowed.");
    }
    root = parent->root_uuid;
  } else if (row.parent_uuid && !allowed) {
    throw action_error(doing, "update", "un-parenting a provider is not currently allowed.");
  }
  const auto subtree = subtree_of(tx, row.uuid);
  if (given.parent_uuid && subtree.contains(*given.parent_uuid)) {
    throw action_error(doing, "update", "creating loop in the provider tree is not allowed.");
  }
  row.parent_uuid = given.parent_uuid;
  row.root_uuid = root;
  for (const auto& uuid : subtree) {
    tx.execute("UPDATE placement_providers SET root_uuid = ? WHERE uuid = ?", {root, uuid});
  }
}

using Test = std::function<bool(const Provider&)>;

Fault unknown_trait(std::string_view name) {
  return Fault::bad_request(
      fmt::format("Invalid trait(s) in \"required\" parameter: No such trait(s): {}.", name));
}

void add_trait_tests(const resource::Call& call, db::Session& session, std::vector<Test>& tests) {
  if (!call.query().has("required")) return;
  auto traits = parse_required(call.query(), "required", call.version());
  const auto check = [&](const Names& names) {
    for (const auto& name : names) {
      if (!trait_exists(session, name)) throw unknown_trait(name);
    }
  };
  for (const Names& any : traits.required) check(any);
  check(traits.forbidden);
  const auto has_any = [](const Provider& p, const Names& names) {
    return std::any_of(names.begin(), names.end(), [&](const auto& n) { return p.has_trait(n); });
  };
  tests.push_back([traits, has_any](const Provider& p) {
    return !has_any(p, traits.forbidden) &&
           std::all_of(traits.required.begin(), traits.required.end(),
                       [&](const Names& any) { return has_any(p, any); });
  });
}

void add_aggregate_tests(const resource::Call& call, std::vector<Test>& tests) {
  if (!call.query().has("member_of")) return;
  auto wanted = parse_member_of(call.query(), "member_of", call.version());
  const auto in_any = [](const Provider& p, const Names& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& n) { return p.in_aggregate(n); });
  };
  tests.push_back([wanted, in_any](const Provider& p) {
    return !in_any(p, wanted.forbidden) &&
           std::all_of(wanted.required.begin(), wanted.required.end(),
                       [&](const Names& any) { return in_any(p, any); });
  });
}

void add_resource_tests(const resource::Call& call, db::Session& session, const Topology& topology,
                        std::vector<Test>& tests) {
  const std::string* text = call.query().find("resources");
  if (!text) return;
  for (const auto& [name, amount] : parse_resources(*text)) {
    if (!class_exists(session, name)) {
      throw Fault::bad_request(fmt::format(
          "Invalid resource class in resources parameter: No such resource class {}.", name));
    }
    auto stock = stock_of_class(session, topology, name);
    tests.push_back([stock = std::move(stock), &topology, wanted = amount](const Provider& p) {
      const auto found = stock.find(static_cast<std::int32_t>(&p - topology.providers.data()));
      return found != stock.end() && found->second.fits(wanted);
    });
  }
}

void check_list_keys(const resource::Call& call) {
  if (call.since(18)) {
    allow_keys(call, {"name", "uuid", "member_of", "resources", "in_tree", "required"});
  } else if (call.since(14)) {
    allow_keys(call, {"name", "uuid", "member_of", "resources", "in_tree"});
  } else if (call.since(4)) {
    allow_keys(call, {"name", "uuid", "member_of", "resources"});
  } else if (call.since(3)) {
    allow_keys(call, {"name", "uuid", "member_of"});
  } else {
    allow_keys(call, {"name", "uuid"});
  }
  for (const std::string_view key : {"uuid", "in_tree"}) {
    const std::string* value = call.query().find(key);
    if (value && !is_uuid_like(*value)) {
      throw Fault::bad_request(
          fmt::format("Invalid query string parameters: '{}' is not a 'uuid'", *value));
    }
  }
}

// The rows that the plain filters leave.
db::Rows select_providers(const resource::Call& call, db::Session& session,
                          const Topology& topology) {
  resource::Where where;
  const auto& query = call.query();
  if (const std::string* name = query.find("name"); name && !name->empty()) {
    where.equals("name", *name);
  }
  if (const std::string* uuid = query.find("uuid"); uuid && !uuid->empty()) {
    where.equals("uuid", *uuid);
  }
  if (const std::string* tree = query.find("in_tree"); tree && !tree->empty()) {
    const Provider* p = topology.find(*tree);
    where.equals("root_uuid",
                 p ? topology.providers[static_cast<std::size_t>(p->root)].uuid : std::string());
  }
  std::vector<db::Bind> binds;
  where.append_binds(binds);
  return session.query(fmt::format("SELECT {} FROM placement_providers{}{} ORDER BY uuid",
                                   kProviderColumns, where.empty() ? "" : " WHERE ", where.sql()),
                       binds);
}

}  // namespace

http::Response create_provider(resource::Call& call, Parts&) {
  const auto given = read_body(call, true);
  return call.db().write([&](db::Transaction& tx) {
    ProviderRow row;
    row.uuid = given.uuid ? normal_uuid(*given.uuid) : new_uuid();
    row.name = given.name;
    row.created_at = row.updated_at = call.now();
    set_new_parent(tx, given, row);
    refuse_duplicates(tx, row);
    insert_provider(tx, row);
    auto response = call.since(20) ? answer(call, 200, render(call, row), call.now())
                                   : no_content(201);
    response.headers.set("Location", call.base_url() + url(call, row.uuid));
    return response;
  });
}

http::Response show_provider(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto row = require_provider(s, call.param("uuid"));
    return answer(call, 200, render(call, row), row.updated_at);
  });
}

http::Response list_providers(resource::Call& call, Parts& parts) {
  check_list_keys(call);
  return call.db().read([&](db::Session& s) {
    const auto topology = parts.topology.get(s);
    std::vector<Test> tests;
    add_aggregate_tests(call, tests);
    add_trait_tests(call, s, tests);
    add_resource_tests(call, s, *topology, tests);
    json::Writer w;
    w.begin_object().key("resource_providers").begin_array();
    Instant modified{};
    db::Rows rows = select_providers(call, s, *topology);
    while (rows.next()) {
      const auto row = load_provider(rows);
      const Provider* p = tests.empty() ? nullptr : topology->find(row.uuid);
      if (!std::all_of(tests.begin(), tests.end(), [&](const Test& t) { return p && t(*p); })) {
        continue;
      }
      modified = std::max(modified, row.updated_at);
      write_provider(w, call, row);
    }
    w.end_array().end_object();
    return answer(call, 200, w.take(), modified.micros ? modified : call.now());
  });
}

http::Response update_provider(resource::Call& call, Parts&) {
  return call.db().write([&](db::Transaction& tx) {
    auto row = require_provider(tx, call.param("uuid"));
    const auto given = read_body(call, false);
    if (given.has_parent) move_provider(call, tx, given, row);
    if (given.name != row.name &&
        tx.integer("SELECT 1 FROM placement_providers WHERE name = ?", {given.name})) {
      throw Fault::conflict(
          fmt::format("Conflicting resource provider {} already exists.", given.name))
          .named(kDuplicateName);
    }
    row.name = given.name;
    row.updated_at = call.now();
    tx.execute("UPDATE placement_providers SET name = ?, parent_uuid = ?, updated_at = ?"
               " WHERE uuid = ?",
               {row.name, row.parent_uuid, row.updated_at, row.uuid});
    TopologyCache::touch(tx);
    return answer(call, 200, render(call, row), row.updated_at);
  });
}

http::Response remove_provider(resource::Call& call, Parts&) {
  const auto& uuid = call.param("uuid");
  return call.db().write([&](db::Transaction& tx) {
    if (!find_provider(tx, uuid)) {
      throw Fault::not_found(
          fmt::format("No resource provider with uuid {} found for delete", uuid));
    }
    if (has_children(tx, uuid)) {
      throw Fault::conflict(fmt::format("Unable to delete parent resource provider {}: It has "
                                        "child resource providers.", uuid))
          .named(kCannotDeleteParent);
    }
    if (has_allocations(tx, uuid)) {
      throw Fault::conflict(fmt::format(
          "Unable to delete resource provider {}: Resource provider has allocations.", uuid))
          .named(kProviderInUse);
    }
    delete_provider(tx, uuid);
    return no_content(204);
  });
}

}  // namespace haneul::placement
