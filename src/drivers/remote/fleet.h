#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus.h"
#include "drivers/remote/remote_drivers.h"

namespace haneul::remote {

// The hosts whose drivers are in other processes, as the controller sees them. They come and go;
// once seen, a host's drivers stay valid as long as this, and throw while it is gone. Any thread.
class Fleet {
 public:
  struct Host {
    Host(bus::Bus& bus, const std::string& name) : virt(bus, name), net(bus, name) {}
    RemoteVirt virt;
    RemotePorts net;
  };

  explicit Fleet(bus::Bus& bus) : bus_(bus) {}

  // Null for a host that was never connected since this process began.
  Host* find(const std::string& name);
  std::optional<bus::Member> member(const std::string& name) const { return bus_.member(name); }
  bool is_connected(const std::string& name) const;
  std::vector<std::string> connected() const;

  // Hears which host came or went; set before any can. Called on a thread of the bus.
  void on_change(std::function<void(const std::string& host)> told) { told_ = std::move(told); }

  // What the bus hears. -------------------------------------------------------------------------
  void changed(const std::string& node) const;
  void take(const bus::Told& told);

 private:
  bus::Bus& bus_;
  std::function<void(const std::string&)> told_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Host>> hosts_;
};

}  // namespace haneul::remote
