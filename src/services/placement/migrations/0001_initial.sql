CREATE TABLE placement_providers (
  uuid TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  generation INTEGER NOT NULL,
  parent_uuid TEXT,
  root_uuid TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX placement_providers_parent ON placement_providers (parent_uuid);
CREATE INDEX placement_providers_root ON placement_providers (root_uuid);

-- One row, changed with every provider, trait and aggregate: says whether a copy of the topology
-- in memory is still true.
CREATE TABLE placement_epoch (
  id INTEGER NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
INSERT INTO placement_epoch (id, value) VALUES (1, 'new');

-- `used` is the sum of the allocations of this class on this provider, kept in the transactions
-- that write allocations.
CREATE TABLE placement_inventories (
  resource_class TEXT NOT NULL,
  provider_uuid TEXT NOT NULL,
  total INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  min_unit INTEGER NOT NULL,
  max_unit INTEGER NOT NULL,
  step_size INTEGER NOT NULL,
  allocation_ratio REAL NOT NULL,
  used INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (resource_class, provider_uuid)
);
CREATE INDEX placement_inventories_provider ON placement_inventories (provider_uuid);

CREATE TABLE placement_resource_classes (
  name TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
);

CREATE TABLE placement_traits (
  name TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
);

CREATE TABLE placement_provider_traits (
  provider_uuid TEXT NOT NULL,
  trait TEXT NOT NULL,
  PRIMARY KEY (provider_uuid, trait)
);
CREATE INDEX placement_provider_traits_trait ON placement_provider_traits (trait);

CREATE TABLE placement_provider_aggregates (
  provider_uuid TEXT NOT NULL,
  aggregate_uuid TEXT NOT NULL,
  PRIMARY KEY (provider_uuid, aggregate_uuid)
);

CREATE TABLE placement_consumers (
  uuid TEXT NOT NULL PRIMARY KEY,
  generation INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  consumer_type TEXT,
  created_at INTEGER NOT NULL
);
CREATE INDEX placement_consumers_project ON placement_consumers (project_id, user_id);

CREATE TABLE placement_allocations (
  consumer_uuid TEXT NOT NULL,
  provider_uuid TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  used INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (consumer_uuid, provider_uuid, resource_class)
);
CREATE INDEX placement_allocations_provider ON placement_allocations (provider_uuid);
