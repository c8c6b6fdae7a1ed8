#include "drivers/net/private_ovn.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <pthread.h>
#include <utility>

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/process.h"
#include "drivers/net/links.h"
#include "drivers/net/private_ovn_net.h"

namespace haneul::net {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t kTagMax = 8;
constexpr std::string_view kTagLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
// "ovn-controller.4194304.ctl" is the longest name any of them makes.
constexpr std::size_t kSocketNameMax = 27;
// A longer log makes room for a new one when its program starts; one old one is kept.
constexpr std::uintmax_t kLogBytesMax = 16u << 20;
constexpr milliseconds kReviveFirst{100};
constexpr milliseconds kReviveMax{5'000};

std::string short_hash(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return fmt::format("{:016x}", sum);
}

// Where sockets fit into the 108 bytes that the kernel has for a path.
std::string run_dir_for(const std::string& state_dir) {
  std::string near = state_dir + "/run";
  if (near.size() + 1 + kSocketNameMax < sizeof(sockaddr_un::sun_path)) return near;
  return "/run/haneul-ovn-" + short_hash(state_dir);
}

std::string suffixed(std::string_view name, const std::string& tag) {
  return tag.empty() ? std::string(name) : std::string(name) + "-" + tag;
}

void run_tool(const std::vector<std::string>& argv, milliseconds time_max) {
  const auto end = run_process(argv, {.time_max = time_max});
  if (!end) throw Error(argv.front() + ": " + end.reason());
  if (!end->ok()) throw Error(argv.front() + ": " + end->reason());
}

}  // namespace

PrivateOvn::PrivateOvn(PrivateOvnOptions options)
    : options_(std::move(options)),
      run_dir_(run_dir_for(options_.state_dir)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!options_.state_dir.starts_with('/')) {
    throw Error("the state directory must be absolute: " + options_.state_dir);
  }
  if (options_.tag.size() > kTagMax ||
      options_.tag.find_first_not_of(kTagLetters) != std::string::npos) {
    throw Error("an instance's tag has at most 8 of a-z, 0-9 and -: " + options_.tag);
  }
  make_daemons();
}

PrivateOvn::~PrivateOvn() {
  ::eventfd_write(stop_.get(), 1);
  if (watcher_.joinable()) watcher_.join();
}

std::string PrivateOvn::integration_bridge() const {
  return suffixed("br-int", options_.tag);
}

std::string PrivateOvn::external_bridge() const {
  return suffixed("br-ex", options_.tag);
}

std::string PrivateOvn::datapath_link() const {
  return suffixed("ovsnd", options_.tag);
}

std::string PrivateOvn::chassis() const {
  return suffixed(options_.hostname.empty() ? "haneul" : options_.hostname, options_.tag);
}

OvnOptions PrivateOvn::driver_options() const {
  OvnOptions driver;
  driver.northbound = northbound();
  driver.chassis = chassis();
  driver.host.switch_database = switch_database();
  driver.host.integration_bridge = integration_bridge();
  driver.host.tag = options_.tag;
  return driver;
}

void PrivateOvn::make_daemons() {
  const std::string db = options_.state_dir + "/db", log = options_.state_dir + "/log";
  const auto make = [&](const std::string& name, std::vector<std::string> argv) {
    argv.insert(argv.end(),
                {"-vconsole:off", "-vsyslog:off", "--log-file=" + log + "/" + name + ".log"});
    return std::make_unique<Daemon>(DaemonSpec{name,
                                               std::move(argv),
                                               {{"OVS_RUNDIR", run_dir_},
                                                {"OVS_LOGDIR", log},
                                                {"OVS_DBDIR", db},
                                                {"OVS_SYSCONFDIR", db},
                                                {"OVN_RUNDIR", run_dir_},
                                                {"OVN_LOGDIR", log},
                                                {"OVN_DBDIR", db},
                                                {"OVN_SYSCONFDIR", db}},
                                               run_dir_ + "/" + name + ".pid"});
  };
  const auto control = [&](const char* name) { return "--unixctl=" + run_dir_ + "/" + name; };
  const auto listen = [&](const char* name) { return "--remote=punix:" + run_dir_ + "/" + name; };
  switch_db_ = make("ovsdb-switch", {"ovsdb-server", listen("db.sock"), control("ovsdb-switch.ctl"),
                                     db + "/conf.db"});
  ovn_db_ = make("ovsdb-ovn", {"ovsdb-server", listen("ovnnb_db.sock"), listen("ovnsb_db.sock"),
                               control("ovsdb-ovn.ctl"), db + "/ovnnb_db.db", db + "/ovnsb_db.db"});
  switch_ = make("ovs-vswitchd", {"ovs-vswitchd", switch_database(), control("ovs-vswitchd.ctl")});
  northd_ = make("ovn-northd", {"ovn-northd", "--ovnnb-db=" + northbound(),
                                "--ovnsb-db=" + southbound(), control("ovn-northd.ctl")});
  controller_ = make("ovn-controller", {"ovn-controller", switch_database()});
  all_ = {switch_db_.get(), ovn_db_.get(), switch_.get(), northd_.get(), controller_.get()};
}

