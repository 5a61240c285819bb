package srp

import "math/bits"

// block is how many words the routines below take at a time.
const block = 8

// addMulGo adds x·y to z, for x of whole blocks. The words of z from the length
// of x on take the carries and are expected to hold nothing yet.
func addMulGo(z, x, y []uint64) {
	for j, w := range y {
		z[j+len(x)] = addMulRow(z[j:j+len(x)], x, w)
	}
}

// montgomeryGo adds to t the multiple of n that makes its lower half zero. What
// is left is in the upper half and the carry returned. The lowest word of N is
// 2^64 - 1, so the multiple of the word under work is that word itself.
func montgomeryGo(t *product, n *element) (carry uint64) {
	for i := range limbs {
		c := addMulRow(t[i:i+limbs], n[:], t[i])
		t[i+limbs], carry = bits.Add64(t[i+limbs], c, carry)
	}
	return carry
}

// addMulRow sets z = z + x·y and returns the carry.
func addMulRow(z, x []uint64, y uint64) (carry uint64) {
	for i := range x[:len(z)] {
		hi, lo := bits.Mul64(x[i], y)
		var c uint64
		lo, c = bits.Add64(lo, z[i], 0)
		hi += c
		z[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	return carry
}
