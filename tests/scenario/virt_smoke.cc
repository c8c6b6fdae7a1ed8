// Real guests under the embedded libvirt, from boot to removal, and across kill -9 of the process
// that started one.
//
//   virt_smoke [DIR [IMAGE.qcow2]]      as root; DIR must not exist; exit status 0 if all went well

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <signal.h>
#include <string>
#include <unistd.h>

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/id.h"
#include "base/process.h"
#include "drivers/virt/libvirt_driver.h"

std::string_view smoke_sector();

namespace {

namespace fs = std::filesystem;
using namespace haneul::virt;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kText = "haneul smoke guest";

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what);
}

void expect(bool holds, const std::string& what) {
  if (!holds) give_up("not so: " + what);
}

void step(const std::string& name, const std::function<void()>& body) {
  const auto before = SteadyClock::now();
  body();
  const std::chrono::duration<double> took = SteadyClock::now() - before;
  fmt::print("ok  {:6.2f} s  {}\n", took.count(), name);
  std::fflush(stdout);
}

void wait_for(const std::string& what, std::chrono::seconds most, const std::function<bool()>& so) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto deadline = SteadyClock::now() + most;
  while (!so()) {
    if (SteadyClock::now() > deadline) give_up("too late: " + what);
    never.wait_for(lock, std::chrono::milliseconds(20));
  }
}

