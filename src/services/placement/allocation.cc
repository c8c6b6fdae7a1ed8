#include "services/placement/allocation.h"

#include <map>

#include <fmt/format.h>

#include "base/id.h"
#include "json/writer.h"
#include "services/placement/parts.h"
#include "services/placement/provider.h"

namespace haneul::placement {
namespace {

// upstream: openstack/placement:placement/conf/placement.py incomplete_consumer_project_id
constexpr std::string_view kNobody = "00000000-0000-0000-0000-000000000000";

using Kind = resource::Problem::Kind;

void read_resources(resource::Form& holder, const std::string& provider_uuid,
                    std::vector<Allocation>& out) {
  auto resources = holder.object("resources");
  if (!resources) holder.fail({.kind = Kind::missing, .field = "resources"});
  if (resources->given().empty()) {
    holder.fail({.kind = Kind::malformed, .field = "resources", .value = *holder.any("resources"),
                 .expected = "object with at least one resource"});
  }
  for (const auto& member : resources->given()) {
    if (!is_symbol(member.key)) {
      resources->fail({.kind = Kind::unknown, .field = member.key, .value = member.value});
    }
    const auto amount = resources->integer(
        member.key, {.minimum = 1, .maximum = 2'147'483'647, .text_allowed = false});
    out.push_back({provider_uuid, member.key, *amount});
  }
}

bool is_uuid_pattern(std::string_view text) {
  return text.size() == 36 && text.find_first_not_of("0123456789abcdefABCDEF-") ==
                                  std::string_view::npos;
}

void read_mappings(resource::Form& form) {
  auto mappings = form.object("mappings");
  if (!mappings) return;
  if (mappings->given().empty()) form.malformed("mappings", "object with at least one group");
  for (const auto& member : mappings->given()) {
    const json::Array* list = mappings->array(member.key);
    if (list->empty()) mappings->fail({.kind = Kind::too_short, .field = member.key,
                                       .value = member.value});
    for (const json::Value& uuid : *list) {
      if (!uuid.text() || !is_uuid_like(*uuid.text())) mappings->malformed(member.key, "uuid");
    }
  }
}

// Before 1.12: a list of {"resource_provider": {"uuid": …}, "resources": {…}}.
GivenAllocations read_old_form(const resource::Call& call, resource::Form form,
                               std::string consumer_uuid) {
  GivenAllocations given;
  given.consumer_uuid = std::move(consumer_uuid);
  const json::Array* list = form.array("allocations");
  if (!list) form.fail({.kind = Kind::missing, .field = "allocations"});
  if (list->empty()) {
    form.fail({.kind = Kind::too_short, .field = "allocations", .value = json::Value(*list)});
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto one = form.item((*list)[i], "allocations", i);
    auto provider = one.object("resource_provider");
    if (!provider) one.fail({.kind = Kind::missing, .field = "resource_provider"});
    const auto uuid = provider->uuid("uuid");
    if (!uuid) provider->fail({.kind = Kind::missing, .field = "uuid"});
    provider->done();
    // The last entry of a provider replaces those before, as upstream's dict does.
    std::erase_if(given.allocations, [&](const auto& a) { return a.provider_uuid == *uuid; });
    read_resources(one, *uuid, given.allocations);
    one.done();
  }
  if (call.since(8)) {
    given.project_id = form.required_text("project_id", {.chars_min = 1});
    given.user_id = form.required_text("user_id", {.chars_min = 1});
  } else {
    given.project_id = given.user_id = kNobody;
  }
  form.done();
  return given;
}

void read_consumer_generation(resource::Form& form, GivenAllocations& given) {
  const json::Value* value = form.any("consumer_generation");
  if (!value) form.fail({.kind = Kind::missing, .field = "consumer_generation"});
  if (value->is_null()) return;
  if (!value->integer()) {
    form.fail({.kind = Kind::wrong_type, .field = "consumer_generation", .value = *value,
               .expected = "integer"});
  }
  given.consumer_generation = *value->integer();
}

Fault generation_conflict(const std::string& expected, std::optional<std::int64_t> got) {
  return Fault::conflict(fmt::format("consumer generation conflict - expected {} but got {}",
                                     expected, got ? std::to_string(*got) : "None"))
      .named(kConcurrentUpdate);
}

// Errors of write_allocations in the words of the API.
template <class F>
void write_in_words(std::string_view unknown, F&& body) {
  try {
    body();
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::not_found) {
      throw Fault::bad_request(fmt::format("{}{}", unknown, fault.message()));
    }
    if (fault.kind() == Fault::Kind::conflict && fault.name().empty()) {
      throw Fault::conflict("Unable to allocate inventory: " + fault.message());
    }
    throw;
  }
}

struct Shown {
  std::string key;  // provider or consumer
  std::int64_t generation;
  std::string resource_class;
  std::int64_t used;
  Instant created;
};

std::vector<Shown> select_shown(db::Session& session, std::string_view sql, std::string_view key) {
  std::vector<Shown> all;
  db::Rows rows = session.query(sql, {key});
  while (rows.next()) {
    all.push_back({rows.string(0), rows.integer(1), rows.string(2), rows.integer(3),
                   rows.instant(4)});
  }
  return all;
}

Instant newest(const std::vector<Shown>& all, Instant otherwise) {
  Instant last{};
  for (const Shown& s : all) last = std::max(last, s.created);
  return all.empty() ? otherwise : last;
}

// Rows of one key stand together.
void write_shown(json::Writer& w, const std::vector<Shown>& all, std::string_view generation) {
  w.key("allocations").begin_object();
  for (std::size_t i = 0; i < all.size();) {
    const Shown& first = all[i];
    w.key(first.key).begin_object().key("resources").begin_object();
    for (; i < all.size() && all[i].key == first.key; ++i) {
      w.member(all[i].resource_class, all[i].used);
    }
    w.end_object();
    if (!generation.empty()) w.member(generation, first.generation);
    w.end_object();
  }
  w.end_object();
}

}  // namespace

GivenAllocations read_allocations(const resource::Call& call, resource::Form form,
                                  std::string consumer_uuid, bool may_be_empty) {
  GivenAllocations given;
  given.consumer_uuid = std::move(consumer_uuid);
  auto allocations = form.object("allocations");
  if (!allocations) form.fail({.kind = Kind::missing, .field = "allocations"});
  if (allocations->given().empty() && !may_be_empty) {
    throw call.dialect().invalid({.kind = Kind::malformed, .field = "allocations",
                                  .value = *form.any("allocations"),
                                  .expected = "object with at least one allocation"});
  }
  for (const auto& member : allocations->given()) {
    if (!is_uuid_pattern(member.key)) {
      allocations->fail({.kind = Kind::unknown, .field = member.key, .value = member.value});
    }
    auto one = allocations->object(member.key);
    one->integer("generation",
                 {.minimum = INT64_MIN, .maximum = INT64_MAX, .text_allowed = false});
    read_resources(*one, member.key, given.allocations);
    one->done();
  }
  given.project_id = form.required_text("project_id", {.chars_min = 1});
  given.user_id = form.required_text("user_id", {.chars_min = 1});
  if (call.since(28)) read_consumer_generation(form, given);
  if (call.since(34)) read_mappings(form);
  if (call.since(38)) {
    given.consumer_type = form.required_text("consumer_type", {.chars_min = 1});
    if (!is_symbol(*given.consumer_type)) form.malformed("consumer_type", "^[A-Z0-9_]+$");
  }
  form.done();
  return given;
}

Wanted want(const resource::Call& call, db::Transaction& tx, const GivenAllocations& given) {
  auto row = find_consumer(tx, given.consumer_uuid);
  if (call.since(28)) {
    if (row && given.consumer_generation != row->generation) {
      throw generation_conflict(std::to_string(row->generation), given.consumer_generation);
    }
    if (!row && given.consumer_generation) {
      throw generation_conflict("null", given.consumer_generation);
    }
  }
  ConsumerRow consumer{given.consumer_uuid, given.project_id, given.user_id,
                       row ? row->generation : 0, given.consumer_type};
  if (row && !consumer.type) consumer.type = row->type;
  if (!row) insert_consumer(tx, consumer, call.now());
  return {std::move(consumer), given.allocations};
}

void check_providers(db::Session& session, const GivenAllocations& given) {
  for (const Allocation& a : given.allocations) {
    if (find_provider(session, a.provider_uuid)) continue;
    throw Fault::bad_request(fmt::format(
        "Allocation for resource provider '{}' that does not exist.", a.provider_uuid));
  }
}

http::Response show_allocations(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto& uuid = call.param("consumer_uuid");
    const auto all = select_shown(
        s, "SELECT a.provider_uuid, p.generation, a.resource_class, a.used, a.created_at"
           " FROM placement_allocations a JOIN placement_providers p ON p.uuid = a.provider_uuid"
           " WHERE a.consumer_uuid = ? ORDER BY a.provider_uuid, a.resource_class",
        uuid);
    json::Writer w;
    w.begin_object();
    write_shown(w, all, "generation");
    const auto consumer = find_consumer(s, uuid);
    if (!all.empty() && consumer && call.since(12)) {
      w.member("project_id", consumer->project_id).member("user_id", consumer->user_id);
      if (call.since(28)) w.member("consumer_generation", consumer->generation);
      if (call.since(38)) w.member("consumer_type", consumer->type.value_or("unknown"));
    }
    return answer(call, 200, w.end_object().take(), newest(all, call.now()));
  });
}

