package srp

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"
)

const (
	limbs     = 48        // 64-bit words of a 3072-bit number
	fieldSize = limbs * 8 // bytes of a 3072-bit number
)

// An element is an integer below 2^3072, least significant word first.
// Arithmetic keeps it below N.
type element [limbs]uint64

// modulus is N, the 3072-bit prime of RFC 3526 section 4.
var modulus = element{
	0xffffffffffffffff, 0x4b82d120a93ad2ca, 0x43db5bfce0fd108e, 0x08e24fa074e5ab31,
	0x770988c0bad946e2, 0xbbe117577a615d6c, 0x521f2b18177b200c, 0xd87602733ec86a64,
	0xf12ffa06d98a0864, 0xcee3d2261ad2ee6b, 0x1e8c94e04a25619d, 0xabf5ae8cdb0933d7,
	0xb3970f85a6e1e4c7, 0x8aea71575d060c7d, 0xecfb850458dbef0a, 0xa85521abdf1cba64,
	0xad33170d04507a33, 0x15728e5a8aaac42d, 0x15d2261898fa0510, 0x3995497cea956ae5,
	0xde2bcbf695581718, 0xb5c55df06f4c52c9, 0x9b2783a2ec07a28f, 0xe39e772c180e8603,
	0x32905e462e36ce3b, 0xf1746c08ca18217c, 0x670c354e4abc9804, 0x9ed529077096966d,
	0x1c62f356208552bb, 0x83655d23dca3ad96, 0x69163fa8fd24cf5f, 0x98da48361c55d39a,
	0xc2007cb8a163bf05, 0x49286651ece45b3d, 0xae9f24117c4b1fe6, 0xee386bfb5a899fa5,
	0x0bff5cb6f406b7ed, 0xf44c42e9a637ed6b, 0xe485b576625e7ec6, 0x4fe1356d6d51c245,
	0x302b0a6df25f1437, 0xef9519b3cd3a431b, 0x514a08798e3404dd, 0x020bbea63b139b22,
	0x29024e088a67cc74, 0xc4c6628b80dc1cd1, 0xc90fdaa22168c234, 0xffffffffffffffff,
}

// setBytes reads a big-endian number of at most fieldSize bytes.
func (e *element) setBytes(b []byte) *element {
	var wide [fieldSize]byte
	copy(wide[fieldSize-len(b):], b)
	for i := range e {
		e[i] = binary.BigEndian.Uint64(wide[fieldSize-8*(i+1):])
	}
	return e
}

// bytes writes the number big-endian at its full width.
func (e *element) bytes() []byte {
	b := make([]byte, fieldSize)
	for i, w := range e {
		binary.BigEndian.PutUint64(b[fieldSize-8*(i+1):], w)
	}
	return b
}

func (e *element) isZero() bool {
	var or uint64
	for _, w := range e {
		or |= w
	}
	return or == 0
}

// less reports e < x.
func (e *element) less(x *element) bool {
	var scratch element
	return scratch.subtract(e, x) == 1
}

func (e *element) equal(x *element) bool {
	return subtle.ConstantTimeCompare(e.bytes(), x.bytes()) == 1
}

// subtract sets e = x - y modulo 2^3072 and returns the borrow.
func (e *element) subtract(x, y *element) (borrow uint64) {
	for i := range e {
		e[i], borrow = bits.Sub64(x[i], y[i], borrow)
	}
	return borrow
}

// add sets e = x + y modulo 2^3072 and returns the carry.
func (e *element) add(x, y *element) (carry uint64) {
	for i := range e {
		e[i], carry = bits.Add64(x[i], y[i], carry)
	}
	return carry
}

// masked sets e to x where mask is all ones, to zero where mask is zero.
func (e *element) masked(x *element, mask uint64) *element {
	for i := range e {
		e[i] = x[i] & mask
	}
	return e
}

// modSub sets e = x - y mod N, for x and y below N.
func (e *element) modSub(x, y *element) *element {
	var n element
	borrow := e.subtract(x, y)
	e.add(e, n.masked(&modulus, -borrow))
	return e
}

// modAdd sets e = x + y mod N, for x and y below N.
func (e *element) modAdd(x, y *element) *element {
	var n element
	n.modSub(&modulus, y) // N - y lies in 1..N, and x - (N - y) needs one correction at most
	return e.modSub(x, &n)
}

// reduce brings a number below 2^3072 below N; one subtraction is enough,
// because 2^3072 < 2N.
func (e *element) reduce() *element {
	var d, n element
	borrow := d.subtract(e, &modulus)
	e.add(&d, n.masked(&modulus, -borrow))
	return e
}
