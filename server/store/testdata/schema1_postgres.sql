CREATE TABLE meta (name TEXT COLLATE "C" PRIMARY KEY, value TEXT COLLATE "C" NOT NULL);
INSERT INTO meta (name, value) VALUES ('schema', '1');

CREATE TABLE documents (
  kind TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL, parent TEXT COLLATE "C" NOT NULL, doc TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX documents_parent ON documents (kind, parent, id);

CREATE TABLE users (
  pool TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL, doc JSONB NOT NULL,
  PRIMARY KEY (pool, sub)
);
CREATE TABLE user_names (
  pool TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, name),
  FOREIGN KEY (pool, sub) REFERENCES users (pool, sub) ON DELETE CASCADE
);
CREATE INDEX user_names_sub ON user_names (pool, sub);
CREATE TABLE memberships (
  pool TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL, grp TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, sub, grp),
  FOREIGN KEY (pool, sub) REFERENCES users (pool, sub) ON DELETE CASCADE
);

CREATE TABLE attempts (
  pool TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL, factor TEXT COLLATE "C" NOT NULL,
  failures BIGINT NOT NULL, locked_until BIGINT NOT NULL, last BIGINT NOT NULL,
  PRIMARY KEY (pool, sub, factor)
);
CREATE TABLE codes (
  pool TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL, purpose TEXT COLLATE "C" NOT NULL,
  mac BYTEA NOT NULL, tries BIGINT NOT NULL, expires BIGINT NOT NULL,
  PRIMARY KEY (pool, sub, purpose)
);
CREATE TABLE once (
  kind TEXT COLLATE "C" NOT NULL, id BYTEA NOT NULL, expires BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE TABLE refresh_families (
  id TEXT COLLATE "C" PRIMARY KEY, pool TEXT COLLATE "C" NOT NULL, client TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL, auth_time BIGINT NOT NULL, rotated BIGINT NOT NULL,
  expires BIGINT NOT NULL, revoked BIGINT NOT NULL
);
CREATE INDEX refresh_families_user ON refresh_families (pool, sub);
CREATE TABLE messages (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pool TEXT COLLATE "C" NOT NULL, sub TEXT COLLATE "C" NOT NULL,
  username TEXT COLLATE "C" NOT NULL, doc TEXT COLLATE "C" NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX messages_user ON messages (pool, username, id);

CREATE TABLE identities (
  id TEXT COLLATE "C" PRIMARY KEY, pool TEXT COLLATE "C" NOT NULL, enabled BIGINT NOT NULL, created BIGINT NOT NULL
);
CREATE TABLE identity_logins (
  pool TEXT COLLATE "C" NOT NULL, provider TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, identity TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (pool, provider, subject),
  FOREIGN KEY (identity) REFERENCES identities (id) ON DELETE CASCADE
);
CREATE INDEX identity_logins_identity ON identity_logins (identity);
