CREATE TABLE images (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  owner TEXT,
  size INTEGER,
  virtual_size INTEGER,
  checksum TEXT,
  os_hash_algo TEXT,
  os_hash_value TEXT,
  disk_format TEXT,
  container_format TEXT,
  min_disk INTEGER NOT NULL,
  min_ram INTEGER NOT NULL,
  protected INTEGER NOT NULL,
  os_hidden INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  properties TEXT NOT NULL,
  tags TEXT NOT NULL,
  upload TEXT NOT NULL
);
CREATE INDEX images_created ON images (created_at, id);
CREATE INDEX images_owner ON images (owner, created_at, id);
CREATE INDEX images_name ON images (name);
CREATE INDEX images_status ON images (status);

-- What images.properties and images.tags say once more, for filters.
CREATE TABLE image_properties (
  image_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (image_id, name)
);
CREATE INDEX image_properties_value ON image_properties (name, value, image_id);

CREATE TABLE image_tags (
  image_id TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (image_id, value)
);
CREATE INDEX image_tags_value ON image_tags (value, image_id);

CREATE TABLE image_members (
  image_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (image_id, member_id)
);
CREATE INDEX image_members_member ON image_members (member_id, image_id);

CREATE TABLE image_tasks (
  id TEXT NOT NULL PRIMARY KEY,
  image_id TEXT NOT NULL,
  status TEXT NOT NULL,
  owner TEXT NOT NULL,
  user_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  input TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  expires_at INTEGER
);
CREATE INDEX image_tasks_image ON image_tasks (image_id);
CREATE INDEX image_tasks_created ON image_tasks (created_at, id);
