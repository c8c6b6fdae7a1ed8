CREATE TABLE networks (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  mtu INTEGER NOT NULL,
  status TEXT NOT NULL,
  subnets TEXT NOT NULL,
  shared INTEGER NOT NULL,
  external INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  description TEXT NOT NULL,
  port_security_enabled INTEGER NOT NULL,
  dns_domain TEXT NOT NULL,
  availability_zone_hints TEXT NOT NULL,
  availability_zones TEXT NOT NULL,
  ipv4_address_scope TEXT,
  ipv6_address_scope TEXT,
  network_type TEXT NOT NULL,
  physical_network TEXT,
  segmentation_id INTEGER,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX networks_by_project ON networks (project_id, id);
CREATE INDEX networks_by_name ON networks (name);
CREATE INDEX networks_by_shared ON networks (shared);
CREATE INDEX networks_by_external ON networks (external);
CREATE INDEX networks_by_segment ON networks (network_type, physical_network, segmentation_id);
CREATE INDEX networks_by_tunnel ON networks (network_type, segmentation_id);

CREATE TABLE subnets (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  cidr TEXT NOT NULL,
  gateway_ip TEXT,
  enable_dhcp INTEGER NOT NULL,
  ipv6_ra_mode TEXT,
  ipv6_address_mode TEXT,
  allocation_pools TEXT NOT NULL,
  dns_nameservers TEXT NOT NULL,
  host_routes TEXT NOT NULL,
  subnetpool_id TEXT,
  service_types TEXT NOT NULL,
  dns_publish_fixed_ip INTEGER NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX subnets_by_network ON subnets (network_id);
CREATE INDEX subnets_by_project ON subnets (project_id, id);
CREATE INDEX subnets_by_name ON subnets (name);
CREATE INDEX subnets_by_pool ON subnets (subnetpool_id);

CREATE TABLE ports (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  mac_address TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  status TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_owner TEXT NOT NULL,
  fixed_ips TEXT NOT NULL,
  allowed_address_pairs TEXT NOT NULL,
  extra_dhcp_opts TEXT NOT NULL,
  security_groups TEXT NOT NULL,
  port_security_enabled INTEGER NOT NULL,
  host_id TEXT NOT NULL,
  profile TEXT NOT NULL,
  vif_type TEXT NOT NULL,
  vif_details TEXT NOT NULL,
  vnic_type TEXT NOT NULL,
  description TEXT NOT NULL,
  dns_name TEXT NOT NULL,
  dns_assignment TEXT NOT NULL,
  made_for_device INTEGER NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX ports_by_project ON ports (project_id, id);
CREATE INDEX ports_by_network ON ports (network_id, id);
CREATE INDEX ports_by_device ON ports (device_id);
CREATE INDEX ports_by_name ON ports (name);
CREATE INDEX ports_by_host ON ports (host_id);
CREATE UNIQUE INDEX ports_by_mac ON ports (mac_address, network_id);

-- Addresses as hexadecimal digits, so that they sort as numbers.
CREATE TABLE ip_allocations (
  subnet_id TEXT NOT NULL,
  address TEXT NOT NULL,
  port_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  PRIMARY KEY (subnet_id, address)
);
CREATE INDEX ip_allocations_by_port ON ip_allocations (port_id);
CREATE INDEX ip_allocations_by_address ON ip_allocations (ip_address, network_id);

-- Behind the cursor every address of the pools is allocated or in the gaps.
CREATE TABLE ip_cursors (
  subnet_id TEXT NOT NULL PRIMARY KEY,
  next_address TEXT NOT NULL
);
CREATE TABLE ip_gaps (
  subnet_id TEXT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (subnet_id, address)
);

CREATE TABLE security_groups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  description TEXT NOT NULL,
  stateful INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX security_groups_by_project ON security_groups (project_id, id);
CREATE INDEX security_groups_by_default ON security_groups (project_id, is_default);
CREATE INDEX security_groups_by_name ON security_groups (name);

CREATE TABLE security_group_rules (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  security_group_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  ethertype TEXT NOT NULL,
  protocol TEXT,
  port_range_min INTEGER,
  port_range_max INTEGER,
  remote_ip_prefix TEXT,
  remote_group_id TEXT,
  remote_address_group_id TEXT,
  normalized_cidr TEXT,
  description TEXT,
  belongs_to_default_sg INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX security_group_rules_by_group ON security_group_rules (security_group_id);
CREATE INDEX security_group_rules_by_project ON security_group_rules (project_id, id);
CREATE INDEX security_group_rules_by_remote ON security_group_rules (remote_group_id);

CREATE TABLE security_group_bindings (
  port_id TEXT NOT NULL,
  security_group_id TEXT NOT NULL,
  PRIMARY KEY (port_id, security_group_id)
);
CREATE INDEX security_group_bindings_by_group ON security_group_bindings (security_group_id);

CREATE TABLE routers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  status TEXT NOT NULL,
  external_gateway_info TEXT NOT NULL,
  gateway_port_id TEXT,
  gateway_network_id TEXT,
  routes TEXT NOT NULL,
  availability_zone_hints TEXT NOT NULL,
  availability_zones TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX routers_by_project ON routers (project_id, id);
CREATE INDEX routers_by_name ON routers (name);
CREATE INDEX routers_by_gateway_network ON routers (gateway_network_id);

CREATE TABLE floatingips (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  floating_ip_address TEXT NOT NULL,
  floating_network_id TEXT NOT NULL,
  floating_port_id TEXT NOT NULL,
  router_id TEXT,
  port_id TEXT,
  fixed_ip_address TEXT,
  status TEXT NOT NULL,
  description TEXT NOT NULL,
  dns_name TEXT NOT NULL,
  dns_domain TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX floatingips_by_project ON floatingips (project_id, id);
CREATE INDEX floatingips_by_port ON floatingips (port_id);
CREATE INDEX floatingips_by_router ON floatingips (router_id);
CREATE INDEX floatingips_by_floating_port ON floatingips (floating_port_id);
CREATE INDEX floatingips_by_address ON floatingips (floating_ip_address);
CREATE INDEX floatingips_by_network ON floatingips (floating_network_id);

CREATE TABLE rbac_policies (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target_project TEXT NOT NULL,
  UNIQUE (object_id, action, target_project)
);
CREATE INDEX rbac_policies_by_target ON rbac_policies (target_project, object_type, object_id);
CREATE INDEX rbac_policies_by_project ON rbac_policies (project_id);

CREATE TABLE neutron_tags (
  object_id TEXT NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (object_id, tag)
);

CREATE TABLE neutron_agents (
  id TEXT NOT NULL PRIMARY KEY,
  host TEXT NOT NULL,
  agent_type TEXT NOT NULL,
  binary_name TEXT NOT NULL,
  availability_zone TEXT NOT NULL,
  admin_state_up INTEGER NOT NULL,
  configurations TEXT NOT NULL,
  description TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  heartbeat_timestamp INTEGER NOT NULL,
  UNIQUE (host, agent_type)
);

-- What the driver has not been told yet. The version grows with every change, so that what changes
-- while it is being told stays dirty.
CREATE TABLE net_dirty (
  kind INTEGER NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX net_dirty_by_next_try ON net_dirty (next_try, kind);

CREATE TABLE subnetpools (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  prefixes TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  default_prefixlen INTEGER NOT NULL,
  min_prefixlen INTEGER NOT NULL,
  max_prefixlen INTEGER NOT NULL,
  default_quota INTEGER,
  address_scope_id TEXT,
  shared INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  description TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  revision_number INTEGER NOT NULL
);
CREATE INDEX subnetpools_by_project ON subnetpools (project_id, id);
CREATE INDEX subnetpools_by_default ON subnetpools (is_default, ip_version);
CREATE INDEX subnetpools_by_scope ON subnetpools (address_scope_id);

CREATE TABLE address_scopes (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  shared INTEGER NOT NULL
);
CREATE INDEX address_scopes_by_project ON address_scopes (project_id, id);
