#pragma once
#include <filesystem>
#include <vector>

#include "config/option.h"
#include "services/glance/glance.h"
#include "services/keystone/keystone.h"
#include "services/neutron/neutron.h"
#include "services/nova/nova.h"

namespace haneul::services {

// What an operator may set of every service.
struct Settings {
  keystone::Options keystone;
  glance::Options glance;
  neutron::Options neutron;
  nova::Settings nova;
};

// Where Keystone's keys are, below the state directory.
std::filesystem::path key_directory(const std::filesystem::path& state);

// One line per service. `settings` must outlive the sections.
std::vector<config::Section> sections(Settings& settings);

}  // namespace haneul::services
