#include "drivers/virt/fake.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace haneul::virt {
namespace {

constexpr int kBootsShown = 4;
constexpr std::int64_t kHostMemoryMib = 512;  // what the host itself uses

constexpr std::array<std::string_view, kOpCount> kOpNames = {"facts",
                                                             "create_disk",
                                                             "write_config_drive",
                                                             "remove_files",
                                                             "define",
                                                             "undefine",
                                                             "start",
                                                             "request_shutdown",
                                                             "power_off",
                                                             "request_reboot",
                                                             "reset",
                                                             "pause",
                                                             "unpause",
                                                             "power",
                                                             "list",
                                                             "list_files",
                                                             "console_log"};

void boot(FakeGuest& g) {
  g.power = Power::running;
  if (g.boots < std::numeric_limits<std::uint16_t>::max()) ++g.boots;
}

bool is_up(const FakeGuest& g) {
  return g.power == Power::running || g.power == Power::paused || g.power == Power::suspended;
}

[[noreturn]] void refuse(const std::string& guest_id, std::string_view why) {
  throw Error(fmt::format("Guest {} {}.", guest_id, why));
}

std::int32_t clamp32(std::int64_t n) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(n, 0, std::numeric_limits<std::int32_t>::max()));
}

std::string boot_text(const std::string& id, const FakeGuest& g) {
  constexpr std::string_view kLines[] = {
      "[    0.000000] Linux version 6.1.0-simulated (haneul) #1 SMP PREEMPT_DYNAMIC",
      "[    0.000000] Command line: root=LABEL=rootfs ro console=tty1 console=ttyS0",
      "[    0.000000] BIOS-provided physical RAM map:",
      "[    0.000000] NX (Execute Disable) protection: active",
      "[    0.000000] SMBIOS 2.8 present.",
      "[    0.000000] DMI: OpenStack Foundation OpenStack Nova, BIOS 1.16.2 04/01/2014",
      "[    0.041326] ACPI: PM-Timer IO Port: 0x608",
      "[    0.152290] pci 0000:00:01.0: [1af4:1000] type 00 class 0x020000",
      "[    0.310075] Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled",
      "[    0.332711] 00:05: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A",
      "[    0.518802] virtio_blk virtio1: [vda] new disk",
      "[    0.601977] EXT4-fs (vda1): mounted filesystem with ordered data mode",
      "[    0.702604] random: crng init done",
      "Starting network: eth0 up",
      "checking for config drive and http://169.254.169.254/ metadata: found",
  };
  std::string out;
  for (const auto line : kLines) (out += line) += '\n';
  out += fmt::format("[    0.731450] smp: Brought up 1 node, {} CPUs; Memory: {}K available\n",
                     g.vcpus, g.memory_mib * 1024);
  out += fmt::format("instance-id: {}\n=== system up ===\n\n", id);
  return out + fmt::format("guest-{} login: \n", id.substr(0, 8));
}

}  // namespace

std::string_view op_name(Op op) {
  return kOpNames[static_cast<std::size_t>(op)];
}

HostFacts fake_host_facts(std::string hostname) {
  HostFacts f;
  f.hostname = std::move(hostname);
  f.vcpus = 64;
  f.memory_mib = 256 * 1024;
  f.disk_gib = f.disk_free_gib = 2048;
  f.hypervisor_type = "fake";
  f.hypervisor_version = 1000;
  f.cpu_arch = "x86_64";
  f.cpu_model = "Nehalem";
  f.cpu_vendor = "Intel";
  f.cpu_features = {"pge", "clflush"};
  f.cpu_sockets = 4;
  f.cpu_cores = 8;
  f.cpu_threads = 2;
  f.host_ip = "127.0.0.1";
  return f;
}

FakeDriver::FakeDriver(HostFacts facts)
    : FakeDriver(std::move(facts), std::make_shared<FakeGuests>()) {}

FakeDriver::FakeDriver(HostFacts facts, std::shared_ptr<FakeGuests> guests)
    : facts_(std::move(facts)), guests_(std::move(guests)) {}

void FakeDriver::fail_next(Op op, std::string message, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) failures_[op].push_back(message);
}

void FakeDriver::enter(Op op, const std::string& guest_id) {
  if (hook_) hook_(op, guest_id);
  const std::lock_guard lock(mutex_);
  const auto due = failures_.find(op);
  if (due == failures_.end()) return;
  const Error error(due->second.front());
  due->second.pop_front();
  if (due->second.empty()) failures_.erase(due);
  throw error;
}

void FakeDriver::update(const std::string& guest_id,
                        const std::function<void(FakeGuest&)>& change) {
  guests_->update(facts_.hostname, guest_id, change);
}

void FakeDriver::update_defined(const std::string& guest_id,
                                const std::function<void(FakeGuest&)>& change) {
  update(guest_id, [&](FakeGuest& g) {
    if (g.power == Power::no_state) refuse(guest_id, "is not defined on this host");
    change(g);
  });
}

std::optional<GuestSpec> FakeDriver::spec(const std::string& guest_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = inputs_.find(guest_id);
  if (found == inputs_.end() || found->second.spec.id.empty()) return std::nullopt;
  return found->second.spec;
}

std::map<std::string, std::string> FakeDriver::config_drive(const std::string& guest_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = inputs_.find(guest_id);
  return found == inputs_.end() ? std::map<std::string, std::string>{} : found->second.drive;
}

void FakeDriver::change_power_by_itself(const std::string& guest_id, Power power) {
  update_defined(guest_id, [&](FakeGuest& g) {
    if (!is_up(g)) refuse(guest_id, "is not running");
    g.power = power;
  });
  if (told_) told_({guest_id, power});
}

