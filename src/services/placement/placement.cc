#include "services/placement/placement.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/id.h"
#include "services/placement/catalog.h"
#include "services/placement/impl.h"
#include "services/placement/ledger.h"
#include "services/placement/provider.h"
#include "services/placement/stock.h"

namespace haneul::placement {

Placement::Placement(const resource::World& world) : impl_(std::make_unique<Impl>(world)) {}
Placement::~Placement() = default;
const resource::Service& Placement::service() const {
  return impl_->service;
}

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
  std::sort(wanted.begin(), wanted.end(),
            [](const Stock& a, const Stock& b) { return a.resource_class < b.resource_class; });
  if (std::equal(old.begin(), old.end(), wanted.begin(), wanted.end(), same_terms)) return false;
  replace_inventories(tx, uuid, wanted, now);
  return true;
}

// Those of one's own that somebody gave the provider through the API stay, as upstream's do.
std::vector<std::string> with_operators_traits(db::Session& session, const std::string& uuid,
                                               std::vector<std::string> traits) {
  for (auto& old : traits_of(session, uuid)) {
    const bool named = std::find(traits.begin(), traits.end(), old) != traits.end();
    if (is_custom(old) && !named) traits.push_back(std::move(old));
  }
  return traits;
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
  const bool renamed = set_traits(tx, id, with_operators_traits(tx, id, traits));
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
