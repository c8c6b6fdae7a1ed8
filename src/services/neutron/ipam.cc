#include "services/neutron/ipam.h"

#include <algorithm>

namespace haneul::neutron {
namespace {

constexpr std::string_view kExhausted = "~";  // sorts behind every hexadecimal digit

std::vector<Range> sorted_pools(const Subnet& subnet) {
  auto pools = pools_of(subnet);
  std::sort(pools.begin(), pools.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  return pools;
}

// The first address of the pools that is not before `from`.
std::optional<Address> first_from(const std::vector<Range>& pools, const Address& from) {
  for (const Range& pool : pools) {
    if (pool.last >= from) return std::max(pool.first, from);
  }
  return std::nullopt;
}

bool is_taken(db::Session& session, const Subnet& subnet, std::string_view key) {
  return session
      .integer("SELECT 1 FROM ip_allocations WHERE subnet_id = ? AND address = ?", {subnet.id, key})
      .has_value();
}

void note(db::Transaction& tx, const Subnet& subnet, const Address& address, std::string_view key,
          std::string_view port_id) {
  tx.execute(
      "INSERT INTO ip_allocations (subnet_id, address, port_id, network_id, ip_address)"
      " VALUES (?, ?, ?, ?, ?)",
      {subnet.id, key, port_id, subnet.network_id, to_text(address)});
}

void move_cursor(db::Transaction& tx, const Subnet& subnet, std::string_view to) {
  tx.execute("UPDATE ip_cursors SET next_address = ? WHERE subnet_id = ?", {to, subnet.id});
}

std::optional<Address> from_cursor(db::Transaction& tx, const Subnet& subnet,
                                   const std::vector<Range>& pools, std::string_view port_id) {
  const auto kept = tx.text("SELECT next_address FROM ip_cursors WHERE subnet_id = ?", {subnet.id});
  auto at = kept ? from_sort_key(*kept) : std::nullopt;
  if (!at) return std::nullopt;
  for (auto next = first_from(pools, *at); next; next = first_from(pools, *at)) {
    const bool is_last = *next == pools.back().last;
    const std::string key = sort_key(*next);
    const bool taken = is_taken(tx, subnet, key);
    at = next->next();
    if (!taken || is_last) {
      move_cursor(tx, subnet, is_last ? std::string(kExhausted) : sort_key(*at));
    }
    if (!taken) {
      note(tx, subnet, *next, key, port_id);
      return next;
    }
    if (is_last) break;
  }
  return std::nullopt;
}

std::optional<Address> from_gaps(db::Transaction& tx, const Subnet& subnet,
                                 const std::vector<Range>& pools, std::string_view port_id) {
  for (;;) {
    const auto key = tx.text(
        "SELECT address FROM ip_gaps WHERE subnet_id = ? ORDER BY address LIMIT 1", {subnet.id});
    if (!key) return std::nullopt;
    tx.execute("DELETE FROM ip_gaps WHERE subnet_id = ? AND address = ?", {subnet.id, *key});
    const auto address = from_sort_key(*key);
    const bool in_pool = address && std::any_of(pools.begin(), pools.end(), [&](const Range& r) {
                           return r.contains(*address);
                         });
    if (!in_pool || is_taken(tx, subnet, *key)) continue;
    note(tx, subnet, *address, *key, port_id);
    return address;
  }
}

}  // namespace

std::optional<Address> allocate_address(db::Transaction& tx, const Subnet& subnet,
                                        std::string_view port_id) {
  const auto pools = sorted_pools(subnet);
  if (auto address = from_cursor(tx, subnet, pools, port_id)) return address;
  return from_gaps(tx, subnet, pools, port_id);
}

bool take_address(db::Transaction& tx, const Subnet& subnet, const Address& address,
                  std::string_view port_id) {
  const std::string key = sort_key(address);
  if (is_taken(tx, subnet, key)) return false;
  tx.execute("DELETE FROM ip_gaps WHERE subnet_id = ? AND address = ?", {subnet.id, key});
  note(tx, subnet, address, key, port_id);
  return true;
}

void release_address(db::Transaction& tx, std::string_view subnet_id, const Address& address) {
  const std::string key = sort_key(address);
  const auto gone = tx.execute("DELETE FROM ip_allocations WHERE subnet_id = ? AND address = ?",
                               {subnet_id, key});
  if (gone == 0) return;
  tx.execute(
      "INSERT INTO ip_gaps (subnet_id, address) SELECT subnet_id, ? FROM ip_cursors"
      " WHERE subnet_id = ? AND next_address > ?",
      {key, subnet_id, key});
}

void release_addresses_of(db::Transaction& tx, std::string_view port_id) {
  std::vector<std::pair<std::string, Address>> held;
  {
    db::Rows rows =
        tx.query("SELECT subnet_id, address FROM ip_allocations WHERE port_id = ?", {port_id});
    while (rows.next()) {
      if (const auto address = from_sort_key(rows.text(1)))
        held.emplace_back(rows.string(0), *address);
    }
  }
  for (const auto& [subnet_id, address] : held) release_address(tx, subnet_id, address);
}

void reset_cursor(db::Transaction& tx, const Subnet& subnet) {
  forget_subnet(tx, subnet.id);
  const auto pools = sorted_pools(subnet);
  tx.execute("INSERT INTO ip_cursors (subnet_id, next_address) VALUES (?, ?)",
             {subnet.id, pools.empty() ? std::string(kExhausted) : sort_key(pools.front().first)});
}

void forget_subnet(db::Transaction& tx, std::string_view subnet_id) {
  tx.execute("DELETE FROM ip_cursors WHERE subnet_id = ?", {subnet_id});
  tx.execute("DELETE FROM ip_gaps WHERE subnet_id = ?", {subnet_id});
}

}  // namespace haneul::neutron
