package srp

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

// A Server is the server's side of one sign-in; make one with [NewServer], or
// with [RestoreServer] where the challenge was made elsewhere. It holds the
// verifier and the secret exponent b and prints as nothing. It does not change
// after it is made, so several goroutines may use it.
type Server struct {
	v    residue
	b    scalar
	bigB element
}

// NewServer begins a challenge for the user whose verifier is given ([Verifier]):
// it picks a 256-bit secret exponent b from rand, which is crypto/rand.Reader
// except in tests. An error is rand's, or says that the verifier is not one.
func NewServer(rand io.Reader, verifier []byte) (*Server, error) {
	v, err := parseVerifier(verifier)
	if err != nil {
		return nil, err
	}
	for range 64 {
		b, err := randomScalar(rand)
		if err != nil {
			return nil, err
		}
		// Some clients hash B as text or at full width; a B without leading zeros
		// is the same to all of them. One in 256 is drawn again.
		if s := newServer(v, b); s.bigB[limbs-1]>>56 != 0 {
			return s, nil
		}
	}
	return nil, fmt.Errorf("srp: random source: 64 unusable exponents in a row")
}

// RestoreServer makes the server again from the verifier and what
// [Server.Private] returned. Values that do not come from there are errors.
func RestoreServer(verifier, private []byte) (*Server, error) {
	v, err := parseVerifier(verifier)
	if err != nil {
		return nil, err
	}
	if len(private) != scalarSize {
		return nil, fmt.Errorf("srp: private value of %d bytes; want %d", len(private), scalarSize)
	}
	b := newScalar((*[scalarSize]byte)(private))
	if b == (scalar{}) {
		return nil, fmt.Errorf("srp: private value is zero")
	}
	s := newServer(v, b)
	if s.bigB.isZero() {
		return nil, fmt.Errorf("srp: private value makes B zero; start the sign-in again")
	}
	return s, nil
}

// newServer computes B = k·v + g^b.
func newServer(v *element, b scalar) *Server {
	g := theGroup()
	s := &Server{v: *v.residue(g), b: b}
	var kv residue
	kv.mul(&g.k, &s.v)
	s.bigB.modAdd(kv.element(), g.generate(&b).element())
	return s
}

// B returns the public value for SRP_B: lower-case hex without leading zeros.
func (s *Server) B() string { return minimalHex(s.bigB.bytes()) }

// Private returns the 32 bytes of b, from which [RestoreServer] continues. They
// are secret: who has them can test passwords off line. Seal them into the
// SECRET_BLOCK together with the user and the version of the password.
func (s *Server) Private() []byte {
	b := s.b.bytes()
	return b[:]
}

// String hides the verifier and the secret exponent.
func (s *Server) String() string { return redacted }

// GoString hides the verifier and the secret exponent.
func (s *Server) GoString() string { return redacted }

// LogValue hides the verifier and the secret exponent.
func (s *Server) LogValue() slog.Value { return slog.StringValue(redacted) }

// An Answer is what a client returns to a challenge, as it came off the wire, and
// who it says to be. Nothing in it is proven before [Server.Check].
type Answer struct {
	PoolName    string // the user pool id after the "_"; for a device the DeviceGroupKey
	UserID      string // USER_ID_FOR_SRP; for a device the DeviceKey
	A           string // SRP_A, hex
	SecretBlock []byte // PASSWORD_CLAIM_SECRET_BLOCK, decoded
	Timestamp   string // TIMESTAMP
	Signature   string // PASSWORD_CLAIM_SIGNATURE, base64
}

// Check returns nil when the answer proves the password. [ErrTimestamp],
// [ErrHostile] and a signature that is not base64 of 32 bytes ([ErrBadProof]) are
// found before any exponentiation; a wrong signature is ErrBadProof. The proof is
// computed over the timestamp as [ParseTimestamp] reads it, written again.
func (s *Server) Check(p Answer) error {
	t, err := ParseTimestamp(p.Timestamp)
	if err != nil {
		return err
	}
	if err := checkNames(p.PoolName, p.UserID); err != nil {
		return err
	}
	bigA, err := parsePublic("SRP_A", p.A)
	if err != nil {
		return err
	}
	got, err := parseSignature(p.Signature)
	if err != nil {
		return err
	}
	key, err := s.key(bigA)
	if err != nil {
		return err
	}
	want := sign(key, p.PoolName, p.UserID, p.SecretBlock, formatTimestamp(t))
	if !hmac.Equal(got, want) {
		return ErrBadProof
	}
	return nil
}

// key derives the session key from S = (A · v^u)^b.
func (s *Server) key(bigA *element) ([]byte, error) {
	u, err := scramble(bigA, &s.bigB)
	if err != nil {
		return nil, err
	}
	g := theGroup()
	var r residue
	r.pow(g, &s.v, u[:])
	r.mul(&r, bigA.residue(g))
	r.pow(g, &r, s.b[:])
	return sessionKey(&u, r.element())
}

func parseSignature(s string) ([]byte, error) {
	const digits = (sha256.Size + 2) / 3 * 4
	if len(s) != digits {
		return nil, ErrBadProof
	}
	b, ok := decodeStrict(s)
	if !ok || len(b) != sha256.Size {
		return nil, ErrBadProof
	}
	return b, nil
}
