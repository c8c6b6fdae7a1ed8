#include "services/placement/logic/search.h"

#include <algorithm>
#include <functional>
#include <set>

namespace haneul::placement {
namespace {

using Place = std::int32_t;
using Share = Offer::Share;

// One way to satisfy one group.
struct Part {
  std::vector<Share> shares;
  std::vector<Place> providers;  // sorted; what mappings name
};
// The ways by the anchor they can hang on.
using PartsByAnchor = std::map<Place, std::vector<Part>>;

class Search {
 public:
  Search(const Landscape& land, const WholeRequest& whole, const SearchLimits& limits)
      : land_(land), whole_(whole), limits_(limits) {}

  std::vector<Offer> run() {
    if (!find_anchors()) return {};
    std::map<std::string, PartsByAnchor> parts;
    for (const auto& [suffix, group] : whole_.groups) {
      auto found = parts_of(group);
      if (found.empty()) return {};
      parts.emplace(suffix, std::move(found));
    }
    merge(parts);
    return std::move(offers_);
  }

 private:
  const Provider& at(Place p) const { return land_.topology.providers[static_cast<std::size_t>(p)]; }
  Place count() const { return static_cast<Place>(land_.topology.providers.size()); }
  bool out_of_steps() { return ++steps_ > limits_.steps_max; }

  bool find_anchors();
  bool is_anchor(Place root) const { return !anchors_limited_ || anchors_.contains(root); }
  const Stock* stock(const std::string& resource_class, Place p) const;
  bool has(const std::string& resource_class, Place p, std::int64_t amount) const;
  std::set<Place> shared_anchors(Place p) const;

  PartsByAnchor parts_of(const Group& group);
  PartsByAnchor single_provider(const Group& group, Place tree);
  PartsByAnchor several_providers(const Group& group, Place tree);
  bool single_fits(const Group& group, Place tree, Place p) const;
  std::set<std::pair<Place, Place>> holders(const Group& group, Place tree,
                                            const std::pair<std::string, std::int64_t>& wanted) const;
  void combine(const Group& group, Place root, const std::vector<std::vector<Place>>& by_class,
               std::vector<Place>& chosen, std::vector<Part>& out);
  bool traits_fit(const Group& group, const std::vector<Place>& chosen) const;

  void merge(const std::map<std::string, PartsByAnchor>& parts);
  using Choice = std::vector<std::pair<const std::string*, const Part*>>;
  void extend(Place anchor, const std::vector<std::pair<const std::string*, const std::vector<Part>*>>& lists,
              Choice& choice);
  void offer(Place anchor, const Choice& choice);
  bool within_capacity(const std::vector<Share>& shares) const;
  bool policy_fits(const Choice& choice) const;
  bool subtrees_fit(const Choice& choice) const;
  bool one_is_above_all(const std::set<Place>& providers) const;

