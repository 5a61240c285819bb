package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// request is one Update waiting for the writer.
type request struct {
	ctx    context.Context
	fn     func(*Tx) error
	result chan error
}

// maxGroup bounds how many updates share a commit, and so how long the first of
// them waits.
const maxGroup = 256

// Update runs fn in a write transaction and returns after the commit. On SQLite
// one goroutine runs all updates and lets those that wait share a commit, each
// behind a savepoint: an fn that fails undoes its own writes only. On PostgreSQL
// each has its own serializable transaction, and fn runs again after a
// serialization failure, so it must not act on anything but tx.
//
// An error of fn comes back as it is; one of the database is ErrUnavailable.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if s.postgres {
		return s.updatePostgres(ctx, fn)
	}
	r := request{ctx: ctx, fn: fn, result: make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.result
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	case <-s.closing:
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
}

func (s *Store) writer() {
	for {
		select {
		case r := <-s.requests:
			s.group(s.gather(r))
		case <-s.closing:
			return
		}
	}
}

// gather takes the updates that wait already, without waiting for more.
func (s *Store) gather(first request) []request {
	group := []request{first}
	for len(group) < maxGroup {
		select {
		case r := <-s.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

func (s *Store) group(group []request) {
	results := make([]error, len(group))
	err := s.commit(group, results)
	for i, r := range group {
		if err != nil && results[i] == nil {
			results[i] = err // what was not committed did not happen
		}
		r.result <- results[i]
	}
}

func (s *Store) commit(group []request, results []error) error {
	tx, err := s.write.BeginTx(context.Background(), nil)
	if err != nil {
		return classify(err)
	}
	for i, r := range group {
		if results[i], err = guarded(tx, r); err != nil {
			return errors.Join(classify(err), tx.Rollback())
		}
	}
	return classify(tx.Commit())
}

// guarded runs one update behind a savepoint; err is a fault of the transaction.
func guarded(tx *sql.Tx, r request) (result, err error) {
	ctx := context.WithoutCancel(r.ctx) // half an update must not stop the group
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return nil, err
	}
	result = run(ctx, tx, r.fn)
	if result != nil {
		if _, err := tx.ExecContext(ctx, "ROLLBACK TO one"); err != nil {
			return result, err
		}
	}
	_, err = tx.ExecContext(ctx, "RELEASE one")
	return result, err
}

// run turns a panic of fn into an error: it would otherwise take the writer and
// every waiting caller with it.
func run(ctx context.Context, tx *sql.Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: update panicked: %v", p)
		}
	}()
	return fn(&Tx{reader: reader{tx}, ctx: ctx, tx: tx})
}

const postgresTries = 8

func (s *Store) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	var err error
	for range postgresTries {
		if err = s.tryPostgres(ctx, fn); err == nil || !retryable(err) {
			return err
		}
	}
	return err
}

func (s *Store) tryPostgres(ctx context.Context, fn func(*Tx) error) error {
	tx, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return classify(err)
	}
	if err := run(ctx, tx, fn); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return classify(tx.Commit())
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// retryable: serialization failure and deadlock.
func retryable(err error) bool {
	return strings.Contains(err.Error(), "SQLSTATE 40001") || strings.Contains(err.Error(), "SQLSTATE 40P01")
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.tx.ExecContext(tx.ctx, query, args...)
	return classify(err)
}

// changed runs a conditional statement and reports whether it met a row.
func (tx *Tx) changed(query string, args ...any) (bool, error) {
	res, err := tx.tx.ExecContext(tx.ctx, query, args...)
	if err != nil {
		return false, classify(err)
	}
	n, err := res.RowsAffected()
	return n > 0, classify(err)
}
