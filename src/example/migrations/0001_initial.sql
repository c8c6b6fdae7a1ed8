CREATE TABLE lamps (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  brightness INTEGER NOT NULL,
  lit INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX lamps_owner ON lamps (project_id, created_at, id);
