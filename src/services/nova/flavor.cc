#include "services/nova/flavor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "services/nova/dialect.h"
#include "services/nova/query.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::field;
using resource::Form;
using resource::Where;

constexpr std::int64_t kPageMax = 1000;
constexpr std::int64_t kIntegerMax = 2'147'483'647;
constexpr std::string_view kPath = "/v2.1/flavors";

constexpr auto kFields = resource::fields(
    field<&Flavor::id>("flavorid").stored_as("id").sort_key(),
    field<&Flavor::name>("name").sort_key(), field<&Flavor::description>("description").sort_key(),
    field<&Flavor::vcpus>("vcpus").sort_key(),
    field<&Flavor::ram>("memory_mb").stored_as("ram").sort_key(),
    field<&Flavor::disk>("root_gb").stored_as("disk").sort_key(),
    field<&Flavor::ephemeral>("ephemeral_gb").stored_as("ephemeral").sort_key(),
    field<&Flavor::swap>("swap").sort_key(), field<&Flavor::rxtx_factor>("rxtx_factor").sort_key(),
    field<&Flavor::is_public>("is_public").sort_key(),
    field<&Flavor::disabled>("disabled").sort_key(), field<&Flavor::extra_specs>("extra_specs"),
    field<&Flavor::created>("created_at").stored_as("created").sort_key());
static_assert(resource::complete<Flavor>(kFields));

Where accessible(const Call& call) {
  Where where;
  return where.and_(
      "is_public = 1 OR id IN (SELECT flavor_id FROM flavor_access WHERE project_id = ?)",
      {call.caller().project_id.text});
}

void write_flavor(json::Writer& w, const Call& call, const Flavor& f, bool detail) {
  w.begin_object();
  w.member("id", f.id).member("name", f.name);
  if (call.since(55)) w.member("description", f.description);
  if (detail) {
    w.member("vcpus", f.vcpus).member("ram", f.ram).member("disk", f.disk);
    w.member("OS-FLV-EXT-DATA:ephemeral", f.ephemeral);
    w.key("swap");
    f.swap == 0 && !call.since(75) ? w.value("") : w.value(f.swap);
    w.member("rxtx_factor", f.rxtx_factor).member("OS-FLV-DISABLED:disabled", f.disabled);
    w.member("os-flavor-access:is_public", f.is_public);
    if (call.since(61) && call.allowed("os_compute_api:os-flavor-extra-specs:index")) {
      w.key("extra_specs").begin_object();
      for (const auto& [key, value] : f.extra_specs) w.member(key, value);
      w.end_object();
    }
  }
  write_row_links(w, call, "flavors", f.id);
  w.end_object();
}

http::Response answer(const Call& call, const Flavor& f, int status = 200) {
  json::Writer w;
  w.begin_object().key("flavor");
  write_flavor(w, call, f, true);
  w.end_object();
  return http::Response::json(status, w.take());
}

// is_public: true or false or none (all), for administrators; others see what they may use.
Where listed(const Call& call) {
  const bool admin = call.dialect().sees_all(call);
  const auto* asked = call.query().find("is_public");
  if (!admin) return accessible(call);
  if (!asked) return Where().and_("is_public = 1");
  if (iequals(*asked, "none")) return {};
  const auto flag = parse_bool(*asked);
  if (!flag) throw Fault::bad_request(fmt::format("Invalid is_public filter [{}]", *asked));
  return Where().equals("is_public", *flag);
}

std::int64_t natural(const Call& call, std::string_view key, std::int64_t standard) {
  const auto* text = call.query().find(key);
  if (!text) return standard;
  const auto value = parse_int(*text);
  if (!value || *value < 0) {
    throw Fault::bad_request(fmt::format(
        "Invalid input for query parameters {}. Value: {}. '{}' does not match '^[0-9]*$'", key,
        *text, *text));
  }
  return *value;
}

std::vector<resource::Order> read_order(const Call& call) {
  const auto* key = call.query().find("sort_key");
  const auto* dir = call.query().find("sort_dir");
  const resource::Field* f = kFlavor.field_named(key ? *key : "flavorid");
  if (key && *key == "id") f = kFlavor.field_named("flavorid");
  if (!f || !f->is_sort_key) {
    throw Fault::bad_request(
        fmt::format("Invalid input for query parameters sort_key. Value: {}", *key));
  }
  if (dir && *dir != "asc" && *dir != "desc") {
    throw Fault::bad_request(
        fmt::format("Invalid input for query parameters sort_dir. Value: {}. '{}' does not match "
                    "'^(asc|desc)$'",
                    *dir, *dir));
  }
  return {{std::string(f->column), dir && *dir == "desc"}};
}

