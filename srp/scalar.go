package srp

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

const scalarSize = 32 // bytes of a, b, u and x

// A scalar is a 256-bit exponent, least significant word first.
type scalar [scalarSize / 8]uint64

func newScalar(b *[scalarSize]byte) scalar {
	var s scalar
	for i := range s {
		s[i] = binary.BigEndian.Uint64(b[scalarSize-8*(i+1):])
	}
	return s
}

func (s *scalar) bytes() (b [scalarSize]byte) {
	for i, w := range s {
		binary.BigEndian.PutUint64(b[scalarSize-8*(i+1):], w)
	}
	return b
}

// randomScalar reads a private exponent. RFC 5054 section 2.5.4 asks for at least
// 256 bits; a source that yields only zeros is broken.
func randomScalar(rand io.Reader) (scalar, error) {
	var b [scalarSize]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return scalar{}, fmt.Errorf("srp: random source: %w", err)
	}
	s := newScalar(&b)
	if s == (scalar{}) {
		return scalar{}, fmt.Errorf("srp: random source: read %d zero bytes", scalarSize)
	}
	return s, nil
}

// mulAdd returns a + u·x, which always fits: (2^256-1) + (2^256-1)^2 < 2^512.
func mulAdd(a, u, x *scalar) (sum [2 * len(scalar{})]uint64) {
	copy(sum[:], a[:])
	for i, w := range u {
		c := addMulRow(sum[i:i+len(x)], x[:], w)
		for j := i + len(x); j < len(sum); j++ {
			sum[j], c = bits.Add64(sum[j], c, 0)
		}
	}
	return sum
}
