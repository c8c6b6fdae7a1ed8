#include "services/placement/topology.h"

#include <algorithm>

#include "base/id.h"
#include "db/database.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kShares = "MISC_SHARES_VIA_AGGREGATE";

bool holds(const std::vector<std::string>& sorted, std::string_view text) {
  return std::binary_search(sorted.begin(), sorted.end(), text);
}

void load_providers(db::Session& session, Topology& t) {
  std::vector<std::pair<std::string, std::string>> relations;
  db::Rows rows = session.query(
      "SELECT uuid, name, parent_uuid, root_uuid FROM placement_providers ORDER BY uuid");
  while (rows.next()) {
    auto& p = t.providers.emplace_back();
    p.uuid = rows.string(0);
    p.name = rows.string(1);
    relations.emplace_back(rows.string(2), rows.string(3));
  }
  for (std::size_t i = 0; i < t.providers.size(); ++i) {
    t.providers[i].parent = t.place_of(relations[i].first);
    t.providers[i].root = t.place_of(relations[i].second);
    t.has_trees = t.has_trees || t.providers[i].parent >= 0;
  }
}

// Rows of (provider, text), ordered by both.
void load_texts(db::Session& session, std::string_view sql, Topology& t,
                std::vector<std::string> Provider::*into) {
  db::Rows rows = session.query(sql);
  std::size_t at = 0;
  while (rows.next()) {
    while (at < t.providers.size() && t.providers[at].uuid < rows.text(0)) ++at;
    if (at == t.providers.size()) return;
    if (t.providers[at].uuid == rows.text(0)) (t.providers[at].*into).push_back(rows.string(1));
  }
}

void index(Topology& t) {
  for (std::size_t i = 0; i < t.providers.size(); ++i) {
    const auto place = static_cast<std::int32_t>(i);
    for (const auto& aggregate : t.providers[i].aggregates) {
      t.by_aggregate[aggregate].push_back(place);
    }
    if (t.providers[i].has_trait(kShares)) t.sharing.push_back(place);
  }
}

}  // namespace

bool Provider::has_trait(std::string_view trait) const { return holds(traits, trait); }
bool Provider::in_aggregate(std::string_view uuid_) const { return holds(aggregates, uuid_); }

std::int32_t Topology::place_of(std::string_view uuid) const {
  const auto at = std::lower_bound(providers.begin(), providers.end(), uuid,
                                   [](const Provider& p, std::string_view u) { return p.uuid < u; });
  if (at == providers.end() || at->uuid != uuid) return -1;
  return static_cast<std::int32_t>(at - providers.begin());
}

const Provider* Topology::find(std::string_view uuid) const {
  const auto place = place_of(uuid);
  return place < 0 ? nullptr : &providers[static_cast<std::size_t>(place)];
}

std::shared_ptr<const Topology> TopologyCache::get(db::Session& session) {
  auto epoch = session.text("SELECT value FROM placement_epoch WHERE id = 1").value_or("");
  {
    const std::lock_guard lock(mutex_);
    if (kept_ && kept_->epoch == epoch) return kept_;
  }
  auto fresh = std::make_shared<Topology>();
  fresh->epoch = std::move(epoch);
  load_providers(session, *fresh);
  load_texts(session,
             "SELECT provider_uuid, trait FROM placement_provider_traits"
             " ORDER BY provider_uuid, trait",
             *fresh, &Provider::traits);
  load_texts(session,
             "SELECT provider_uuid, aggregate_uuid FROM placement_provider_aggregates"
             " ORDER BY provider_uuid, aggregate_uuid",
             *fresh, &Provider::aggregates);
  index(*fresh);
  const std::lock_guard lock(mutex_);
  kept_ = fresh;
  return fresh;
}

// A random value and not a counter: an epoch that was rolled back must never come again.
void TopologyCache::touch(db::Transaction& tx) {
  tx.execute("UPDATE placement_epoch SET value = ? WHERE id = 1", {new_hex_id()});
}

}  // namespace haneul::placement
