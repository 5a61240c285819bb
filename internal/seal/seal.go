// Package seal encrypts state that leaves the process and comes back: temporary credentials, sign-in sessions, refresh
// and pagination tokens, and secrets at rest.
//
// A [Ring] holds root keys, a [Box] is one purpose of a ring. The key of a box is derived from the root with HKDF-SHA256
// (RFC 5869) and the name of the purpose, so that what one box sealed no other box opens. Sealing is XChaCha20-Poly1305,
// whose 24-byte nonces may be random for as long as a root lives. The package has no clock and no randomness of its own.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// RootSize is the length of a root key in bytes.
const RootSize = 32

// MaxToken is the longest token, in bytes of text, that [Box.Seal] makes and [Box.Open] looks at.
const MaxToken = 64 << 10

const (
	version    = 1
	idSize     = 4
	headerSize = 1 + idSize
	overhead   = headerSize + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

var (
	// ErrOpen is returned for everything that was not sealed by this box with the same additional data. It says no more,
	// so that a caller cannot learn which part was wrong.
	ErrOpen = errors.New("seal: not sealed by this box")
	// ErrRoot is wrapped by the errors of [NewRing].
	ErrRoot = errors.New("seal: unusable root key")
	// ErrTooLong is returned by [Box.Seal] when the token would be longer than [MaxToken].
	ErrTooLong = errors.New("seal: plaintext too long for a token")
)

// tokenEncoding refuses non-zero trailing bits; line breaks, which it would skip, are refused by decode.
var tokenEncoding = base64.RawURLEncoding.Strict()

// Ring holds the root keys. The first one seals; all of them open, so that a key is rotated by putting the new one in
// front on every node that already had it at the end. A Ring does not change and may be used concurrently.
type Ring struct {
	roots []root
}

type root struct {
	id     [idSize]byte
	secret [RootSize]byte
}

// NewRing makes a ring of at least one root. Each root must be exactly [RootSize] random bytes; a root that is all zero or
// that occurs twice is refused. The errors wrap [ErrRoot].
func NewRing(roots ...[]byte) (*Ring, error) {
	if len(roots) == 0 {
		return nil, fmt.Errorf("%w: a ring needs at least one", ErrRoot)
	}
	ring := &Ring{}
	for i, secret := range roots {
		r, err := newRoot(secret)
		if err != nil {
			return nil, fmt.Errorf("%w: root %d %w", ErrRoot, i+1, err)
		}
		if ring.find(r.id[:]) >= 0 {
			return nil, fmt.Errorf("%w: root %d is in the ring twice", ErrRoot, i+1)
		}
		ring.roots = append(ring.roots, r)
	}
	return ring, nil
}

func newRoot(secret []byte) (root, error) {
	var r root
	if len(secret) != RootSize {
		return r, fmt.Errorf("is %d bytes long, want %d", len(secret), RootSize)
	}
	copy(r.secret[:], secret)
	if r.secret == [RootSize]byte{} {
		return r, errors.New("is all zero; make one with 32 random bytes")
	}
	copy(r.id[:], derive(secret, "key id", "", idSize))
	return r, nil
}

func (r *Ring) find(id []byte) int {
	for i := range r.roots {
		if string(r.roots[i].id[:]) == string(id) {
			return i
		}
	}
	return -1
}

// Box returns the box of a purpose, such as "sts session". Equal purposes of one ring open each other's tokens, different
// purposes never do. Making a box costs a few microseconds: keep it.
func (r *Ring) Box(purpose string) *Box {
	b := &Box{ring: r}
	for i := range r.roots {
		secret := r.roots[i].secret[:]
		aead, err := chacha20poly1305.NewX(derive(secret, "aead", purpose, chacha20poly1305.KeySize))
		if err != nil {
			panic(err) // the key has the right length
		}
		b.aeads = append(b.aeads, aead)
		b.macs = append(b.macs, derive(secret, "mac", purpose, sha256.Size))
	}
	return b
}

// derive keeps the kinds of key apart from each other and the purposes apart within a kind: kind holds no colon.
func derive(secret []byte, kind, purpose string, size int) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "gatepass/seal/v1:"+kind+":"+purpose, size)
	if err != nil {
		panic(err) // the size is a constant far below HKDF's limit
	}
	return key
}

// String tells nothing of the keys.
func (r *Ring) String() string { return "seal.Ring(redacted)" }

// GoString tells nothing of the keys.
func (r *Ring) GoString() string { return r.String() }

// Format keeps the keys out of every verb.
func (r *Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// Box seals and opens for one purpose. It does not change and may be used concurrently. The zero value is not usable:
// boxes come from [Ring.Box].
type Box struct {
	ring  *Ring
	aeads []cipher.AEAD
	macs  [][]byte
}

// String tells nothing of the keys.
func (b *Box) String() string { return "seal.Box(redacted)" }

// GoString tells nothing of the keys.
func (b *Box) GoString() string { return b.String() }

// Format keeps the keys out of every verb.
func (b *Box) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.String()) }

// Seal returns the sealed plaintext as text of the alphabet A-Z a-z 0-9 - _ (base64url of RFC 4648 without padding). The
// same aad must be given to [Box.Open]; it is not part of the token. The nonce is read from rand. Errors: [ErrTooLong], or
// what rand returned.
func (b *Box) Seal(rand io.Reader, plaintext, aad []byte) (string, error) {
	if tokenEncoding.EncodedLen(len(plaintext)+overhead) > MaxToken {
		return "", ErrTooLong
	}
	sealed, err := b.SealBytes(rand, plaintext, aad)
	if err != nil {
		return "", err
	}
	return tokenEncoding.EncodeToString(sealed), nil
}

// SealBytes is [Box.Seal] for places that hold bytes, such as a column of a table; it has no limit of length.
func (b *Box) SealBytes(rand io.Reader, plaintext, aad []byte) ([]byte, error) {
	out := make([]byte, headerSize+chacha20poly1305.NonceSizeX, len(plaintext)+overhead)
	out[0] = version
	copy(out[1:], b.ring.roots[0].id[:])
	nonce := out[headerSize:]
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, fmt.Errorf("seal: no random bytes: %w", err)
	}
	return b.aeads[0].Seal(out, nonce, plaintext, associated(out, aad)), nil
}

// associated binds the header as well as what the caller bound.
func associated(sealed, aad []byte) []byte {
	return append(append(make([]byte, 0, headerSize+len(aad)), sealed[:headerSize]...), aad...)
}

// Open returns what [Box.Seal] was given. A token has exactly one spelling: anything else, a changed byte, another purpose,
// another aad or a root that left the ring is [ErrOpen].
func (b *Box) Open(token string, aad []byte) ([]byte, error) {
	if len(token) > MaxToken || strings.ContainsAny(token, "\r\n") {
		return nil, ErrOpen
	}
	sealed, err := tokenEncoding.DecodeString(token)
	if err != nil {
		return nil, ErrOpen
	}
	return b.OpenBytes(sealed, aad)
}

// OpenBytes is [Box.Open] for the result of [Box.SealBytes].
func (b *Box) OpenBytes(sealed, aad []byte) ([]byte, error) {
	if len(sealed) < overhead || sealed[0] != version {
		return nil, ErrOpen
	}
	i := b.ring.find(sealed[1:headerSize])
	if i < 0 {
		return nil, ErrOpen
	}
	body := sealed[headerSize:]
	plaintext, err := b.aeads[i].Open(nil, body[:chacha20poly1305.NonceSizeX], body[chacha20poly1305.NonceSizeX:], associated(sealed, aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}