http::Response show_provider_allocations(resource::Call& call, Parts&) {
  return call.db().read([&](db::Session& s) {
    const auto& uuid = call.param("uuid");
    const auto provider = find_provider(s, uuid);
    if (!provider) {
      throw Fault::not_found(fmt::format("Resource provider '{0}' not found: No resource provider "
                                         "with uuid {0} found", uuid));
    }
    const auto all = select_shown(
        s, "SELECT a.consumer_uuid, c.generation, a.resource_class, a.used, a.created_at"
           " FROM placement_allocations a JOIN placement_consumers c ON c.uuid = a.consumer_uuid"
           " WHERE a.provider_uuid = ? ORDER BY a.consumer_uuid, a.resource_class",
        uuid);
    json::Writer w;
    w.begin_object();
    write_shown(w, all, call.since(28) ? "consumer_generation" : "");
    w.member("resource_provider_generation", provider->generation);
    return answer(call, 200, w.end_object().take(), newest(all, call.now()));
  });
}

http::Response put_allocations(resource::Call& call, Parts&) {
  const auto& path_uuid = call.param("consumer_uuid");
  if (!is_uuid_like(path_uuid)) {
    throw Fault::bad_request(fmt::format("Malformed consumer_uuid: {}", path_uuid));
  }
  auto uuid = normal_uuid(path_uuid);
  const auto given = call.since(12)
                         ? read_allocations(call, call.form(""), std::move(uuid), call.since(28))
                         : read_old_form(call, call.form(""), std::move(uuid));
  call.db().write([&](db::Transaction& tx) {
    const Wanted wanted = want(call, tx, given);
    check_providers(tx, given);
    write_in_words(
        fmt::format("Unable to allocate inventory for consumer {}: ", given.consumer_uuid),
        [&] { write_allocations(tx, {wanted}, call.now()); });
  });
  return no_content(204);
}

