package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// ES256 is ECDSA over P-256 (RFC 7518 section 3.4): the algorithm of tokens that are made for every call, as a signature
// takes some 20 µs. Cognito's tokens never have it and [Verify] refuses it.
const ES256 = "ES256"

// ECKey is a private P-256 key that signs tokens with [ES256]. It does not change and may be used concurrently.
type ECKey struct {
	id      string
	private *ecdsa.PrivateKey
	header  string // base64url of the JOSE header, with the dot
}

// GenerateECKey makes a new key from random, which Go 1.26 and later replace by the system's generator.
func GenerateECKey(random io.Reader) (*ECKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, fmt.Errorf("token: generate key: %w", err)
	}
	return newECKey(private)
}

// newECKey names the key by the base64url of the SHA-256 of its public half.
func newECKey(private *ecdsa.PrivateKey) (*ECKey, error) {
	if private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: not on the curve P-256", ErrKey)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	sum := sha256.Sum256(public)
	k := &ECKey{id: segment.EncodeToString(sum[:]), private: private}
	k.header = segment.EncodeToString([]byte(`{"kid":"`+k.id+`","typ":"JWT","alg":"`+ES256+`"}`)) + "."
	return k, nil
}

// ECKeyFromPEM reads what [ECKey.MarshalPEM] wrote, a single PKCS #8 block. The errors wrap [ErrKey].
func ECKeyFromPEM(data []byte) (*ECKey, error) {
	private, err := fromPEM[*ecdsa.PrivateKey](data)
	if err != nil {
		return nil, err
	}
	return newECKey(private)
}

// MarshalPEM returns the private key as PKCS #8 in PEM, to be sealed before it is stored.
func (k *ECKey) MarshalPEM() ([]byte, error) { return toPEM(k.private) }

// Sign returns the compact form of the claims, which are marshalled by encoding/json without HTML escapes. The signature
// is deterministic (RFC 6979). Errors: those of marshalling, [ErrTooLong].
func (k *ECKey) Sign(claims any) (string, error) {
	payload, err := marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: marshal claims: %w", err)
	}
	raw := segment.AppendEncode([]byte(k.header), payload)
	if len(raw) > MaxSize-100 {
		return "", ErrTooLong
	}
	digest := sha256.Sum256(raw)
	der, err := k.private.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	var signature [64]byte // r and s, 32 bytes each (RFC 7518 section 3.4)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	return string(segment.AppendEncode(append(raw, '.'), signature[:])), nil
}

// MarshalECJWKS returns the public halves as a JSON Web Key Set (RFC 7517 section 5), each with alg, kid and use.
func MarshalECJWKS(keys ...*ECKey) []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.id, Algorithm: ES256, Use: "sig"})
	}
	data, err := json.Marshal(set)
	if err != nil {
		panic(err) // P-256 public keys always marshal
	}
	return data
}

// String names the key by its id and nothing else.
func (k *ECKey) String() string { return "token.ECKey(" + k.id + ")" }

// GoString is String.
func (k *ECKey) GoString() string { return k.String() }

// Format keeps the private key out of every verb.
func (k *ECKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is the key's id.
func (k *ECKey) LogValue() slog.Value { return slog.StringValue(k.String()) }
