#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <libvirt/libvirt.h>

#include "drivers/virt/driver.h"

namespace haneul::virt {

struct DomainRelease {
  void operator()(virDomain* domain) const { virDomainFree(domain); }
};
using Domain = std::unique_ptr<virDomain, DomainRelease>;

// What libvirt tells of a domain by itself. `event` and `detail` are virDomainEventType and its
// detail.
struct DomainEvent {
  std::string guest_id;
  int event = 0;
  int detail = 0;
};

// One connection to libvirt, opened anew when it breaks, and the thread that runs libvirt's event
// loop. libvirt has one event loop for a process: one session at a time. Safe from any thread.
class LibvirtSession {
 public:
  // Throws Error if libvirt does not answer. `told` is called from the event thread; what it
  // throws is logged. `hidden_path` is cut out of libvirt's messages.
  LibvirtSession(std::string uri, std::string hidden_path,
                 std::function<void(const DomainEvent&)> told);
  ~LibvirtSession();
  LibvirtSession(const LibvirtSession&) = delete;
  LibvirtSession& operator=(const LibvirtSession&) = delete;

  // Null if there is no such domain.
  Domain find(const std::string& guest_id);
  std::vector<Domain> all();
  Domain define(const std::string& xml);
  std::int64_t qemu_version();  // 7002022
  std::string capabilities();   // XML

  // "<what>: <what libvirt said last in this thread>.". Take it before the next call to libvirt.
  std::string complaint(std::string_view what) const;

 private:
  class EventLoop;

  using Connection = std::shared_ptr<virConnect>;
  Connection connection();
  Connection open();
  [[noreturn]] void fail(std::string_view what) const { throw Error(complaint(what)); }

  const std::string uri_;
  const std::string hidden_path_;
  const std::function<void(const DomainEvent&)> told_;
  std::unique_ptr<EventLoop> loop_;
  std::mutex mutex_;
  Connection connection_;
};

// Domain's UUID; its state, and whether it is active (running, paused or dying).
std::string id_of(virDomain* domain);
// virDomainState; nothing if the domain is gone meanwhile.
std::optional<int> state_of(virDomain* domain);
bool is_active(virDomain* domain);

}  // namespace haneul::virt
