package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatepass/gatepass/internal/seal"
)

func root(b byte) []byte { return bytes.Repeat([]byte{b}, seal.RootSize) }

func ring(t testing.TB, roots ...[]byte) *seal.Ring {
	t.Helper()
	r, err := seal.NewRing(roots...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustSeal(t testing.TB, b *seal.Box, plaintext, aad string) string {
	t.Helper()
	token, err := b.Seal(rand.Reader, []byte(plaintext), []byte(aad))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestRoundTrip(t *testing.T) {
	box := ring(t, root(1)).Box("p")
	rapid.Check(t, func(t *rapid.T) {
		plaintext := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "plaintext")
		aad := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "aad")
		token, err := box.Seal(rand.Reader, plaintext, aad)
		if err != nil {
			t.Fatal(err)
		}
		got, err := box.Open(token, aad)
		if err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("opened %x, %v", got, err)
		}
		if _, err := box.Open(token, append(aad, 0)); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("opened with another aad: %v", err)
		}
	})
}

// TestH01 holds that a token is refused after any change: each bit flipped, cut short, extended or spelt differently.
func TestH01(t *testing.T) {
	box := ring(t, root(1)).Box("p")
	token := mustSeal(t, box, "the secret access key of somebody", "ASIAEXAMPLE")
	refuse := func(what, token string) {
		t.Helper()
		if _, err := box.Open(token, []byte("ASIAEXAMPLE")); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: err = %v, want ErrOpen", what, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[i/8] ^= 1 << (i % 8)
		refuse(fmt.Sprintf("bit %d", i), base64.RawURLEncoding.EncodeToString(flipped))
	}
	for i := range token {
		refuse("cut", token[:i])
		refuse("line break", token[:i]+"\n"+token[i:])
		refuse("carriage return", token[:i]+"\r"+token[i:])
		for c := range 256 {
			if other := token[:i] + string([]byte{byte(c)}) + token[i+1:]; other != token {
				refuse("character", other)
			}
		}
	}
	for _, tail := range []string{"A", "AA", "=", "==", " ", "\n", "AAAA"} {
		refuse("tail "+tail, token+tail)
	}
	for n := range 64 { // most are spelt otherwise there, not all
		token := mustSeal(t, box, strings.Repeat("x", n), "ASIAEXAMPLE")
		if other := strings.NewReplacer("-", "+", "_", "/").Replace(token); other != token {
			refuse("standard alphabet", other)
		}
	}
	refuse("standard alphabet", base64.StdEncoding.EncodeToString(raw)+"=")
	refuse("padded", base64.URLEncoding.EncodeToString(raw)+"=")
	refuse("too long", strings.Repeat("A", seal.MaxToken+1))
	refuse("empty", "")
}

func TestMalleableTail(t *testing.T) {
	box := ring(t, root(1)).Box("p")
	for n := range 3 { // one of them leaves unused bits in the last character
		token := mustSeal(t, box, strings.Repeat("x", n), "")
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			other := token[:len(token)-1] + string(c)
			if _, err := box.Open(other, nil); err == nil && other != token {
				t.Fatalf("two spellings of one token: %q and %q", token, other)
			}
		}
	}
}

// TestH12 holds that no purpose opens what another one sealed.
func TestH12(t *testing.T) {
	r := ring(t, root(1))
	purposes := []string{"", "sts", "sts ", "srp", "mac:sts", "aead", "session", "page"}
	sums := map[[32]byte]string{}
	for _, from := range purposes {
		token := mustSeal(t, r.Box(from), "x", "")
		for _, to := range purposes {
			if _, err := r.Box(to).Open(token, nil); (err == nil) != (from == to) {
				t.Errorf("%q opens what %q sealed: err = %v", to, from, err)
			}
		}
		sum := r.Box(from).MAC([]byte("x"))
		if other, taken := sums[sum]; taken {
			t.Errorf("%q and %q have one MAC", other, from)
		}
		sums[sum] = from
	}
}

