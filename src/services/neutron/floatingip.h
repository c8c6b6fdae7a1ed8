#pragma once
#include <optional>
#include <string>
#include <vector>

#include "resource/table.h"
#include "services/neutron/context.h"
#include "services/neutron/json_text.h"
#include "services/neutron/noun.h"
#include "services/neutron/port.h"

namespace haneul::neutron {

struct FloatingIpRow {
  std::string id, project_id, floating_ip_address, floating_network_id, floating_port_id;
  std::optional<std::string> router_id, port_id, fixed_ip_address;
  std::string status = "DOWN", description, dns_name, dns_domain;
  JsonText tags;
  Instant created_at, updated_at;
  std::int64_t revision_number = 1;
};

const resource::Resource& floatingip_resource();
const resource::Store<FloatingIpRow>& floatingips();
Noun floatingip_noun(const Context& context);

// The network goes: floating IPs on it that serve nobody go with it.
// upstream: openstack/neutron:neutron/db/l3_db.py (delete_disassociated_floatingips)
void remove_idle_floatingips(db::Transaction& tx, const Context& context,
                             std::string_view network_id);
// The port goes: its floating IPs are free again.
void disassociate_floatingips(db::Transaction& tx, const Context& context,
                              std::string_view port_id);
// The port's addresses have changed: those in use by floating IPs must still be there.
void keep_floatingips(db::Transaction& tx, const Context& context, const PortRow& old,
                      const PortRow& fresh);

}  // namespace haneul::neutron
