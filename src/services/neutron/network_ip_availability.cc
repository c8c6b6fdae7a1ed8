#include "services/neutron/network_ip_availability.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "resource/call.h"
#include "resource/dialect.h"
#include "services/neutron/errors.h"
#include "services/neutron/network.h"
#include "services/neutron/subnet.h"

namespace haneul::neutron {
namespace {

using resource::Call;

// Decimal digits of a number that may be larger than any JSON integer we hold.
std::string decimal(Bits128 n) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(n % 10)));
    n /= 10;
  } while (n > 0);
  return digits;
}

Bits128 total_of(const Subnet& subnet) {
  Bits128 total = 0;
  for (const Range& pool : pools_of(subnet)) total += pool.last.bits - pool.first.bits + 1;
  return total;
}

struct Counted {
  Subnet subnet;
  std::int64_t used = 0;
};
using ByNetwork = std::map<std::string, std::vector<Counted>>;

ByNetwork count_all(db::Session& session, const std::vector<Network>& rows) {
  ByNetwork out;
  for (const Network& n : rows) {
    for (auto& subnet : subnets_of(session, n.id)) {
      const auto used =
          session.integer("SELECT COUNT(*) FROM ip_allocations WHERE subnet_id = ?", {subnet.id});
      out[n.id].push_back({std::move(subnet), used.value_or(0)});
    }
  }
  return out;
}

void write(json::Writer& w, const Network& n, const std::vector<Counted>& counted) {
  Bits128 total = 0;
  std::int64_t used = 0;
  w.begin_object().member("network_id", n.id).member("network_name", n.name);
  w.member("tenant_id", n.project_id).member("project_id", n.project_id);
  w.key("subnet_ip_availability").begin_array();
  for (const Counted& c : counted) {
    const Bits128 here = total_of(c.subnet);
    w.begin_object().member("subnet_id", c.subnet.id).member("subnet_name", c.subnet.name);
    w.member("cidr", c.subnet.cidr).member("ip_version", c.subnet.ip_version);
    w.key("total_ips").raw(decimal(here)).member("used_ips", c.used).end_object();
    total += here;
    used += c.used;
  }
  w.end_array().key("total_ips").raw(decimal(total)).member("used_ips", used).end_object();
}

resource::Where filters(const Call& call) {
  resource::Where where;
  for (const std::string_view key : {"network_id", "network_name", "tenant_id", "project_id"}) {
    if (!call.query().has(key)) continue;
    std::vector<std::string> values;
    for (const auto value : call.query().all_of(key)) values.emplace_back(value);
    where.in(key == "network_id" ? "id" : key == "network_name" ? "name" : "project_id", values);
  }
  return where;
}

// ip_version narrows subnets, and networks to those with one.
bool is_wanted(const Call& call, std::vector<Counted>& counted) {
  const std::string* version = call.query().find("ip_version");
  if (!version) return true;
  const auto other = [&](const Counted& c) {
    return std::to_string(c.subnet.ip_version) != *version;
  };
  counted.erase(std::remove_if(counted.begin(), counted.end(), other), counted.end());
  return !counted.empty();
}

http::Response list_all(Call& call, const Context& context) {
  return call.db().read([&](db::Session& session) {
    resource::Where where = filters(call);
    const bool allowed = call.allowed("get_network_ip_availability");
    if (!context.is_admin(call.caller())) {
      where.equals("project_id", call.caller().project_id.text);
    }
    const auto rows = allowed ? networks().list(session, where) : std::vector<Network>{};
    auto counted = count_all(session, rows);
    json::Writer w;
    w.begin_object().key("network_ip_availabilities").begin_array();
    for (const Network& n : rows) {
      if (is_wanted(call, counted[n.id])) write(w, n, counted[n.id]);
    }
    w.end_array().end_object();
    return http::Response::json(200, w.take());
  });
}

http::Response show_one(Call& call, const Context&) {
  return call.db().read([&](db::Session& session) {
    const auto n = networks().find(session, call.param("id"));
    if (!n) throw network_not_found(call.param("id"));
    const access::PairsTarget target{{"project_id", n->project_id}, {"tenant_id", n->project_id}};
    if (!call.allowed("get_network_ip_availability", target)) throw hidden();
    auto counted = count_all(session, {*n});
    json::Writer w;
    w.begin_object().key("network_ip_availability");
    write(w, *n, counted[n->id]);
    w.end_object();
    return http::Response::json(200, w.take());
  });
}

}  // namespace

void add_ip_availability_routes(resource::Service& service, const Context& context) {
  const std::string all = "/v2.0/network-ip-availabilities";
  service.route("GET", all, [&context](Call& call) { return list_all(call, context); });
  service.route("GET", all + "/{id}", [&context](Call& call) { return show_one(call, context); });
}

}  // namespace haneul::neutron
