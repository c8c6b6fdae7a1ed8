#include "services/placement/stock.h"

#include <algorithm>

#include "db/database.h"

namespace haneul::placement {
namespace {

constexpr std::string_view kByClass =
    "SELECT provider_uuid, total, reserved, used, min_unit, max_unit, step_size, allocation_ratio"
    " FROM placement_inventories WHERE resource_class = ? ORDER BY provider_uuid";
constexpr std::string_view kByClassInRun =
    "SELECT provider_uuid, total, reserved, used, min_unit, max_unit, step_size, allocation_ratio"
    " FROM placement_inventories WHERE resource_class = ? AND provider_uuid BETWEEN ? AND ?"
    " ORDER BY provider_uuid";
constexpr std::string_view kAll =
    "SELECT provider_uuid, total, reserved, used, min_unit, max_unit, step_size, allocation_ratio,"
    " resource_class FROM placement_inventories";

void load(const db::Rows& rows, Stock& s) {
  s.total = rows.integer(1);
  s.reserved = rows.integer(2);
  s.used = rows.integer(3);
  s.min_unit = rows.integer(4);
  s.max_unit = rows.integer(5);
  s.step_size = rows.integer(6);
  s.allocation_ratio = rows.real(7);
}

bool has_traits(const Provider& p, const Request& request) {
  return std::all_of(request.required.begin(), request.required.end(),
                     [&](const auto& t) { return p.has_trait(t); }) &&
         std::none_of(request.forbidden.begin(), request.forbidden.end(),
                      [&](const auto& t) { return p.has_trait(t); });
}

// What a run of providers has of the requested classes: places × classes, total 0 where it has
// none.
class StockTable {
 public:
  StockTable(const Topology& topology, const Resources& resources)
      : topology_(topology), resources_(resources) {}

  // The classes of one place; reads the run of places that it begins if need be.
  const Stock* of(db::Session& session, std::size_t place) {
    if (place < first_ || place >= end_) read(session, place);
    return rows_.data() + (place - first_) * resources_.size();
  }

 private:
  // Few enough that a cloud of thousands of hosts costs no more than one of some hundred.
  static constexpr std::size_t kRun = 128;

  void read(db::Session& session, std::size_t first) {
    first_ = first;
    end_ = std::min(first + kRun, topology_.providers.size());
    rows_.assign((end_ - first_) * resources_.size(), {});
    for (std::size_t c = 0; c < resources_.size(); ++c) read_class(session, c);
  }

  // Rows and places both run by uuid, so that this is one walk along the two.
  void read_class(db::Session& session, std::size_t c) {
    const auto& providers = topology_.providers;
    db::Rows rows = session.query(
        kByClassInRun, {resources_[c].first, providers[first_].uuid, providers[end_ - 1].uuid});
    std::size_t place = first_;
    while (rows.next()) {
      const auto uuid = rows.text(0);
      while (place < end_ && providers[place].uuid < uuid) ++place;
      if (place == end_) break;
      if (providers[place].uuid == uuid) {
        load(rows, rows_[(place - first_) * resources_.size() + c]);
      }
    }
  }

  const Topology& topology_;
  const Resources& resources_;
  std::size_t first_ = 0, end_ = 0;
  std::vector<Stock> rows_;
};

}  // namespace

std::map<std::int32_t, Stock> stock_of_class(db::Session& session, const Topology& topology,
                                             const std::string& resource_class) {
  std::map<std::int32_t, Stock> all;
  db::Rows rows = session.query(kByClass, {resource_class});
  while (rows.next()) {
    const auto place = topology.place_of(rows.text(0));
    if (place < 0) continue;
    Stock& s = all[place];
    s.resource_class = resource_class;
    load(rows, s);
  }
  return all;
}

std::map<std::int32_t, std::vector<Stock>> all_stock(db::Session& session, const Topology& topology,
                                                     std::size_t providers_hint) {
  std::map<std::int32_t, std::vector<Stock>> all;
  if (providers_hint == 0) return all;
  db::Rows rows = session.query(kAll);
  while (rows.next()) {
    const auto place = topology.place_of(rows.text(0));
    if (place < 0) continue;
    Stock& s = all[place].emplace_back();
    s.resource_class = rows.string(8);
    load(rows, s);
  }
  return all;
}

Candidates find_candidates(db::Session& session, std::shared_ptr<const Topology> topology,
                           const Request& request, std::size_t start) {
  Candidates out;
  out.without.resize(request.resources.size());
  const std::size_t count = topology->providers.size(), width = request.resources.size();
  StockTable table(*topology, request.resources);
  for (std::size_t i = 0; i < count && out.found.size() < request.limit; ++i) {
    const std::size_t place = (start + i) % count;
    const Provider& provider = topology->providers[place];
    ++out.providers;
    if (!has_traits(provider, request)) {
      ++out.without_traits;
      continue;
    }
    const Stock* stock = table.of(session, place);
    bool fits = true;
    for (std::size_t c = 0; c < width; ++c) {
      const Stock& s = stock[c];
      if (s.total > 0 && s.fits(request.resources[c].second)) continue;
      ++out.without[c];
      fits = false;
    }
    if (!fits) continue;
    auto& candidate = out.found.emplace_back();
    candidate.provider = &provider;
    for (std::size_t c = 0; c < width; ++c) {
      candidate.stock.push_back(stock[c]);
      candidate.stock.back().resource_class = request.resources[c].first;
    }
  }
  out.topology = std::move(topology);
  return out;
}

}  // namespace haneul::placement
