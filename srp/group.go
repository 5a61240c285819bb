package srp

import (
	"crypto/sha256"
	"sync"
)

// A group holds what is computed once from N and the generator 2.
type group struct {
	one  residue  // 1 in Montgomery form: 2^3072 mod N
	rr   residue  // 2^6144 mod N, which turns an element into a residue
	k    residue  // the multiplier H(N ‖ g) of SRP-6a
	comb [8]table // comb[i][j] = g^(sum of 2^(64t+8i) over the bits t set in j)
}

var theGroup = sync.OnceValue(newGroup)

func newGroup() *group {
	g := new(group)
	var zero, one, two, eight element
	zero.subtract(&zero, &modulus) // 2^3072 - N
	one = zero
	two.modAdd(&one, &one)
	eight.modAdd(&two, &two)
	eight.modAdd(&eight, &eight)
	g.one = residue(one)
	g.rr = residue(eight)
	for range 10 { // 8 = 2^3, so ten squarings reach 2^3072
		g.rr.square(&g.rr)
	}
	h := sha256.New()
	h.Write(toBytes(modulus.bytes()))
	h.Write([]byte{2})
	var k element
	g.k = *k.setBytes(h.Sum(nil)).residue(g)
	g.fillComb(residue(two))
	return g
}

// fillComb computes the powers 2^(2^(8n)) for n = 0..31, the teeth, and from
// each four that stand 64 bits apart the sixteen products of one table.
func (g *group) fillComb(base residue) {
	for n := range 32 {
		i, tooth := n%8, n/8
		t := &g.comb[i]
		t[0] = g.one
		for j := range 1 << tooth {
			t[1<<tooth+j].mul(&t[j], &base)
		}
		for range 8 {
			base.square(&base)
		}
	}
}

// generate sets r = 2^e for a secret 256-bit exponent: column by column of the
// comb, in the same steps for every e.
func (g *group) generate(e *scalar) *residue {
	acc, digit := g.one, residue{}
	for bit := 7; bit >= 0; bit-- {
		acc.square(&acc)
		for i := range g.comb {
			at := 8*i + bit
			j := e[0]>>at&1 | e[1]>>at&1<<1 | e[2]>>at&1<<2 | e[3]>>at&1<<3
			digit.choose(&g.comb[i], j)
			acc.mul(&acc, &digit)
		}
	}
	return &acc
}
