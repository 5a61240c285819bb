PRAGMA application_id = 0x67617465; -- "gate"
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('schema', '1');

CREATE TABLE documents (
  kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX documents_parent ON documents (kind, parent, id);

CREATE TABLE users (
  pool TEXT NOT NULL, sub TEXT NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (pool, sub)
) WITHOUT ROWID;
CREATE TABLE user_names (
  pool TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, sub TEXT NOT NULL,
  PRIMARY KEY (pool, name),
  FOREIGN KEY (pool, sub) REFERENCES users (pool, sub) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX user_names_sub ON user_names (pool, sub);
CREATE TABLE memberships (
  pool TEXT NOT NULL, sub TEXT NOT NULL, grp TEXT NOT NULL,
  PRIMARY KEY (pool, sub, grp),
  FOREIGN KEY (pool, sub) REFERENCES users (pool, sub) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE attempts (
  pool TEXT NOT NULL, sub TEXT NOT NULL, factor TEXT NOT NULL,
  failures BIGINT NOT NULL, locked_until BIGINT NOT NULL, last BIGINT NOT NULL,
  PRIMARY KEY (pool, sub, factor)
) WITHOUT ROWID;
CREATE TABLE codes (
  pool TEXT NOT NULL, sub TEXT NOT NULL, purpose TEXT NOT NULL,
  mac BLOB NOT NULL, tries BIGINT NOT NULL, expires BIGINT NOT NULL,
  PRIMARY KEY (pool, sub, purpose)
) WITHOUT ROWID;
CREATE TABLE once (
  kind TEXT NOT NULL, id BLOB NOT NULL, expires BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE refresh_families (
  id TEXT PRIMARY KEY, pool TEXT NOT NULL, client TEXT NOT NULL, sub TEXT NOT NULL,
  generation BIGINT NOT NULL, auth_time BIGINT NOT NULL, rotated BIGINT NOT NULL,
  expires BIGINT NOT NULL, revoked BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX refresh_families_user ON refresh_families (pool, sub);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, pool TEXT NOT NULL, sub TEXT NOT NULL,
  username TEXT NOT NULL, doc TEXT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX messages_user ON messages (pool, username, id);

CREATE TABLE identities (
  id TEXT PRIMARY KEY, pool TEXT NOT NULL, enabled BIGINT NOT NULL, created BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE identity_logins (
  pool TEXT NOT NULL, provider TEXT NOT NULL, subject TEXT NOT NULL, identity TEXT NOT NULL,
  PRIMARY KEY (pool, provider, subject),
  FOREIGN KEY (identity) REFERENCES identities (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX identity_logins_identity ON identity_logins (identity);
