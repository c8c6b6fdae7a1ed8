#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// A service of the catalog: /v3/services.
struct CatalogServiceRow {
  std::string id, type;
  std::optional<std::string> name;  // absent from answers where it was never given
  bool enabled = true;
  json::Object extra;
};

extern const resource::Resource kCatalogService;

void add_catalog_services(resource::Service& service, State& state);

}  // namespace haneul::keystone
