package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Store is an open database. It is safe for concurrent use; Update returns only
// after the commit.
type Store struct {
	reader
	write    *sql.DB
	read     *sql.DB     // apart from write for a SQLite file only
	prepared *statements // of write; nil on PostgreSQL
	requests chan request
	closing  chan struct{}
	shut     sync.Once
	done     sync.WaitGroup
	unlock   func() error
	group    int // how many updates may share a commit
	fresh    bool
	faults   atomic.Uint64
	postgres bool
	config   *pgx.ConnConfig // on PostgreSQL
}

// querier is what *sql.DB and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// reader holds the queries that Store and Tx share.
type reader struct {
	q       querier
	lock    string        // appended to reads of records that are read to be changed
	timeout time.Duration // of one read; zero: the caller's context alone decides
	fault   func(error) error
}

// bound gives a read its deadline; a database behind a network may never answer.
func (r reader) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, r.timeout)
}

// InMemory reports whether dsn names a database that ends with its process: it is
// empty, memory, or SQLite's word for it, :memory:.
func InMemory(dsn string) bool { return dsn == "" || dsn == "memory" || dsn == ":memory:" }

// Open opens the database dsn names: one of [InMemory] for a private one in memory,
// a URL that starts with postgres:// or postgresql://, anything else for the
// path of a SQLite file, made with mode 0600 if it is not there. An existing
// file is refused, and never changed, if others can read it, if another process
// has it open, or if it is not a sound database of this program and of this
// schema version or an older one, which is brought up to date.
func Open(ctx context.Context, dsn string) (*Store, error) {
	switch {
	case InMemory(dsn):
		return openMemory(ctx)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		return openPostgres(ctx, dsn)
	}
	return openFile(ctx, dsn)
}

// Fresh reports whether Open made the database.
func (s *Store) Fresh() bool { return s.fresh }

// Faults is how many reads and updates were ErrUnavailable, less those whose
// caller had left.
func (s *Store) Faults() uint64 { return s.faults.Load() }

// noted counts a fault of the database.
func (s *Store) noted(err error) error {
	if err != nil && errors.Is(err, ErrUnavailable) && !errors.Is(err, context.Canceled) {
		s.faults.Add(1)
	}
	return err
}

// failed classifies what a read outside of transactions came to.
func (s *Store) failed(err error) error { return s.noted(classify(err)) }

// Ping reports whether the database answers; the error is ErrUnavailable.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.row(ctx, "SELECT 1", nil, &one)
}

// Close ends the writer and closes the database. Updates under way are
// finished; later ones are ErrUnavailable. Closing again does nothing.
func (s *Store) Close() (err error) {
	s.shut.Do(func() {
		close(s.closing)
		s.done.Wait()
		err = s.write.Close()
		if s.read != nil {
			err = errors.Join(err, s.read.Close())
		}
		if s.unlock != nil {
			err = errors.Join(err, s.unlock())
		}
	})
	return err
}

// start brings the schema up to date and starts the writer; a Store that cannot
// start is closed.
func (s *Store) start(ctx context.Context, schema schema) (*Store, error) {
	s.requests, s.closing, s.group = make(chan request), make(chan struct{}), maxGroup
	s.fault = s.failed
	if err := s.migrate(ctx, schema); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if !s.postgres {
		s.done.Go(s.writer)
	}
	return s, nil
}

// micro and fromMicro keep times as microseconds since 1970, the zero time as 0.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
