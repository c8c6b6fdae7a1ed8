#include "resource/service.h"

#include "base/id.h"
#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/dialect.h"
#include "services/placement/ledger.h"
#include "services/placement/parts.h"
#include "services/placement/policies.h"
#include "services/placement/provider.h"
#include "services/placement/stock.h"

namespace haneul::placement {

extern const db::Migration kMigrations[];
extern const unsigned kMigrationsCount;

namespace {

void pass(resource::Call& call, const Gate& gate) {
  if (!call.since(gate.since)) {
    throw gate.wrong_method_before ? Fault(Fault::Kind::method_not_allowed, "")
                                   : Fault::not_found("");
  }
  const auto& request = call.request();
  const auto type = request.headers.get("Content-Type");
  if (!request.body.empty() && type.empty()) {
    throw Fault::bad_request("content-type header required when content-length > 0");
  }
  if (gate.takes_json && type.substr(0, type.find(';')) != "application/json") {
    throw Fault(Fault::Kind::unsupported_media,
                fmt::format("The media type {} is not supported, use application/json",
                            type.empty() ? "None" : type));
  }
  if (gate.gives_json && resource::accepts(request.headers, "application/json") <= 0) {
    throw Fault::not_acceptable("Only application/json is provided");
  }
  if (!gate.policy.empty()) call.enforce(gate.policy);
}

http::Response home(resource::Call& call) {
  json::Writer w;
  w.begin_object().key("versions").begin_array().begin_object();
  w.member("id", "v" + kFirst.text()).member("max_version", kLast.text());
  w.member("min_version", kFirst.text()).member("status", "CURRENT");
  w.key("links").begin_array().begin_object().member("rel", "self").member("href", "");
  w.end_object().end_array().end_object().end_array().end_object();
  return answer(call, 200, w.take(), call.now());
}

class Routes {
 public:
  Routes(resource::Service& service, Parts& parts) : service_(service), parts_(parts) {}

  void add(std::string_view method, std::string_view pattern, Gate gate, Handle handle) {
    service_.route(method, pattern, [gate, handle, &parts = parts_](resource::Call& call) {
      pass(call, gate);
      return handle(call, parts);
    }, {.body = {.bytes_max = 16 * 1024 * 1024}});
  }

