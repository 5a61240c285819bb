package srp

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"testing"
)

func (e *element) big() *big.Int { return new(big.Int).SetBytes(e.bytes()) }

// corners are values at which carries, borrows and the missing last subtraction
// would show.
func corners() []*element {
	var ones element
	for i := range ones {
		ones[i] = ^uint64(0)
	}
	one := &element{1}
	var minusOne, r, top element
	n := modulus // a copy: the tests reduce their corners in place
	minusOne.subtract(&modulus, one)
	r.subtract(&r, &modulus)
	top[limbs-1] = 1 << 63
	all := []*element{{}, one, {2}, {^uint64(0)}, &ones, &minusOne, &n, &r, &top}
	random := source(1)
	for range 20 {
		var e element
		for i := range e {
			e[i] = random.Uint64()
		}
		all = append(all, &e)
	}
	return all
}

// TestConstants checks N against its formula, and the generated constants.
func TestConstants(t *testing.T) {
	n := bigN()
	if hash := sha256.Sum256(modulus.bytes()); hex.EncodeToString(hash[:4]) != nHash {
		t.Errorf("SHA-256 of N begins %x", hash[:4])
	}
	half := new(big.Int).Rsh(n, 1)
	if n.BitLen() != 3072 || !n.ProbablyPrime(5) || !half.ProbablyPrime(5) {
		t.Error("N is not a safe prime of 3072 bits")
	}
	const k = "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
	if got := theGroup().k.element().big().Text(16); got != k {
		t.Errorf("k = %s", got)
	}
}

const nHash = "48cf8b09"

// TestMontgomery compares every operation with math/big on all pairs of corners.
// FuzzKernel compares the two implementations of the inner loops with each other.
func TestMontgomery(t *testing.T) {
	n, g := bigN(), theGroup()
	inverse := new(big.Int).ModInverse(new(big.Int).Lsh(big.NewInt(1), 3072), n)
	for _, x := range corners() {
		for _, y := range corners() {
			var r residue
			r.mul((*residue)(x), (*residue)(y))
			want := new(big.Int).Mul(x.big(), y.big())
			want.Mul(want, inverse).Mod(want, n)
			if got := new(big.Int).Mod((*element)(&r).big(), n); got.Cmp(want) != 0 {
				t.Fatalf("%x · %x = %x; want %x", x.big(), y.big(), got, want)
			}
		}
		var r, s residue
		r.mul((*residue)(x), (*residue)(x))
		s.square((*residue)(x))
		if *r.element() != *s.element() {
			t.Fatalf("square of %x differs from its product", x.big())
		}
		if got := x.residue(g).element().big(); got.Cmp(new(big.Int).Mod(x.big(), n)) != 0 {
			t.Fatalf("%x does not survive Montgomery form", x.big())
		}
	}
}

func TestModularAddSub(t *testing.T) {
	n := bigN()
	for _, x := range corners() {
		x.reduce()
		for _, y := range corners() {
			y.reduce()
			var sum, diff element
			sum.modAdd(x, y)
			diff.modSub(x, y)
			want := new(big.Int).Add(x.big(), y.big())
			if got := sum.big(); got.Cmp(want.Mod(want, n)) != 0 {
				t.Fatalf("%x + %x = %x", x.big(), y.big(), got)
			}
			want.Sub(x.big(), y.big())
			if got := diff.big(); got.Cmp(want.Mod(want, n)) != 0 {
				t.Fatalf("%x - %x = %x", x.big(), y.big(), got)
			}
		}
	}
}

func scalars() []scalar {
	ones := scalar{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	all := []scalar{{}, {1}, {2}, {0, 0, 0, 1 << 63}, ones, {0, ^uint64(0)}}
	random := source(2)
	for range 10 {
		all = append(all, scalar{random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64()})
	}
	return all
}

func (s scalar) big() *big.Int {
	b := s.bytes()
	return new(big.Int).SetBytes(b[:])
}

func TestExponentiation(t *testing.T) {
	n, g := bigN(), theGroup()
	base := corners()[len(corners())-1].reduce()
	for _, e := range scalars() {
		if got, want := g.generate(&e).element().big(), new(big.Int).Exp(big.NewInt(2), e.big(), n); got.Cmp(want) != 0 {
			t.Errorf("2^%x = %x; want %x", e.big(), got, want)
		}
		for _, x := range []*element{base, {}, {1}, {2}} {
			var r residue
			r.pow(g, x.residue(g), e[:])
			if want := new(big.Int).Exp(x.big(), e.big(), n); r.element().big().Cmp(want) != 0 {
				t.Errorf("%x^%x = %x; want %x", x.big(), e.big(), r.element().big(), want)
			}
		}
	}
}

func TestMulAdd(t *testing.T) {
	for _, a := range scalars() {
		for _, u := range scalars() {
			for _, x := range scalars() {
				got := new(big.Int)
				sum := mulAdd(&a, &u, &x)
				for _, w := range slices.Backward(sum[:]) {
					got.Lsh(got, 64).Or(got, new(big.Int).SetUint64(w))
				}
				want := new(big.Int).Mul(u.big(), x.big())
				if want.Add(want, a.big()).Cmp(got) != 0 {
					t.Fatalf("%x + %x·%x = %x", a.big(), u.big(), x.big(), got)
				}
			}
		}
	}
}
