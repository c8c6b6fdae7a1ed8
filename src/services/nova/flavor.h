#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "resource/call.h"
#include "resource/service.h"
#include "resource/table.h"

namespace haneul::nova {

struct Flavor {
  std::string id;  // what the API calls id: any text the maker chose
  std::string name;
  std::optional<std::string> description;
  std::int64_t vcpus = 1, ram = 64, disk = 0;  // MiB, GiB
  std::int64_t ephemeral = 0, swap = 0;        // GiB, MiB
  double rxtx_factor = 1.0;
  bool is_public = true;
  bool disabled = false;
  resource::TextMap extra_specs;
  Instant created;

  // What servers embed from microversion 2.47 on.
  std::string embedded() const;
};

extern const resource::Resource kFlavor;
using FlavorStore = resource::Store<Flavor>;

// The flavor if this caller may use it: public, granted to its project, or any for an admin.
std::optional<Flavor> find_flavor(const resource::Call& call, db::Session& session,
                                  const FlavorStore& flavors, std::string_view id);

Fault no_flavor(std::string_view id);  // "Flavor x could not be found."

void add_flavor_routes(resource::Service& service, const FlavorStore& flavors);

}  // namespace haneul::nova