 private:
  resource::Service& service_;
  Parts& parts_;
};

void add_provider_routes(Routes& r) {
  r.add("GET", "/resource_providers",
        {.policy = "placement:resource_providers:list", .gives_json = true}, list_providers);
  r.add("POST", "/resource_providers",
        {.policy = "placement:resource_providers:create", .takes_json = true}, create_provider);
  const std::string one = "/resource_providers/{uuid}";
  r.add("GET", one, {.policy = "placement:resource_providers:show", .gives_json = true},
        show_provider);
  r.add("PUT", one, {.policy = "placement:resource_providers:update", .takes_json = true},
        update_provider);
  r.add("DELETE", one, {.policy = "placement:resource_providers:delete"}, remove_provider);
  r.add("GET", one + "/usages",
        {.policy = "placement:resource_providers:usages", .gives_json = true},
        show_provider_usages);
  r.add("GET", one + "/aggregates",
        {.policy = "placement:resource_providers:aggregates:list", .gives_json = true, .since = 1},
        show_aggregates);
  r.add("PUT", one + "/aggregates",
        {.policy = "placement:resource_providers:aggregates:update", .takes_json = true,
         .since = 1},
        set_provider_aggregates);
  r.add("GET", one + "/allocations",
        {.policy = "placement:resource_providers:allocations:list", .gives_json = true},
        show_provider_allocations);
}

void add_inventory_routes(Routes& r) {
  const std::string all = "/resource_providers/{uuid}/inventories";
  const std::string one = all + "/{resource_class}";
  r.add("GET", all,
        {.policy = "placement:resource_providers:inventories:list", .gives_json = true},
        list_inventories);
  r.add("POST", all,
        {.policy = "placement:resource_providers:inventories:create", .takes_json = true},
        create_inventory);
  r.add("PUT", all,
        {.policy = "placement:resource_providers:inventories:update", .takes_json = true},
        set_inventories);
  r.add("DELETE", all,
        {.policy = "placement:resource_providers:inventories:delete", .since = 5,
         .wrong_method_before = true},
        remove_inventories);
  r.add("GET", one,
        {.policy = "placement:resource_providers:inventories:show", .gives_json = true},
        show_inventory);
  r.add("PUT", one,
        {.policy = "placement:resource_providers:inventories:update", .takes_json = true},
        update_one_inventory);
  r.add("DELETE", one, {.policy = "placement:resource_providers:inventories:delete"},
        remove_inventory);
}

void add_trait_routes(Routes& r) {
  r.add("GET", "/traits", {.policy = "placement:traits:list", .gives_json = true, .since = 6},
        list_traits);
  r.add("GET", "/traits/{name}", {.policy = "placement:traits:show", .since = 6}, show_trait);
  r.add("PUT", "/traits/{name}", {.policy = "placement:traits:update", .since = 6}, put_trait);
  r.add("DELETE", "/traits/{name}", {.policy = "placement:traits:delete", .since = 6},
        remove_trait);
  const std::string of_provider = "/resource_providers/{uuid}/traits";
  r.add("GET", of_provider,
        {.policy = "placement:resource_providers:traits:list", .gives_json = true, .since = 6},
        list_provider_traits);
  r.add("PUT", of_provider,
        {.policy = "placement:resource_providers:traits:update", .takes_json = true, .since = 6},
        set_provider_traits);
  r.add("DELETE", of_provider,
        {.policy = "placement:resource_providers:traits:delete", .since = 6},
        remove_provider_traits);
}

void add_class_routes(Routes& r) {
  const std::string_view all = "/resource_classes", one = "/resource_classes/{name}";
  r.add("GET", all,
        {.policy = "placement:resource_classes:list", .gives_json = true, .since = 2},
        list_classes);
  r.add("POST", all,
        {.policy = "placement:resource_classes:create", .takes_json = true, .since = 2},
        create_class);
  r.add("GET", one,
        {.policy = "placement:resource_classes:show", .gives_json = true, .since = 2}, show_class);
  r.add("PUT", one, {.policy = "placement:resource_classes:update", .since = 2}, put_class);
  r.add("DELETE", one, {.policy = "placement:resource_classes:delete", .since = 2}, remove_class);
}

void add_allocation_routes(Routes& r) {
  const std::string_view one = "/allocations/{consumer_uuid}";
  r.add("POST", "/allocations",
        {.policy = "placement:allocations:manage", .takes_json = true, .since = 13},
        post_allocations);
  r.add("GET", one, {.policy = "placement:allocations:list", .gives_json = true}, show_allocations);
  r.add("PUT", one, {.policy = "placement:allocations:update", .takes_json = true},
        put_allocations);
  r.add("DELETE", one, {.policy = "placement:allocations:delete"}, remove_allocations);
  r.add("GET", "/allocation_candidates",
        {.policy = "placement:allocation_candidates:list", .gives_json = true, .since = 10},
        list_allocation_candidates);
  r.add("GET", "/usages", {.gives_json = true, .since = 9}, show_usages);  // asks its own policy
  r.add("POST", "/reshaper",
        {.policy = "placement:reshaper:reshape", .takes_json = true, .since = 30}, reshape);
}

access::Policy make_policy() {
  auto policy = access::Policy::make(policies());
  if (!policy) throw std::logic_error("placement policies: " + policy.reason());
  return std::move(*policy);
}

}  // namespace

struct Placement::Impl {
  explicit Impl(const resource::World& world)
      : parts{world, {}},
        service({.name = "placement",
                 .type = "placement",
                 .mount = "/placement",
                 .endpoint = "",
                 .description = "Placement Service",
                 .mount_aliases = {},
                 .project_behind = ""},
                std::make_unique<Dialect>(), make_policy()) {
    service.migrations({kMigrations, kMigrationsCount});
    service.route("GET", "", home, {.open = true});
    Routes routes(service, parts);
    add_provider_routes(routes);
    add_inventory_routes(routes);
    add_trait_routes(routes);
    add_class_routes(routes);
    add_allocation_routes(routes);
  }
  Instant now() const { return parts.world.clock.now(); }

