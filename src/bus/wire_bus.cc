#include "bus/wire_bus.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include "base/log.h"
#include "base/pool.h"
#include "bus/waiting.h"

namespace haneul::bus {
namespace {

// How late a time-out may be noticed.
constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr Duration kUnderWay = std::chrono::seconds(1);

using Kind = Error::Kind;

}  // namespace

struct WireBus::Impl {
  struct Node {
    Caller caller;
    std::shared_ptr<Link> link;  // null: not connected
    Waiting waiting;
    Instant seen_at;
  };

  Impl(const Clock& c, WireLimits l) : clock(c), limits(l) { loop.start(); }

  void took(const std::string& name, const Link* link, Frame frame);
  void carry_out(const std::string& name, const std::shared_ptr<Link>& link, Frame order,
                 Duration deadline);
  void ended(const std::string& name, const Link* link, const std::string& why);
  void changed(const std::string& name);
  void tick();
  void schedule_tick();
  Instant seen_at(const Node& node) const;
  Member facts(const std::string& name, const Node& node) const;
  Node& connected(const std::string& name);

  const Clock& clock;
  const WireLimits limits;
  Ears ears;
  mutable std::mutex mutex;  // guards the rest but the pools and the loop
  std::condition_variable gone;
  std::map<std::string, Node> nodes;
  bool closed = false, ticking = false;

  http::Loop loop{"bus-loop"};
  Pool jobs{"bus-jobs", limits.threads, limits.jobs_max};
  Pool events{"bus-events", 1, limits.events_max};
};

Instant WireBus::Impl::seen_at(const Node& node) const {
  return node.link ? clock.now() - (clock.steady() - node.link->seen()) : node.seen_at;
}

Member WireBus::Impl::facts(const std::string& name, const Node& node) const {
  return {name, node.caller.address, node.link != nullptr, seen_at(node)};
}

WireBus::Impl::Node& WireBus::Impl::connected(const std::string& name) {
  const auto found = nodes.find(name);
  if (closed || found == nodes.end() || !found->second.link) {
    throw Error(Kind::unreachable, fmt::format("{} is not connected", name));
  }
  return found->second;
}

// Loop thread.
void WireBus::Impl::took(const std::string& name, const Link* link, Frame frame) {
  std::shared_ptr<Link> back;
  {
    const std::lock_guard lock(mutex);
    Node& node = nodes[name];
    if (node.link.get() != link) return;
    if (frame.kind == Frame::Kind::answer || frame.kind == Frame::Kind::failure) {
      return node.waiting.settle(std::move(frame));
    }
    back = node.link;
  }
  if (frame.kind == Frame::Kind::event) {
    const bool taken = events.try_submit([this, name, f = std::move(frame)]() mutable {
      ears.event({name, std::move(f.name), std::move(f.body)});
    });
    if (!taken) log::warning("an event was dropped, too many wait", {{"node", name}});
    return;
  }
  const std::uint64_t id = frame.id;
  // A little early, since the order was under way for some time.
  const Duration deadline =
      clock.steady() + frame.time_left - std::min(frame.time_left / 10, kUnderWay);
  const bool taken = jobs.try_submit([this, name, back, deadline, f = std::move(frame)]() mutable {
    carry_out(name, back, std::move(f), deadline);
  });
  if (!taken) back->send(encode(failure_frame(id, Kind::unreachable, "too many orders wait")));
}

void WireBus::Impl::carry_out(const std::string& name, const std::shared_ptr<Link>& link,
                              Frame order, Duration deadline) {
  Frame back{.kind = Frame::Kind::answer, .id = order.id, .name = {}, .time_left = {}, .body = {}};
  try {
    const auto awaited = [&] { return link->alive() && clock.steady() < deadline; };
    if (!awaited()) throw Error(Kind::unreachable, "it came to it too late");
    back.body = ears.order({name, std::move(order.name), std::move(order.body), deadline, awaited});
  } catch (const Error& e) {
    back = failure_frame(order.id, e.kind(), e.what());
  } catch (const std::exception& e) {
    back = failure_frame(order.id, Kind::failed, e.what());
  }
  std::string bytes = encode(back);
  if (bytes.size() > limits.link.frame_bytes_max) {
    bytes = encode(failure_frame(order.id, Kind::refused, "the answer is too long"));
  }
  link->send(std::move(bytes));
}

// Loop thread.
void WireBus::Impl::ended(const std::string& name, const Link* link, const std::string& why) {
  {
    const std::lock_guard lock(mutex);
    Node& node = nodes[name];
    if (node.link.get() != link) return;
    node.seen_at = seen_at(node);
    node.link.reset();
    node.waiting.abandon(fmt::format("the connection to {} was lost: {}", name, why));
    gone.notify_all();
    if (closed) return;
  }
  log::warning("a connection ended", {{"node", name}, {"reason", why}});
  changed(name);
}

void WireBus::Impl::changed(const std::string& name) {
  if (!ears.changed) return;
  const bool taken = jobs.try_submit([this, name] { ears.changed(name); });
  if (!taken) log::warning("news of a node were dropped, too many jobs wait", {{"node", name}});
}

void WireBus::Impl::schedule_tick() {
  loop.after(kTick, [this] { tick(); });
}

// Loop thread.
void WireBus::Impl::tick() {
  const Duration now = clock.steady();
  std::vector<std::shared_ptr<Link>> links;
  {
    const std::lock_guard lock(mutex);
    for (auto& [name, node] : nodes) {
      node.waiting.expire(now);
      if (node.link) links.push_back(node.link);
    }
    ticking = !links.empty() && !closed;
    if (!ticking) return;
  }
  for (const auto& link : links) link->tick(now);
  schedule_tick();
}

WireBus::WireBus(const Clock& clock, WireLimits limits)
    : impl_(std::make_unique<Impl>(clock, limits)) {}

WireBus::~WireBus() {
  close();
}

void WireBus::hear(Ears ears) {
  impl_->ears = std::move(ears);
}

json::Value WireBus::call(const std::string& node, Order order) {
  Frame frame{Frame::Kind::order, 0, std::move(order.method), order.time_max,
              std::move(order.body)};
  std::future<Reply> answer;
  std::shared_ptr<Link> link;
  {
    const std::lock_guard lock(impl_->mutex);
    auto& to = impl_->connected(node);
    if (to.waiting.size() >= impl_->limits.orders_max) {
      throw Error(Kind::unreachable, fmt::format("{} has too many orders to answer", node));
    }
    std::tie(frame.id, answer) = to.waiting.add(impl_->clock.steady() + order.time_max);
    link = to.link;
  }
  std::string bytes = encode(frame);
  const bool too_long = bytes.size() > impl_->limits.link.frame_bytes_max;
  if (too_long || !link->send(std::move(bytes))) {
    const std::lock_guard lock(impl_->mutex);
    impl_->nodes[node].waiting.settle(
        too_long ? failure_frame(frame.id, Kind::refused, "the order is too long")
                 : failure_frame(frame.id, Kind::unreachable, "the connection is ending"));
  }
  Reply reply = answer.get();
  if (reply.failure) throw Error(*reply.failure, fmt::format("{}: {}", node, reply.why));
  return std::move(reply.body);
}

bool WireBus::tell(const std::string& node, const std::string& event, json::Value body) {
  const std::string bytes = encode({.kind = Frame::Kind::event,
                                    .id = 0,
                                    .name = event,
                                    .time_left = {},
                                    .body = std::move(body)});
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->nodes.find(node);
  return found != impl_->nodes.end() && found->second.link && found->second.link->send(bytes);
}

std::vector<Member> WireBus::members() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<Member> out;
  for (const auto& [name, node] : impl_->nodes) out.push_back(impl_->facts(name, node));
  return out;
}

