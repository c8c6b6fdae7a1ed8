#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Endpoints chosen by service, region and interface.
struct EndpointGroup {
  std::string id, name;
  std::optional<std::string> description;
  json::Object filters;
};

extern const resource::Resource kEndpointGroup;
std::shared_ptr<const resource::Noun> endpoint_group_noun(State& state);

void add_endpoint_groups(resource::Service& service, State& state);

}  // namespace haneul::keystone
