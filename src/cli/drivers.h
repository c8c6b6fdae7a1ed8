#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "cli/settings.h"
#include "cli/state_dir.h"
#include "drivers/net/driver.h"
#include "drivers/virt/driver.h"

namespace haneul::cli {

using Progress = std::function<void(std::string_view stage)>;

// The outside world of one cloud: simulated, or QEMU guests on OVN networks.
class Drivers {
 public:
  virtual ~Drivers() = default;

  virtual net::Driver& net() = 0;
  // What runs outside this process is started, or found running. Throws std::runtime_error with a
  // sentence, and then nothing runs that did not before.
  virtual void start(const Progress& progress) = 0;
  // Ends what start() began, if it did: for a cloud that cannot start after all.
  virtual void give_up() = 0;
  // By host name.
  virtual std::map<std::string, virt::Driver*> hosts() = 0;
  // Ends guests and everything this cloud started outside its own process. The drivers are of no
  // use afterwards.
  virtual void end_all(const Progress& progress) = 0;
  virtual std::string kind() const = 0;  // "simulated", "QEMU (KVM)", …
};

// Starts nothing yet. Throws std::runtime_error with a sentence that says what to do.
std::unique_ptr<Drivers> open_drivers(const Options& options, const SystemSettings& system,
                                      const StateDir& state);
std::unique_ptr<Drivers> open_simulated(const Options& options, const StateDir& state);
std::unique_ptr<Drivers> open_real(const Options& options, const SystemSettings& system,
                                   const StateDir& state);

}  // namespace haneul::cli