  Parts parts;
  resource::Service service;
};

Placement::Placement(const resource::World& world) : impl_(std::make_unique<Impl>(world)) {}
Placement::~Placement() = default;
const resource::Service& Placement::service() const { return impl_->service; }

namespace {

// Classes and traits of our own come to be when first named.
void ensure_names(db::Transaction& tx, const std::vector<Stock>& inventories,
                  const std::vector<std::string>& traits, Instant now) {
  for (const Stock& s : inventories) {
    if (is_custom(s.resource_class)) add_class(tx, s.resource_class, now);
    require_class(tx, s.resource_class);
  }
  for (const auto& t : traits) {
    if (is_custom(t)) add_trait(tx, t, now);
    if (!trait_exists(tx, t)) throw Fault::not_found(fmt::format("No such trait(s): {}.", t));
  }
}

bool same_terms(const Stock& a, const Stock& b) {
  return a.resource_class == b.resource_class && a.total == b.total && a.reserved == b.reserved &&
         a.min_unit == b.min_unit && a.max_unit == b.max_unit && a.step_size == b.step_size &&
         a.allocation_ratio == b.allocation_ratio;
}

// What shall be, with inventories in use kept but full.
bool put_inventories(db::Transaction& tx, const std::string& uuid, std::vector<Stock> wanted,
                     Instant now) {
  const auto old = inventories_of(tx, uuid);
  for (Stock s : old) {
    const bool named = std::any_of(wanted.begin(), wanted.end(), [&](const Stock& w) {
      return w.resource_class == s.resource_class;
    });
    if (named || s.used == 0) continue;
    s.reserved = s.total;
    wanted.push_back(s);
  }
  std::sort(wanted.begin(), wanted.end(), [](const Stock& a, const Stock& b) {
    return a.resource_class < b.resource_class;
  });
  if (std::equal(old.begin(), old.end(), wanted.begin(), wanted.end(), same_terms)) return false;
  replace_inventories(tx, uuid, wanted, now);
  return true;
}

std::string known_uuid(db::Session& session, const std::string& uuid, const std::string& name) {
  if (!uuid.empty()) return uuid;
  return session.text("SELECT uuid FROM placement_providers WHERE name = ?", {name})
      .value_or(new_uuid());
}

}  // namespace

std::string Placement::put_provider(db::Transaction& tx, const std::string& uuid,
                                    const std::string& name, const std::vector<Stock>& inventories,
                                    const std::vector<std::string>& traits) {
  const Instant now = impl_->now();
  const auto id = known_uuid(tx, uuid, name);
  const auto old = find_provider(tx, id);
  if (!old) {
    insert_provider(tx, {id, name, 0, {}, id, now, now});
  } else if (old->name != name) {
    tx.execute("UPDATE placement_providers SET name = ? WHERE uuid = ?", {name, id});
    TopologyCache::touch(tx);
  }
  ensure_names(tx, inventories, traits, now);
  const bool changed = put_inventories(tx, id, inventories, now);
  const bool renamed = set_traits(tx, id, traits);
  if (changed || renamed) raise_generation(tx, id, now);
  return id;
}

bool Placement::remove_provider(db::Transaction& tx, std::string_view uuid) {
  if (has_allocations(tx, uuid) || has_children(tx, uuid)) return false;
  delete_provider(tx, uuid);
  return true;
}

Candidates Placement::candidates(db::Session& session, const Request& request) {
  auto topology = impl_->parts.topology.get(session);
  const std::size_t start = random_below(topology->providers.size());
  return find_candidates(session, std::move(topology), request, start);
}

HostStates Placement::host_states(db::Session& session) {
  HostStates out;
  out.topology = impl_->parts.topology.get(session);
  for (const Provider& p : out.topology->providers) out.hosts.push_back({&p, {}});
  for (auto& [place, stock] : all_stock(session, *out.topology, out.hosts.size())) {
    out.hosts[static_cast<std::size_t>(place)].stock = std::move(stock);
  }
  return out;
}

std::vector<Stock> Placement::stock_of(db::Session& session, std::string_view provider_uuid) {
  return inventories_of(session, provider_uuid);
}

bool Placement::claim(db::Transaction& tx, const Consumer& consumer, std::string_view provider_uuid,
                      const Resources& resources) {
  const Instant now = impl_->now();
  const auto row = find_consumer(tx, consumer.uuid);
  if (row) {
    for (const auto& a : allocations_of_consumer(tx, consumer.uuid)) {
      for (const auto& [name, amount] : resources) {
        if (a.provider_uuid == provider_uuid && a.resource_class == name) return false;
      }
    }
  }
  if (!claim_on(tx, consumer.uuid, provider_uuid, resources, now)) return false;
  if (row) {
    tx.execute("UPDATE placement_consumers SET generation = generation + 1 WHERE uuid = ?",
               {consumer.uuid});
  } else {
    insert_consumer(tx, {consumer.uuid, consumer.project_id, consumer.user_id, 1, consumer.type},
                    now);
  }
  return true;
}

void Placement::release(db::Transaction& tx, std::string_view consumer_uuid) {
  release_all(tx, consumer_uuid);
}

void Placement::hand_over(db::Transaction& tx, std::string_view from, const Consumer& to) {
  if (allocations_of_consumer(tx, from).empty()) return;
  insert_consumer(tx, {to.uuid, to.project_id, to.user_id, 1, to.type}, impl_->now());
  tx.execute("UPDATE placement_allocations SET consumer_uuid = ? WHERE consumer_uuid = ?",
             {to.uuid, from});
  tx.execute("DELETE FROM placement_consumers WHERE uuid = ?", {from});
}

std::vector<Allocation> Placement::allocations_of(db::Session& session,
                                                  std::string_view consumer_uuid) {
  return allocations_of_consumer(session, consumer_uuid);
}

}  // namespace haneul::placement