std::optional<Member> WireBus::member(const std::string& node) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->nodes.find(node);
  if (found == impl_->nodes.end()) return std::nullopt;
  return impl_->facts(node, found->second);
}

std::optional<std::string> WireBus::objection(const Caller& caller) const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->closed) return "it is stopping";
  const auto found = impl_->nodes.find(caller.node);
  if (found == impl_->nodes.end()) {
    if (impl_->nodes.size() < impl_->limits.members_max) return std::nullopt;
    return "there are too many nodes";
  }
  if (!found->second.link || found->second.caller.instance == caller.instance) return std::nullopt;
  return fmt::format("another process is connected as {}", caller.node);
}

void WireBus::adopt(http::Upgraded wire, const Caller& caller) {
  const std::string name = caller.node;
  const auto self = std::make_shared<const Link*>(nullptr);
  Impl* impl = impl_.get();
  const auto link = std::make_shared<Link>(
      impl->loop, std::move(wire), impl->clock, impl->limits.link,
      Link::Events{[impl, name, self](Frame f) { impl->took(name, *self, std::move(f)); },
                   [impl, name, self](const std::string& why) { impl->ended(name, *self, why); }});
  *self = link.get();
  {
    const std::lock_guard lock(impl->mutex);
    if (impl->closed) return;
    Impl::Node& node = impl->nodes[name];
    if (node.link) {
      node.waiting.abandon("the node connected anew");
      node.link->end("the node connected anew");
    }
    node.caller = caller;
    node.link = link;
    if (!std::exchange(impl->ticking, true)) {
      impl->loop.post([impl] { impl->schedule_tick(); });
    }
  }
  link->start();
  log::info("a node is connected", {{"node", name}, {"address", caller.address}});
  impl->changed(name);
}

void WireBus::await_gone(const std::string& node) {
  std::unique_lock lock(impl_->mutex);
  impl_->gone.wait(lock, [&] {
    const auto found = impl_->nodes.find(node);
    return impl_->closed || found == impl_->nodes.end() || !found->second.link;
  });
}

void WireBus::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::exchange(impl_->closed, true)) return;
    for (auto& [name, node] : impl_->nodes) {
      node.waiting.abandon("this process is stopping");
      if (node.link) node.link->end("this process is stopping");
    }
    impl_->gone.notify_all();
  }
  impl_->jobs.close();
  impl_->events.close();
  impl_->loop.finish();
}

}  // namespace haneul::bus
