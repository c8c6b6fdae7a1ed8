#include "cli/runtime.h"

#include <array>
#include <fstream>
#include <malloc.h>
#include <unistd.h>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "cli/events_json.h"
#include "cli/join.h"
#include "cli/machine.h"
#include "cli/metrics.h"
#include "db/migration.h"
#include "json/writer.h"
#include "services/neutron/neutron.h"
#include "services/nova/nova.h"

namespace haneul::cli {
namespace {

// Database sessions between two looks; what recurring work does by itself is less.
constexpr std::uint64_t kIdleWorkMax = 100;

}  // namespace

Runtime::Runtime(const Options& options, const Settings& settings, StateDir& state,
                 const Progress& progress)
    : options_(options), state_(state), journal_(clock_, settings.journal), started_(clock_.now()) {
  try {
    open(settings, progress);
  } catch (...) {
    close(Ending::gives_up);
    throw;
  }
}

// What runs outside this process is started when nothing else can be in the way any more.

void Runtime::open(const Settings& settings, const Progress& progress) {
  progress("state");
  check_guest_image();
  database_ = db::open_sqlite({.path = state_.file("haneul.db").string()});
  flows_ = std::make_unique<flow::Engine>(*database_, clock_, settings.flow);
  world_.reset(new resource::World{*database_, clock_, *flows_, quota_, journal_});
  drivers_ = open_drivers(options_, settings.system, state_);
  agents_ = std::make_unique<Agents>(clock_, keep_join(state_, options_.tls_cert).secret,
                                     drivers_->hosts());
  services_ = std::make_unique<services::Services>(
      *world_, services::Surroundings{.state = state_.path(),
                                      .net = drivers_->net(),
                                      .hosts = drivers_->hosts(),
                                      .fleet = &agents_->fleet(),
                                      .public_cidr = options_.public_cidr,
                                      .settings = settings.services});
  progress("database");
  const auto migrations = services_->migrations();
  db::migrate(*database_, migrations, state_.file("haneul.db.before-upgrade").string());
  for (const resource::Service* s : services_->all()) quota_.declare(s->facts().name, s->limits());
  front_ = std::make_unique<resource::Front>(*world_, services_->authenticator(), services_->all());
  front_->add_metrics([this] {
    return metric_lines({database_->stats(), flows_->stats(), server_->stats()});
  });
  server_ = std::make_unique<http::Server>(settings.http, *front_, clock_);
  listen(options_);
  open_control();
  progress(options_.simulated ? "simulated hosts" : "hypervisor and networks");
  drivers_->start(progress);
  progress("first resources");
  services_->start();
  const Secrets secrets = load_secrets(state_);
  services_->bootstrap(firsts(secrets));
  write_clouds_yaml(state_, url(), secrets, options_.tls_cert);
  for (const resource::Service* s : services_->all()) {
    for (const resource::Job& job : s->jobs()) flows_->every(job.every, job.name, job.run);
  }
  flows_->every(std::chrono::minutes(10), "prune events", [this] { journal_.prune(*database_); });
  flows_->every(std::chrono::seconds(10), "give memory back", [this] { give_memory_back(); });
  metadata_ = std::make_unique<MetadataDuty>(*database_, services_->neutron());
  agents_->open(*front_, *services_, *database_, *metadata_);
  if (!options_.simulated) open_metadata();
  flows_->run();
  server_->start();
  log::info("haneul answers", {{"url", url()}, {"kind", drivers_->kind()}});
}

Runtime::~Runtime() {
  close(Ending::stops);
}

// Those first that call others: requests, flows, and the drivers' threads, which tell the services
// what happens.
void Runtime::close(Ending ending) {
  if (agents_) agents_->close();
  if (server_) server_->stop();
  if (flows_) flows_->stop();
  metadata_here_.reset();
  if (ending == Ending::gives_up && drivers_) give_up();
  drivers_.reset();
  ::unlink(state_.file("control").c_str());
}

void Runtime::give_up() {
  try {
    drivers_->give_up();
  } catch (const std::exception& e) {
    log::error("what was begun does not end; try: haneul down", {{"error", e.what()}});
  }
}

void Runtime::check_guest_image() const {
  if (options_.guest_image.empty()) return;
  std::ifstream file(options_.guest_image, std::ios::binary);
  std::array<char, 4> begin{};
  file.read(begin.data(), begin.size());
  if (file && std::string_view(begin.data(), begin.size()) == "QFI\xfb") return;
  throw std::runtime_error(fmt::format(
      "{} is no qcow2 image that can be read; make one with images/build, or start without "
      "--guest-image",
      options_.guest_image));
}

// A simulated cloud has an image too: nobody boots it, so any bytes will do.
services::Firsts Runtime::firsts(const Secrets& secrets) const {
  services::Firsts firsts{.admin_password = secrets.admin_password,
                          .demo_password = secrets.demo_password,
                          .url = url(),
                          .guest_image = options_.guest_image};
  if (!firsts.guest_image.empty()) {
    // What the image needs of its virtual hardware; images/haneul-guest.properties says the same.
    firsts.guest_properties = {{"hw_cdrom_bus", "scsi"}, {"os_distro", "debian"}};
  } else if (options_.simulated) {
    firsts.guest_image = state_.file("haneul-guest.raw").string();
    firsts.guest_image_format = "raw";
    if (!state_.read("haneul-guest.raw")) {
      state_.write("haneul-guest.raw", std::string(1024 * 1024, '\0'));
    }
  }
  return firsts;
}

// Guests reach 169.254.169.254 through a socket in each network's namespace on their host.
void Runtime::open_metadata() {
  front_->handle_listener("metadata:", [this](http::Request& request) {
    return services_->nova().metadata_response(request);
  });
  metadata_here_ = std::make_unique<MetadataSockets>(*server_, drivers_->net());
  flows_->every(std::chrono::seconds(1), "metadata sockets", [this] {
    std::vector<std::string> here;
    for (const auto& [host, driver] : drivers_->hosts()) here.push_back(host);
    metadata_->refresh("", here, [this](const std::vector<net::Network>& networks) {
      metadata_here_->serve(networks);
    });
    agents_->refresh_metadata(*metadata_);
  });
}

std::string Runtime::url() const {
  if (!options_.public_url.empty()) return options_.public_url;
  const bool any = options_.listen == "0.0.0.0" || options_.listen == "::";
  const std::string host = any ? outward_address() : options_.listen;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", options_.tls_cert.empty() ? "http" : "https",
                     v6 ? "[" + host + "]" : host, port_);
}

