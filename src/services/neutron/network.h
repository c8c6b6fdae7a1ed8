#pragma once
#include <optional>
#include <string>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"

namespace haneul::neutron {

struct Network {
  std::string id, name, project_id;
  bool admin_state_up = true;
  std::int64_t mtu = 0;
  std::string status = "ACTIVE";
  JsonText subnets;     // ids
  bool shared = false;  // with everybody; sharing with one project is a row of rbac_policies
  bool external = false;
  bool is_default = false;
  std::string description;
  bool port_security_enabled = true;
  std::string dns_domain;
  JsonText availability_zone_hints, availability_zones;
  std::optional<std::string> ipv4_address_scope, ipv6_address_scope;
  std::string network_type;  // empty until chosen: geneve, flat, vlan, local
  std::optional<std::string> physical_network;
  std::optional<std::int64_t> segmentation_id;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

const resource::Resource& network_resource();
const resource::Store<Network>& networks();
Noun network_noun(const Context& context);

// Networks this caller may see; "" names the networks table's own columns.
resource::Where visible_networks(const access::Caller& caller, bool is_admin);
// As a condition on a column of another table that holds a network's id, beside the caller's own
// rows: `owned_only` leaves out networks that are merely shared or external.
resource::Where rows_on_visible_networks(const access::Caller& caller, bool is_admin,
                                         bool owned_only);

// Fills in what the caller left open, checks the rest.
void complete_network(db::Transaction& tx, const Context& context, Network& network);
// Throws NetworkInUse; else takes subnets and Neutron's own ports along.
void empty_network(db::Transaction& tx, const Context& context, const Network& network);
// Puts owner, sharing and the like beside a row on that network. Throws NetworkNotFound.
void add_network_facts(db::Session& session, std::string_view network_id, RowFacts& facts);
// Keeps the network's list of subnets.
void refresh_subnets(db::Transaction& tx, const Context& context, std::string_view network_id);
void set_shared(db::Transaction& tx, const Network& network, bool shared);

}  // namespace haneul::neutron
