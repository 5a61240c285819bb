package srp

import "math/bits"

// A residue is an element in Montgomery form, v·2^3072 mod N, somewhere below
// 2^3072: the last subtraction of N is left out between multiplications, since
// 2^3072 is as good a bound to multiply under as N is.
type residue [limbs]uint64

// A product is the double-width result of a multiplication.
type product [2 * limbs]uint64

// mul sets r = x·y.
func (r *residue) mul(x, y *residue) *residue {
	var t product
	addMul(t[:], x[:], y[:])
	return r.fold(&t)
}

// square sets r = x·x: each product of two different blocks of x is computed
// once and doubled, which saves two fifths of the multiplications before the
// reduction.
func (r *residue) square(x *residue) *residue {
	var t, d product
	for i := 0; i < limbs; i += block {
		addMul(d[2*i:], x[i:i+block], x[i:i+block])
		if i+block < limbs {
			addMul(t[2*i+block:], x[i+block:], x[i:i+block])
		}
	}
	t.doubleAdd(&d)
	return r.fold(&t)
}

// doubleAdd sets t = 2t + d.
func (t *product) doubleAdd(d *product) {
	var top, carry uint64
	for i, w := range t {
		t[i], carry = bits.Add64(w<<1|top, d[i], carry)
		top = w >> 63
	}
}

// fold sets r = t/2^3072 mod N, destroying t. The carry of the Montgomery
// reduction is worth 2^3072; taking N off instead leaves a value below 2^3072.
func (r *residue) fold(t *product) *residue {
	carry := montgomery(t, &modulus)
	mask := -carry
	var borrow uint64
	for i := range r {
		r[i], borrow = bits.Sub64(t[limbs+i], modulus[i]&mask, borrow)
	}
	return r
}

// element takes r out of Montgomery form.
func (r *residue) element() *element {
	var t product
	copy(t[:], r[:])
	var out residue
	out.fold(&t)
	return (*element)(&out).reduce()
}

// residue puts e into Montgomery form.
func (e *element) residue(g *group) *residue {
	var out residue
	return out.mul((*residue)(e), &g.rr)
}

// pow sets r = x^e for a secret exponent e (least significant word first), in
// time that depends only on the length of e: four squarings and one
// multiplication for every four bits.
func (r *residue) pow(g *group, x *residue, e []uint64) *residue {
	var powers table
	powers[0] = g.one
	for i := 1; i < len(powers); i++ {
		powers[i].mul(&powers[i-1], x)
	}
	var digit residue
	acc := g.one
	for i := len(e) - 1; i >= 0; i-- {
		for shift := 60; shift >= 0; shift -= 4 {
			acc.square(&acc).square(&acc).square(&acc).square(&acc)
			digit.choose(&powers, e[i]>>shift&15)
			acc.mul(&acc, &digit)
		}
	}
	*r = acc
	return r
}

// A table holds sixteen values, of which choose takes one without telling the
// memory which.
type table [16]residue

// choose sets r = t[i], reading the whole table, four entries at a time to keep
// the masks in registers.
func (r *residue) choose(t *table, i uint64) {
	*r = residue{}
	for j := 0; j < len(t); j += 4 {
		a, b, c, d := &t[j], &t[j+1], &t[j+2], &t[j+3]
		at := uint64(j)
		ma, mb, mc, md := equalMask(i, at), equalMask(i, at+1), equalMask(i, at+2), equalMask(i, at+3)
		for k := range r {
			r[k] |= a[k]&ma | b[k]&mb | c[k]&mc | d[k]&md
		}
	}
}

// equalMask returns all ones when x == y and zero otherwise, for x, y < 2^63.
func equalMask(x, y uint64) uint64 {
	return uint64(int64((x^y)-1) >> 63)
}
