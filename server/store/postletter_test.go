package store

import (
	"bytes"
	"testing"
)

// What split has split add joins, whatever came before; each payload is one that
// PostgreSQL takes, and no two are the same.
func FuzzLetter(f *testing.F) {
	f.Add([]byte(nil), 1, "")
	f.Add([]byte("a"), 20_000, "0+YQ")
	f.Add([]byte("+."), 6000, "1.YQ")
	f.Fuzz(func(t *testing.T, seed []byte, times int, before string) {
		letter := bytes.Repeat(seed, min(max(times, 0), MaxLetter/(len(seed)+1)))
		var in parts
		_ = in.add(before)
		payloads := split(letter)
		seen := map[string]bool{}
		for i, payload := range payloads {
			if len(payload) >= 8000 || seen[payload] {
				t.Fatalf("payload %d: %d bytes, seen before: %v", i, len(payload), seen[payload])
			}
			seen[payload] = true
			got, last := in.add(payload), i == len(payloads)-1
			if (got != nil) != last || last && !bytes.Equal(got, letter) {
				t.Fatalf("payload %d of %d: %d bytes, want %d", i, len(payloads), len(got), len(letter))
			}
		}
	})
}
