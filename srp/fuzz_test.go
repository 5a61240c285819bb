package srp

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// FuzzKernel holds the routines in use to the plain ones, for every shape in which
// they are called. Where no assembly is in use it compares them with themselves.
func FuzzKernel(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xff}, 2*fieldSize))
	f.Add(modulus.bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var words [2 * limbs]uint64
		padded := append(data, make([]byte, 8*len(words))...)
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(padded[8*i:])
		}
		for n := block; n <= limbs; n += block {
			for _, ny := range []int{block, limbs} {
				var got, want product
				copy(got[:n], words[limbs:])
				want = got
				addMul(got[:], words[:n], words[limbs:limbs+ny])
				addMulGo(want[:], words[:n], words[limbs:limbs+ny])
				if got != want {
					t.Fatalf("%d × %d words: %x; want %x", n, ny, got, want)
				}
			}
		}
		got, want := product(words), product(words)
		if g, w := montgomery(&got, &modulus), montgomeryGo(&want, &modulus); g != w || got != want {
			t.Fatalf("reduction of %x differs", words)
		}
	})
}

// FuzzArithmetic holds multiplication and squaring to math/big.
func FuzzArithmetic(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xff}, fieldSize), modulus.bytes())
	f.Add([]byte{1}, []byte{})
	n := bigN()
	f.Fuzz(func(t *testing.T, a, b []byte) {
		g := theGroup()
		x := new(element).setBytes(a[:min(len(a), fieldSize)])
		y := new(element).setBytes(b[:min(len(b), fieldSize)])
		var r, s residue
		r.mul(x.residue(g), y.residue(g))
		s.square(x.residue(g))
		want := new(big.Int).Mul(x.big(), y.big())
		if r.element().big().Cmp(want.Mod(want, n)) != 0 {
			t.Fatalf("%x · %x = %x", x.big(), y.big(), r.element().big())
		}
		want.Mul(x.big(), x.big())
		if s.element().big().Cmp(want.Mod(want, n)) != 0 {
			t.Fatalf("%x squared = %x", x.big(), s.element().big())
		}
	})
}

// FuzzParseA: what is accepted is a number between 1 and N-1 that is written back
// as the same number; what is refused is ErrHostile.
func FuzzParseA(f *testing.F) {
	for _, s := range []string{"0", "1", "abc", "00ff", "-1", strings.Repeat("f", 768), modulusHex(), "0x1"} {
		f.Add(s)
	}
	n := bigN()
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parsePublic("A", s)
		if err != nil {
			if !errors.Is(err, ErrHostile) {
				t.Fatal(err)
			}
			return
		}
		want, ok := new(big.Int).SetString(s, 16)
		if !ok || want.Sign() <= 0 || want.Cmp(n) >= 0 {
			t.Fatalf("%q was accepted", s)
		}
		if got := minimalHex(e.bytes()); got != want.Text(16) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func modulusHex() string { return minimalHex(modulus.bytes()) }

// FuzzSalt: the bytes of a salt, positive or negative, read as two's complement
// give the number back, and no shorter form would.
func FuzzSalt(f *testing.F) {
	for _, s := range []string{"0", "-0", "80", "-80", "-81", "ff", "-100", "0f", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := parseSalt(s)
		if err != nil {
			if !errors.Is(err, ErrHostile) {
				t.Fatal(err)
			}
			return
		}
		want, ok := new(big.Int).SetString(s, 16)
		if !ok {
			t.Fatalf("%q was accepted", s)
		}
		got := new(big.Int).SetBytes(b)
		if b[0] >= 0x80 {
			got.Sub(got, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		if got.Cmp(want) != 0 {
			t.Fatalf("%q became %x", s, b)
		}
		if len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
			t.Fatalf("%q became %x, which is not minimal", s, b)
		}
	})
}

// FuzzTimestamp: a timestamp in canonical form is a fixed point, and only such
// text equals what the proof is computed over.
func FuzzTimestamp(f *testing.F) {
	f.Add("Tue Feb 1 03:04:05 UTC 2000")
	f.Add("Tue Feb 01 03:04:05 GMT 2000")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseTimestamp(s)
		if err != nil {
			if !errors.Is(err, ErrTimestamp) {
				t.Fatal(err)
			}
			return
		}
		canonical := formatTimestamp(at)
		again, err := ParseTimestamp(canonical)
		if err != nil || formatTimestamp(again) != canonical {
			t.Fatalf("%q became %q became %v, %v", s, canonical, again, err)
		}
	})
}

// FuzzCheck: no answer but the one of the vector passes.
func FuzzCheck(f *testing.F) {
	v := vectors(f)[0]
	s, err := RestoreServer(unhex(f, v.Verifier, fieldSize), unhex(f, v.BPriv, scalarSize))
	if err != nil {
		f.Fatal(err)
	}
	good := v.answer(f)
	f.Add(good.PoolName, good.UserID, good.A, good.SecretBlock, good.Timestamp, good.Signature)
	f.Fuzz(func(t *testing.T, pool, user, a string, secretBlock []byte, timestamp, signature string) {
		err := s.Check(Answer{PoolName: pool, UserID: user, A: a, SecretBlock: secretBlock, Timestamp: timestamp, Signature: signature})
		switch {
		case err == nil:
			// The names and the block are hashed one after the other, as Cognito has it.
			joined := pool + user + string(secretBlock)
			same := joined == good.PoolName+good.UserID+string(good.SecretBlock) && signature == good.Signature &&
				strings.EqualFold(strings.TrimLeft(a, "0"), good.A)
			if at, _ := ParseTimestamp(timestamp); !same || formatTimestamp(at) != good.Timestamp {
				t.Fatalf("%q %q %q %x %q %q passes", pool, user, a, secretBlock, timestamp, signature)
			}
		case !errors.Is(err, ErrHostile) && !errors.Is(err, ErrBadProof) && !errors.Is(err, ErrTimestamp):
			t.Fatal(err)
		}
	})
}

// FuzzDeviceVerifier: what is accepted can begin a sign-in and is encoded back to
// the same numbers.
func FuzzDeviceVerifier(f *testing.F) {
	f.Add("AQID", "AA==")
	f.Add("AIA=", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x55}, fieldSize)))
	f.Fuzz(func(t *testing.T, salt, verifier string) {
		sb, vb, err := ParseDeviceVerifier(salt, verifier)
		if err != nil {
			if !errors.Is(err, ErrHostile) {
				t.Fatal(err)
			}
			return
		}
		if _, err := parseVerifier(vb); err != nil {
			t.Fatal(err)
		}
		raw, _ := base64.StdEncoding.DecodeString(salt)
		if !bytes.Equal(toBytes(raw), toBytes(sb)) {
			t.Fatalf("salt %q became %x", salt, sb)
		}
	})
}
