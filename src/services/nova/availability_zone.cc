#include "services/nova/availability_zone.h"

#include "json/writer.h"

namespace haneul::nova {
namespace {

using resource::Call;

struct Zone {
  bool available = false;  // has a host that takes guests
  std::vector<const ComputeHost*> hosts;
};

void write_hosts(json::Writer& w, const Hosts& hosts, const Zone& zone) {
  w.begin_object();
  for (const ComputeHost* h : zone.hosts) {
    if (h->disabled) continue;
    w.key(h->host).begin_object().key("nova-compute").begin_object();
    w.member("available", hosts.is_up(*h)).member("active", true);
    w.member("updated_at", iso_micros_naive(hosts.seen_at(*h))).end_object().end_object();
  }
  w.end_object();
}

http::Response list_zones(Call& call, Cloud& cloud, bool detail) {
  call.enforce(detail ? "os_compute_api:os-availability-zone:detail"
                      : "os_compute_api:os-availability-zone:list");
  const auto hosts = call.db().read([&](db::Session& session) { return cloud.hosts.all(session); });
  std::map<std::string, Zone> zones;
  for (const auto& [id, host] : *hosts) {
    Zone& zone = zones[host.availability_zone];
    zone.available |= !host.disabled;
    zone.hosts.push_back(&host);
  }
  json::Writer w;
  w.begin_object().key("availabilityZoneInfo").begin_array();
  for (const bool available : {true, false}) {
    for (const auto& [name, zone] : zones) {
      if (zone.available != available) continue;
      w.begin_object().member("zoneName", name);
      w.key("zoneState").begin_object().member("available", available).end_object();
      w.key("hosts");
      detail&& available ? write_hosts(w, cloud.hosts, zone) : void(w.null());
      w.end_object();
    }
  }
  w.end_array().end_object();
  return http::Response::json(200, w.take());
}

}  // namespace

void add_availability_zone_routes(resource::Service& s, Cloud& cloud) {
  constexpr std::string_view kPath = "/v2.1/os-availability-zone";
  s.route("GET", kPath, [&cloud](Call& c) { return list_zones(c, cloud, false); });
  s.route("GET", std::string(kPath) + "/detail",
          [&cloud](Call& c) { return list_zones(c, cloud, true); });
}

}  // namespace haneul::nova
