-- A deleted trust is gone: its id never comes back.
CREATE TABLE trusts (
  id TEXT NOT NULL PRIMARY KEY,
  trustor_user_id TEXT NOT NULL,
  trustee_user_id TEXT NOT NULL,
  project_id TEXT,
  impersonation INTEGER NOT NULL,
  expires_at INTEGER,
  remaining_uses INTEGER,
  redelegated_trust_id TEXT,
  redelegation_count INTEGER NOT NULL DEFAULT 0,
  extra TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX trusts_by_trustor ON trusts (trustor_user_id);
CREATE INDEX trusts_by_trustee ON trusts (trustee_user_id);
CREATE INDEX trusts_by_project ON trusts (project_id);
CREATE INDEX trusts_by_redelegated ON trusts (redelegated_trust_id);

CREATE TABLE trust_roles (
  trust_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  PRIMARY KEY (trust_id, role_id)
);
CREATE INDEX trust_roles_by_role ON trust_roles (role_id);
