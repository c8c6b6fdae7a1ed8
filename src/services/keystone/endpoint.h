#pragma once
#include <memory>
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

struct Endpoint {
  std::string id, service_id, interface;
  std::optional<std::string> region_id;
  std::string url;
  bool enabled = true;
  json::Object extra;
};

extern const resource::Resource kEndpoint;
// For lists of endpoints that hang on another row.
std::shared_ptr<const resource::Noun> plain_endpoint_noun();

void add_endpoints(resource::Service& service, State& state);

}  // namespace haneul::keystone
