-- Roles, users and policies are found by name in any letter case, and by ARN.
UPDATE documents SET parent = id, id = lower(doc::json->>'Name') WHERE kind = 'role';
UPDATE documents SET parent = doc::json->>'ARN', id = lower(id) WHERE kind = 'iamuser';
ALTER TABLE identities ADD COLUMN modified BIGINT NOT NULL DEFAULT 0;
UPDATE identities SET modified = created;
CREATE INDEX identities_pool ON identities (pool, id);
UPDATE meta SET value = '2' WHERE name = 'schema';
