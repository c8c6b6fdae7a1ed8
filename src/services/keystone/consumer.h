#pragma once
#include <optional>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// Who may be given a part of users' rights by OAuth 1.0a.
struct Consumer {
  std::string id;
  std::optional<std::string> description;
  std::string secret;  // shown once
  json::Object extra;
};

extern const resource::Resource kConsumer;

// "Consumer not found"
Consumer consumer_or_fault(const State& state, db::Session& session, std::string_view id);

void add_consumers(resource::Service& service, State& state);

}  // namespace haneul::keystone
