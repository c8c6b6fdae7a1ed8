-- Domains are projects that act as domains, as upstream has it; their ids are the same ids.
-- An empty domain_id or parent_id is none, so that names stay unique among domains too.
CREATE TABLE projects (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL DEFAULT '',
  parent_id TEXT NOT NULL DEFAULT '',
  is_domain INTEGER NOT NULL DEFAULT 0,
  enabled INTEGER NOT NULL DEFAULT 1,
  description TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  options TEXT NOT NULL DEFAULT '{}',
  extra TEXT NOT NULL DEFAULT '{}',
  UNIQUE (domain_id, name)
);
CREATE INDEX projects_by_parent ON projects (parent_id);
CREATE INDEX projects_by_name ON projects (name);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  default_project_id TEXT,
  password_hash TEXT,
  password_created_at INTEGER,
  password_expires_at INTEGER,
  created_at INTEGER NOT NULL,
  options TEXT NOT NULL DEFAULT '{}',
  extra TEXT NOT NULL DEFAULT '{}',
  UNIQUE (domain_id, name)
);
CREATE INDEX users_by_default_project ON users (default_project_id);
CREATE INDEX users_by_name ON users (name);

CREATE TABLE user_groups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  description TEXT,
  extra TEXT NOT NULL DEFAULT '{}',
  UNIQUE (domain_id, name)
);
CREATE INDEX user_groups_by_name ON user_groups (name);

CREATE TABLE group_members (
  user_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  PRIMARY KEY (user_id, group_id)
);
CREATE INDEX group_members_by_group ON group_members (group_id);

CREATE TABLE roles (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL DEFAULT '',
  description TEXT,
  options TEXT NOT NULL DEFAULT '{}',
  extra TEXT NOT NULL DEFAULT '{}',
  UNIQUE (domain_id, name)
);
CREATE INDEX roles_by_name ON roles (name);

CREATE TABLE implied_roles (
  prior_role_id TEXT NOT NULL,
  implied_role_id TEXT NOT NULL,
  PRIMARY KEY (prior_role_id, implied_role_id)
);
CREATE INDEX implied_roles_by_implied ON implied_roles (implied_role_id);

-- actor_kind: user or group. target_kind: project, domain or system (whose target_id is 'system').
CREATE TABLE role_assignments (
  actor_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  inherited INTEGER NOT NULL DEFAULT 0,
  actor_kind TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  PRIMARY KEY (actor_id, target_id, role_id, inherited, actor_kind, target_kind)
);
CREATE INDEX role_assignments_by_target ON role_assignments (target_id);
CREATE INDEX role_assignments_by_role ON role_assignments (role_id);

CREATE TABLE regions (
  id TEXT NOT NULL PRIMARY KEY,
  parent_region_id TEXT,
  description TEXT NOT NULL DEFAULT '',
  extra TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX regions_by_parent ON regions (parent_region_id);

CREATE TABLE catalog_services (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  name TEXT,
  enabled INTEGER NOT NULL DEFAULT 1,
  extra TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE catalog_endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  service_id TEXT NOT NULL,
  interface TEXT NOT NULL,
  region_id TEXT,
  url TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1,
  extra TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX catalog_endpoints_by_service ON catalog_endpoints (service_id);
CREATE INDEX catalog_endpoints_by_region ON catalog_endpoints (region_id);

CREATE TABLE credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  project_id TEXT,
  type TEXT NOT NULL,
  encrypted_blob TEXT NOT NULL,
  extra TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX credentials_by_user ON credentials (user_id);
CREATE INDEX credentials_by_project ON credentials (project_id);

CREATE TABLE application_credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  project_id TEXT NOT NULL,
  description TEXT,
  secret_hash TEXT NOT NULL,
  expires_at INTEGER,
  unrestricted INTEGER NOT NULL DEFAULT 0,
  has_access_rules INTEGER NOT NULL DEFAULT 0,
  UNIQUE (user_id, name)
);
CREATE INDEX application_credentials_by_project ON application_credentials (project_id);

CREATE TABLE application_credential_roles (
  application_credential_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  PRIMARY KEY (application_credential_id, role_id)
);
CREATE INDEX application_credential_roles_by_role ON application_credential_roles (role_id);

CREATE TABLE access_rules (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  service TEXT NOT NULL,
  path TEXT NOT NULL,
  method TEXT NOT NULL,
  UNIQUE (user_id, service, path, method)
);

CREATE TABLE application_credential_access_rules (
  application_credential_id TEXT NOT NULL,
  access_rule_id TEXT NOT NULL,
  PRIMARY KEY (application_credential_id, access_rule_id)
);
CREATE INDEX application_credential_access_rules_by_rule
  ON application_credential_access_rules (access_rule_id);

CREATE TABLE registered_limits (
  id TEXT NOT NULL PRIMARY KEY,
  service_id TEXT NOT NULL,
  region_id TEXT NOT NULL DEFAULT '',
  resource_name TEXT NOT NULL,
  default_limit INTEGER NOT NULL,
  description TEXT,
  UNIQUE (service_id, region_id, resource_name)
);

CREATE TABLE limits (
  id TEXT NOT NULL PRIMARY KEY,
  registered_limit_id TEXT NOT NULL,
  project_id TEXT NOT NULL DEFAULT '',
  domain_id TEXT NOT NULL DEFAULT '',
  service_id TEXT NOT NULL,
  region_id TEXT NOT NULL DEFAULT '',
  resource_name TEXT NOT NULL,
  resource_limit INTEGER NOT NULL,
  description TEXT,
  UNIQUE (project_id, domain_id, registered_limit_id)
);
CREATE INDEX limits_by_registered_limit ON limits (registered_limit_id);

-- `what` says which of a token's attributes `value` is: user, project, audit, chain, …
CREATE TABLE revocation_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  what TEXT NOT NULL,
  value TEXT NOT NULL,
  issued_before INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL
);
CREATE INDEX revocation_events_by_time ON revocation_events (revoked_at);
