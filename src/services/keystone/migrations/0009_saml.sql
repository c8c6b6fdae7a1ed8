-- Assertions that were brought here, until they are no longer good: each counts once.
CREATE TABLE saml_assertions (
  id TEXT NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL
);
CREATE INDEX saml_assertions_by_time ON saml_assertions (expires_at);

-- What an identity provider said of a client that has yet to fetch its token.
CREATE TABLE saml_sessions (
  id TEXT NOT NULL PRIMARY KEY,
  idp_id TEXT NOT NULL,
  protocol_id TEXT NOT NULL,
  assertion TEXT NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX saml_sessions_by_time ON saml_sessions (expires_at);
