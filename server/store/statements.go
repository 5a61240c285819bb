package store

import (
	"context"
	"database/sql"
	"sync"
)

// maxStatements bounds what is kept prepared; the filters of ListUsers make
// texts of their own.
const maxStatements = 100

// statements keeps the statements of a SQLite pool prepared: parsing one takes
// longer than running it. (PostgreSQL's driver does so by itself.)
type statements struct {
	db     *sql.DB
	mu     sync.RWMutex
	ready  map[string]*sql.Stmt
	wanted []string
}

func prepare(db *sql.DB) *statements {
	return &statements{db: db, ready: map[string]*sql.Stmt{}}
}

// QueryContext is that of the pool.
func (p *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := p.find(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.db.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of the pool. Once begun it cannot be cancelled: the
// driver's watching of the context costs more than finding the row.
func (p *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := p.find(ctx, query); stmt != nil && ctx.Err() == nil {
		return stmt.QueryRowContext(context.WithoutCancel(ctx), args...)
	}
	return p.db.QueryRowContext(ctx, query, args...)
}

// find gives the prepared statement, preparing it at its first use; nil if that
// is not to be.
func (p *statements) find(ctx context.Context, query string) *sql.Stmt {
	if stmt := p.known(query); stmt != nil {
		return stmt
	}
	p.want(query)
	p.prepareWanted(ctx)
	return p.known(query)
}

func (p *statements) known(query string) *sql.Stmt {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.ready[query]
}

// want asks for a statement that is not known. A transaction holds the only
// connection, so it runs the text and leaves the preparing for later.
func (p *statements) want(query string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) < maxStatements {
		p.wanted = append(p.wanted, query)
	}
}

func (p *statements) prepareWanted(ctx context.Context) {
	p.mu.RLock()
	none := len(p.wanted) == 0
	p.mu.RUnlock()
	if none {
		return
	}
	p.mu.Lock()
	wanted := p.wanted
	p.wanted = nil
	p.mu.Unlock()
	for _, query := range wanted {
		if p.known(query) == nil {
			p.add(ctx, query)
		}
	}
}

func (p *statements) add(ctx context.Context, query string) {
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return // running the text will say what is wrong
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready[query] == nil && len(p.ready) < maxStatements {
		p.ready[query] = stmt
		return
	}
	_ = stmt.Close() // another caller was faster
}