http::Response list_flavors(Call& call, const FlavorStore& flavors, bool detail) {
  if (call.since(75)) {
    refuse_unknown_keys(
        call, {"limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"});
  }
  return call.db().read([&](db::Session& session) {
    resource::Page page;
    page.where = listed(call);
    if (call.query().has("minRam")) page.where.and_("ram >= ?", {natural(call, "minRam", 0)});
    if (call.query().has("minDisk")) page.where.and_("disk >= ?", {natural(call, "minDisk", 0)});
    page.order = read_order(call);
    std::int64_t limit = natural(call, "limit", kPageMax);
    if (limit == 0 || limit > kPageMax) limit = kPageMax;
    page.limit = limit + 1;
    if (const auto* marker = call.query().find("marker")) {
      if (!flavors.find(session, *marker)) {
        throw Fault::bad_request(fmt::format("marker [{}] not found", *marker));
      }
      page.after_key = *marker;
    }
    auto rows = flavors.list(session, page);
    const bool more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.pop_back();
    json::Writer w;
    w.begin_object().key("flavors").begin_array();
    for (const Flavor& f : rows) write_flavor(w, call, f, detail);
    w.end_array();
    write_next_link(w, call, "flavors", detail ? "/v2.1/flavors/detail" : kPath,
                    more ? rows.back().id : "");
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

Flavor read_flavor(Call& call) {
  Form form = call.form("flavor");
  Flavor f;
  f.name = form.required_text("name", {.chars_min = 1});
  const auto need = [&](std::string_view key, std::int64_t low) {
    const auto n = form.integer(key, {.minimum = low, .maximum = kIntegerMax});
    if (!n) form.fail({.kind = resource::Problem::Kind::missing, .field = std::string(key)});
    return *n;
  };
  f.ram = need("ram", 1);
  f.vcpus = need("vcpus", 1);
  f.disk = need("disk", 0);
  const json::Value* id = form.any("id");
  if (id && id->integer()) {
    f.id = std::to_string(*id->integer());
  } else {
    f.id = form.text("id", {.chars_min = 1, .null_allowed = true}).value_or("auto");
  }
  if (f.id == "auto") f.id = new_uuid();
  f.ephemeral = form.integer("OS-FLV-EXT-DATA:ephemeral", {.maximum = kIntegerMax}).value_or(0);
  f.swap = form.integer("swap", {.maximum = kIntegerMax}).value_or(0);
  if (const json::Value* rxtx = form.any("rxtx_factor")) {
    const auto number = rxtx->text() ? parse_real(*rxtx->text()) : rxtx->number();
    if (!number || *number <= 0) form.malformed("rxtx_factor", "positive number");
    f.rxtx_factor = *number;
  }
  f.is_public = form.boolean("os-flavor-access:is_public", true).value_or(true);
  if (call.since(55)) {
    f.description = form.text("description", {.chars_max = 65'535, .null_allowed = true});
  }
  form.done();
  f.created = call.now();
  return f;
}

http::Response create_flavor(Call& call, const FlavorStore& flavors) {
  call.enforce("os_compute_api:os-flavor-manage:create");
  const Flavor f = read_flavor(call);
  call.db().write([&](db::Transaction& tx) {
    if (flavors.find(tx, f.id)) {
      throw Fault::conflict(fmt::format("Flavor with ID {} already exists.", f.id));
    }
    if (flavors.first(tx, Where().equals("name", f.name))) {
      throw Fault::conflict(fmt::format("Flavor with name {} already exists.", f.name));
    }
    flavors.insert(tx, f);
  });
  return answer(call, f);
}

http::Response update_flavor(Call& call, const FlavorStore& flavors) {
  if (!call.since(55)) throw call.dialect().wrong_method();
  call.enforce("os_compute_api:os-flavor-manage:update");
  Form form = call.form("flavor");
  if (!form.has("description")) {
    form.fail({.kind = resource::Problem::Kind::missing, .field = "description"});
  }
  const auto description = form.text("description", {.chars_max = 65'535, .null_allowed = true});
  form.done();
  return call.db().write([&](db::Transaction& tx) {
    auto f = flavors.find(tx, call.param("id"));
    if (!f) throw no_flavor(call.param("id"));
    f->description = description;
    flavors.update(tx, *f);
    return answer(call, *f);
  });
}

http::Response delete_flavor(Call& call, const FlavorStore& flavors) {
  call.enforce("os_compute_api:os-flavor-manage:delete");
  call.db().write([&](db::Transaction& tx) {
    if (!flavors.remove(tx, call.param("id"))) throw no_flavor(call.param("id"));
  });
  return http::Response::empty(202);
}

}  // namespace

const resource::Resource kFlavor{.singular = "flavor",
                                 .plural = "flavors",
                                 .path = kPath,
                                 .scope = resource::Scope::cloud,
                                 .fields = kFields};

std::string Flavor::embedded() const {
  json::Writer w;
  w.begin_object().member("original_name", name).member("vcpus", vcpus).member("ram", ram);
  w.member("disk", disk).member("ephemeral", ephemeral).member("swap", swap);
  w.key("extra_specs").begin_object();
  for (const auto& [key, value] : extra_specs) w.member(key, value);
  w.end_object().end_object();
  return w.take();
}

Fault no_flavor(std::string_view id) {
  return Fault::not_found(fmt::format("Flavor {} could not be found.", id));
}

std::optional<Flavor> find_flavor(const Call& call, db::Session& session,
                                  const FlavorStore& flavors, std::string_view id) {
  return flavors.find(session, id, call.dialect().sees_all(call) ? Where() : accessible(call));
}

void add_flavor_routes(resource::Service& s, const FlavorStore& flavors) {
  const auto with = [&flavors](auto handle, auto... args) {
    return [&flavors, handle, args...](Call& c) { return handle(c, flavors, args...); };
  };
  s.route("GET", "/v2.1/flavors", with(list_flavors, false));
  s.route("GET", "/v2.1/flavors/detail", with(list_flavors, true));
  s.route("POST", "/v2.1/flavors", with(create_flavor));
  s.route("GET", "/v2.1/flavors/{id}", [&flavors](Call& c) {
    return c.db().read([&](db::Session& session) {
      const auto f = find_flavor(c, session, flavors, c.param("id"));
      if (!f) throw no_flavor(c.param("id"));
      return answer(c, *f);
    });
  });
  s.route("PUT", "/v2.1/flavors/{id}", with(update_flavor));
  s.route("DELETE", "/v2.1/flavors/{id}", with(delete_flavor));
}

}  // namespace haneul::nova
