#pragma once
#include <optional>
#include <string>
#include <vector>

#include "resource/service.h"
#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"
#include "services/neutron/port.h"

namespace haneul::neutron {

struct RouterRow {
  std::string id, name, project_id;
  bool admin_state_up = true;
  std::string status = "ACTIVE";
  JsonText external_gateway_info{"null"};
  std::optional<std::string> gateway_port_id, gateway_network_id;
  JsonText routes;
  JsonText availability_zone_hints, availability_zones;
  std::string description;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;

  bool enables_snat() const;
};

const resource::Resource& router_resource();
const resource::Store<RouterRow>& routers();
Noun router_noun(const Context& context);
void add_router_actions(resource::Service& service, const Context& context);

std::vector<PortRow> interfaces_of(db::Session& session, std::string_view router_id);
void save_router(db::Transaction& tx, const Context& context, RouterRow& router);
// Any more routes than these must be reachable from the router. Throws InvalidRoutes.
void check_routes(db::Session& session, const Context& context, const RouterRow& router);

// router_gateway.cc: what `external_gateway_info` asks for; null or empty takes the gateway away.
void set_gateway(db::Transaction& tx, const Context& context, const access::Caller& caller,
                 RouterRow& router, const json::Value& info);
void clear_gateway(db::Transaction& tx, const Context& context, RouterRow& router);
Refusal gateway_info(json::Value& value);

// router_interface.cc
struct InterfaceInfo {
  std::string port_id, network_id, subnet_id;
  std::vector<std::string> subnet_ids;
};
InterfaceInfo add_interface_by_subnet(db::Transaction& tx, const Context& context,
                                      const access::Caller& caller, RouterRow& router,
                                      std::string_view subnet_id);
InterfaceInfo add_interface_by_port(db::Transaction& tx, const Context& context,
                                    const access::Caller& caller, RouterRow& router,
                                    std::string_view port_id);
InterfaceInfo remove_interface(db::Transaction& tx, const Context& context, RouterRow& router,
                               const std::optional<std::string>& subnet_id,
                               const std::optional<std::string>& port_id);

}  // namespace haneul::neutron
