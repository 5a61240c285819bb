package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
)

// schemaVersion is the version this package reads and writes. A later version
// changes both schema files and adds an upgrade file for each database.
const schemaVersion = 2

// schema is the text that makes the tables, and those that bring an older
// version of them up to date: upgrades[0] takes version 1 to version 2.
type schema struct {
	tables   string
	upgrades [schemaVersion - 1]string
}

// applicationID marks a SQLite file as gatepass's (PRAGMA application_id).
const applicationID = 0x67617465

// migrate makes the tables of an empty database, or brings those of an older
// version up to date, in one transaction. It refuses a database of a newer
// version, or of another program.
func (s *Store) migrate(ctx context.Context, schema schema) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback() // after a commit it does nothing
	version, err := s.version(ctx, tx)
	switch {
	case err != nil:
		return err
	case version == schemaVersion:
		return classify(tx.Commit())
	case version > schemaVersion:
		return fmt.Errorf("%w: the database has schema %d, this gatepass knows %d: use the newer release that wrote it", ErrUnavailable, version, schemaVersion)
	}
	if s.fresh = version == 0; s.fresh {
		_, err = tx.ExecContext(ctx, schema.tables)
	} else {
		err = upgrade(ctx, tx, version, schema.upgrades[version-1:])
	}
	if err != nil {
		return classify(err)
	}
	return classify(tx.Commit())
}

func upgrade(ctx context.Context, tx *sql.Tx, version int, steps []string) error {
	for i, step := range steps {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("%w: schema %d could not be brought to %d, and is as it was: %w", ErrUnavailable, version+i, version+i+1, err)
		}
	}
	return nil
}

// version reads the schema's version, 0 for an empty database. The lock makes
// nodes that start together migrate one after the other.
func (s *Store) version(ctx context.Context, tx *sql.Tx) (int, error) {
	if s.postgres {
		return postgresVersion(ctx, tx)
	}
	var tables, program int
	err := tx.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM sqlite_schema), application_id FROM pragma_application_id").Scan(&tables, &program)
	switch {
	case err != nil:
		return 0, classify(err)
	case tables == 0 && program == 0:
		return 0, nil
	case program != applicationID:
		return 0, fmt.Errorf("%w: the file is another program's database", ErrUnavailable)
	}
	if err := s.check(ctx, tx); err != nil {
		return 0, err
	}
	return readVersion(ctx, tx)
}

// checkLimit is the size in bytes up to which Open checks a whole database, about
// 5 ms for each MiB; damage in a larger one shows when the page is read.
const checkLimit = 64 << 20

// check reads every page of the database: a damaged one is refused before
// anything is written to it.
func (s *Store) check(ctx context.Context, tx *sql.Tx) error {
	var size int64
	err := tx.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&size)
	if err != nil || size > checkLimit {
		return classify(err)
	}
	var found string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return classify(err)
	}
	if found != "ok" {
		return fmt.Errorf("%w: the database is damaged: restore a backup: %s", ErrUnavailable, strconv.Quote(found))
	}
	return nil
}

// advisoryLock is the number under which one process at a time migrates.
const advisoryLock = 71733170

func postgresVersion(ctx context.Context, tx *sql.Tx) (int, error) {
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", advisoryLock); err != nil {
		return 0, classify(err)
	}
	var made bool
	if err := tx.QueryRowContext(ctx, "SELECT to_regclass('meta') IS NOT NULL").Scan(&made); err != nil || !made {
		return 0, classify(err)
	}
	return readVersion(ctx, tx)
}

func readVersion(ctx context.Context, tx *sql.Tx) (int, error) {
	var text string
	err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'schema'").Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: the database says no schema version", ErrUnavailable)
	}
	if err != nil {
		return 0, classify(err)
	}
	version, err := strconv.Atoi(text)
	if err != nil || version < 1 {
		return 0, fmt.Errorf("%w: the database has schema version %q", ErrUnavailable, text)
	}
	return version, nil
}
