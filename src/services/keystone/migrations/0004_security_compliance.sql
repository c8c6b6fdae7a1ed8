-- self_service: the user chose the password, not somebody else. last_active_at: 00:00 of the day of
-- the last login with a password.
ALTER TABLE users ADD COLUMN password_self_service INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN last_active_at INTEGER;

-- Passwords that users had before, the newest last; the present one is in users.
CREATE TABLE former_passwords (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  self_service INTEGER NOT NULL
);
CREATE INDEX former_passwords_by_user ON former_passwords (user_id, id);

-- Wrong passwords since the last right one. The user '' is everybody whose failures do not count.
CREATE TABLE login_failures (
  user_id TEXT NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  failed_at INTEGER NOT NULL
);

-- Of type totp: the newest step of 30 seconds whose passcode was used.
ALTER TABLE credentials ADD COLUMN totp_step INTEGER NOT NULL DEFAULT -1;
