CREATE TABLE flavors (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  ephemeral INTEGER NOT NULL DEFAULT 0,
  swap INTEGER NOT NULL DEFAULT 0,
  rxtx_factor REAL NOT NULL DEFAULT 1.0,
  is_public INTEGER NOT NULL DEFAULT 1,
  disabled INTEGER NOT NULL DEFAULT 0,
  extra_specs TEXT NOT NULL DEFAULT '{}',
  created INTEGER NOT NULL
);

CREATE TABLE flavor_access (
  flavor_id TEXT NOT NULL REFERENCES flavors (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);
CREATE INDEX flavor_access_by_project ON flavor_access (project_id);

CREATE TABLE keypairs (
  key TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  public_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  number INTEGER NOT NULL,
  created INTEGER NOT NULL,
  UNIQUE (user_id, name)
);

CREATE TABLE servers (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  hostname TEXT NOT NULL,
  vm_state TEXT NOT NULL,
  task_state TEXT,
  power_state INTEGER NOT NULL DEFAULT 0,
  image_id TEXT NOT NULL,
  flavor_id TEXT NOT NULL,
  flavor TEXT NOT NULL,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  key_name TEXT,
  key_data TEXT,
  host TEXT,
  availability_zone TEXT,
  pinned_availability_zone TEXT,
  metadata TEXT NOT NULL DEFAULT '{}',
  tags TEXT NOT NULL DEFAULT '[]',
  security_groups TEXT NOT NULL DEFAULT '[]',
  addresses TEXT NOT NULL DEFAULT '{}',
  image_properties TEXT NOT NULL DEFAULT '{}',
  scheduler_hints TEXT NOT NULL DEFAULT '{}',
  config_drive INTEGER NOT NULL DEFAULT 0,
  user_data TEXT,
  admin_pass TEXT,
  access_ip_v4 TEXT NOT NULL DEFAULT '',
  access_ip_v6 TEXT NOT NULL DEFAULT '',
  disk_config TEXT NOT NULL DEFAULT 'MANUAL',
  locked INTEGER NOT NULL DEFAULT 0,
  locked_reason TEXT,
  fault TEXT,
  reservation_id TEXT NOT NULL,
  launch_index INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  launched_at INTEGER,
  terminated_at INTEGER
);
CREATE INDEX servers_by_project ON servers (project_id, created_at, id);
CREATE INDEX servers_by_created ON servers (created_at, id);
CREATE INDEX servers_by_host ON servers (host, id);
CREATE INDEX servers_by_changed ON servers (updated_at);
CREATE INDEX servers_by_name ON servers (project_id, name);

CREATE TABLE compute_hosts (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  host TEXT NOT NULL UNIQUE,
  service_id TEXT NOT NULL UNIQUE,
  availability_zone TEXT NOT NULL DEFAULT 'nova',
  disabled INTEGER NOT NULL DEFAULT 0,
  disabled_reason TEXT,
  forced_down INTEGER NOT NULL DEFAULT 0,
  facts TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE server_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  server_id TEXT NOT NULL,
  action TEXT NOT NULL,
  request_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER,
  message TEXT
);
CREATE INDEX server_actions_by_server ON server_actions (server_id, id);
