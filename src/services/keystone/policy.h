#pragma once
#include <memory>
#include <string>

#include "json/value.h"
#include "resource/service.h"

namespace haneul::keystone {

struct State;

// A rule set kept for other services: any text, which Keystone does not read.
struct Policy {
  std::string id, type, blob;
  json::Object extra;
};

extern const resource::Resource kPolicy;
std::shared_ptr<const resource::Noun> policy_noun();

void add_policies(resource::Service& service);

}  // namespace haneul::keystone
