CREATE TABLE identity_providers (
  id TEXT NOT NULL PRIMARY KEY,
  domain_id TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  description TEXT,
  authorization_ttl INTEGER,
  remote_ids TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX identity_providers_by_domain ON identity_providers (domain_id);

-- A remote id stands for one provider.
CREATE TABLE idp_remote_ids (
  remote_id TEXT NOT NULL PRIMARY KEY,
  idp_id TEXT NOT NULL
);
CREATE INDEX idp_remote_ids_by_provider ON idp_remote_ids (idp_id);

CREATE TABLE federation_protocols (
  idp_id TEXT NOT NULL,
  id TEXT NOT NULL,
  mapping_id TEXT NOT NULL,
  remote_id_attribute TEXT,
  PRIMARY KEY (idp_id, id)
);
CREATE INDEX federation_protocols_by_id ON federation_protocols (id);

CREATE TABLE mappings (
  id TEXT NOT NULL PRIMARY KEY,
  rules TEXT NOT NULL,
  schema_version TEXT NOT NULL
);

CREATE TABLE service_providers (
  id TEXT NOT NULL PRIMARY KEY,
  auth_url TEXT NOT NULL,
  sp_url TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  description TEXT,
  relay_state_prefix TEXT NOT NULL
);

-- Who a provider's user is here.
CREATE TABLE federated_users (
  idp_id TEXT NOT NULL,
  protocol_id TEXT NOT NULL,
  unique_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  PRIMARY KEY (idp_id, protocol_id, unique_id)
);
CREATE INDEX federated_users_by_user ON federated_users (user_id);

-- Groups that a mapping put a user into, for as long as the provider lets them hold.
CREATE TABLE expiring_group_members (
  user_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  idp_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, group_id, idp_id)
);
CREATE INDEX expiring_group_members_by_time ON expiring_group_members (expires_at);
CREATE INDEX expiring_group_members_by_group ON expiring_group_members (group_id);
CREATE INDEX expiring_group_members_by_provider ON expiring_group_members (idp_id);

-- Whoever is in a group now. Rows that expired are taken away by a job.
CREATE VIEW group_members_now AS
  SELECT user_id, group_id FROM group_members
  UNION SELECT user_id, group_id FROM expiring_group_members;
