#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/agents.h"
#include "cli/drivers.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/state_dir.h"
#include "db/database.h"
#include "flow/engine.h"
#include "http/server.h"
#include "json/writer.h"
#include "notify/journal.h"
#include "resource/front.h"
#include "resource/quota.h"
#include "services/list.h"

namespace haneul::cli {

// Passwords made at first start; kept in the state directory, mode 600.
struct Secrets {
  std::string admin_password, demo_password;
};
Secrets load_secrets(const StateDir& state);
void write_clouds_yaml(const StateDir& state, const std::string& url, const Secrets& secrets,
                       const std::string& ca_file);

// One cloud in one process, from the state directory up to the listening socket.
class Runtime {
 public:
  // Opens everything and listens; throws std::runtime_error with a sentence if anything is in the
  // way, and then nothing is left half-started.
  Runtime(const Options& options, const Settings& settings, StateDir& state,
          const Progress& progress);
  ~Runtime();  // requests under way end; guests and networks stay

  std::uint16_t port() const { return port_; }
  std::string url() const;  // what clients are told

 private:
  void open(const Settings& settings, const Progress& progress);
  enum class Ending { stops, gives_up };
  void close(Ending ending);
  void give_up();
  void check_guest_image() const;
  void listen(const Options& options);
  void open_control();
  void open_metadata();
  void write_hosts(json::Writer& w, db::Session& session) const;
  services::Firsts firsts(const Secrets& secrets) const;
  http::Response control(http::Request& request);
  std::string status_json();
  void give_memory_back();

  const Options options_;
  StateDir& state_;
  SystemClock clock_;
  std::unique_ptr<Drivers> drivers_;
  std::unique_ptr<Agents> agents_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<flow::Engine> flows_;
  resource::Quota quota_;
  const notify::Journal journal_;
  std::unique_ptr<resource::World> world_;
  std::unique_ptr<services::Services> services_;
  std::unique_ptr<resource::Front> front_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
  Instant started_;
  std::unique_ptr<MetadataSockets> metadata_here_;
  std::unique_ptr<MetadataDuty> metadata_;
  std::uint64_t work_seen_ = 0;  // both touched by one job only
  bool was_idle_ = false;
};

}  // namespace haneul::cli
