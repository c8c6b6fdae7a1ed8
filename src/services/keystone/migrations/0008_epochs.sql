-- What moved an epoch last (services/keystone/epochs.h). Whose each slot is, is a constant there.
CREATE TABLE keystone_epochs (
  slot INTEGER NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
);
CREATE UNIQUE INDEX keystone_epochs_by_value ON keystone_epochs (value);

CREATE INDEX revocation_events_by_value ON revocation_events (what, value, issued_before);
