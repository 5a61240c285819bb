package store

import (
	"context"
	"strconv"
	"time"
)

// LimitPages lets the SQLite database grow to n pages, as a full disk would; 0
// sets it free.
func (s *Store) LimitPages(n int) error {
	if n == 0 {
		n = 1 << 30
	}
	var now int
	return s.write.QueryRowContext(context.Background(), "PRAGMA max_page_count = "+strconv.Itoa(n)).Scan(&now)
}

// Ungroup makes every update commit alone. Call it before the first.
func (s *Store) Ungroup() { s.group = 1 }

// Crash ends a Post as the end of its process would, without a word.
func (p *Post) Crash() {
	p.stop()
	p.work.Wait()
}

// Patience is how long a Post waits for a node that has lost its connection. Set
// it before Open.
func (p *Post) Patience(d time.Duration) { p.grace = d }
