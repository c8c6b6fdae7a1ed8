#include "drivers/virt/libvirt_driver.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>
#include <libvirt/libvirt.h>

#include "base/log.h"
#include "drivers/virt/console.h"
#include "drivers/virt/domain_xml.h"
#include "drivers/virt/guest_files.h"
#include "drivers/virt/host_facts.h"
#include "drivers/virt/libvirt_session.h"
#include "drivers/virt/orphan_reaper.h"
#include "drivers/virt/state_dir.h"

namespace haneul::virt {
namespace {

constexpr std::chrono::seconds kTrimPeriod{2};

// upstream: openstack/nova:nova/virt/libvirt/guest.py (LIBVIRT_POWER_STATE)
Power power_of(int state) {
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
      return Power::running;
    case VIR_DOMAIN_PAUSED:
      return Power::paused;
    case VIR_DOMAIN_CRASHED:
      return Power::crashed;
    case VIR_DOMAIN_PMSUSPENDED:
      return Power::suspended;
    default:
      return Power::shut_off;
  }
}

// What a guest became by itself, if the event is of that kind.
std::optional<Power> power_after(const DomainEvent& event) {
  switch (event.event) {
    case VIR_DOMAIN_EVENT_STOPPED:
      return Power::shut_off;
    case VIR_DOMAIN_EVENT_CRASHED:
      return Power::crashed;
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
      return Power::suspended;
    case VIR_DOMAIN_EVENT_SUSPENDED:
      if (event.detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR ||
          event.detail == VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG) {
        return Power::paused;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Domain known(LibvirtSession& session, const std::string& guest_id) {
  Domain domain = session.find(guest_id);
  if (!domain) throw Error(fmt::format("Guest {} is not defined on this host.", guest_id));
  return domain;
}

Domain active(LibvirtSession& session, const std::string& guest_id) {
  Domain domain = known(session, guest_id);
  if (!is_active(domain.get())) throw Error(fmt::format("Guest {} is not running.", guest_id));
  return domain;
}

bool runs(virDomain* domain) {
  const auto state = state_of(domain);
  return is_active(domain) && state && *state != VIR_DOMAIN_SHUTDOWN &&
         *state != VIR_DOMAIN_CRASHED;
}

LibvirtOptions checked(LibvirtOptions options) {
  if (!options.state_dir.starts_with('/')) throw Error("The directory of guests must be absolute.");
  while (options.state_dir.size() > 1 && options.state_dir.ends_with('/')) {
    options.state_dir.pop_back();
  }
  return options;
}

// The directory is the operator's and may hold characters that mean something in a URI.
std::string embed_uri(const std::string& dir) {
  std::string path;
  for (const char c : dir) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '-' || c == '_' || c == '.';
    path += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return "qemu:///embed?root=" + path;
}

}  // namespace

LibvirtDriver::LibvirtDriver(LibvirtOptions options) : options_(checked(std::move(options))) {
  QemuAccount account{::geteuid(), ::getegid()};
  if (embedded()) {
    account = prepare_state_dir(options_.state_dir, options_.qemu_user);
    reaper_ = std::make_unique<OrphanReaper>(std::vector<std::string>{"qemu-system"});
  }
  files_ = std::make_unique<GuestFiles>(options_.state_dir, options_.cache_bytes_max, account.user,
                                        account.group);
  trimmer_ = std::make_unique<LogTrimmer>([this] { return logs(); }, kTrimPeriod);
  session_ = std::make_unique<LibvirtSession>(
      embedded() ? embed_uri(options_.state_dir) : options_.uri, options_.state_dir,
      [this](const DomainEvent& event) { heard(event); });
}

LibvirtDriver::~LibvirtDriver() = default;

std::vector<std::string> LibvirtDriver::logs() const {
  std::vector<std::string> out;
  for (const auto& id : files_->list()) out.push_back(files_->console(id));
  if (!embedded()) return out;
  out.push_back(options_.state_dir + "/log/libvirt.log");
  std::error_code absent;
  const std::filesystem::path dir = options_.state_dir + "/log/qemu";
  for (const auto& entry : std::filesystem::directory_iterator(dir, absent)) {
    if (entry.path().extension() == ".log") out.push_back(entry.path());
  }
  return out;
}

std::string LibvirtDriver::qemu_log(const std::string& guest_name) const {
  return fmt::format("{}/log/qemu/{}.log", options_.state_dir, guest_name);
}

bool LibvirtDriver::kvm() {
  const std::lock_guard lock(kvm_mutex_);
  if (!kvm_) {
    std::optional<OrphanReaper::Hurry> hurry;
    if (reaper_) hurry.emplace(*reaper_);
    kvm_ = choose_kvm(options_.accel, options_.state_dir, session_->qemu_version());
  }
  return *kvm_;
}

HostFacts LibvirtDriver::facts() {
  HostFacts out;
  out.kvm = kvm();
  out.hostname = options_.hostname;
  out.host_ip = options_.host_ip;
  out.hypervisor_type = "QEMU";
  out.hypervisor_version = session_->qemu_version();
  read_machine(out, options_.state_dir);
  read_capabilities(out, session_->capabilities());
  return out;
}

void LibvirtDriver::create_disk(const std::string& guest_id, const ImageSource& image,
                                std::int64_t disk_gib) {
  files_->create_disk(guest_id, image, disk_gib);
}

void LibvirtDriver::write_config_drive(const std::string& guest_id,
                                       const std::map<std::string, std::string>& files) {
  files_->write_config_drive(guest_id, files);
}

void LibvirtDriver::remove_files(const std::string& guest_id) {
  files_->remove(guest_id);
}

std::vector<std::string> LibvirtDriver::list_files() {
  return files_->list();
}

std::string LibvirtDriver::console_log(const std::string& guest_id, std::size_t bytes_max) {
  return read_log_tail(files_->console(guest_id), bytes_max);
}

void LibvirtDriver::define(const GuestSpec& spec) {
  files_->create_console(spec.id);
  const DomainFiles files{
      .disk = files_->disk(spec.id),
      .base = files_->base(spec.id),
      .base_format = files_->base_format(spec.id),
      .config_drive = spec.config_drive ? files_->config_drive(spec.id) : "",
      .console = files_->console(spec.id),
  };
  if (spec.config_drive && files.config_drive.empty()) {
    throw Error(fmt::format("Guest {} has no config drive on this host.", spec.id));
  }
  session_->define(domain_xml(spec, files, kvm()));
}

void LibvirtDriver::undefine(const std::string& guest_id) {
  stop(guest_id);
  const Domain domain = session_->find(guest_id);
  if (!domain) return;
  const std::string name = virDomainGetName(domain.get());
  const unsigned flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_NVRAM |
                         VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                         VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA;
  if (virDomainUndefineFlags(domain.get(), flags) != 0) {
    const std::string why = session_->complaint("The guest could not be removed");
    if (session_->find(guest_id)) throw Error(why);
  }
  if (!embedded()) return;
  ::unlink(qemu_log(name).c_str());
  ::unlink((qemu_log(name) + ".1").c_str());
}

void LibvirtDriver::start(const std::string& guest_id) {
  const Domain domain = known(*session_, guest_id);
  if (runs(domain.get())) return;
  if (is_active(domain.get())) stop(guest_id);
  if (virDomainCreate(domain.get()) == 0) return;
  const std::string why = session_->complaint("The guest could not be started");
  if (!runs(domain.get())) throw Error(why);
}

void LibvirtDriver::request_shutdown(const std::string& guest_id) {
  const Domain domain = known(*session_, guest_id);
  if (!is_active(domain.get())) return;
  if (virDomainShutdownFlags(domain.get(), VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0) return;
  const std::string why = session_->complaint("The guest could not be asked to shut down");
  if (is_active(domain.get())) throw Error(why);
}

// Absent is fine here. A guest can die and libvirt still say that killing it failed, so that its
// word is not taken: the state is looked at.
void LibvirtDriver::stop(const std::string& guest_id) {
  const Domain domain = session_->find(guest_id);
  if (!domain || !is_active(domain.get())) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_.insert(guest_id);
  }
  std::optional<OrphanReaper::Hurry> hurry;
  if (reaper_) hurry.emplace(*reaper_);
  if (virDomainDestroy(domain.get()) == 0) return;
  const std::string why = session_->complaint("The guest could not be stopped");
  {
    const std::lock_guard lock(mutex_);
    stopping_.erase(guest_id);
  }
  log::warning("libvirt failed to stop a guest", {{"guest", guest_id}, {"error", why}});
  const Domain again = session_->find(guest_id);
  if (!again || !is_active(again.get())) return;
  throw Error(why);
}

void LibvirtDriver::power_off(const std::string& guest_id) {
  known(*session_, guest_id);
  stop(guest_id);
}

void LibvirtDriver::request_reboot(const std::string& guest_id) {
  const Domain domain = active(*session_, guest_id);
  if (virDomainReboot(domain.get(), VIR_DOMAIN_REBOOT_ACPI_POWER_BTN) == 0) return;
  throw Error(session_->complaint("The guest could not be asked to reboot"));
}

void LibvirtDriver::reset(const std::string& guest_id) {
  stop(guest_id);
  start(guest_id);
}

void LibvirtDriver::pause(const std::string& guest_id) {
  const Domain domain = active(*session_, guest_id);
  if (state_of(domain.get()) == VIR_DOMAIN_PAUSED) return;
  if (virDomainSuspend(domain.get()) == 0) return;
  throw Error(session_->complaint("The guest could not be paused"));
}

void LibvirtDriver::unpause(const std::string& guest_id) {
  const Domain domain = active(*session_, guest_id);
  if (state_of(domain.get()) == VIR_DOMAIN_RUNNING) return;
  if (virDomainResume(domain.get()) == 0) return;
  throw Error(session_->complaint("The guest could not be unpaused"));
}

Power LibvirtDriver::power(const std::string& guest_id) {
  const Domain domain = session_->find(guest_id);
  if (!domain) return Power::no_state;
  const auto state = state_of(domain.get());
  return state ? power_of(*state) : Power::no_state;
}

std::vector<GuestState> LibvirtDriver::list() {
  std::vector<GuestState> out;
  for (const Domain& domain : session_->all()) {
    const auto state = state_of(domain.get());
    if (!state) continue;
    auto id = id_of(domain.get());
    // A libvirtd may have guests that are none of ours.
    if (!embedded() && !std::filesystem::exists(files_->console(id))) continue;
    out.push_back({std::move(id), power_of(*state)});
  }
  return out;
}

void LibvirtDriver::on_power_change(std::function<void(const GuestState&)> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

void LibvirtDriver::heard(const DomainEvent& event) {
  const auto power = power_after(event);
  if (!power) return;
  std::function<void(const GuestState&)> told;
  {
    const std::lock_guard lock(mutex_);
    if (event.event == VIR_DOMAIN_EVENT_STOPPED && stopping_.erase(event.guest_id) != 0) return;
    told = told_;
  }
  if (told) told({event.guest_id, *power});
}

}  // namespace haneul::virt