  const Landscape& land_;
  const WholeRequest& whole_;
  const SearchLimits& limits_;
  bool anchors_limited_ = false;
  std::set<Place> anchors_;
  std::size_t steps_ = 0;
  std::vector<Offer> offers_;
  std::set<std::pair<std::vector<Share>, std::map<std::string, std::vector<Place>>>> seen_;
};

bool matches_any(const Provider& p, const Names& traits) {
  return std::any_of(traits.begin(), traits.end(), [&](const auto& t) { return p.has_trait(t); });
}
bool in_any(const Provider& p, const Names& aggregates) {
  return std::any_of(aggregates.begin(), aggregates.end(),
                     [&](const auto& a) { return p.in_aggregate(a); });
}
bool in_all(const Provider& p, const std::vector<Names>& member_of) {
  return std::all_of(member_of.begin(), member_of.end(),
                     [&](const Names& any) { return in_any(p, any); });
}

// False if no root is good enough.
bool Search::find_anchors() {
  anchors_limited_ = !whole_.root_required.empty() || !whole_.root_forbidden.empty();
  if (!anchors_limited_) return true;
  for (Place p = 0; p < count(); ++p) {
    const bool all = std::all_of(whole_.root_required.begin(), whole_.root_required.end(),
                                 [&](const auto& t) { return at(p).has_trait(t); });
    if (at(p).parent < 0 && all && !matches_any(at(p), whole_.root_forbidden)) anchors_.insert(p);
  }
  return !anchors_.empty();
}

const Stock* Search::stock(const std::string& resource_class, Place p) const {
  const auto of_class = land_.stock.find(resource_class);
  if (of_class == land_.stock.end()) return nullptr;
  const auto found = of_class->second.find(p);
  return found == of_class->second.end() ? nullptr : &found->second;
}

bool Search::has(const std::string& resource_class, Place p, std::int64_t amount) const {
  const Stock* s = stock(resource_class, p);
  return s && s->fits(amount);
}

// The roots of all trees that share an aggregate with p.
std::set<Place> Search::shared_anchors(Place p) const {
  std::set<Place> roots;
  for (const auto& aggregate : at(p).aggregates) {
    const auto members = land_.topology.by_aggregate.find(aggregate);
    if (members == land_.topology.by_aggregate.end()) continue;
    for (const Place member : members->second) roots.insert(at(member).root);
  }
  return roots;
}

PartsByAnchor Search::parts_of(const Group& group) {
  Place tree = -1;
  if (group.in_tree) {
    const Place p = land_.topology.place_of(*group.in_tree);
    if (p < 0) return {};
    tree = at(p).root;
  }
  const bool complex = !land_.topology.sharing.empty() || land_.topology.has_trees;
  return !group.same_provider && complex ? several_providers(group, tree)
                                         : single_provider(group, tree);
}

bool Search::single_fits(const Group& group, Place tree, Place p) const {
  const Provider& provider = at(p);
  // A group without resources looks for traits or aggregates alone, and not at in_tree.
  if (group.resources.empty() && group.required.empty() && group.member_of.empty()) return false;
  if (tree >= 0 && !group.resources.empty() && provider.root != tree) return false;
  for (const auto& [name, amount] : group.resources) {
    if (!has(name, p, amount)) return false;
  }
  for (const Names& any : group.required) {
    if (!matches_any(provider, any)) return false;
  }
  return in_all(provider, group.member_of) && !in_any(provider, group.forbidden_aggregates) &&
         !matches_any(provider, group.forbidden);
}

PartsByAnchor Search::single_provider(const Group& group, Place tree) {
  PartsByAnchor parts;
  const auto& sharing = land_.topology.sharing;
  for (Place p = 0; p < count(); ++p) {
    if (!single_fits(group, tree, p)) continue;
    Part part{{}, {p}};
    for (const auto& [name, amount] : group.resources) part.shares.push_back({p, name, amount});
    std::set<Place> roots{at(p).root};
    if (std::binary_search(sharing.begin(), sharing.end(), p)) roots.merge(shared_anchors(p));
    for (const Place root : roots) {
      if (is_anchor(root)) parts[root].push_back(part);
    }
  }
  return parts;
}

// (provider, anchor) of those that have enough of one class and stand in the right aggregates.
std::set<std::pair<Place, Place>> Search::holders(
    const Group& group, Place tree, const std::pair<std::string, std::int64_t>& wanted) const {
  std::set<std::pair<Place, Place>> found;
  const auto of_class = land_.stock.find(wanted.first);
  if (of_class == land_.stock.end()) return found;
  const auto& sharing = land_.topology.sharing;
  for (const auto& [p, s] : of_class->second) {
    if (!s.fits(wanted.second) || (tree >= 0 && at(p).root != tree)) continue;
    std::set<Place> roots{at(p).root};
    const bool shares = tree < 0 && std::binary_search(sharing.begin(), sharing.end(), p) &&
                        in_all(at(p), group.member_of);
    if (shares) roots.merge(shared_anchors(p));
    for (const Place root : roots) {
      const bool in = in_all(at(p), group.member_of) || in_all(at(root), group.member_of);
      const bool out = in_any(at(p), group.forbidden_aggregates) ||
                       in_any(at(root), group.forbidden_aggregates);
      if (is_anchor(root) && in && !out) found.emplace(p, root);
    }
  }
  return found;
}

PartsByAnchor Search::several_providers(const Group& group, Place tree) {
  // By root, for each class in the request's order, who has it.
  std::map<Place, std::vector<std::vector<Place>>> trees;
  for (std::size_t i = 0; i < group.resources.size(); ++i) {
    for (const auto& [p, root] : holders(group, tree, group.resources[i])) {
      auto& lists = trees[root];
      lists.resize(group.resources.size());
      lists[i].push_back(p);
    }
  }
  PartsByAnchor parts;
  for (const auto& [root, by_class] : trees) {
    const bool whole = std::none_of(by_class.begin(), by_class.end(),
                                    [](const auto& list) { return list.empty(); });
    std::vector<Place> chosen;
    std::vector<Part> out;
    if (whole) combine(group, root, by_class, chosen, out);
    if (!out.empty()) parts.emplace(root, std::move(out));
  }
  return parts;
}

void Search::combine(const Group& group, Place root, const std::vector<std::vector<Place>>& by_class,
                     std::vector<Place>& chosen, std::vector<Part>& out) {
  if (out_of_steps()) return;
  if (chosen.size() < by_class.size()) {
    for (const Place p : by_class[chosen.size()]) {
      if (matches_any(at(p), group.forbidden)) continue;
      chosen.push_back(p);
      combine(group, root, by_class, chosen, out);
      chosen.pop_back();
    }
    return;
  }
  if (!traits_fit(group, chosen)) return;
  Part part;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    part.shares.push_back({chosen[i], group.resources[i].first, group.resources[i].second});
  }
  const std::set<Place> distinct(chosen.begin(), chosen.end());
  part.providers.assign(distinct.begin(), distinct.end());
  out.push_back(std::move(part));
}

// Together they have every trait.
bool Search::traits_fit(const Group& group, const std::vector<Place>& chosen) const {
  return std::all_of(group.required.begin(), group.required.end(), [&](const Names& any) {
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](Place p) { return matches_any(at(p), any); });
  });
}

