#include "services/neutron/flows/network_sync.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "services/neutron/logic/desired.h"

namespace haneul::neutron {
namespace {

constexpr std::int64_t kBatchRows = 200;
constexpr Duration kIdleNap = std::chrono::seconds(30);
constexpr Duration kRetryFirst = std::chrono::seconds(1), kRetryMax = std::chrono::seconds(60);

constexpr auto kState = resource::fields(resource::field<&NetworkSync::kept>("kept"));
constexpr flow::Step<NetworkSync> kSteps[] = {{"tell", &NetworkSync::tell}};

struct Dirty {
  net::Object object;
  std::int64_t version = 0, attempts = 0;
};

// Networks stand before the ports on them, groups before their members, routers last.
int rank(net::Kind kind) {
  switch (kind) {
    case net::Kind::network:
      return 0;
    case net::Kind::security_group:
      return 1;
    case net::Kind::port:
      return 2;
    case net::Kind::router:
      return 3;
  }
  return 4;
}

std::vector<Dirty> read_due(const Context& context) {
  return context.world.db.read([&](db::Session& session) {
    std::vector<Dirty> due;
    db::Rows rows = session.query(
        "SELECT kind, id, version, attempts FROM net_dirty WHERE next_try <= ?"
        " ORDER BY next_try, kind LIMIT ?",
        {context.world.clock.now(), kBatchRows});
    while (rows.next()) {
      due.push_back({{static_cast<net::Kind>(rows.integer(0)), rows.string(1)},
                     rows.integer(2),
                     rows.integer(3)});
    }
    return due;
  });
}

template <class T>
bool put_if(net::Driver& driver, const std::optional<T>& object) {
  if (object) driver.put(*object);
  return object.has_value();
}

// True if the row is there and was put.
bool put(const Context& context, net::Driver& driver, const net::Object& object) {
  auto& db = context.world.db;
  switch (object.kind) {
    case net::Kind::network:
      return put_if(driver, db.read([&](db::Session& s) { return desired_network(s, object.id); }));
    case net::Kind::port:
      return put_if(driver, db.read([&](db::Session& s) { return desired_port(s, object.id); }));
    case net::Kind::router:
      return put_if(driver, db.read([&](db::Session& s) { return desired_router(s, object.id); }));
    case net::Kind::security_group:
      return put_if(driver,
                    db.read([&](db::Session& s) { return desired_security_group(s, object.id); }));
  }
  return false;
}

Duration pause_after(std::int64_t attempts) {
  Duration pause = kRetryFirst;
  for (std::int64_t i = 0; i < attempts && pause < kRetryMax; ++i) pause *= 2;
  return std::min(pause, kRetryMax);
}

struct Told {
  Dirty dirty;
  std::string error;  // empty: done
};

Told tell_one(const Context& context, net::Driver& driver, const Dirty& dirty) {
  try {
    if (!put(context, driver, dirty.object)) driver.remove(dirty.object);
    return {dirty, ""};
  } catch (const net::Error& e) {
    log::warning(
        "the network driver would not",
        {{"kind", kind_name(dirty.object.kind)}, {"id", dirty.object.id}, {"error", e.what()}});
    return {dirty, *e.what() ? e.what() : "unknown error"};
  }
}

void record(const Context& context, const std::vector<Told>& all) {
  const Instant now = context.world.clock.now();
  context.world.db.write([&](db::Transaction& tx) {
    for (const Told& t : all) {
      const int kind = static_cast<int>(t.dirty.object.kind);
      if (t.error.empty()) {
        tx.execute("DELETE FROM net_dirty WHERE kind = ? AND id = ? AND version = ?",
                   {kind, t.dirty.object.id, t.dirty.version});
      } else {
        tx.execute(
            "UPDATE net_dirty SET attempts = attempts + 1, next_try = ?, reason = ?"
            " WHERE kind = ? AND id = ? AND version = ?",
            {now + pause_after(t.dirty.attempts), t.error, kind, t.dirty.object.id,
             t.dirty.version});
      }
    }
  });
}

// When the next retry is due, if anything waits.
Duration nap_length(const Context& context) {
  const auto next = context.world.db.read(
      [](db::Session& s) { return s.integer("SELECT MIN(next_try) FROM net_dirty"); });
  if (!next || *next == 0) return kIdleNap;
  const Duration wait = Instant{*next} - context.world.clock.now();
  return std::clamp(wait, Duration(std::chrono::milliseconds(10)), kIdleNap);
}

void add_ids(db::Session& session, std::string_view sql, net::Kind kind,
             std::set<net::Object>& objects) {
  db::Rows rows = session.query(sql);
  while (rows.next()) objects.insert({kind, rows.string(0)});
}

}  // namespace

const flow::Program<NetworkSync> kNetworkSync{
    .name = "neutron.network_sync",
    .state = kState,
    .steps = kSteps,
    .never_gives_up = true,
};

std::string_view kind_name(net::Kind kind) {
  switch (kind) {
    case net::Kind::network:
      return "network";
    case net::Kind::port:
      return "port";
    case net::Kind::router:
      return "router";
    case net::Kind::security_group:
      return "security group";
  }
  return "object";
}

flow::Outcome NetworkSync::tell(const flow::Visit&) {
  context->is_woken = false;
  while (tell_due(*context, *driver)) {
  }
  return flow::Outcome::nap(nap_length(*context));
}

void ensure_sync(db::Transaction& tx, const Context& context) {
  if (context.world.flows.busy(tx, kSyncSubject)) return context.world.flows.wake(tx, kSyncSubject);
  context.world.flows.start(tx, kNetworkSync, NetworkSync{},
                            {.subject = std::string(kSyncSubject)});
}

bool tell_due(const Context& context, net::Driver& driver) {
  auto due = read_due(context);
  std::stable_sort(due.begin(), due.end(), [](const Dirty& a, const Dirty& b) {
    return rank(a.object.kind) < rank(b.object.kind);
  });
  std::vector<Told> told;
  for (const Dirty& dirty : due) told.push_back(tell_one(context, driver, dirty));
  if (!told.empty()) record(context, told);
  return static_cast<std::int64_t>(due.size()) == kBatchRows;
}

Differences compare(const Context& context, net::Driver& driver) {
  const auto there = driver.list();
  const std::set<net::Object> known(there.begin(), there.end());
  std::set<net::Object> wanted;
  context.world.db.read([&](db::Session& s) {
    add_ids(s, "SELECT id FROM networks", net::Kind::network, wanted);
    // Those two kinds have no object of their own in the network.
    add_ids(s,
            "SELECT id FROM ports WHERE device_owner NOT IN ('network:floatingip',"
            " 'network:distributed')",
            net::Kind::port, wanted);
    add_ids(s, "SELECT id FROM routers", net::Kind::router, wanted);
    add_ids(s, "SELECT id FROM security_groups", net::Kind::security_group, wanted);
  });
  // What waits to be told for the first time is no difference yet.
  std::set<net::Object> waiting;
  context.world.db.read([&](db::Session& s) {
    db::Rows rows = s.query("SELECT kind, id FROM net_dirty WHERE attempts = 0");
    while (rows.next()) {
      waiting.insert({static_cast<net::Kind>(rows.integer(0)), rows.string(1)});
    }
  });
  Differences out;
  std::set_difference(wanted.begin(), wanted.end(), known.begin(), known.end(),
                      std::back_inserter(out.missing));
  std::set_difference(known.begin(), known.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(out.strays));
  for (auto* list : {&out.missing, &out.strays}) {
    std::erase_if(*list, [&](const net::Object& o) { return waiting.contains(o); });
  }
  return out;
}

void mend(const Context& context, net::Driver& driver) {
  const Differences found = compare(context, driver);
  if (found.missing.empty() && found.strays.empty()) return;
  log::info("networks differ from what they should be",
            {{"missing", found.missing.size()}, {"strays", found.strays.size()}});
  context.world.db.write([&](db::Transaction& tx) {
    for (const auto* list : {&found.missing, &found.strays}) {
      for (const auto& object : *list) mark_dirty(tx, context, object.kind, object.id);
    }
  });
}

}  // namespace haneul::neutron
