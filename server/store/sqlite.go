package store

import (
	"context"
	"database/sql"
	_ "embed" // the schema
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver
)

//go:embed schema_sqlite.sql
var tablesSQLite string

//go:embed upgrade2_sqlite.sql
var upgrade2SQLite string

const readConnections = 4

func openMemory(ctx context.Context) (*Store, error) {
	db, err := sql.Open("sqlite", ":memory:?_pragma=foreign_keys(1)")
	if err != nil {
		return nil, classify(err)
	}
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	prepared := prepare(db)
	s := &Store{reader: reader{q: prepared}, write: db, prepared: prepared}
	return s.start(ctx, schema{tablesSQLite, [...]string{upgrade2SQLite}})
}

func openFile(ctx context.Context, path string) (*Store, error) {
	if err := checkDirectory(path); err != nil {
		return nil, err
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	fresh, err := prepareFile(path)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	s, err := connect(path)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	s.unlock, s.fresh = unlock, fresh
	if s, err = s.start(ctx, schema{tablesSQLite, [...]string{upgrade2SQLite}}); err != nil {
		return nil, fmt.Errorf("%w (database %s)", err, path)
	}
	return s, nil
}

// connect makes the pools: one connection that writes, a few that cannot.
func connect(path string) (*Store, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)"
	write, err := sql.Open("sqlite", dsn+"&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, classify(err)
	}
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(classify(err), write.Close())
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(readConnections)
	read.SetMaxIdleConns(readConnections)
	return &Store{reader: reader{q: prepare(read)}, write: write, read: read, prepared: prepare(write)}, nil
}

// guarded runs one update behind a savepoint; broken is a fault of the
// transaction that all share.
func (s *Store) guarded(sqlTx *sql.Tx, r request) (result, broken error) {
	tx := newTx(context.WithoutCancel(r.ctx), sqlTx, s.prepared, "") // half an update must not stop the group
	if err := tx.exec("SAVEPOINT one"); err != nil {
		return nil, err
	}
	if result = tx.run(r.fn); result != nil {
		_ = tx.exec("ROLLBACK TO one") // a failure is in broken
	}
	_ = tx.exec("RELEASE one")
	return result, tx.broken
}