// TestRotation walks a two-phase rotation: the new root opens everywhere before it seals anywhere.
func TestRotation(t *testing.T) {
	before, during := ring(t, root(1)).Box("p"), ring(t, root(1), root(2)).Box("p")
	after, later := ring(t, root(2), root(1)).Box("p"), ring(t, root(2)).Box("p")
	old, fresh := mustSeal(t, during, "old", ""), mustSeal(t, after, "new", "")
	sum := before.MAC([]byte("name"))
	for name, c := range map[string]struct {
		box      *seal.Box
		old, new bool
	}{"before": {before, true, false}, "during": {during, true, true}, "after": {after, true, true}, "later": {later, false, true}} {
		if _, err := c.box.Open(old, nil); (err == nil) != c.old {
			t.Errorf("%s: old token: %v", name, err)
		}
		if _, err := c.box.Open(fresh, nil); (err == nil) != c.new {
			t.Errorf("%s: new token: %v", name, err)
		}
		if got := c.box.CheckMAC(sum[:], []byte("name")); got != c.old {
			t.Errorf("%s: CheckMAC = %v", name, got)
		}
	}
}

func TestForeignRing(t *testing.T) {
	token := mustSeal(t, ring(t, root(1)).Box("p"), "x", "")
	if _, err := ring(t, root(2)).Box("p").Open(token, nil); !errors.Is(err, seal.ErrOpen) {
		t.Fatalf("another ring's token: %v", err)
	}
}

func TestNewRingRefuses(t *testing.T) {
	for name, roots := range map[string][][]byte{
		"none": nil, "short": {root(1)[:31]}, "long": {append(root(1), 1)}, "zero": {root(0)}, "twice": {root(1), root(1)}, "nil": {nil},
	} {
		if _, err := seal.NewRing(roots...); !errors.Is(err, seal.ErrRoot) {
			t.Errorf("%s: err = %v, want ErrRoot", name, err)
		}
	}
}

func TestMACParts(t *testing.T) {
	box := ring(t, root(1)).Box("p")
	a, b := box.MAC([]byte("ab"), []byte("c")), box.MAC([]byte("a"), []byte("bc"))
	if a == b || a == box.MAC([]byte("abc")) || a == box.MAC([]byte("ab"), []byte("c"), nil) {
		t.Fatal("parts run into each other")
	}
	if box.CheckMAC(a[:31], []byte("ab"), []byte("c")) || !box.CheckMAC(a[:], []byte("ab"), []byte("c")) {
		t.Fatal("CheckMAC")
	}
}

func TestSealErrors(t *testing.T) {
	box := ring(t, root(1)).Box("p")
	if _, err := box.Seal(strings.NewReader("short"), nil, nil); err == nil {
		t.Error("sealed without randomness")
	}
	if _, err := box.Seal(rand.Reader, make([]byte, seal.MaxToken), nil); !errors.Is(err, seal.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	big := make([]byte, seal.MaxToken)
	sealed, err := box.SealBytes(rand.Reader, big, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := box.OpenBytes(sealed, nil); err != nil || !bytes.Equal(got, big) {
		t.Errorf("bytes: %v", err)
	}
}

func TestRedacted(t *testing.T) {
	r := ring(t, root('k'))
	b := r.Box("p")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "ring", r, "box", b)
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %x %d", r, r, r, r, r, r), fmt.Sprintf("%v %+v %#v %s %x %d", b, b, b, b, b, b), log.String()} {
		if strings.Contains(s, "kkk") || strings.Contains(s, "6b6b") || strings.Contains(s, "107 107") {
			t.Errorf("a key shows in %q", s)
		}
	}
}

// FuzzOpen holds that what opens is spelt in the one way that sealing spells it.
func FuzzOpen(f *testing.F) {
	box := ring(f, root(1)).Box("p")
	token, err := box.Seal(strings.NewReader(strings.Repeat("n", 24)), []byte("plaintext"), []byte("aad")) // alike in every worker
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token, uint16(0), byte(0))
	f.Add(token[:10], uint16(3), byte('\n'))
	f.Fuzz(func(t *testing.T, prefix string, at uint16, c byte) {
		mutated := []byte(token)
		mutated[int(at)%len(mutated)] = c
		for _, s := range []string{prefix, string(mutated), prefix + token, token + prefix} {
			if _, err := box.Open(s, []byte("aad")); err == nil && s != token {
				t.Fatalf("opened %q, sealed only %q", s, token)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	box := ring(b, root(1)).Box("p")
	token := mustSeal(b, box, strings.Repeat("x", 500), "ASIAEXAMPLE")
	for b.Loop() {
		if _, err := box.Open(token, []byte("ASIAEXAMPLE")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	box := ring(b, root(1)).Box("p")
	token := mustSeal(b, box, strings.Repeat("x", 500), "ASIAEXAMPLE")
	for b.Loop() {
		if _, err := box.Open(token, []byte("ASIAEXAMPLF")); err == nil {
			b.Fatal("opened")
		}
	}
}
