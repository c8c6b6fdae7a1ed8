#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace haneul::virt {

// Something outside went wrong; what() is a sentence for the user of the cloud. The step may be
// tried again.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// As Nova numbers them (OS-EXT-STS:power_state).
// upstream: openstack/nova:nova/objects/fields.py (InstancePowerState)
enum class Power {
  no_state = 0,
  running = 1,
  paused = 3,
  shut_off = 4,
  crashed = 6,
  suspended = 7
};

struct HostFacts {
  std::string hostname;
  std::int64_t vcpus = 0;
  std::int64_t memory_mib = 0;
  std::int64_t memory_used_mib = 0;
  std::int64_t disk_gib = 0;
  std::int64_t disk_free_gib = 0;
  std::string hypervisor_type;          // "QEMU", or "fake"
  std::int64_t hypervisor_version = 0;  // 7002000
  std::string cpu_arch, cpu_model, cpu_vendor;
  std::vector<std::string> cpu_features;
  std::int64_t cpu_sockets = 1, cpu_cores = 1, cpu_threads = 1;
  bool kvm = false;  // proven by starting a guest, never assumed
  std::string host_ip;
};

struct Nic {
  std::string port_id;  // Neutron's
  std::string tap;      // name of the tap device, made by the network driver before define()
  std::string mac;
  std::int64_t mtu = 1500;
  std::string model = "virtio";
};

struct GuestSpec {
  std::string id;     // the server's UUID, also the domain's
  std::string name;   // "instance-0000002a"
  std::string title;  // display name; any UTF-8
  std::int64_t vcpus = 1;
  std::int64_t memory_mib = 64;
  std::vector<Nic> nics;
  bool config_drive = false;                               // write_config_drive() was called
  std::string project_id, user_id, flavor_name, image_id;  // for the domain's metadata
  std::map<std::string, std::string>
      image_properties;  // hw_disk_bus, hw_vif_model, hw_machine_type
};

struct GuestState {
  std::string id;
  Power power = Power::no_state;
};

// An image's bytes, on this host's disk or somewhere else.
struct ImageSource {
  std::string id;        // Glance's
  std::string checksum;  // MD5; names the cached copy together with id
  std::string path;      // readable from here, unless `fetch` is given
  std::string format;    // "qcow2" or "raw"
  std::int64_t size = 0;
  // Brings the bytes from elsewhere into a new file of this name, checked. Throws Error.
  std::function<void(const std::string& to)> fetch = nullptr;
};

// One hypervisor host. Every call may be repeated after a crash at any point and then has the
// same effect as once. Calls block (seconds); call from the flow pool only. Different guests may be
// worked on from different threads at once; one guest from one thread at a time.
class Driver {
 public:
  virtual ~Driver() = default;

  virtual HostFacts facts() = 0;

  // Base image into the host's cache, then a copy-on-write root disk of at least `disk_gib` (0:
  // the image's own size) on it. A root disk that is there already stays, whatever its image, and
  // grows if it is too small: to rebuild, remove_files() first.
  virtual void create_disk(const std::string& guest_id, const ImageSource& image,
                           std::int64_t disk_gib) = 0;
  // Path within the drive → content; made an ISO 9660 volume labelled config-2.
  virtual void write_config_drive(const std::string& guest_id,
                                  const std::map<std::string, std::string>& files) = 0;
  // Disks, config drive, console log and directory of a guest. Absent is fine.
  virtual void remove_files(const std::string& guest_id) = 0;

  // Makes the domain known but not running. Defining again replaces.
  virtual void define(const GuestSpec& spec) = 0;
  // Forgets it; running is stopped by force first. Absent is fine.
  virtual void undefine(const std::string& guest_id) = 0;
  virtual void start(const std::string& guest_id) = 0;             // running is fine
  virtual void request_shutdown(const std::string& guest_id) = 0;  // ACPI; returns at once
  virtual void power_off(const std::string& guest_id) = 0;         // by force; off is fine
  virtual void request_reboot(const std::string& guest_id) = 0;    // ACPI; returns at once
  virtual void reset(const std::string& guest_id) = 0;             // hard; off is started
  virtual void pause(const std::string& guest_id) = 0;
  virtual void unpause(const std::string& guest_id) = 0;

  // no_state if this host has no such guest.
  virtual Power power(const std::string& guest_id) = 0;
  virtual std::vector<GuestState> list() = 0;
  // Ids of guests that have files on disk, running or not; for finding strays.
  virtual std::vector<std::string> list_files() = 0;
  // The end of the console, at most `bytes_max`; whole if shorter; empty if never started.
  virtual std::string console_log(const std::string& guest_id, std::size_t bytes_max) = 0;

  // Called from a driver's thread when a guest changed power by itself (it shut down, crashed).
  // Set once, before work begins; must not call back into the driver.
  virtual void on_power_change(std::function<void(const GuestState&)> told) = 0;
};

}  // namespace haneul::virt
