package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

//go:embed schema_sqlite.sql
var schemaSQLite string

//go:embed schema_postgres.sql
var schemaPostgres string

// schemaVersion is the version this package reads and writes.
const schemaVersion = 1

const readConnections = 4

func openMemory(ctx context.Context) (*Store, error) {
	db, err := sql.Open("sqlite", ":memory:?_pragma=foreign_keys(1)")
	if err != nil {
		return nil, classify(err)
	}
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	db.SetConnMaxLifetime(0)
	s := &Store{reader: reader{db}, write: db}
	return s.start(ctx, schemaSQLite)
}

func openFile(ctx context.Context, path string) (*Store, error) {
	fresh, err := prepareFile(path)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)"
	write, err := sql.Open("sqlite", dsn+"&_txlock=immediate")
	if err != nil {
		return nil, errors.Join(classify(err), unlock())
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, errors.Join(classify(err), write.Close(), unlock())
	}
	read.SetMaxOpenConns(readConnections)
	s := &Store{reader: reader{read}, write: write, unlock: unlock, fresh: fresh}
	return s.start(ctx, schemaSQLite)
}

// prepareFile makes the file with mode 0600 before SQLite opens it (its -wal and
// -shm take the mode of the file), and refuses one that others can read.
func prepareFile(path string) (fresh bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return true, f.Close()
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: %s is not a regular file", ErrUnavailable, path)
	case info.Mode().Perm()&0o077 != 0:
		return false, fmt.Errorf("%w: others can read %s: chmod 600 %s", ErrUnavailable, path, path)
	}
	return info.Size() == 0, nil
}

// lockFile keeps a second process away: both would write, and the caches of each
// would not see the other.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: another process has the database open (%s)", ErrUnavailable, path), f.Close())
	}
	return f.Close, nil
}

func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, classify(err)
	}
	db.SetMaxOpenConns(16)
	s := &Store{reader: reader{db}, write: db, postgres: true}
	return s.start(ctx, schemaPostgres)
}

// start brings the schema up to date and starts the writer; a Store that cannot
// start is closed.
func (s *Store) start(ctx context.Context, schema string) (*Store, error) {
	s.requests, s.closing = make(chan request), make(chan struct{})
	if err := s.migrate(ctx, schema); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if !s.postgres {
		s.done.Go(s.writer)
	}
	return s, nil
}

// migrate makes the tables of an empty database in one transaction and refuses a
// database of another version.
func (s *Store) migrate(ctx context.Context, schema string) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback() // after a commit it does nothing
	if s.postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(71733170)"); err != nil {
			return classify(err)
		}
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
		return classify(err)
	}
	var version string
	err = tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'schema'").Scan(&version)
	switch {
	case err == nil && version == strconv.Itoa(schemaVersion):
		return classify(tx.Commit())
	case err == nil:
		return fmt.Errorf("%w: the database has schema %s, this gatepass reads %d: use the matching release", ErrUnavailable, version, schemaVersion)
	case !errors.Is(err, sql.ErrNoRows):
		return classify(err)
	}
	s.fresh = true
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return classify(err)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ('schema', $1)", strconv.Itoa(schemaVersion)); err != nil {
		return classify(err)
	}
	return classify(tx.Commit())
}
