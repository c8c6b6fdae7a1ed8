#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bus/door.h"
#include "bus/wire_bus.h"
#include "cli/metadata.h"
#include "drivers/remote/fleet.h"
#include "drivers/virt/driver.h"
#include "resource/front.h"
#include "services/list.h"

namespace haneul::cli {

// A controller's side of its agents: they come in through /agent/v1 of the API's port, fetch
// images below it, and are a Fleet to the services.
class Agents {
 public:
  // `here`: hosts of this process, whose names no agent may take.
  Agents(const Clock& clock, std::string secret, std::map<std::string, virt::Driver*> here);

  remote::Fleet& fleet() { return fleet_; }
  // Before the server starts; everything given must outlive close().
  void open(resource::Front& front, services::Services& services, db::Database& database,
            MetadataDuty& duty);
  void refresh_metadata(MetadataDuty& duty);
  std::vector<bus::Member> members() const { return bus_.members(); }
  // Ends all connections; orders that wait fail.
  void close() { bus_.close(); }

 private:
  http::Response answer(const http::Request& request);
  http::Response send_image(const std::string& id);
  json::Value carry_out(const bus::Asked& asked);

  const std::string secret_;
  const std::map<std::string, virt::Driver*> here_;
  bus::WireBus bus_;
  remote::Fleet fleet_{bus_};
  bus::Door door_;
  services::Services* services_ = nullptr;
  db::Database* database_ = nullptr;
};

}  // namespace haneul::cli
