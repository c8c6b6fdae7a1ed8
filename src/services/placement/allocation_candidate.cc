#include <set>

#include <fmt/format.h>

#include "json/writer.h"
#include "services/placement/catalog.h"
#include "services/placement/ledger.h"
#include "services/placement/logic/search.h"
#include "services/placement/parts.h"
#include "services/placement/stock.h"

namespace haneul::placement {
namespace {

// Upstream says 400 for names that do not exist, classes first.
void check_names(db::Session& session, const WholeRequest& whole) {
  const auto check_trait = [&](const std::string& name) {
    if (!trait_exists(session, name)) {
      throw Fault::bad_request(fmt::format("No such trait(s): {}.", name));
    }
  };
  for (const auto& name : whole.root_required) check_trait(name);
  for (const auto& name : whole.root_forbidden) check_trait(name);
  for (const auto& [suffix, group] : whole.groups) {
    for (const auto& [name, amount] : group.resources) {
      if (class_exists(session, name)) continue;
      throw Fault::bad_request(fmt::format(
          "Invalid resource class in resources parameter: No such resource class {}.", name));
    }
    for (const Names& any : group.required) {
      for (const auto& name : any) check_trait(name);
    }
    for (const auto& name : group.forbidden) check_trait(name);
  }
}

Names requested_classes(const WholeRequest& whole) {
  Names names;
  for (const auto& [suffix, group] : whole.groups) {
    for (const auto& [name, amount] : group.resources) names.insert(name);
  }
  return names;
}

// Writes the answer; holds what its parts share.
class Answer {
 public:
  Answer(const resource::Call& call, const Landscape& land, const std::vector<Offer>& offers)
      : call_(call), land_(land), offers_(offers) {}

  std::string write(db::Session& session, const Names& requested) {
    w_.begin_object().key("allocation_requests").begin_array();
    for (const Offer& o : offers_) write_offer(o);
    w_.end_array().key("provider_summaries").begin_object();
    write_summaries(session, requested);
    return w_.end_object().end_object().take();
  }

 private:
  const Provider& at(std::int32_t p) const {
    return land_.topology.providers[static_cast<std::size_t>(p)];
  }

  void write_offer(const Offer& o) {
    const bool as_map = call_.since(12);
    w_.begin_object().key("allocations");
    as_map ? w_.begin_object() : w_.begin_array();
    for (std::size_t i = 0; i < o.shares.size();) i = write_provider(o, i, as_map);
    as_map ? w_.end_object() : w_.end_array();
    if (call_.since(34)) write_mappings(o);
    w_.end_object();
  }

  // The shares of one provider from `i` on; returns where the next one's begin.
  std::size_t write_provider(const Offer& o, std::size_t i, bool as_map) {
    const auto provider = o.shares[i].provider;
    if (as_map) {
      w_.key(at(provider).uuid).begin_object();
    } else {
      w_.begin_object().key("resource_provider").begin_object();
      w_.member("uuid", at(provider).uuid).end_object();
    }
    w_.key("resources").begin_object();
    for (; i < o.shares.size() && o.shares[i].provider == provider; ++i) {
      w_.member(o.shares[i].resource_class, o.shares[i].amount);
    }
    w_.end_object().end_object();
    return i;
  }

  void write_mappings(const Offer& o) {
    w_.key("mappings").begin_object();
    for (const auto& [suffix, providers] : o.mappings) {
      w_.key(suffix).begin_array();
      for (const auto p : providers) w_.value(at(p).uuid);
      w_.end_array();
    }
    w_.end_object();
  }

  // Whose summaries belong to these offers: whole trees, or before 1.29 the providers used.
  std::set<std::int32_t> summarised() const {
    const bool trees = call_.since(29) || !land_.topology.has_trees;
    std::set<std::int32_t> used, all;
    for (const Offer& o : offers_) {
      for (const auto& s : o.shares) used.insert(trees ? at(s.provider).root : s.provider);
    }
    if (!trees) return used;
    for (std::size_t i = 0; i < land_.topology.providers.size(); ++i) {
      const auto p = static_cast<std::int32_t>(i);
      if (used.contains(at(p).root)) all.insert(p);
    }
    return all;
  }

  void write_summaries(db::Session& session, const Names& requested) {
    const auto places = summarised();
    auto stock = all_stock(session, land_.topology, places.size());
    for (const auto p : places) {
      w_.key(at(p).uuid).begin_object().key("resources").begin_object();
      const auto found = stock.find(p);
      if (found != stock.end()) {
        for (const Stock& s : found->second) {
          if (!call_.since(27) && !requested.contains(s.resource_class)) continue;
          w_.key(s.resource_class).begin_object();
          w_.member("capacity", s.capacity()).member("used", s.used).end_object();
        }
      }
      w_.end_object();
      if (call_.since(17)) w_.member("traits", at(p).traits);
      if (call_.since(29)) {
        w_.key("parent_provider_uuid");
        at(p).parent < 0 ? w_.null() : w_.value(at(at(p).parent).uuid);
        w_.member("root_provider_uuid", at(at(p).root).uuid);
      }
      w_.end_object();
    }
  }

  const resource::Call& call_;
  const Landscape& land_;
  const std::vector<Offer>& offers_;
  json::Writer w_;
};

}  // namespace

http::Response list_allocation_candidates(resource::Call& call, Parts& parts) {
  const auto whole = parse_whole_request(call.query(), call.version());
  return call.db().read([&](db::Session& s) {
    check_names(s, whole);
    const auto topology = parts.topology.get(s);
    const auto requested = requested_classes(whole);
    Landscape land{*topology, {}};
    for (const auto& name : requested) land.stock[name] = stock_of_class(s, *topology, name);
    auto offers = search(land, whole, call.since(29));
    if (whole.limit && static_cast<std::size_t>(*whole.limit) < offers.size()) {
      offers.resize(static_cast<std::size_t>(*whole.limit));
    }
    return answer(call, 200, Answer(call, land, offers).write(s, requested), call.now());
  });
}

}  // namespace haneul::placement
