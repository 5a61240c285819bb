package store_test

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

func BenchmarkOpenMemory(b *testing.B) {
	for b.Loop() {
		s, err := store.Open(background, "memory")
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenFile(b *testing.B) {
	for _, users := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "a.db")
			fill(b, path, users)
			for b.Loop() {
				fill(b, path, 0)
			}
		})
	}
}

func fill(b *testing.B, path string, users int) {
	s, err := store.Open(background, path)
	if err != nil {
		b.Fatal(err)
	}
	if users > 0 {
		update(b, s, func(tx *store.Tx) error {
			for i := range users {
				u := store.User{PoolID: "p", Sub: fmt.Sprintf("%036d", i), VerifierSealed: make([]byte, 420), Salt: make([]byte, 16)}
				if err := tx.CreateUser(u, store.Name{Kind: "username", Value: u.Sub}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkUpdate measures durable commits: writers at once, sharing commits or not.
func BenchmarkUpdate(b *testing.B) {
	run := func(b *testing.B, s *store.Store, writers int) {
		var n atomic.Uint64
		b.ResetTimer()
		work := make(chan struct{})
		done := make(chan struct{})
		for range writers {
			go func() {
				for range work {
					id := binary.BigEndian.AppendUint64(nil, n.Add(1))
					if err := s.Update(background, func(tx *store.Tx) error { return tx.UseOnce("b", id, noon) }); err != nil {
						b.Error(err)
					}
				}
				done <- struct{}{}
			}()
		}
		for range b.N {
			work <- struct{}{}
		}
		close(work)
		for range writers {
			<-done
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	}
	for _, writers := range []int{1, 8, 64} {
		name := fmt.Sprintf("writers=%d", writers)
		b.Run("memory/"+name, func(b *testing.B) { run(b, open(b, ""), writers) })
		b.Run("grouped/"+name, func(b *testing.B) { run(b, open(b, filepath.Join(b.TempDir(), "a.db")), writers) })
		b.Run("ungrouped/"+name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "a.db"))
			s.Ungroup()
			run(b, s, writers)
		})
		b.Run("postgres/"+name, func(b *testing.B) { run(b, open(b, storetest.Postgres(b)), writers) })
	}
}

func BenchmarkUserByName(b *testing.B) {
	run := func(b *testing.B, s *store.Store) {
		createUser(b, s, "ada", map[string]string{"email": "ada@example.com"})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.UserByName(b.Context(), "p", "ada"); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("memory", func(b *testing.B) { run(b, open(b, "")) })
	b.Run("file", func(b *testing.B) { run(b, open(b, filepath.Join(b.TempDir(), "a.db"))) })
	b.Run("postgres", func(b *testing.B) { run(b, open(b, storetest.Postgres(b))) })
}
