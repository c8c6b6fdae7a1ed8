CREATE TABLE quota_limits (
  service TEXT NOT NULL,
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  PRIMARY KEY (service, project_id, resource)
);

CREATE TABLE quota_usages (
  service TEXT NOT NULL,
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (service, project_id, resource)
);
