package token

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// MaxJWKS is the longest key set document, in bytes, that [ParseJWKS] reads (API Gateway's quota for JWT authorizers).
const MaxJWKS = 150_000

// ErrJWKS is wrapped by the errors of [ParseJWKS] and [NewKeySet].
var ErrJWKS = errors.New("token: unusable key set")

// KeySet holds public keys by their ids. It does not change; the zero value knows no key.
type KeySet struct {
	keys map[string]publicKey
}

type publicKey struct {
	alg string
	rsa *rsa.PublicKey
}

// NewKeySet returns the public halves of the keys. Two keys of one id are [ErrJWKS].
func NewKeySet(keys ...*Key) (KeySet, error) {
	set := KeySet{keys: map[string]publicKey{}}
	for _, k := range keys {
		if err := set.add(k.ID, publicKey{k.alg(), &k.private.PublicKey}); err != nil {
			return KeySet{}, err
		}
	}
	return set, nil
}

func (s KeySet) add(id string, key publicKey) error {
	if _, twice := s.keys[id]; twice {
		return fmt.Errorf("%w: two keys have the id %.64q", ErrJWKS, id)
	}
	s.keys[id] = key
	return nil
}

// Len is the number of keys.
func (s KeySet) Len() int { return len(s.keys) }

// MarshalJWKS returns the public halves as a JSON Web Key Set (RFC 7517 section 5), each with alg, kid and use.
func MarshalJWKS(keys ...*Key) []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.ID, Algorithm: k.alg(), Use: "sig"})
	}
	data, err := json.Marshal(set)
	if err != nil {
		panic(err) // RSA public keys always marshal
	}
	return data
}

// ParseJWKS reads a JSON Web Key Set. Keys that are not RSA signature keys for RS256 or RS512 are passed over, as foreign
// sets hold them too; a key without alg is one for RS256. A set with two keys of one id, or with no usable key, is
// [ErrJWKS].
func ParseJWKS(data []byte) (KeySet, error) {
	if len(data) > MaxJWKS {
		return KeySet{}, fmt.Errorf("%w: %d bytes, at most %d", ErrJWKS, len(data), MaxJWKS)
	}
	var doc jose.JSONWebKeySet
	if err := json.Unmarshal(data, &doc); err != nil {
		return KeySet{}, fmt.Errorf("%w: %w", ErrJWKS, err)
	}
	set := KeySet{keys: map[string]publicKey{}}
	for i := range doc.Keys {
		key, ok := usable(&doc.Keys[i])
		if !ok {
			continue
		}
		if err := set.add(doc.Keys[i].KeyID, key); err != nil {
			return KeySet{}, err
		}
	}
	if set.Len() == 0 {
		return KeySet{}, fmt.Errorf("%w: no RSA signature key in it", ErrJWKS)
	}
	return set, nil
}

func usable(jwk *jose.JSONWebKey) (publicKey, bool) {
	public, ok := jwk.Key.(*rsa.PublicKey)
	if !ok || jwk.KeyID == "" || len(jwk.KeyID) > maxKeyID || (jwk.Use != "" && jwk.Use != "sig") {
		return publicKey{}, false
	}
	alg := jwk.Algorithm
	if alg == "" {
		alg = RS256
	}
	_, known := hashes[alg]
	return publicKey{alg, public}, known && checkPublic(public) == nil
}

// verify checks the signature. The header chooses among our keys, never among our algorithms.
func (s KeySet) verify(raw string, h header, alg string) error {
	key, known := s.keys[h.keyID]
	if !known {
		return fmt.Errorf("%w: kid %.64q", ErrUnknownKey, h.keyID)
	}
	if h.alg != key.alg || (alg != "" && alg != key.alg) {
		return fmt.Errorf("%w: algorithm %s is not the key's", ErrSignature, h.alg)
	}
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.alg)})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if _, err := signed.Verify(key.rsa); err != nil {
		return ErrSignature
	}
	return nil
}