bool PrivateOvn::any_runs() {
  const std::lock_guard lock(mutex_);
  return std::any_of(all_.begin(), all_.end(), [](Daemon* daemon) { return daemon->adopt(); });
}

bool PrivateOvn::start(const Progress& progress) {
  const bool is_first = !any_runs();
  if (is_first && !options_.external_address.empty()) {
    refuse_taken_network(options_.external_address, external_bridge());
  }
  try {
    start_all(progress);
  } catch (...) {
    if (is_first) stop();
    throw;
  }
  return is_first;
}

void PrivateOvn::start_all(const Progress& progress) {
  {
    const std::lock_guard lock(mutex_);
    progress("network databases");
    start_databases();
    configure_switch();
    progress("virtual switch");
    start_switch();
    set_up_external();
    progress("network controllers");
    bring_up(*northd_);
    bring_up(*controller_);
  }
  if (!watcher_.joinable()) {
    watcher_ = std::thread([this] {
      ::pthread_setname_np(::pthread_self(), "ovn-daemons");
      watch_until_stopped();
    });
  }
  progress("network chassis");
  await_chassis();
}

void PrivateOvn::stop() {
  ::eventfd_write(stop_.get(), 1);
  if (watcher_.joinable()) watcher_.join();
  std::uint64_t told = 0;
  ::eventfd_read(stop_.get(), &told);
  const std::lock_guard lock(mutex_);
  std::string left;
  // The databases last: the others take their leave there.
  for (const auto& group :
       {std::vector<Daemon*>{controller_.get(), northd_.get()}, std::vector<Daemon*>{switch_.get()},
        std::vector<Daemon*>{ovn_db_.get(), switch_db_.get()}}) {
    for (Daemon* daemon : group) {
      if (daemon->adopt()) daemon->terminate();
    }
    for (Daemon* daemon : group) {
      if (!daemon->await_end(options_.stop_time_max)) left += " " + daemon->name();
    }
  }
  for (const auto& link : {integration_bridge(), external_bridge(), datapath_link()}) {
    remove_link(link);
  }
  remove_host_devices(options_.tag);
  remove_nft_table(nft_table());
  std::error_code ignored;
  fs::remove_all(run_dir_, ignored);
  if (!left.empty()) throw Error("these do not end:" + left);
}

bool PrivateOvn::healthy() {
  const std::lock_guard lock(mutex_);
  for (const Daemon* daemon : all_) {
    if (!daemon->running()) return false;
  }
  return true;
}

void PrivateOvn::bring_up(Daemon& daemon) {
  if (!daemon.adopt()) launch(daemon);
}

void PrivateOvn::launch(Daemon& daemon) const {
  const std::string log = options_.state_dir + "/log/" + daemon.name() + ".log";
  std::error_code ignored;
  const auto bytes = fs::file_size(log, ignored);
  if (!ignored && bytes > kLogBytesMax) fs::rename(log, log + ".1", ignored);
  daemon.start(options_.start_time_max);
}

void PrivateOvn::make_directories() const {
  std::error_code failed;
  for (const auto& path :
       {options_.state_dir, options_.state_dir + "/db", options_.state_dir + "/log", run_dir_}) {
    fs::create_directories(path, failed);
    if (failed) throw Error("cannot make " + path + ": " + failed.message());
    ::chmod(path.c_str(), 0700);
  }
}

