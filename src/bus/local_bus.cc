#include "bus/local_bus.h"

#include <fmt/format.h>

namespace haneul::bus {

class LocalHub::End final : public Bus {
 public:
  End(LocalHub& hub, std::string name) : hub_(hub), name_(std::move(name)) {}
  ~End() override {
    const std::lock_guard lock(hub_.mutex_);
    hub_.nodes_.erase(name_);
  }

  void hear(Ears ears) override {
    const std::lock_guard lock(hub_.mutex_);
    hub_.nodes_[name_].ears = std::move(ears);
  }

  json::Value call(const std::string& node, Order order) override {
    const Ears ears = hub_.ears_of(name_, node);
    const Duration deadline = hub_.clock_.steady() + order.time_max;
    try {
      return ears.order(
          {name_, std::move(order.method), std::move(order.body), deadline, [] { return true; }});
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("{}: {}", node, e.what()));
    } catch (const std::exception& e) {
      throw Error(Error::Kind::failed, fmt::format("{}: {}", node, e.what()));
    }
  }

  bool tell(const std::string& node, const std::string& event, json::Value body) override {
    try {
      hub_.ears_of(name_, node).event({name_, event, std::move(body)});
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  std::vector<Member> members() const override {
    const std::lock_guard lock(hub_.mutex_);
    std::vector<Member> out;
    for (const auto& [name, node] : hub_.nodes_) {
      if (name != name_) out.push_back({name, "", node.connected, node.seen_at});
    }
    return out;
  }

  std::optional<Member> member(const std::string& node) const override {
    for (Member& m : members()) {
      if (m.name == node) return std::move(m);
    }
    return std::nullopt;
  }

 private:
  LocalHub& hub_;
  const std::string name_;
};

Ears LocalHub::ears_of(const std::string& from, const std::string& node) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  if (found == nodes_.end() || !found->second.connected || !nodes_[from].connected) {
    throw Error(Error::Kind::unreachable, fmt::format("{} is not connected", node));
  }
  found->second.seen_at = clock_.now();
  return found->second.ears;
}

std::unique_ptr<Bus> LocalHub::join(const std::string& node) {
  {
    const std::lock_guard lock(mutex_);
    nodes_[node].seen_at = clock_.now();
  }
  return std::make_unique<End>(*this, node);
}

void LocalHub::set_connected(const std::string& node, bool connected) {
  std::vector<Ears> others;
  {
    const std::lock_guard lock(mutex_);
    nodes_[node].connected = connected;
    nodes_[node].seen_at = clock_.now();
    for (const auto& [name, other] : nodes_) {
      if (name != node) others.push_back(other.ears);
    }
  }
  for (const Ears& ears : others) {
    if (ears.changed) ears.changed(node);
  }
}

}  // namespace haneul::bus