int count(const std::string& text, const std::string& what) {
  int n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

// A tap that outlives its maker, as Neutron's driver makes it.
class Tap {
 public:
  explicit Tap(std::string name) : name_(std::move(name)) { set(1); }
  ~Tap() { set(0); }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  const std::string& name() const { return name_; }

 private:
  void set(int persistent) {
    const int file = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
    const bool made = file >= 0 && ::ioctl(file, TUNSETIFF, &request) == 0 &&
                      ::ioctl(file, TUNSETPERSIST, persistent) == 0;
    if (file >= 0) ::close(file);
    if (!made && persistent != 0) give_up("no tap device can be made");
  }
  const std::string name_;
};

ImageSource raw_image(const std::string& dir) {
  const std::string path = dir + ".raw";
  std::ofstream(path, std::ios::binary) << smoke_sector();
  fs::resize_file(path, 1 << 20);
  return {"11111111-2222-3333-4444-555555555555", "d41d8cd98f00b204e9800998ecf8427e", path, "raw"};
}

GuestSpec spec_of(const std::string& id, int number) {
  GuestSpec s;
  s.id = id;
  s.name = fmt::format("instance-{:08x}", number);
  s.title = "smoke <&> \"guest\" \x01\xff é";
  s.vcpus = 1;
  s.memory_mib = 64;
  s.project_id = "p";
  s.user_id = "u";
  s.flavor_name = "m1.nano";
  return s;
}

void boot(Driver& driver, const GuestSpec& spec, const ImageSource& image) {
  driver.create_disk(spec.id, image, 1);
  driver.define(spec);
  driver.start(spec.id);
}

struct Told {
  std::mutex mutex;
  std::vector<GuestState> states;

  std::size_t times(const std::string& id, Power power) {
    const std::lock_guard lock(mutex);
    std::size_t n = 0;
    for (const auto& s : states) n += s.id == id && s.power == power ? 1 : 0;
    return n;
  }
};

// Runs this program again as a process that starts a guest, and kills it with SIGKILL.
void start_and_die(const std::string& self, const std::string& dir, const std::string& id) {
  int ends[2];
  expect(::pipe(ends) == 0, "a pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], 3);
    ::execl(self.c_str(), self.c_str(), "--child", dir.c_str(), id.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  char ready = 0;
  const ssize_t n = ::read(ends[0], &ready, 1);
  ::close(ends[0]);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  expect(n == 1, "the child started its guest");
}

int child(const std::string& dir, const std::string& id) {
  LibvirtDriver driver({.state_dir = dir});
  boot(driver, spec_of(id, 1), raw_image(dir));
  wait_for("the child's guest speaks", std::chrono::seconds(30),
           [&] { return count(driver.console_log(id, 100'000), kText) == 1; });
  if (::write(3, "x", 1) != 1) return 1;
  ::pause();
  return 1;
}

void adopt(LibvirtDriver& driver, Told& told, const std::string& id) {
  step("the next process finds the guest running", [&] {
    expect(driver.power(id) == Power::running, "it runs");
    expect(driver.list().size() == 1 && driver.list()[0].id == id, "it is listed");
    expect(driver.list_files() == std::vector<std::string>{id}, "its files are listed");
  });
  step("an adopted guest hears ACPI and tells of its end", [&] {
    driver.request_shutdown(id);
    wait_for("it shuts down", std::chrono::seconds(20),
             [&] { return told.times(id, Power::shut_off) == 1; });
    expect(driver.power(id) == Power::shut_off, "it is off");
  });
  step("an adopted guest starts again", [&] {
    driver.start(id);
    wait_for("it speaks", std::chrono::seconds(30),
             [&] { return count(driver.console_log(id, 100'000), kText) == 2; });
  });
}

void kill_adopted(LibvirtDriver& driver, const std::string& id) {
  step("a guest that is killed by force is gone, twice over", [&] {
    for (int i = 0; i < 2; ++i) driver.power_off(id);
    expect(driver.power(id) == Power::shut_off, "it is off");
    for (int i = 0; i < 2; ++i) driver.undefine(id);
    for (int i = 0; i < 2; ++i) driver.remove_files(id);
    expect(driver.power(id) == Power::no_state, "it is unknown");
    expect(driver.list().empty() && driver.list_files().empty(), "nothing is left");
  });
}

void live(LibvirtDriver& driver, Told& told, const ImageSource& image) {
  const std::string id = haneul::new_uuid();
  const auto said = [&](int n) {
    return [&driver, id, n] { return count(driver.console_log(id, 1 << 20), kText) >= n; };
  };
  const Tap tap("tapsmoke" + id.substr(0, 6));
  GuestSpec spec = spec_of(id, 2);
  spec.nics.push_back({"port", tap.name(), "fa:16:3e:00:00:01", 1442, "virtio"});
  spec.config_drive = true;

  step("disk, config drive and definition, each twice", [&] {
    for (int i = 0; i < 2; ++i) driver.create_disk(id, image, 1);
    for (int i = 0; i < 2; ++i) {
      driver.write_config_drive(id, {{"openstack/latest/meta_data.json", "{}"}});
    }
    for (int i = 0; i < 2; ++i) driver.define(spec);
    expect(driver.power(id) == Power::shut_off, "it is off");
  });
  step("start", [&] { driver.start(id); });
  step("its console speaks", [&] { wait_for("a line", std::chrono::seconds(30), said(1)); });
  step("start again is fine", [&] { driver.start(id); });
  step("pause and unpause, each twice", [&] {
    for (int i = 0; i < 2; ++i) driver.pause(id);
    expect(driver.power(id) == Power::paused, "it is paused");
    for (int i = 0; i < 2; ++i) driver.unpause(id);
    expect(driver.power(id) == Power::running, "it runs");
  });
  step("reboot by ACPI", [&] {
    driver.request_reboot(id);
    wait_for("a second line", std::chrono::seconds(30), said(2));
  });
  step("reset", [&] {
    driver.reset(id);
    wait_for("a third line", std::chrono::seconds(30), said(3));
    expect(told.times(id, Power::shut_off) == 0, "nothing was told of what we did");
  });
  step("shut down by ACPI", [&] {
    driver.request_shutdown(id);
    wait_for("it is told", std::chrono::seconds(30),
             [&] { return told.times(id, Power::shut_off) == 1; });
    driver.request_shutdown(id);
  });
  step("define with a larger disk, start, undefine while it runs", [&] {
    driver.create_disk(id, image, 2);
    spec.memory_mib = 80;
    driver.define(spec);
    driver.start(id);
    driver.undefine(id);
    expect(driver.power(id) == Power::no_state, "it is unknown");
    driver.remove_files(id);
    expect(told.times(id, Power::shut_off) == 1, "nothing was told of what we did");
  });
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

void refuse(LibvirtDriver& driver, const ImageSource& image, const std::string& dir) {
  step("what cannot be is refused in sentences", [&] {
    const std::string id = haneul::new_uuid();
    fmt::print("    {}\n", message_of([&] { driver.start(id); }));
    GuestSpec spec = spec_of(id, 3);
    spec.nics.push_back({"port", "nosuchtap0", "fa:16:3e:00:00:0x", 1442, "virtio"});
    driver.create_disk(id, image, 0);
    const auto bad_mac = message_of([&] { driver.define(spec); });
    fmt::print("    {}\n", bad_mac);
    expect(!bad_mac.empty(), "a bad MAC address is refused");
    spec.nics.clear();
    spec.image_properties["hw_machine_type"] = "pc-i440fx-99.9";
    const auto bad_machine = message_of([&] { driver.define(spec); });
    fmt::print("    {}\n", bad_machine);
    expect(!bad_machine.empty(), "an unknown machine is refused");
    spec.image_properties.clear();
    driver.define(spec);
    fs::resize_file(dir + "/guests/" + id + "/disk.qcow2", 100);
    const auto broken = message_of([&] { driver.start(id); });
    fmt::print("    {}\n", broken);
    expect(!broken.empty() && broken.find(dir) == std::string::npos, "a broken disk is refused");
    expect(driver.power(id) == Power::shut_off, "it is off");
    driver.undefine(id);
    driver.remove_files(id);
  });
}

void boot_every_kind(LibvirtDriver& driver, const ImageSource& image) {
  const std::vector<std::map<std::string, std::string>> kinds = {
      {{"hw_machine_type", "q35"}},
      {{"hw_disk_bus", "scsi"}},
      {{"hw_disk_bus", "ide"}, {"hw_vif_model", "e1000"}},
      {{"hw_disk_bus", "sata"}, {"hw_machine_type", "q35"}, {"hw_vif_model", "e1000e"}}};
  for (const auto& kind : kinds) {
    std::string name;
    for (const auto& [key, value] : kind) name += " " + value;
    step("boots on" + name, [&] {
      const std::string id = haneul::new_uuid();
      const Tap tap("tapsmoke" + id.substr(0, 6));
      GuestSpec spec = spec_of(id, 4);
      spec.image_properties = kind;
      spec.config_drive = true;
      spec.nics.push_back({"port", tap.name(), "fa:16:3e:00:00:02", 1442, "virtio"});
      driver.write_config_drive(id, {{"a", "b"}});
      boot(driver, spec, image);
      wait_for("a line", std::chrono::seconds(30),
               [&] { return count(driver.console_log(id, 100'000), kText) == 1; });
      driver.undefine(id);
      driver.remove_files(id);
    });
  }
}

void boot_image(LibvirtDriver& driver, const std::string& path) {
  step("a real image reaches a login prompt and shuts down", [&] {
    const std::string id = haneul::new_uuid();
    GuestSpec spec = spec_of(id, 5);
    spec.memory_mib = 256;
    boot(driver, spec, {haneul::new_uuid(), "", path, "qcow2"});
    wait_for("login:", std::chrono::seconds(120),
             [&] { return driver.console_log(id, 100'000).find("login:") != std::string::npos; });
    driver.request_shutdown(id);
    wait_for("it is off", std::chrono::seconds(60),
             [&] { return driver.power(id) == Power::shut_off; });
    driver.undefine(id);
    driver.remove_files(id);
  });
}

int run(const std::string& self, const std::string& dir, const std::string& image) {
  const std::string first = haneul::new_uuid();
  step("a process starts a guest and is killed", [&] { start_and_die(self, dir, first); });
  Told told;
  LibvirtDriver driver({.state_dir = dir});
  driver.on_power_change([&](const GuestState& s) {
    const std::lock_guard lock(told.mutex);
    told.states.push_back(s);
  });
  step("facts", [&] {
    const auto f = driver.facts();
    fmt::print("    {} vcpus, {} MiB, QEMU {}, kvm {}, {} {} with {} features, {} GiB free\n",
               f.vcpus, f.memory_mib, f.hypervisor_version, f.kvm, f.cpu_vendor, f.cpu_model,
               f.cpu_features.size(), f.disk_free_gib);
    expect(f.vcpus > 0 && f.memory_mib > f.memory_used_mib && f.disk_gib > 0, "plausible facts");
  });
  step("the test guest for KVM is itself in order",
       [&] { expect(runs_a_guest("tcg", dir, std::chrono::seconds(20)), "it runs under TCG"); });
  adopt(driver, told, first);
  kill_adopted(driver, first);
  const ImageSource raw = raw_image(dir);
  live(driver, told, raw);
  refuse(driver, raw, dir);
  boot_every_kind(driver, raw);
  if (!image.empty()) boot_image(driver, image);
  return 0;
}

// Guests a failed run leaves; libvirt writes their pids down.
void kill_leftovers(const std::string& dir) {
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(dir + "/run/qemu", absent)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("instance-") || !name.ends_with(".pid")) continue;
    pid_t pid = 0;
    if (std::ifstream(entry.path()) >> pid && pid > 1) ::kill(pid, SIGKILL);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string dir = argc > 1 ? argv[1] : "/tmp/virt-smoke-" + haneul::new_hex_id();
  try {
    if (argc == 4 && dir == "--child") return child(argv[2], argv[3]);
    if (fs::exists(dir)) give_up(dir + " exists already");
    const int status = run(fs::read_symlink("/proc/self/exe"), dir, argc > 2 ? argv[2] : "");
    fs::remove_all(dir);
    fs::remove(dir + ".raw");
    return status;
  } catch (const std::exception& e) {
    fmt::print("FAILED  {} (see {})\n", e.what(), dir);
    kill_leftovers(dir);
    return 1;
  }
}