http::Response post_allocations(resource::Call& call, Parts&) {
  auto form = call.form("");
  if (form.given().empty()) throw Fault::bad_request("JSON does not validate: {} is too short");
  std::map<std::string, GivenAllocations> all;
  for (const auto& member : form.given()) {
    if (!is_uuid_pattern(member.key)) {
      form.fail({.kind = Kind::unknown, .field = member.key, .value = member.value});
    }
    all.emplace(member.key, read_allocations(call, *form.object(member.key), member.key, true));
  }
  call.db().write([&](db::Transaction& tx) {
    std::vector<Wanted> wanted;
    for (const auto& [uuid, given] : all) wanted.push_back(want(call, tx, given));
    for (const auto& [uuid, given] : all) check_providers(tx, given);
    write_in_words("Unable to allocate inventory ",
                   [&] { write_allocations(tx, wanted, call.now()); });
  });
  return no_content(204);
}

http::Response remove_allocations(resource::Call& call, Parts&) {
  const auto& uuid = call.param("consumer_uuid");
  const auto gone = call.db().write([&](db::Transaction& tx) { return release_all(tx, uuid); });
  if (gone == 0) throw Fault::not_found(fmt::format("No allocations for consumer '{}'", uuid));
  return no_content(204);
}

}  // namespace haneul::placement
