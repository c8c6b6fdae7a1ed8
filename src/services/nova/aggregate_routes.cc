#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "base/text.h"
#include "services/nova/aggregate.h"

namespace haneul::nova {
namespace {

using resource::Call;
using resource::Form;
using resource::Problem;
using resource::Where;

constexpr std::string_view kPath = "/v2.1/os-aggregates";
constexpr std::string_view kKeyLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:. ";

void enforce(const Call& call, std::string_view rule) {
  call.enforce(fmt::format("os_compute_api:os-aggregates:{}", rule));
}

std::optional<std::string> naive(const std::optional<Instant>& t) {
  return t ? std::optional(iso_micros_naive(*t)) : std::nullopt;
}

// A new one is answered without its hosts and metadata, of which it has none.
void write_aggregate(json::Writer& w, const Call& call, const Aggregate& a, bool fresh = false) {
  w.begin_object().member("id", a.id);
  if (call.since(41)) w.member("uuid", a.uuid);
  w.member("name", a.name);
  w.key("availability_zone");
  a.zone().empty() ? w.null() : w.value(a.zone());
  if (!fresh) w.member("hosts", a.hosts).member("metadata", a.metadata);
  w.member("created_at", iso_micros_naive(a.created_at)).member("updated_at", naive(a.updated_at));
  w.member("deleted", false).key("deleted_at").null().end_object();
}

http::Response answer(const Call& call, const Aggregate& a, bool fresh = false) {
  json::Writer w;
  w.begin_object().key("aggregate");
  write_aggregate(w, call, a, fresh);
  w.end_object();
  return http::Response::json(200, w.take());
}

Aggregate must_find(db::Session& session, const Call& call) {
  const std::string& id = call.param("id");
  const auto number = parse_int(id);
  if (!number) {
    throw Fault::bad_request(fmt::format("Invalid input received: id must be an integer"));
  }
  auto found = find_aggregate(session, *number);
  if (!found) throw Fault::not_found(fmt::format("Aggregate {} could not be found.", id));
  return std::move(*found);
}

std::string read_aggregate_name(Form& form) {
  const std::string name(trim(form.required_text("name", {.chars_min = 1})));
  if (name.empty()) form.malformed("name", "name without only blanks");
  return name;
}

std::optional<std::string> read_zone(Form& form) {
  auto zone = form.text("availability_zone", {.chars_min = 1, .null_allowed = true});
  if (!zone) return zone;
  if (zone->find(':') != std::string::npos) form.malformed("availability_zone", "zone name");
  return std::string(trim(*zone));
}

void must_be_free(db::Session& session, const std::string& name, std::int64_t but) {
  if (session.integer("SELECT 1 FROM aggregates WHERE name = ? AND id <> ?", {name, but})) {
    throw Fault::conflict(fmt::format("Aggregate {} already exists.", name));
  }
}

void save(db::Transaction& tx, const Aggregate& a) {
  tx.execute("UPDATE aggregates SET name = ?, metadata = ?, updated_at = ? WHERE id = ?",
             {a.name, json::dump(a.metadata), a.updated_at, a.id});
}

http::Response list_all(Call& call, Cloud&) {
  enforce(call, "index");
  const auto all = call.db().read([](db::Session& session) { return list_aggregates(session); });
  json::Writer w;
  w.begin_object().key("aggregates").begin_array();
  for (const Aggregate& a : all) write_aggregate(w, call, a);
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

http::Response show(Call& call, Cloud&) {
  enforce(call, "show");
  return answer(call,
                call.db().read([&](db::Session& session) { return must_find(session, call); }));
}

http::Response create(Call& call, Cloud&) {
  enforce(call, "create");
  Form form = call.form("aggregate");
  Aggregate a;
  a.name = read_aggregate_name(form);
  if (const auto zone = read_zone(form)) a.metadata.set("availability_zone", *zone);
  form.done();
  a.uuid = new_uuid();
  a.created_at = call.now();
  call.db().write([&](db::Transaction& tx) {
    must_be_free(tx, a.name, 0);
    tx.execute("INSERT INTO aggregates (uuid, name, metadata, created_at) VALUES (?,?,?,?)",
               {a.uuid, a.name, json::dump(a.metadata), a.created_at});
    a.id = tx.integer("SELECT id FROM aggregates WHERE uuid = ?", {a.uuid}).value_or(0);
  });
  return answer(call, a, true);
}

// An aggregate may not take a zone that its hosts are not free to be in.
// upstream: openstack/nova:nova/compute/api.py (AggregateAPI.is_safe_to_update_az)
struct ZoneChange {
  std::string_view what;  // "Cannot update aggregate"
  const Aggregate& aggregate;
  const std::string& zone;
  const std::vector<std::string>& hosts;
  Fault::Kind kind = Fault::Kind::bad_request;

  [[noreturn]] void refuse(std::string_view why) const {
    throw Fault(kind, fmt::format("{} {}. Reason: {}.", what, aggregate.id, why));
  }
};

void check_zone(db::Session& session, const ZoneChange& change) {
  if (change.zone.empty()) {
    change.refuse(fmt::format("Aggregate {} does not support empty named availability zone",
                              change.aggregate.name));
  }
  for (const Aggregate& other : list_aggregates(session)) {
    const std::string zone = other.zone();
    if (other.id == change.aggregate.id || zone.empty() || zone == change.zone) continue;
    const bool shares = std::any_of(other.hosts.begin(), other.hosts.end(), [&](const auto& h) {
      return std::find(change.hosts.begin(), change.hosts.end(), h) != change.hosts.end();
    });
    if (shares) {
      change.refuse(fmt::format("One or more hosts already in availability zone(s) ['{}']", zone));
    }
  }
}

void must_be_empty_of_servers(db::Session& session, const Cloud& cloud, const ZoneChange& change) {
  if (change.zone == change.aggregate.zone() || change.hosts.empty()) return;
  if (cloud.servers.count(session, Where().in("host", change.hosts)) > 0) {
    change.refuse("One or more hosts contain instances in this zone");
  }
}

void settle_zones(Cloud& cloud, db::Transaction& tx, const std::vector<std::string>& hosts) {
  for (const auto& host : hosts) settle_zone(tx, host);
  tx.after_commit([&cloud] { cloud.hosts.forget(); });
}

http::Response update(Call& call, Cloud& cloud) {
  enforce(call, "update");
  Form form = call.form("aggregate");
  std::optional<std::string> name;
  if (form.has("name")) name = read_aggregate_name(form);
  const bool zoned = form.has("availability_zone");
  const auto zone = read_zone(form);
  form.done();
  if (!name && !zoned) {
    throw Fault::bad_request(
        "Invalid input for field/attribute aggregate. Value: {}. {} does not "
        "have enough properties");
  }
  return call.db().write([&](db::Transaction& tx) {
    Aggregate a = must_find(tx, call);
    if (name) {
      must_be_free(tx, *name, a.id);
      a.name = *name;
    }
    if (zoned) {
      const std::string wanted = zone.value_or("");
      const ZoneChange change{"Cannot update aggregate", a, wanted, a.hosts};
      check_zone(tx, change);
      must_be_empty_of_servers(tx, cloud, change);
      a.metadata.set("availability_zone", wanted);
    }
    a.updated_at = call.now();
    save(tx, a);
    settle_zones(cloud, tx, a.hosts);
    return answer(call, a);
  });
}

http::Response remove(Call& call, Cloud&) {
  enforce(call, "delete");
  call.db().write([&](db::Transaction& tx) {
    const Aggregate a = must_find(tx, call);
    if (!a.hosts.empty()) {
      throw Fault::bad_request(fmt::format(
          "Cannot remove host from aggregate {}. Reason: Host aggregate is not empty.", a.id));
    }
    tx.execute("DELETE FROM aggregates WHERE id = ?", {a.id});
  });
  return http::Response::empty(200);
}

std::string read_host(Call& call, std::string_view action) {
  Form form = call.form(action);
  std::string host = form.required_text("host", {.chars_min = 1});
  form.done();
  return host;
}

// Servers keep the zone they were put into, so a host with servers may not change its zone.
void must_not_move_servers(db::Session& session, const Cloud& cloud, const std::string& host,
                           const std::string& from, const std::string& to, const ZoneChange& change,
                           std::string_view verb) {
  if (from == to) return;
  const auto servers = cloud.servers.count(session, Where().equals("host", host));
  if (servers == 0) return;
  change.refuse(fmt::format(
      "The host cannot be {} the aggregate as the availability zone of the host would change from "
      "'{}' to '{}' but the host already has {} instance(s). Changing the AZ of an existing "
      "instance is not supported by this action. Move the instances away from this host then try "
      "again. If you need to move the instances between AZs then you can use shelve_offload and "
      "unshelve to achieve this.",
      verb, from.empty() ? "None" : from, to.empty() ? "None" : to, servers));
}

std::string other_zone(db::Session& session, const std::string& host, std::int64_t but) {
  std::string zone;
  for (const Aggregate& a : list_aggregates(session)) {
    const bool has = std::find(a.hosts.begin(), a.hosts.end(), host) != a.hosts.end();
    if (a.id != but && has && !a.zone().empty()) zone = a.zone();
  }
  return zone;
}

http::Response add_host(Call& call, Cloud& cloud) {
  enforce(call, "add_host");
  const std::string host = read_host(call, "add_host");
  return call.db().write([&](db::Transaction& tx) {
    if (!cloud.hosts.store().first(tx, Where().equals("host", host))) {
      throw Fault::not_found(fmt::format("Compute host {} could not be found.", host));
    }
    Aggregate a = must_find(tx, call);
    if (std::find(a.hosts.begin(), a.hosts.end(), host) != a.hosts.end()) {
      throw Fault::conflict(fmt::format("Aggregate {} already has host {}.", a.id, host));
    }
    const std::vector<std::string> hosts{host};
    if (const std::string zone = a.zone(); !zone.empty()) {
      const ZoneChange change{"Cannot add host to aggregate", a, zone, hosts,
                              Fault::Kind::conflict};
      check_zone(tx, change);
      must_not_move_servers(tx, cloud, host, other_zone(tx, host, a.id), zone, change, "added to");
    }
    tx.execute("INSERT INTO aggregate_hosts (aggregate_id, host) VALUES (?,?)", {a.id, host});
    settle_zones(cloud, tx, hosts);
    return answer(call, *find_aggregate(tx, a.id));
  });
}

http::Response remove_host(Call& call, Cloud& cloud) {
  enforce(call, "remove_host");
  const std::string host = read_host(call, "remove_host");
  return call.db().write([&](db::Transaction& tx) {
    Aggregate a = must_find(tx, call);
    const std::vector<std::string> hosts{host};
    if (std::find(a.hosts.begin(), a.hosts.end(), host) == a.hosts.end()) {
      throw Fault::not_found(fmt::format("Cannot remove host {} in aggregate {}", host, a.id));
    }
    if (const std::string zone = a.zone(); !zone.empty()) {
      const ZoneChange change{"Cannot remove host from aggregate", a, zone, hosts,
                              Fault::Kind::conflict};
      must_not_move_servers(tx, cloud, host, zone, other_zone(tx, host, a.id), change,
                            "removed from");
    }
    tx.execute("DELETE FROM aggregate_hosts WHERE aggregate_id = ? AND host = ?", {a.id, host});
    settle_zones(cloud, tx, hosts);
    return answer(call, *find_aggregate(tx, a.id));
  });
}

// Null takes a key away.
json::Object read_metadata(Call& call) {
  Form form = call.form("set_metadata");
  auto inner = form.object("metadata");
  if (!inner) form.fail({.kind = Problem::Kind::missing, .field = "metadata"});
  form.done();
  for (const auto& m : inner->given()) {
    const bool good = !m.key.empty() && m.key.size() <= 255 &&
                      m.key.find_first_not_of(kKeyLetters) == std::string::npos;
    if (!good) inner->fail({.kind = Problem::Kind::unknown, .field = m.key});
    if (!m.value.is_null()) inner->text(m.key);
  }
  return inner->given();
}

http::Response set_metadata(Call& call, Cloud& cloud) {
  enforce(call, "set_metadata");
  const json::Object wanted = read_metadata(call);
  return call.db().write([&](db::Transaction& tx) {
    Aggregate a = must_find(tx, call);
    if (const json::Value* zone = wanted.find("availability_zone")) {
      const std::string named = zone->text() ? *zone->text() : "";
      const ZoneChange change{"Cannot update metadata of aggregate", a, named, a.hosts};
      check_zone(tx, change);
      must_be_empty_of_servers(tx, cloud, change);
    }
    for (const auto& m : wanted) {
      m.value.is_null() ? void(a.metadata.erase(m.key)) : void(a.metadata.set(m.key, m.value));
    }
    a.updated_at = call.now();
    save(tx, a);
    settle_zones(cloud, tx, a.hosts);
    return answer(call, a);
  });
}

}  // namespace

void add_aggregate_routes(resource::Service& s, Cloud& cloud) {
  const auto with = [&cloud](auto handle) {
    return [&cloud, handle](Call& c) { return handle(c, cloud); };
  };
  const std::string all(kPath), one = all + "/{id}", act = one + "/action";
  s.route("GET", all, with(list_all));
  s.route("POST", all, with(create));
  s.route("GET", one, with(show));
  s.route("PUT", one, with(update));
  s.route("DELETE", one, with(remove));
  s.action(act, "add_host", with(add_host));
  s.action(act, "remove_host", with(remove_host));
  s.action(act, "set_metadata", with(set_metadata));
}

}  // namespace haneul::nova
