CREATE TABLE policies (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  extra TEXT NOT NULL DEFAULT '{}'
);

-- What a policy is for: an endpoint, a service, or a service in a region; '' is none.
CREATE TABLE policy_associations (
  policy_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL DEFAULT '',
  service_id TEXT NOT NULL DEFAULT '',
  region_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (endpoint_id, service_id, region_id)
);
CREATE INDEX policy_associations_by_policy ON policy_associations (policy_id);

CREATE TABLE endpoint_groups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT,
  filters TEXT NOT NULL
);
CREATE INDEX endpoint_groups_by_name ON endpoint_groups (name);

CREATE TABLE project_endpoints (
  project_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  PRIMARY KEY (project_id, endpoint_id)
);
CREATE INDEX project_endpoints_by_endpoint ON project_endpoints (endpoint_id);

CREATE TABLE project_endpoint_groups (
  project_id TEXT NOT NULL,
  endpoint_group_id TEXT NOT NULL,
  PRIMARY KEY (project_id, endpoint_group_id)
);
CREATE INDEX project_endpoint_groups_by_group ON project_endpoint_groups (endpoint_group_id);
