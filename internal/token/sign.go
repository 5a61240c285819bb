package token

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxSize is the longest token, in bytes of text, that [Sign] makes and [Peek] and [Verify] look at.
const MaxSize = 64 << 10

// ErrTooLong is returned by [Sign] for claims that would make a token longer than [MaxSize].
var ErrTooLong = errors.New("token: too long")

// hashes are the algorithms this package knows; everything else is refused.
var hashes = map[string]crypto.Hash{RS256: crypto.SHA256, RS512: crypto.SHA512}

// Sign returns the compact form (RFC 7515 section 7.1) of the claims, which are marshalled by encoding/json without
// HTML escapes. alg must be the key's. Errors: those of marshalling, [ErrTooLong], or [ErrKey] wrapped.
func Sign(k *Key, alg string, claims any) (string, error) {
	hash, known := hashes[alg]
	if !known || alg != k.alg() {
		return "", fmt.Errorf("%w: key %q signs with %s, not with %q", ErrKey, k.ID, k.alg(), alg)
	}
	payload, err := marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: marshal claims: %w", err)
	}
	header := k.headerSegment()
	size := len(header) + segment.EncodedLen(len(payload)) + 1 + segment.EncodedLen(k.private.Size())
	if size > MaxSize {
		return "", ErrTooLong
	}
	raw := append(make([]byte, 0, size), header...)
	raw = segment.AppendEncode(raw, payload)
	digest := hash.New()
	digest.Write(raw)
	signature, err := rsa.SignPKCS1v15(nil, k.private, hash, digest.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return string(segment.AppendEncode(append(raw, '.'), signature)), nil
}

func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// headerSegment has the members in the order AWS prints them.
func (k *Key) headerSegment() string {
	k.once.Do(func() {
		typ := ""
		if k.alg() == RS512 {
			typ = "JWS"
		}
		header, err := marshal(struct {
			Kid string `json:"kid"`
			Typ string `json:"typ,omitempty"`
			Alg string `json:"alg"`
		}{k.ID, typ, k.alg()})
		if err != nil {
			panic(err) // three strings always marshal
		}
		k.header = base64.RawURLEncoding.EncodeToString(header) + "."
	})
	return k.header
}
