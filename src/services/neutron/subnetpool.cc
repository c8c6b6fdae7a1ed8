#include "services/neutron/subnetpool.h"

#include <algorithm>

#include <fmt/format.h>

#include "resource/call.h"
#include "services/neutron/errors.h"

namespace haneul::neutron {
namespace {

using resource::create;
using resource::field;
using resource::update;

Refusal prefixes(json::Value& value) {
  if (!value.array()) return fmt::format("'{}' is not a list", shown(value));
  if (value.array()->size() > 1000) return "List has more than 1000 items";
  for (json::Value& item : *value.array()) {
    if (auto refusal = cidr(item)) return refusal;
    item = network_text(*parse_prefix(*item.text()));
  }
  return std::nullopt;
}

constexpr auto kFields = resource::fields(
    field<&Subnetpool::id>("id").filter().sort_key(),
    field<&Subnetpool::name>("name")
        .settable(create | update)
        .required()
        .max(255)
        .filter()
        .sort_key(),
    field<&Subnetpool::project_id>("project_id").settable(create).max(255).filter().sort_key(),
    field<&Subnetpool::prefixes>("prefixes").checked(prefixes).settable(create | update).required(),
    field<&Subnetpool::ip_version>("ip_version").filter(),
    field<&Subnetpool::default_prefixlen>("default_prefixlen")
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::min_prefixlen>("min_prefixlen")
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::max_prefixlen>("max_prefixlen")
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::default_quota>("default_quota")
        .checked(integer_or_null)
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::address_scope_id>("address_scope_id")
        .checked(uuid_or_null)
        .settable(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::shared>("shared").settable(create).guarded(create).filter().sort_key(),
    field<&Subnetpool::is_default>("is_default")
        .settable(create | update)
        .guarded(create | update)
        .filter()
        .sort_key(),
    field<&Subnetpool::description>("description")
        .settable(create | update)
        .max(255)
        .filter()
        .sort_key(),
    field<&Subnetpool::tags>("tags"), field<&Subnetpool::created_at>("created_at").sort_key(),
    field<&Subnetpool::updated_at>("updated_at").sort_key(),
    field<&Subnetpool::revision_number>("revision_number").filter().sort_key());
static_assert(resource::complete<Subnetpool>(kFields));

constexpr resource::Resource kSubnetpool{
    .singular = "subnetpool",
    .plural = "subnetpools",
    .path = "/v2.0/subnetpools",
    .policy = {"create_subnetpool", "get_subnetpool", "get_subnetpool", "update_subnetpool",
               "delete_subnetpool"},
    .quota = "subnetpool",
    .event = "subnetpool",
    .fields = kFields,
};

Fault wrong(std::string_view type, std::string message) {
  return Fault::bad_request(std::move(message)).named(std::string(type));
}

std::vector<Prefix> prefixes_of(const Subnetpool& pool) {
  std::vector<Prefix> all;
  for (const auto& text : texts_of(pool.prefixes)) all.push_back(*parse_prefix(text));
  return all;
}

// upstream: openstack/neutron:neutron/ipam/subnet_alloc.py SubnetPoolReader
void check_bounds(const Subnetpool& pool) {
  const auto check = [](std::string_view a, std::int64_t low, std::string_view b,
                        std::int64_t high) {
    if (low <= high) return;
    throw wrong("IllegalSubnetPoolPrefixBounds",
                fmt::format("Illegal prefix bounds: {}={}, {}={}.", a, low, b, high));
  };
  const std::int64_t width = pool.ip_version == 4 ? 32 : 128;
  check("max_prefixlen", pool.max_prefixlen, "ip_version_max", width);
  check("min_prefixlen", pool.min_prefixlen, "max_prefixlen", pool.max_prefixlen);
  check("default_prefixlen", pool.default_prefixlen, "max_prefixlen", pool.max_prefixlen);
  check("min_prefixlen", pool.min_prefixlen, "default_prefixlen", pool.default_prefixlen);
}

void check_scope(db::Session& session, const Subnetpool& pool) {
  if (!pool.address_scope_id) return;
  const auto version = session.integer("SELECT ip_version FROM address_scopes WHERE id = ?",
                                       {*pool.address_scope_id});
  if (!version) {
    throw Fault::not_found(
        fmt::format("Address scope {} could not be found", *pool.address_scope_id))
        .named("AddressScopeNotFound");
  }
  if (*version == pool.ip_version) return;
  throw wrong("IllegalSubnetPoolIpVersionAssociationToAddressScope",
              fmt::format("Illegal subnetpool association: subnetpool {} cannot associate with "
                          "address scope {} because subnetpool ip_version is not {}.",
                          pool.id, *pool.address_scope_id, *version));
}

void complete_pool(db::Session& session, Subnetpool& pool, const json::Object& given) {
  const auto all = prefixes_of(pool);
  if (all.empty()) throw wrong("EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.");
  pool.ip_version = all.front().address.version;
  for (const Prefix& p : all) {
    if (p.address.version == pool.ip_version) continue;
    throw wrong("PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.");
  }
  if (!given.has("min_prefixlen")) pool.min_prefixlen = pool.ip_version == 4 ? 8 : 64;
  if (!given.has("max_prefixlen")) pool.max_prefixlen = pool.ip_version == 4 ? 32 : 128;
  if (!given.has("default_prefixlen")) pool.default_prefixlen = pool.min_prefixlen;
  check_bounds(pool);
  check_scope(session, pool);
}

void check_only_default(db::Session& session, const Subnetpool& pool) {
  if (!pool.is_default) return;
  const auto other = default_subnetpool(session, pool.ip_version);
  if (!other || *other == pool.id) return;
  throw invalid_input(
      "A default subnetpool for this IP family has already been set. Only one "
      "default may exist per IP family");
}

void check_update(db::Session& session, const Subnetpool& old, const Subnetpool& fresh) {
  const auto now = prefixes_of(fresh);
  for (const Prefix& p : prefixes_of(old)) {
    const bool kept =
        std::any_of(now.begin(), now.end(), [&](const Prefix& n) { return n.contains(p); });
    if (kept) continue;
    throw wrong(
        "IllegalSubnetPoolPrefixUpdate",
        "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.");
  }
  check_bounds(fresh);
  check_scope(session, fresh);
  check_only_default(session, fresh);
}

std::vector<Prefix> used_prefixes(db::Session& session, std::string_view pool_id) {
  std::vector<Prefix> used;
  db::Rows rows = session.query("SELECT cidr FROM subnets WHERE subnetpool_id = ?", {pool_id});
  while (rows.next()) {
    if (const auto p = parse_prefix(rows.text(0))) used.push_back(*p);
  }
  std::sort(used.begin(), used.end(),
            [](const Prefix& a, const Prefix& b) { return a.first() < b.first(); });
  return used;
}

// The first of that length within a block which meets none of those in use; they are sorted.
std::optional<Prefix> first_free_in(const Prefix& block, const std::vector<Prefix>& used,
                                    int length) {
  Prefix candidate{block.first(), length};
  for (const Prefix& u : used) {
    if (!candidate.overlaps(u)) continue;
    // The next of this size behind what is in the way.
    const Prefix past{u.last(), length};
    if (past.last() >= block.last()) return std::nullopt;
    candidate.address = past.last().next();
  }
  return block.contains(candidate) ? std::optional(candidate) : std::nullopt;
}

std::optional<Prefix> first_free(const std::vector<Prefix>& blocks, const std::vector<Prefix>& used,
                                 int length) {
  for (const Prefix& block : blocks) {
    if (block.length > length) continue;
    if (const auto free = first_free_in(block, used, length)) return free;
  }
  return std::nullopt;
}

[[noreturn]] void no_room(std::string_view why) {
  throw Fault::conflict(fmt::format("Failed to allocate subnet: {}.", why))
      .named("SubnetAllocationError");
}

int chosen_length(const Subnetpool& pool, std::optional<std::int64_t> asked) {
  const std::int64_t length = asked.value_or(pool.default_prefixlen);
  if (length < pool.min_prefixlen) {
    throw wrong("MinPrefixSubnetAllocationError",
                fmt::format("Unable to allocate subnet with prefix length {}, minimum allowed "
                            "prefix is {}.",
                            length, pool.min_prefixlen));
  }
  if (length > pool.max_prefixlen) {
    throw wrong("MaxPrefixSubnetAllocationError",
                fmt::format("Unable to allocate subnet with prefix length {}, maximum allowed "
                            "prefix is {}.",
                            length, pool.max_prefixlen));
  }
  return static_cast<int>(length);
}

}  // namespace

const resource::Resource& subnetpool_resource() {
  return kSubnetpool;
}

const resource::Store<Subnetpool>& subnetpools() {
  static const resource::Store<Subnetpool> store(kSubnetpool);
  return store;
}

std::optional<std::string> default_subnetpool(db::Session& session, std::int64_t version) {
  return session.text("SELECT id FROM subnetpools WHERE is_default = 1 AND ip_version = ?",
                      {version});
}

void take_from_subnetpool(db::Transaction& tx, const Context&, Subnet& subnet,
                          std::optional<std::int64_t> prefixlen) {
  const auto pool = subnetpools().find(
      tx, *subnet.subnetpool_id,
      resource::Where().and_("project_id = ? OR shared = 1", {subnet.project_id}));
  if (!pool) {
    throw Fault::not_found(fmt::format("Subnet pool {} could not be found.", *subnet.subnetpool_id))
        .named("SubnetPoolNotFound");
  }
  if (pool->ip_version != subnet.ip_version) {
    throw bad_request("subnets", fmt::format("Cannot allocate IPv{} subnet from IPv{} subnet pool",
                                             subnet.ip_version, pool->ip_version));
  }
  const auto used = used_prefixes(tx, pool->id);
  const auto blocks = prefixes_of(*pool);
  if (subnet.cidr.empty()) {
    const auto free = first_free(blocks, used, chosen_length(*pool, prefixlen));
    if (!free) {
      no_room(fmt::format("Insufficient prefix space to allocate subnet size /{}",
                          prefixlen.value_or(pool->default_prefixlen)));
    }
    subnet.cidr = network_text(*free);
    return;
  }
  const Prefix wanted = *parse_prefix(subnet.cidr);
  chosen_length(*pool, wanted.length);
  const bool inside = std::any_of(blocks.begin(), blocks.end(),
                                  [&](const Prefix& b) { return b.contains(wanted); });
  const bool taken =
      std::any_of(used.begin(), used.end(), [&](const Prefix& u) { return u.overlaps(wanted); });
  if (!inside || taken)
    no_room("Cannot allocate requested subnet from the available set of prefixes");
}

Noun subnetpool_noun(const Context& context) {
  Hooks<Subnetpool> h;
  h.visible = [&context](const resource::Call& call) {
    resource::Where where;
    if (context.is_admin(call.caller())) return where;
    return where.and_("project_id = ? OR shared = 1", {call.caller().project_id.text});
  };
  h.before_create = [](resource::Change& c, Subnetpool& pool) {
    complete_pool(c.tx, pool, c.given);
    check_only_default(c.tx, pool);
  };
  h.before_update = [](resource::Change& c, const Subnetpool& old, Subnetpool& fresh) {
    check_update(c.tx, old, fresh);
  };
  h.before_remove = [](resource::Change& c, const Subnetpool& pool) {
    const auto used =
        c.tx.integer("SELECT 1 FROM subnets WHERE subnetpool_id = ? LIMIT 1", {pool.id});
    if (used) {
      throw wrong("SubnetPoolDeleteError",
                  "Unable to delete subnet pool: Subnet pool has existing allocations.");
    }
    c.tx.execute("DELETE FROM neutron_tags WHERE object_id = ?", {pool.id});
  };
  return neutron_noun(kSubnetpool, std::move(h));
}

}  // namespace haneul::neutron