HostFacts FakeDriver::facts() {
  enter(Op::facts, "");
  HostFacts f = facts_;
  f.memory_used_mib = kHostMemoryMib;
  guests_->each(f.hostname, [&](const std::string&, const FakeGuest& g) {
    if (is_up(g)) f.memory_used_mib += g.memory_mib;
    f.disk_free_gib -= g.disk_gib;
  });
  f.disk_free_gib = std::max<std::int64_t>(f.disk_free_gib, 0);
  return f;
}

void FakeDriver::create_disk(const std::string& guest_id, const ImageSource&,
                             std::int64_t disk_gib) {
  enter(Op::create_disk, guest_id);
  update(guest_id, [&](FakeGuest& g) {
    g.has_files = true;
    g.disk_gib = clamp32(disk_gib);
  });
}

void FakeDriver::write_config_drive(const std::string& guest_id,
                                    const std::map<std::string, std::string>& files) {
  enter(Op::write_config_drive, guest_id);
  update(guest_id, [](FakeGuest& g) { g.has_files = true; });
  if (!remember_) return;
  const std::lock_guard lock(mutex_);
  inputs_[guest_id].drive = files;
}

void FakeDriver::remove_files(const std::string& guest_id) {
  enter(Op::remove_files, guest_id);
  update(guest_id, [](FakeGuest& g) {
    g.has_files = false;
    g.disk_gib = 0;
    g.boots = 0;
  });
}

void FakeDriver::define(const GuestSpec& spec) {
  enter(Op::define, spec.id);
  update(spec.id, [&](FakeGuest& g) {
    if (g.power == Power::no_state) g.power = Power::shut_off;
    g.has_files = true;
    g.vcpus = clamp32(spec.vcpus);
    g.memory_mib = spec.memory_mib;
  });
  if (!remember_) return;
  const std::lock_guard lock(mutex_);
  inputs_[spec.id].spec = spec;
}

void FakeDriver::undefine(const std::string& guest_id) {
  enter(Op::undefine, guest_id);
  update(guest_id, [](FakeGuest& g) {
    g.power = Power::no_state;
    g.vcpus = 0;
    g.memory_mib = 0;
  });
  const std::lock_guard lock(mutex_);
  inputs_.erase(guest_id);
}

void FakeDriver::start(const std::string& guest_id) {
  enter(Op::start, guest_id);
  update_defined(guest_id, [](FakeGuest& g) {
    if (!is_up(g)) boot(g);
  });
}

void FakeDriver::request_shutdown(const std::string& guest_id) {
  enter(Op::request_shutdown, guest_id);
  bool changed = false;
  update_defined(guest_id, [&](FakeGuest& g) {
    changed = g.power == Power::running && !deaf_;
    if (changed) g.power = Power::shut_off;
  });
  if (changed && told_) told_({guest_id, Power::shut_off});
}

void FakeDriver::power_off(const std::string& guest_id) {
  enter(Op::power_off, guest_id);
  update_defined(guest_id, [](FakeGuest& g) { g.power = Power::shut_off; });
}

void FakeDriver::request_reboot(const std::string& guest_id) {
  enter(Op::request_reboot, guest_id);
  update_defined(guest_id, [&](FakeGuest& g) {
    if (!is_up(g)) refuse(guest_id, "is not running");
    if (g.power == Power::running && !deaf_) boot(g);
  });
}

void FakeDriver::reset(const std::string& guest_id) {
  enter(Op::reset, guest_id);
  update_defined(guest_id, boot);
}

void FakeDriver::pause(const std::string& guest_id) {
  enter(Op::pause, guest_id);
  update_defined(guest_id, [&](FakeGuest& g) {
    if (!is_up(g)) refuse(guest_id, "is not running");
    g.power = Power::paused;
  });
}

void FakeDriver::unpause(const std::string& guest_id) {
  enter(Op::unpause, guest_id);
  update_defined(guest_id, [&](FakeGuest& g) {
    if (!is_up(g)) refuse(guest_id, "is not running");
    g.power = Power::running;
  });
}

Power FakeDriver::power(const std::string& guest_id) {
  enter(Op::power, guest_id);
  const auto guest = guests_->find(facts_.hostname, guest_id);
  return guest ? guest->power : Power::no_state;
}

std::vector<GuestState> FakeDriver::list() {
  enter(Op::list, "");
  std::vector<GuestState> out;
  guests_->each(facts_.hostname, [&](const std::string& id, const FakeGuest& g) {
    if (g.power != Power::no_state) out.push_back({id, g.power});
  });
  return out;
}

std::vector<std::string> FakeDriver::list_files() {
  enter(Op::list_files, "");
  std::vector<std::string> out;
  guests_->each(facts_.hostname, [&](const std::string& id, const FakeGuest& g) {
    if (g.has_files) out.push_back(id);
  });
  return out;
}

std::string FakeDriver::console_log(const std::string& guest_id, std::size_t bytes_max) {
  enter(Op::console_log, guest_id);
  const auto guest = guests_->find(facts_.hostname, guest_id);
  if (!guest) return "";
  std::string out;
  for (int i = 0; i < std::min<int>(guest->boots, kBootsShown); ++i) {
    out += boot_text(guest_id, *guest);
  }
  if (out.size() > bytes_max) out.erase(0, out.size() - bytes_max);
  return out;
}

void FakeDriver::on_power_change(std::function<void(const GuestState&)> told) {
  told_ = std::move(told);
}

}  // namespace haneul::virt
