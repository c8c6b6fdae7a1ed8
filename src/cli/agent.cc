#include <csignal>
#include <iostream>
#include <mutex>
#include <pthread.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"
#include "base/process.h"
#include "bus/dialer.h"
#include "bus/wire_bus.h"
#include "cli/agent_host.h"
#include "cli/commands.h"
#include "cli/join.h"
#include "cli/metadata.h"
#include "drivers/remote/executor.h"
#include "drivers/remote/image_download.h"
#include "drivers/remote/shapes.h"
#include "http/message.h"
#include "json/writer.h"

namespace haneul::cli {
namespace {

// Guests' requests go to the controller, which alone knows what to say.
class MetadataRelay final : public http::Handler {
 public:
  explicit MetadataRelay(bus::Bus& bus) : bus_(bus) {}

  http::BodyPlan plan(const http::Request&) override { return {false, 64 * 1024}; }
  http::Response handle(http::Request& request) override {
    try {
      return relayed_response(
          bus_.call(bus::kController, {"metadata", relay(request), kAnswerMax}));
    } catch (const std::exception& e) {
      log::warning("a guest's question found no answer", {{"error", e.what()}});
      http::Response response = http::Response::empty(503);
      response.headers.add("Retry-After", "5");
      return response;
    }
  }

 private:
  static constexpr Duration kAnswerMax = std::chrono::seconds(20);
  bus::Bus& bus_;
};

// One host's part of a cloud, from its drivers to the connection.
class Agent {
 public:
  Agent(const Options& options, const StateDir& state);
  ~Agent();

  // Why the controller will not have this agent; empty if it is not so.
  std::string refusal() const;

 private:
  void tell_power(const virt::GuestState& guest);
  void refused(const std::string& why);

  const SystemClock clock_;
  const Join join_;
  const remote::ImageServer images_;
  const std::unique_ptr<AgentHost> host_;
  bus::WireBus bus_{clock_};
  MetadataRelay relay_{bus_};
  http::Server server_{{.api_threads = 4, .bulk_threads = 1, .slow_threads = 1}, relay_, clock_};
  MetadataSockets sockets_;
  remote::Executor executor_;
  mutable std::mutex mutex_;
  std::string refusal_;
  std::unique_ptr<bus::Dialer> dialer_;
};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Agent::Agent(const Options& options, const StateDir& state)
    : join_(read_join(options.join)),
      images_{without_slash(options.controller), join_.secret, join_.certificate},
      host_(open_agent_host(options, state)),
      sockets_(server_, host_->metadata()),
      executor_(
          {.virt = host_->virt(),
           .net = host_->ports(),
           .fetch = [this](const virt::ImageSource& image,
                           const std::string& to) { remote::download_image(images_, image, to); },
           .serve_metadata =
               [this](const std::vector<net::Network>& networks) { sockets_.serve(networks); }},
          clock_) {
  // The first time takes seconds, and a controller does not wait long for it.
  host_->virt().facts();
  host_->virt().on_power_change([this](const virt::GuestState& guest) { tell_power(guest); });
  bus_.hear({.order = [this](const bus::Asked& asked) { return executor_.carry_out(asked); },
             .event = [](const bus::Told&) {},
             .changed = [](const std::string&) {}});
  server_.start();
  dialer_ = std::make_unique<bus::Dialer>(bus_,
                                          bus::DialerOptions{.url = images_.url,
                                                             .node = agent_host_name(options),
                                                             .secret = join_.secret,
                                                             .ca_pem = join_.certificate},
                                          [this](const std::string& why) { refused(why); });
}

Agent::~Agent() {
  bus_.close();
  dialer_.reset();
  server_.stop();
}

void Agent::tell_power(const virt::GuestState& guest) {
  // Without a connection it is lost; the controller compares when there is one again.
  bus_.tell(bus::kController, "virt.power_changed", remote::encode(guest));
}

void Agent::refused(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    refusal_ = why;
  }
  ::kill(::getpid(), SIGTERM);
}

std::string Agent::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

}  // namespace

int agent(const Options& options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before threads: only sigwait below gets them
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_files();
  StateDir state{options.state};
  state.lock();
  claim(state, options.simulated ? "simulated agent" : "real agent");
  keep_agent_options(options, state);
  const Agent agent(options, state);
  std::cout << fmt::format("haneul agent: host {} of {}\n", agent_host_name(options),
                           options.controller)
            << std::flush;
  int signal = 0;
  sigwait(&ends, &signal);
  if (const auto why = agent.refusal(); !why.empty()) throw std::runtime_error(why);
  log::info("the agent stops; its guests run on", {{"signal", signal}});
  return 0;
}

}  // namespace haneul::cli
