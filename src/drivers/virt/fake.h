#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/virt/driver.h"
#include "drivers/virt/fake_guests.h"

namespace haneul::virt {

// The driver's calls, for hooks and made failures.
enum class Op {
  facts,
  create_disk,
  write_config_drive,
  remove_files,
  define,
  undefine,
  start,
  request_shutdown,
  power_off,
  request_reboot,
  reset,
  pause,
  unpause,
  power,
  list,
  list_files,
  console_log
};
constexpr std::size_t kOpCount = 17;
std::string_view op_name(Op op);

// 64 vcpus, 256 GiB of memory, 2 TiB of disk.
// upstream: openstack/nova:nova/virt/fake.py (hypervisor_type "fake", version 1.0)
HostFacts fake_host_facts(std::string hostname);

// A simulated host: every call is done at once and in memory. Guests obey ACPI at once too, and
// on_power_change is then told by the calling thread, after the change. Safe from any thread.
// A thousand hosts share one FakeGuests.
class FakeDriver final : public Driver {
 public:
  // Called before each op with the guest's id (empty for facts and lists); may block or throw.
  using Hook = std::function<void(Op, const std::string& guest_id)>;

  // Guests of its own, gone with it.
  explicit FakeDriver(HostFacts facts = fake_host_facts("fake-host"));
  FakeDriver(HostFacts facts, std::shared_ptr<FakeGuests> guests);

  // The next `times` calls of `op` throw Error(message) and do nothing.
  void fail_next(Op op, std::string message, int times = 1);
  // Set before work begins.
  void set_hook(Hook hook) { hook_ = std::move(hook); }
  // From now on what is handed to define and write_config_drive can be read back; costs memory.
  void remember_inputs() { remember_ = true; }
  std::optional<GuestSpec> spec(const std::string& guest_id) const;
  std::map<std::string, std::string> config_drive(const std::string& guest_id) const;
  // Guests stop hearing ACPI: request_shutdown and request_reboot change nothing.
  void set_deaf(bool deaf) { deaf_ = deaf; }
  // A running guest changes power by itself: shut_off or crashed. Throws Error if there is none.
  void change_power_by_itself(const std::string& guest_id, Power power);

  HostFacts facts() override;
  void create_disk(const std::string& guest_id, const ImageSource& image,
                   std::int64_t disk_gib) override;
  void write_config_drive(const std::string& guest_id,
                          const std::map<std::string, std::string>& files) override;
  void remove_files(const std::string& guest_id) override;
  void define(const GuestSpec& spec) override;
  void undefine(const std::string& guest_id) override;
  void start(const std::string& guest_id) override;
  void request_shutdown(const std::string& guest_id) override;
  void power_off(const std::string& guest_id) override;
  void request_reboot(const std::string& guest_id) override;
  void reset(const std::string& guest_id) override;
  void pause(const std::string& guest_id) override;
  void unpause(const std::string& guest_id) override;
  Power power(const std::string& guest_id) override;
  std::vector<GuestState> list() override;
  std::vector<std::string> list_files() override;
  // A boot's worth of kernel and login lines for each of the last few boots.
  std::string console_log(const std::string& guest_id, std::size_t bytes_max) override;
  void on_power_change(std::function<void(const GuestState&)> told) override;

 private:
  struct Inputs {
    GuestSpec spec;
    std::map<std::string, std::string> drive;
  };

  void enter(Op op, const std::string& guest_id);
  void update(const std::string& guest_id, const std::function<void(FakeGuest&)>& change);
  void update_defined(const std::string& guest_id, const std::function<void(FakeGuest&)>& change);

  const HostFacts facts_;
  const std::shared_ptr<FakeGuests> guests_;
  Hook hook_;
  std::function<void(const GuestState&)> told_;
  bool remember_ = false;
  std::atomic<bool> deaf_ = false;

  mutable std::mutex mutex_;
  std::map<Op, std::deque<std::string>> failures_;
  std::map<std::string, Inputs> inputs_;
};

}  // namespace haneul::virt