void Runtime::listen(const Options& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    throw std::runtime_error("--tls-cert and --tls-key go together");
  }
  if (options.tls_cert.empty() && !options.tls_client_ca.empty()) {
    throw std::runtime_error("--tls-client-ca goes with --tls-cert");
  }
  const http::Server::Tls tls{options.tls_cert, options.tls_key, options.tls_client_ca};
  try {
    port_ = server_->listen(options.listen, options.port, "api",
                            options.tls_cert.empty() ? nullptr : &tls);
  } catch (const http::CannotListen& e) {
    throw std::runtime_error(fmt::format("{}; choose others with --listen and --port", e.what()));
  }
}

// The control socket of `haneul status` and its like: HTTP over a Unix socket that only the
// owner of the state directory can reach.
void Runtime::open_control() {
  const std::string path = state_.file("control").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error(fmt::format(
        "the path of the state directory is too long ({} characters); use a shorter --state",
        state_.path().string().size()));
  }
  path.copy(address.sun_path, path.size());
  ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd, 16) != 0) {
    throw std::runtime_error(fmt::format("cannot listen on {}", path));
  }
  server_->adopt(fd, "control", /*logged=*/false);
  front_->handle_listener("control", [this](http::Request& r) { return control(r); });
}

http::Response Runtime::control(http::Request& request) {
  if (request.path == "/status") return http::Response::json(200, status_json());
  if (request.path == "/events") {
    return http::Response::json(200, events_json(*database_, request.raw_query));
  }
  if (request.path == "/doctor") {
    json::Writer w;
    w.value(services_->doctor());
    return http::Response::json(200, w.take());
  }
  return http::Response::empty(404);
}

// What a burst of work left behind is of no use once nothing happens any more.
void Runtime::give_memory_back() {
  const auto work_done = database_->stats().reads + database_->stats().writes;
  const bool is_idle = work_done - work_seen_ < kIdleWorkMax;
  work_seen_ = work_done;
  if (is_idle == was_idle_) return;
  was_idle_ = is_idle;
  if (!is_idle) return;
  database_->trim();
  ::malloc_trim(0);
}

}  // namespace haneul::cli
