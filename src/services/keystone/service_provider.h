#pragma once
#include <optional>
#include <string>
#include <vector>

#include "json/writer.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Another cloud that takes this one's users.
struct ServiceProvider {
  std::string id, auth_url, sp_url;
  bool enabled = false;
  std::optional<std::string> description, relay_state_prefix;
};

extern const resource::Resource kServiceProvider;

void add_service_providers(resource::Service& service, State& state);

// Absent: 404; disabled: 403.
ServiceProvider enabled_service_provider(db::Session& session, std::string_view id);
// "service_providers": […] of a token's body, if there are any that are enabled.
void write_service_providers(json::Writer& w, db::Session& session);

}  // namespace haneul::keystone
