CREATE TABLE flows (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  program TEXT NOT NULL,
  subject TEXT NOT NULL,
  step TEXT NOT NULL,
  undoing INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  entered INTEGER NOT NULL,
  next_run INTEGER NOT NULL,
  deadline INTEGER NOT NULL,
  cancelled TEXT,
  reason TEXT,
  request_id TEXT NOT NULL,
  created INTEGER NOT NULL
);

CREATE INDEX flows_by_subject ON flows (subject, id);
