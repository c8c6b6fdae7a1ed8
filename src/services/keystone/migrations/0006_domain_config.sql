-- Options of a domain's own, each a JSON value; sensitive ones are never shown.
CREATE TABLE domain_config (
  domain_id TEXT NOT NULL,
  option_group TEXT NOT NULL,
  option TEXT NOT NULL,
  value TEXT NOT NULL,
  sensitive INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (domain_id, option_group, option)
);

-- Users and groups (entity_type) of directories: the rows of `users` and `user_groups` with a
-- public_id from here are copies of entries, and may go and come back. fetched_at: when an entry
-- was last read together with its memberships; 0: never.
CREATE TABLE id_mapping (
  public_id TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  local_id TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  fetched_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (public_id, entity_type),
  UNIQUE (domain_id, local_id, entity_type)
);
