package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is a write transaction. Reads inside it see its own writes and, on
// PostgreSQL, lock the user, identity or refresh family they return until the
// end, so that reading, deciding and writing is safe on every database. The
// Store's own methods must not be called inside one: in memory they would wait
// for the transaction for ever.
type Tx struct {
	reader
	ctx      context.Context
	tx       *sql.Tx
	prepared *statements // nil on PostgreSQL
	broken   error       // the first fault of the database; nothing is done after it
}

// inside is the reader of a transaction. Its context is the transaction's:
// interrupting one statement would undo what other callers wrote in the group.
type inside struct{ tx *Tx }

// QueryContext is that of the transaction.
func (i inside) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := i.tx.statement(query); stmt != nil {
		return stmt.QueryContext(i.tx.ctx, args...)
	}
	return i.tx.tx.QueryContext(i.tx.ctx, query, args...)
}

// QueryRowContext is that of the transaction.
func (i inside) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	if stmt := i.tx.statement(query); stmt != nil {
		return stmt.QueryRowContext(i.tx.ctx, args...)
	}
	return i.tx.tx.QueryRowContext(i.tx.ctx, query, args...)
}

func newTx(ctx context.Context, sqlTx *sql.Tx, prepared *statements, lock string) *Tx {
	tx := &Tx{ctx: ctx, tx: sqlTx, prepared: prepared}
	tx.reader = reader{q: inside{tx}, lock: lock, fault: tx.fault}
	return tx
}

// run calls fn. A panic becomes an error: it would otherwise take the writer and
// every waiting caller with it.
func (tx *Tx) run(fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: update panicked: %v", p)
		}
	}()
	return fn(tx)
}

// statement gives a prepared statement for this transaction, or nil.
func (tx *Tx) statement(query string) *sql.Stmt {
	if tx.prepared == nil {
		return nil
	}
	if stmt := tx.prepared.known(query); stmt != nil {
		return tx.tx.StmtContext(tx.ctx, stmt)
	}
	tx.prepared.want(query)
	return nil
}

// fault classifies err and remembers it if the transaction cannot go on.
// SQLite rolls the whole transaction back when the disk is full; a later
// statement would then commit on its own.
func (tx *Tx) fault(err error) error {
	err = classify(err)
	if tx.broken == nil && errors.Is(err, ErrUnavailable) {
		tx.broken = err
	}
	return err
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.changed(query, args...)
	return err
}

// changed runs a conditional statement and reports whether it met a row.
func (tx *Tx) changed(query string, args ...any) (bool, error) {
	if tx.broken != nil {
		return false, tx.broken
	}
	res, err := tx.execute(query, args)
	if err != nil {
		return false, tx.fault(err)
	}
	n, err := res.RowsAffected()
	return n > 0, tx.fault(err)
}

func (tx *Tx) execute(query string, args []any) (sql.Result, error) {
	if stmt := tx.statement(query); stmt != nil {
		return stmt.ExecContext(tx.ctx, args...)
	}
	return tx.tx.ExecContext(tx.ctx, query, args...)
}

// insert adds a row unless its key is taken: ErrExists. It asks the database
// not to fail, because a failed statement ends a PostgreSQL transaction.
func (tx *Tx) insert(query string, args ...any) error {
	met, err := tx.changed(query+" ON CONFLICT DO NOTHING", args...)
	if err == nil && !met {
		return ErrExists
	}
	return err
}

// returning runs a conditional statement that returns a row: ErrNotFound if it met none.
func (tx *Tx) returning(query string, args []any, into ...any) error {
	if tx.broken != nil {
		return tx.broken
	}
	return tx.row(tx.ctx, query, args, into...)
}
