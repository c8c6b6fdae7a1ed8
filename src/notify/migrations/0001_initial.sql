-- What happened, in the order in which it was committed. Written in the transaction of the change.
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  project_id TEXT NOT NULL,
  success INTEGER NOT NULL,
  details TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_project_id TEXT NOT NULL,
  user_domain_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
);

CREATE INDEX events_by_subject ON events (subject, id);
CREATE INDEX events_by_request ON events (request_id, id);
