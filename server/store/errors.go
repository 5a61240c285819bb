package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNotFound says that the record is not there.
	ErrNotFound = errors.New("store: not found")
	// ErrExists says that a name, login or id is taken.
	ErrExists = errors.New("store: exists already")
	// ErrConflict says that a conditional change lost: used before, tries spent,
	// locked, or moved on to another generation.
	ErrConflict = errors.New("store: used or changed already")
	// ErrUnavailable says that the database could not answer or could not commit
	// (disk full, connection lost, file damaged, closed). Nothing is known about
	// the record: refuse, and answer 503.
	ErrUnavailable = errors.New("store: unavailable")
)

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

func isUnique(err error) bool {
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return sqlState(err) == "23505"
}

// retryable: serialization failure and deadlock (PostgreSQL, appendix A).
func retryable(err error) bool {
	return sqlState(err) == "40001" || sqlState(err) == "40P01"
}

func sqlState(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
