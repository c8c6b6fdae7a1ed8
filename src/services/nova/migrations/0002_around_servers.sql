CREATE TABLE aggregates (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  updated_at INTEGER
);

CREATE TABLE aggregate_hosts (
  aggregate_id INTEGER NOT NULL REFERENCES aggregates (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  PRIMARY KEY (aggregate_id, host)
);
CREATE INDEX aggregate_hosts_by_host ON aggregate_hosts (host);

CREATE TABLE server_groups (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  servers_per_host_max INTEGER NOT NULL DEFAULT 1,
  has_rules INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
);
CREATE INDEX server_groups_by_project ON server_groups (project_id, created_at, id);
CREATE INDEX server_groups_by_created ON server_groups (created_at, id);

-- A server is put in before its own row, in the same transaction.
CREATE TABLE server_group_members (
  group_id TEXT NOT NULL REFERENCES server_groups (id) ON DELETE CASCADE,
  server_id TEXT NOT NULL,
  PRIMARY KEY (group_id, server_id)
);
CREATE INDEX server_group_members_by_server ON server_group_members (server_id);

-- What servers that are gone used, for reports of the past.
CREATE TABLE server_usages (
  server_id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  flavor TEXT NOT NULL,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  launched_at INTEGER NOT NULL,
  terminated_at INTEGER NOT NULL
);
CREATE INDEX server_usages_by_project ON server_usages (project_id, terminated_at);
CREATE INDEX server_usages_by_end ON server_usages (terminated_at);

-- What a guest told through the metadata service: its administrator's password, encrypted.
CREATE TABLE server_passwords (
  server_id TEXT PRIMARY KEY,
  password TEXT NOT NULL
);