void Search::merge(const std::map<std::string, PartsByAnchor>& parts) {
  if (parts.empty()) return;
  for (const auto& [anchor, first] : parts.begin()->second) {
    std::vector<std::pair<const std::string*, const std::vector<Part>*>> lists;
    for (const auto& [suffix, by_anchor] : parts) {
      const auto found = by_anchor.find(anchor);
      if (found != by_anchor.end()) lists.emplace_back(&suffix, &found->second);
    }
    Choice choice;
    if (lists.size() == parts.size()) extend(anchor, lists, choice);
  }
}

void Search::extend(
    Place anchor,
    const std::vector<std::pair<const std::string*, const std::vector<Part>*>>& lists,
    Choice& choice) {
  if (offers_.size() >= limits_.offers_max || out_of_steps()) return;
  if (choice.size() == lists.size()) {
    offer(anchor, choice);
    return;
  }
  const auto& [suffix, options] = lists[choice.size()];
  for (const Part& part : *options) {
    choice.emplace_back(suffix, &part);
    extend(anchor, lists, choice);
    choice.pop_back();
  }
}

void Search::offer(Place anchor, const Choice& choice) {
  if (!policy_fits(choice) || !subtrees_fit(choice)) return;
  Offer o;
  o.anchor = anchor;
  std::map<std::pair<Place, std::string>, std::int64_t> sums;
  for (const auto& [suffix, part] : choice) {
    for (const Share& s : part->shares) sums[{s.provider, s.resource_class}] += s.amount;
    o.mappings[*suffix] = part->providers;
  }
  for (const auto& [key, amount] : sums) o.shares.push_back({key.first, key.second, amount});
  if (!within_capacity(o.shares)) return;
  if (seen_.emplace(o.shares, o.mappings).second) offers_.push_back(std::move(o));
}

bool Search::within_capacity(const std::vector<Share>& shares) const {
  return std::all_of(shares.begin(), shares.end(), [&](const Share& share) {
    const Stock* s = stock(share.resource_class, share.provider);
    return s && s->used + share.amount <= s->capacity() && share.amount <= s->max_unit;
  });
}

// "isolate": every numbered group has a provider of its own.
bool Search::policy_fits(const Choice& choice) const {
  if (whole_.policy != "isolate") return true;
  std::set<Place> providers;
  std::size_t numbered = 0;
  for (const auto& [suffix, part] : choice) {
    if (suffix->empty()) continue;
    ++numbered;
    providers.insert(part->providers.begin(), part->providers.end());
  }
  return providers.size() == numbered;
}

bool Search::subtrees_fit(const Choice& choice) const {
  return std::all_of(
      whole_.same_subtrees.begin(), whole_.same_subtrees.end(), [&](const Names& suffixes) {
        std::set<Place> providers;
        for (const auto& [suffix, part] : choice) {
          if (!suffixes.contains(*suffix)) continue;
          providers.insert(part->providers.begin(), part->providers.end());
        }
        return one_is_above_all(providers);
      });
}

bool Search::one_is_above_all(const std::set<Place>& providers) const {
  const auto above = [&](Place upper, Place p) {
    while (p >= 0 && p != upper) p = at(p).parent;
    return p == upper;
  };
  return std::any_of(providers.begin(), providers.end(), [&](Place upper) {
    return std::all_of(providers.begin(), providers.end(),
                       [&](Place p) { return above(upper, p); });
  });
}

// No two shares from different providers of one tree.
bool is_flat(const Landscape& land, const Offer& offer) {
  std::set<std::pair<Place, Place>> providers;  // root, provider
  std::set<Place> roots;
  for (const Share& s : offer.shares) {
    const Place root = land.topology.providers[static_cast<std::size_t>(s.provider)].root;
    providers.emplace(root, s.provider);
    roots.insert(root);
  }
  return providers.size() == roots.size();
}

}  // namespace

std::vector<Offer> search(const Landscape& land, const WholeRequest& whole, bool nested_aware,
                          const SearchLimits& limits) {
  auto offers = Search(land, whole, limits).run();
  if (!nested_aware && land.topology.has_trees) {
    std::erase_if(offers, [&](const Offer& o) { return !is_flat(land, o); });
  }
  return offers;
}

}  // namespace haneul::placement
