-- Servers that are gone, for as long as `deleted_servers_kept` says. Their columns are those of
-- `servers`, in the same order.
CREATE TABLE deleted_servers (
  id TEXT PRIMARY KEY,
  number INTEGER NOT NULL,
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
CREATE INDEX deleted_servers_by_project ON deleted_servers (project_id, created_at);
CREATE INDEX deleted_servers_by_change ON deleted_servers (updated_at, created_at);
CREATE INDEX deleted_servers_by_creation ON deleted_servers (created_at);

-- For lists of what has changed: those that are gone have changed as well.
CREATE VIEW servers_of_all_times AS SELECT * FROM servers UNION ALL SELECT * FROM deleted_servers;
