#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/authenticator.h"
#include "db/migration.h"
#include "drivers/net/driver.h"
#include "drivers/remote/fleet.h"
#include "drivers/virt/driver.h"
#include "json/value.h"
#include "resource/service.h"
#include "resource/world.h"
#include "services/settings.h"

namespace haneul::keystone {
class Keystone;
}
namespace haneul::glance {
class Glance;
}
namespace haneul::placement {
class Placement;
}
namespace haneul::neutron {
class Neutron;
}
namespace haneul::nova {
class Nova;
}

namespace haneul::services {

// What all services together need from outside.
struct Surroundings {
  std::filesystem::path state;  // keys and images live below it
  net::Driver& net;
  std::map<std::string, virt::Driver*> hosts;  // of this process
  remote::Fleet* fleet = nullptr;              // those that agents have
  std::string external_network = "public";     // the physical network's name
  std::string public_cidr;
  Settings settings = {};
};

// What a fresh cloud is given.
struct Firsts {
  std::string admin_password, demo_password;
  std::string url;          // http://host:port
  std::string guest_image;  // a file that becomes the image haneul-guest; empty: none
  std::string guest_image_format = "qcow2";
  json::Object guest_properties;
};

// All services, one line each in the .cc, built in order of who uses whom.
class Services {
 public:
  Services(const resource::World& world, const Surroundings& around);
  ~Services();

  access::Authenticator& authenticator();
  std::vector<const resource::Service*> all() const;
  // Of the frame and of every service.
  std::vector<db::ModuleMigrations> migrations() const;
  // After migrations: reads what each keeps in memory, tells hosts and networks apart from rows.
  void start();
  // Makes what a fresh cloud holds; safe to repeat.
  void bootstrap(const Firsts& firsts);
  // Differences between rows and what drivers report, one line each.
  std::vector<std::string> doctor();

  keystone::Keystone& keystone() { return *keystone_; }
  glance::Glance& glance() { return *glance_; }
  nova::Nova& nova() { return *nova_; }
  neutron::Neutron& neutron() { return *neutron_; }

 private:
  const Surroundings around_;
  std::unique_ptr<keystone::Keystone> keystone_;
  std::unique_ptr<placement::Placement> placement_;
  std::unique_ptr<glance::Glance> glance_;
  std::unique_ptr<neutron::Neutron> neutron_;
  std::unique_ptr<nova::Nova> nova_;
  const resource::World& world_;
};

}  // namespace haneul::services
