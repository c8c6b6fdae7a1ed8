#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "services/nova/logic/scheduler.h"
#include "services/nova/server_create.h"
#include "services/placement/placement.h"

namespace haneul::nova {
namespace {

// So many hosts with room are weighed against each other. More would cost time in the one write
// transaction and choose hardly better: the sample starts at a random host each time.
constexpr std::size_t kWeighedMax = 100;

placement::Request request_for(const Needs& needs) {
  return {.resources = {needs.resources.begin(), needs.resources.end()},
          .required = needs.required,
          .forbidden = needs.forbidden,
          .limit = kWeighedMax};
}

std::int64_t free_of(const placement::Candidate& c, std::string_view resource_class) {
  for (const auto& s : c.stock) {
    if (s.resource_class == resource_class) return s.capacity() - s.used;
  }
  return 0;
}

std::vector<HostOption> options_of(const Cloud& cloud, db::Session& session,
                                   const placement::Candidates& candidates) {
  const auto hosts = cloud.hosts.all(session);
  std::vector<HostOption> options;
  for (const auto& c : candidates.found) {
    const auto found = hosts->find(c.provider->uuid);
    if (found == hosts->end()) continue;
    const ComputeHost& h = found->second;
    options.push_back({.id = h.id,
                       .host = h.host,
                       .availability_zone = h.availability_zone,
                       .enabled = !h.disabled,
                       .up = !h.forced_down,
                       .reachable = cloud.hosts.is_reachable(h.host),
                       .free_vcpus = free_of(c, "VCPU"),
                       .free_ram_mib = free_of(c, "MEMORY_MB"),
                       .free_disk_gib = free_of(c, "DISK_GB")});
  }
  return options;
}

// "the traits CUSTOM_FAST !CUSTOM_OLD": what a host must have, and what it must not.
std::string traits_of(const placement::Request& request) {
  std::string text = "the traits";
  for (const auto& trait : request.required) text += " " + trait;
  for (const auto& trait : request.forbidden) text += " !" + trait;
  return text;
}

// "No valid host was found. Of 5 hosts, 3 lack MEMORY_MB, 1 dropped by AvailabilityZoneFilter."
std::string why_none(const placement::Request& request, const placement::Candidates& candidates,
                     const Choice& choice) {
  std::string why;
  const auto add = [&](std::size_t hosts, std::string_view what) {
    if (hosts > 0) why += fmt::format("{} {} {}", why.empty() ? "" : ",", hosts, what);
  };
  for (std::size_t i = 0; i < request.resources.size() && i < candidates.without.size(); ++i) {
    add(candidates.without[i], fmt::format("without enough {}", request.resources[i].first));
  }
  add(candidates.without_traits, fmt::format("without {}", traits_of(request)));
  for (const Dropped& d : choice.dropped) add(d.hosts, fmt::format("dropped by {}", d.filter));
  if (why.empty()) why = " there are no hosts";
  return fmt::format("No valid host was found. Of {} hosts:{}.", candidates.providers, why);
}

std::vector<std::string> hosts_of_hint(const Cloud& cloud, db::Session& session,
                                       const json::Object& hints, std::string_view key) {
  std::vector<std::string> hosts;
  const json::Value* given = hints.find(key);
  if (!given) return hosts;
  const json::Array ids = given->array() ? *given->array() : json::Array{*given};
  for (const json::Value& id : ids) {
    const auto server = id.text() ? cloud.servers.find(session, *id.text()) : std::nullopt;
    if (server && server->host) hosts.push_back(*server->host);
  }
  return hosts;
}

}  // namespace

Placed place_server(Cloud& cloud, db::Transaction& tx, const Server& server,
                    const ServerForm& wishes, const Needs& needs) {
  if (!needs.contradiction.empty()) {
    return {"", "", fmt::format("No valid host was found. {}.", needs.contradiction)};
  }
  const placement::Request request = request_for(needs);
  Wish wish{.availability_zone = wishes.availability_zone.value_or(""),
            .host = wishes.host.value_or(""),
            .not_on = hosts_of_hint(cloud, tx, wishes.hints, "different_host"),
            .only_on = hosts_of_hint(cloud, tx, wishes.hints, "same_host"),
            .group = join_group(cloud, tx, server, wishes.hints)};
  auto candidates = cloud.placement.candidates(tx, request);
  Choice choice = choose_hosts(options_of(cloud, tx, candidates), wish, random_below);
  if (choice.best.empty() && candidates.found.size() == kWeighedMax) {
    // The sample had none; look at all hosts before giving up.
    auto everywhere = request;
    everywhere.limit = 1'000'000;
    candidates = cloud.placement.candidates(tx, everywhere);
    choice = choose_hosts(options_of(cloud, tx, candidates), wish, random_below);
  }
  const placement::Consumer consumer{server.id, server.project_id, server.user_id};
  for (const HostOption& h : choice.best) {
    if (cloud.placement.claim(tx, consumer, h.id, request.resources)) {
      return {h.host, h.availability_zone, ""};
    }
  }
  const std::string why = why_none(request, candidates, choice);
  log::warning("a server has no host", {{"server", server.id}, {"reason", why}});
  return {"", "", why};
}

}  // namespace haneul::nova
