package store

import (
	"context"
	"fmt"
	"runtime"
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
// each has its own transaction, and fn runs again after a deadlock or a
// serialization failure. fn must be short and act on nothing but tx.
//
// An error of fn comes back as it is and means that nothing was kept: what has
// to last in spite of a refusal, such as a reserved attempt, is an Update of its
// own. A fault of the database is ErrUnavailable; one during the commit leaves
// open whether PostgreSQL has committed. A context that ends before fn starts is
// ErrUnavailable with the context's error; one that ends later is ignored on
// SQLite.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.noted(s.update(ctx, fn))
}

func (s *Store) update(ctx context.Context, fn func(*Tx) error) error {
	if s.postgres {
		return s.updatePostgres(ctx, fn)
	}
	r := request{ctx: ctx, fn: fn, result: make(chan error, 1)}
	select {
	case s.requests <- r:
		return <-r.result
	case <-ctx.Done():
		return classify(ctx.Err())
	case <-s.closing:
		return fmt.Errorf("%w: closed", ErrUnavailable)
	}
}

func (s *Store) writer() {
	for {
		select {
		case r := <-s.requests:
			s.answer(s.gather(r))
			s.prepared.prepareWanted(context.Background())
		case <-s.closing:
			return
		}
	}
}

// gather takes the updates that wait already, without waiting for more; callers
// that the last commit has just released get one turn to ask again.
func (s *Store) gather(first request) []request {
	group := []request{first}
	runtime.Gosched()
	for len(group) < s.group {
		select {
		case r := <-s.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

func (s *Store) answer(group []request) {
	results, err := s.commit(group)
	for i, r := range group {
		if err != nil {
			results[i] = err // even a refusal may rest on a neighbour's write that is gone
		}
		r.result <- results[i]
	}
}

func (s *Store) commit(group []request) ([]error, error) {
	results := make([]error, len(group))
	tx, err := s.write.BeginTx(context.Background(), nil)
	if err != nil {
		return results, classify(err)
	}
	for i, r := range group {
		if results[i] = classify(r.ctx.Err()); results[i] != nil {
			continue // gave up while waiting
		}
		if results[i], err = s.guarded(tx, r); err != nil {
			_ = tx.Rollback() // SQLite may have done it already
			return results, err
		}
	}
	return results, classify(tx.Commit())
}
