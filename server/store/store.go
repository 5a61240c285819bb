package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Errors of this package, for errors.Is.
var (
	ErrNotFound    = errors.New("store: not found")
	ErrExists      = errors.New("store: exists already")
	ErrConflict    = errors.New("store: used or changed already")
	ErrUnavailable = errors.New("store: unavailable")
)

// Store is an open database. It is safe for concurrent use; Update returns only
// after the commit.
type Store struct {
	reader
	write    *sql.DB
	requests chan request
	closing  chan struct{}
	done     sync.WaitGroup
	unlock   func() error
	fresh    bool
	postgres bool
}

// Tx is a write transaction. Reads inside it see its own writes; the Store's own
// methods must not be called inside one.
type Tx struct {
	reader
	ctx context.Context
	tx  *sql.Tx
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// reader holds the queries that Store and Tx share.
type reader struct{ q querier }

// Open opens the database dsn names: "" or "memory" for a private one in memory,
// a URL that starts with postgres:// or postgresql://, anything else for the
// path of a SQLite file, made with mode 0600 if it is not there.
func Open(ctx context.Context, dsn string) (*Store, error) {
	switch {
	case dsn == "" || dsn == "memory":
		return openMemory(ctx)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return openPostgres(ctx, dsn)
	}
	return openFile(ctx, dsn)
}

// Fresh reports whether Open made the database.
func (s *Store) Fresh() bool { return s.fresh }

// Ping reports whether the database answers; the error is ErrUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return classify(s.q.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Close ends the writer and closes the database. Updates under way are
// finished; later ones are ErrUnavailable.
func (s *Store) Close() error {
	close(s.closing)
	s.done.Wait()
	err := s.write.Close()
	if db, ok := s.q.(*sql.DB); ok && db != s.write {
		err = errors.Join(err, db.Close())
	}
	if s.unlock != nil {
		err = errors.Join(err, s.unlock())
	}
	return err
}

// classify turns what database/sql says into this package's errors; a context's
// own error stays visible.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrExists), errors.Is(err, ErrConflict), errors.Is(err, ErrUnavailable):
		return err
	case isUnique(err):
		return ErrExists
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// isUnique recognises a violated unique key by the texts of both databases:
// SQLite's driver gives no portable code through database/sql.
func isUnique(err error) bool {
	text := err.Error()
	return strings.Contains(text, "UNIQUE constraint failed") || strings.Contains(text, "SQLSTATE 23505")
}
