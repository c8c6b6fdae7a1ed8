#pragma once
#include "services/neutron/neutron.h"

namespace haneul::neutron {

struct Neutron::Impl {
  Impl(const resource::World& world, net::Driver& driver, Options options);

  Options options;
  net::Driver& driver;
  resource::Service service;
  Context context;
  std::function<void(const PortFacts&, bool)> listener;

  void port_up(const std::string& port_id, bool up);
  void drifted(const net::Object& object);
};

// service.cc: the table of contents.
resource::Service make_service(const Options& options);
void add_resources(resource::Service& service, const Context& context);

// Port rows as facts, with network names and floating IPs looked up all at once.
struct PortRow;
std::vector<PortFacts> facts_of(db::Session& session, const std::vector<PortRow>& rows);

}  // namespace haneul::neutron
