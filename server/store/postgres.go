package store

import (
	"context"
	_ "embed" // the schema
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

//go:embed schema_postgres.sql
var tablesPostgres string

//go:embed upgrade2_postgres.sql
var upgrade2Postgres string

const (
	postgresConnections = 16
	postgresTries       = 8
	postgresTimeout     = 2 * time.Second // of a connection, a read, one try of an update; connect_timeout of the URL sets another
)

// postgresDefaults are sent when the URL does not set them. They free the locks
// of a process that has stopped.
var postgresDefaults = map[string]string{
	"application_name":                    "gatepass",
	"statement_timeout":                   "5000",
	"idle_in_transaction_session_timeout": "5000",
}

func openPostgres(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: the postgres URL cannot be read: see the documentation of libpq's connection URIs", ErrUnavailable)
	}
	for name, value := range postgresDefaults {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresTimeout
	}
	if config.ValidateConnect == nil { // a standby after a failover must not be taken for the primary
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(time.Minute)
	s := &Store{reader: reader{q: db, timeout: config.ConnectTimeout}, write: db, postgres: true, config: config}
	return s.start(ctx, schema{tablesPostgres, [...]string{upgrade2Postgres}})
}

func (s *Store) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	for try := 0; ; try++ {
		err, broken := s.tryPostgres(ctx, fn)
		if broken == nil || !retryable(broken) || try == postgresTries-1 {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// pause waits a random time that doubles from 2 ms, so that those who met do not
// meet again.
func pause(ctx context.Context, try int) error {
	timer := time.NewTimer(rand.N(2 * time.Millisecond << try))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return classify(ctx.Err())
	}
}

// tryPostgres runs fn once; broken is the database's fault behind err, if any.
func (s *Store) tryPostgres(ctx context.Context, fn func(*Tx) error) (err, broken error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return classify(err), classify(err)
	}
	t := newTx(ctx, tx, nil, " FOR UPDATE")
	result := t.run(fn)
	if t.broken != nil || result != nil {
		_ = tx.Rollback() // nothing is kept; the connection may be gone
		if t.broken != nil {
			return t.broken, t.broken
		}
		return result, nil
	}
	err = classify(tx.Commit())
	return err, err
}
