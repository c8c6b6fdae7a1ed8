#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "drivers/virt/accel.h"
#include "drivers/virt/driver.h"

namespace haneul::virt {

struct DomainEvent;
class GuestFiles;
class LibvirtSession;
class LogTrimmer;
class OrphanReaper;

struct LibvirtOptions {
  // Guests' files, the image cache and, for the embedded driver, libvirt's own. Absolute; QEMU
  // must be able to pass through the directories above it.
  std::string state_dir;
  // Empty: libvirt's QEMU driver embedded in this process, with state_dir as its root. Else a
  // libvirtd, e.g. qemu:///system.
  std::string uri;
  std::string qemu_user = "root";  // embedded only
  Accel accel = Accel::automatic;
  std::uint64_t cache_bytes_max = 0;  // 0: no limit
  std::string hostname;               // empty: the kernel's
  std::string host_ip;
};

// QEMU guests under libvirt. Guests run on when this process ends, however it ends, and the next
// driver with the same state directory finds them. As root; construct before other threads run
// (libvirt's environment is set), one at a time in a process.
//
// The first facts() or define() of a host takes seconds: libvirt asks QEMU what it can do, and KVM
// is tried. Both results are kept in state_dir.
class LibvirtDriver final : public Driver {
 public:
  explicit LibvirtDriver(LibvirtOptions options);  // throws Error
  ~LibvirtDriver() override;

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
  // Takes the power away and starts again, so that what was defined meanwhile holds.
  void reset(const std::string& guest_id) override;
  void pause(const std::string& guest_id) override;
  void unpause(const std::string& guest_id) override;
  Power power(const std::string& guest_id) override;
  std::vector<GuestState> list() override;
  std::vector<std::string> list_files() override;
  // Never more than kConsoleBytesMax.
  std::string console_log(const std::string& guest_id, std::size_t bytes_max) override;
  void on_power_change(std::function<void(const GuestState&)> told) override;

 private:
  bool embedded() const { return options_.uri.empty(); }
  bool kvm();
  std::vector<std::string> logs() const;
  std::string qemu_log(const std::string& guest_name) const;
  void heard(const DomainEvent& event);
  void stop(const std::string& guest_id);

  const LibvirtOptions options_;
  std::mutex mutex_;
  std::function<void(const GuestState&)> told_;
  std::set<std::string> stopping_;  // by us, and libvirt has not told yet
  std::optional<bool> kvm_;
  std::mutex kvm_mutex_;

  std::unique_ptr<GuestFiles> files_;
  std::unique_ptr<LogTrimmer> trimmer_;
  std::unique_ptr<OrphanReaper> reaper_;
  std::unique_ptr<LibvirtSession> session_;
};

}  // namespace haneul::virt
