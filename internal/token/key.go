// Package token signs, reads and verifies the JSON Web Tokens (RFC 7519) of Cognito: RS256 for user pools, RS512 for the
// OpenID tokens of identity pools.
//
// It is stricter than the RFCs where AWS's own tokens allow it. The algorithm is a property of the key and never of the
// token; headers that carry keys or change the meaning of the signature are refused; a token has exactly one spelling; JSON
// with duplicate names, invalid UTF-8 or deep nesting is refused; exp is required and times are integers. The package
// has no clock: the time comes in [Expect].
package token

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// The signature algorithms of RFC 7518 section 3.3 that Cognito uses.
const (
	RS256 = "RS256" // user pools
	RS512 = "RS512" // identity pools; the header then also says "typ":"JWS"
)

const (
	minKeyBits = 2048
	maxKeyBits = 8192
	maxKeyID   = 256 // bytes
)

// ErrKey is wrapped by the errors about keys that cannot be used.
var ErrKey = errors.New("token: unusable key")

// Key is a private RSA key that signs tokens. It may be used concurrently; ID and Alg may be changed until the first use.
type Key struct {
	// ID is the kid of the tokens: for user pools the standard base64 of 32 bytes, for identity pools a free string such as
	// "us-east-11".
	ID string
	// Alg is the one algorithm the key signs with, [RS256] or [RS512]; empty means RS256.
	Alg string

	private *rsa.PrivateKey
	once    sync.Once
	header  string // base64url of the JOSE header, with the dot
}

// NewKey makes a key of an RSA key of 2048 to 8192 bits. An empty id becomes the standard base64 of the SHA-256 of the
// public key (PKCS #1), which has the form of a user pool's kid. The errors wrap [ErrKey].
func NewKey(id string, private *rsa.PrivateKey) (*Key, error) {
	if private == nil {
		return nil, fmt.Errorf("%w: there is none", ErrKey)
	}
	if err := private.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if err := checkPublic(&private.PublicKey); err != nil {
		return nil, err
	}
	if id == "" {
		sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&private.PublicKey))
		id = base64.StdEncoding.EncodeToString(sum[:])
	}
	if len(id) > maxKeyID {
		return nil, fmt.Errorf("%w: the key id has %d bytes, at most %d", ErrKey, len(id), maxKeyID)
	}
	private.Precompute()
	return &Key{ID: id, private: private}, nil
}

func checkPublic(public *rsa.PublicKey) error {
	if bits := public.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		return fmt.Errorf("%w: RSA of %d bits, want %d to %d", ErrKey, bits, minKeyBits, maxKeyBits)
	}
	if public.E < 3 || public.E&1 == 0 {
		return fmt.Errorf("%w: public exponent %d", ErrKey, public.E)
	}
	return nil
}

// GenerateKey makes a new key of 2048 bits from random, which Go 1.26 and later replace by the system's generator.
func GenerateKey(id string, random io.Reader) (*Key, error) {
	private, err := rsa.GenerateKey(random, minKeyBits)
	if err != nil {
		return nil, fmt.Errorf("token: generate key: %w", err)
	}
	return NewKey(id, private)
}

// KeyFromPEM reads what [Key.MarshalPEM] wrote, a single PKCS #8 block. The errors wrap [ErrKey].
func KeyFromPEM(id string, data []byte) (*Key, error) {
	private, err := fromPEM[*rsa.PrivateKey](data)
	if err != nil {
		return nil, err
	}
	return NewKey(id, private)
}

// MarshalPEM returns the private key as PKCS #8 in PEM, to be sealed before it is stored.
func (k *Key) MarshalPEM() ([]byte, error) { return toPEM(k.private) }

// String names the key by its id and nothing else.
func (k *Key) String() string { return "token.Key(" + k.ID + ")" }

// GoString is String.
func (k *Key) GoString() string { return k.String() }

// Format keeps the private key out of every verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is the key's id.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

func (k *Key) alg() string {
	if k.Alg == "" {
		return RS256
	}
	return k.Alg
}
