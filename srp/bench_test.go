package srp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"testing"
	"time"
)

// bigSRP is the same computation over math/big, which is neither constant time
// nor checked: what the benchmarks below stand beside, and a second opinion.
type bigSRP struct{ n, g, k *big.Int }

func newBigSRP() bigSRP { return bigSRP{bigN(), big.NewInt(2), theGroup().k.element().big()} }

func bigHash(parts ...*big.Int) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(toBytes(p.Bytes()))
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

func bigKey(u, s *big.Int) []byte {
	extract := hmac.New(sha256.New, toBytes(u.Bytes()))
	extract.Write(toBytes(s.Bytes()))
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write([]byte("Caldera Derived Key\x01"))
	return expand.Sum(nil)[:16]
}

func (m bigSRP) client(a scalar, v vector, salt, block []byte) string {
	bigA := new(big.Int).Exp(m.g, a.big(), m.n)
	bigB, _ := new(big.Int).SetString(v.B, 16)
	u, x := bigHash(bigA, bigB), privateKey(v.Pool, v.UserID, v.Password, toBytes(salt)).big()
	base := new(big.Int).Exp(m.g, x, m.n)
	base.Mul(base, m.k).Sub(bigB, base).Mod(base, m.n)
	s := base.Exp(base, x.Add(x.Mul(x, u), a.big()), m.n)
	return base64.StdEncoding.EncodeToString(sign(bigKey(u, s), v.Pool, v.UserID, block, v.Timestamp))
}

// server does what NewServer and Check do together.
func (m bigSRP) server(verifier, b *big.Int, a Answer) bool {
	bigB := new(big.Int).Exp(m.g, b, m.n)
	bigB.Add(bigB, new(big.Int).Mul(m.k, verifier)).Mod(bigB, m.n)
	bigA, _ := new(big.Int).SetString(a.A, 16)
	u := bigHash(bigA, bigB)
	s := new(big.Int).Exp(verifier, u, m.n)
	s.Mul(s, bigA).Mod(s, m.n).Exp(s, b, m.n)
	got, _ := base64.StdEncoding.DecodeString(a.Signature)
	return hmac.Equal(got, sign(bigKey(u, s), a.PoolName, a.UserID, a.SecretBlock, a.Timestamp))
}

// TestAgainstMathBig: the reference of the benchmarks computes the same.
func TestAgainstMathBig(t *testing.T) {
	m := newBigSRP()
	for _, v := range vectors(t) {
		a := newScalar((*[32]byte)(unhex(t, v.APriv, 32)))
		if got := m.client(a, v, unhex(t, v.Salt, 1), v.answer(t).SecretBlock); got != v.Signature {
			t.Errorf("%s: client signs %s", v.Note, got)
		}
		verifier, b := new(big.Int).SetBytes(unhex(t, v.Verifier, 1)), new(big.Int).SetBytes(unhex(t, v.BPriv, 1))
		if !m.server(verifier, b, v.answer(t)) {
			t.Errorf("%s: server refuses", v.Note)
		}
	}
}

// BenchmarkClient is one whole sign-in of a client: A, then the proof.
func BenchmarkClient(b *testing.B) {
	v := vectors(b)[0]
	a, now := newScalar((*[32]byte)(unhex(b, v.APriv, 32))), time.Unix(0, 0)
	b.Run("srp", func(b *testing.B) {
		for b.Loop() {
			if _, err := newClient(a).Claim(v.challenge(), v.Password, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	m, salt, block := newBigSRP(), unhex(b, v.Salt, 1), v.answer(b).SecretBlock
	b.Run("mathbig", func(b *testing.B) {
		for b.Loop() {
			m.client(a, v, salt, block)
		}
	})
}

// BenchmarkServer is what one sign-in costs a server that remembers its challenge.
func BenchmarkServer(b *testing.B) {
	v := vectors(b)[0]
	verifier, private, answer := unhex(b, v.Verifier, fieldSize), unhex(b, v.BPriv, scalarSize), v.answer(b)
	check := func(s *Server, err error) {
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Check(answer); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("srp", func(b *testing.B) {
		for b.Loop() {
			check(RestoreServer(verifier, private))
		}
	})
	m, bigV, bigB := newBigSRP(), new(big.Int).SetBytes(verifier), new(big.Int).SetBytes(private)
	b.Run("mathbig", func(b *testing.B) {
		for b.Loop() {
			m.server(bigV, bigB, answer)
		}
	})
}

// BenchmarkVerifier is a sign-up, and a CheckPassword but for the comparison.
func BenchmarkVerifier(b *testing.B) {
	salt := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	b.Run("srp", func(b *testing.B) {
		for b.Loop() {
			if _, err := Verifier("AbCdEf123", "user", "password", salt); err != nil {
				b.Fatal(err)
			}
		}
	})
	m := newBigSRP()
	b.Run("mathbig", func(b *testing.B) {
		for b.Loop() {
			x := privateKey("AbCdEf123", "user", "password", salt)
			new(big.Int).Exp(m.g, x.big(), m.n)
		}
	})
}

// BenchmarkChallenge is what an InitiateAuth costs a server before any proof.
func BenchmarkChallenge(b *testing.B) {
	v, random := testVerifier(b), source(3)
	for b.Loop() {
		if _, err := NewServer(random, v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefusal is what a hostile A costs.
func BenchmarkRefusal(b *testing.B) {
	n := modulusHex()
	for b.Loop() {
		if ParseA(n) == nil {
			b.Fatal("N was accepted")
		}
	}
}

func BenchmarkGroup(b *testing.B) {
	for b.Loop() {
		newGroup()
	}
}

func BenchmarkResidue(b *testing.B) {
	g := theGroup()
	r := g.k
	b.Run("mul", func(b *testing.B) {
		for b.Loop() {
			r.mul(&r, &g.rr)
		}
	})
	b.Run("square", func(b *testing.B) {
		for b.Loop() {
			r.square(&r)
		}
	})
	b.Run("choose", func(b *testing.B) {
		for b.Loop() {
			r.choose(&g.comb[0], 3)
		}
	})
}
