-- OAuth 1.0a. Secrets are kept as they are: signatures are made of them.
CREATE TABLE oauth_consumers (
  id TEXT NOT NULL PRIMARY KEY,
  description TEXT,
  secret TEXT NOT NULL,
  extra TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE oauth_request_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  expires_at INTEGER,
  verifier TEXT,
  authorizing_user_id TEXT,
  role_ids TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX oauth_request_tokens_by_consumer ON oauth_request_tokens (consumer_id);
CREATE INDEX oauth_request_tokens_by_expiry ON oauth_request_tokens (expires_at);

CREATE TABLE oauth_access_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  consumer_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  expires_at INTEGER,
  authorizing_user_id TEXT NOT NULL,
  role_ids TEXT NOT NULL
);
CREATE INDEX oauth_access_tokens_by_consumer ON oauth_access_tokens (consumer_id);
CREATE INDEX oauth_access_tokens_by_user ON oauth_access_tokens (authorizing_user_id);
CREATE INDEX oauth_access_tokens_by_project ON oauth_access_tokens (project_id);
