#include "drivers/remote/fleet.h"

#include "base/log.h"
#include "drivers/remote/shapes.h"

namespace haneul::remote {

Fleet::Host* Fleet::find(const std::string& name) {
  if (!bus_.member(name)) return nullptr;
  const std::lock_guard lock(mutex_);
  auto& host = hosts_[name];
  if (!host) host = std::make_unique<Host>(bus_, name);
  return host.get();
}

bool Fleet::is_connected(const std::string& name) const {
  const auto member = bus_.member(name);
  return member && member->connected;
}

std::vector<std::string> Fleet::connected() const {
  std::vector<std::string> names;
  for (const bus::Member& m : bus_.members()) {
    if (m.connected) names.push_back(m.name);
  }
  return names;
}

void Fleet::changed(const std::string& node) const {
  if (told_) told_(node);
}

void Fleet::take(const bus::Told& told) {
  Host* host = find(told.from);
  if (told.event != "virt.power_changed" || !host) {
    log::warning("an agent tells what nobody knows", {{"node", told.from}, {"event", told.event}});
    return;
  }
  try {
    host->virt.tell_power_change(decoded<virt::GuestState>(told.body));
  } catch (const bus::Error& e) {
    log::warning("an agent's event is not understood", {{"node", told.from}, {"error", e.what()}});
  }
}

}  // namespace haneul::remote