void PrivateOvn::prepare_database(const std::string& file, const std::string& schema) const {
  const std::string path = options_.state_dir + "/db/" + file;
  if (!fs::exists(path)) {
    run_tool({"ovsdb-tool", "create", path, schema}, options_.start_time_max);
    return;
  }
  const auto needs = run_process({"ovsdb-tool", "needs-conversion", path, schema});
  if (needs && needs->ok() && needs->out.starts_with("yes")) {
    run_tool({"ovsdb-tool", "convert", path, schema}, options_.start_time_max);
  }
}

void PrivateOvn::start_databases() {
  make_directories();
  std::error_code ignored;
  if (!switch_db_->adopt()) {
    if (!switch_->adopt()) fs::remove(options_.state_dir + "/db/conf.db", ignored);
    prepare_database("conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
    launch(*switch_db_);
  }
  if (!ovn_db_->adopt()) {
    prepare_database("ovnnb_db.db", "/usr/share/ovn/ovn-nb.ovsschema");
    prepare_database("ovnsb_db.db", "/usr/share/ovn/ovn-sb.ovsschema");
    launch(*ovn_db_);
  }
}

void PrivateOvn::configure_switch() const {
  const std::string inside = integration_bridge(), outside = external_bridge();
  const std::string ids = "external_ids:";
  run_tool({"ovs-vsctl",
            "--db=" + switch_database(),
            "--no-wait",
            "init",
            "--",
            "set",
            "Open_vSwitch",
            ".",
            ids + "system-id=" + chassis(),
            ids + "hostname=" + options_.hostname,
            ids + "ovn-remote=" + southbound(),
            ids + "ovn-encap-type=" + options_.encap_type,
            ids + "ovn-encap-ip=" + options_.encap_ip,
            ids + "ovn-bridge=" + inside,
            ids + "ovn-bridge-datapath-type=netdev",
            ids + "ovn-monitor-all=true",
            ids + "ovn-bridge-mappings=" + options_.physical_network + ":" + outside,
            "--",
            "--may-exist",
            "add-br",
            inside,
            "--",
            "set",
            "Bridge",
            inside,
            "datapath_type=netdev",
            "fail-mode=secure",
            "other-config:disable-in-band=true",
            "--",
            "--may-exist",
            "add-br",
            outside,
            "--",
            "set",
            "Bridge",
            outside,
            "datapath_type=netdev"},
           options_.start_time_max);
}

void PrivateOvn::await_chassis() const {
  ovsdb::ClientOptions client;
  client.endpoint = southbound();
  client.database = "OVN_Southbound";
  client.tables = {{"Chassis", {"name"}}};
  ovsdb::Client southbound_db(std::move(client));
  const bool there =
      southbound_db.wait_until(options_.start_time_max, [this](const ovsdb::Replica& replica) {
        return !replica.find_one("Chassis", chassis()).empty();
      });
  if (!there) throw Error("ovn-controller does not register this host; see its log");
}

// Runs until stop(); the databases are back before what needs them.
void PrivateOvn::watch_until_stopped() {
  milliseconds pause = kReviveFirst;
  for (;;) {
    std::vector<pollfd> files = {{stop_.get(), POLLIN, 0}};
    bool all_there = true;
    {
      const std::lock_guard lock(mutex_);
      for (const Daemon* daemon : all_) {
        files.push_back({daemon->pidfd(), POLLIN, 0});
        all_there = all_there && daemon->running();
      }
    }
    if (!all_there) files.resize(1);
    const auto nap = all_there ? -1 : static_cast<int>(pause.count());
    ::poll(files.data(), files.size(), nap);
    if (files.front().revents != 0) return;
    if (all_there) {
      pause = kReviveFirst;
      continue;
    }
    revive();
    pause = std::min(pause * 2, kReviveMax);
  }
}

void PrivateOvn::revive() {
  const std::lock_guard lock(mutex_);
  for (Daemon* daemon : all_) {
    if (daemon->running()) continue;
    log::warning("a network program ended; starting it again", {{"program", daemon->name()}});
    try {
      if (daemon == switch_.get()) {
        start_switch();
        set_up_external();
      } else {
        bring_up(*daemon);
      }
    } catch (const Error& error) {
      log::error("cannot start a network program",
                 {{"program", daemon->name()}, {"reason", error.what()}});
    }
  }
}

}  // namespace haneul::net
