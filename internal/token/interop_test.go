package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatepass/gatepass/internal/token"
)

// TestJose reads our tokens with go-jose by our published keys, and the other way round.
func TestJose(t *testing.T) {
	var published jose.JSONWebKeySet
	if err := json.Unmarshal(token.MarshalJWKS(idKey(), identityKey()), &published); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*token.Key{idKey(), identityKey()} {
		jwk := published.Key(k.ID)
		if len(jwk) != 1 || jwk[0].Use != "sig" || !jwk[0].IsPublic() {
			t.Fatalf("%s: %+v", k.ID, jwk)
		}
		signed, err := jose.ParseSignedCompact(sign(t, k, base()), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(jwk[0].Algorithm)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signed.Verify(jwk[0]); err != nil {
			t.Errorf("%s: %v", k.ID, err)
		}
	}
	theirs, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: signer(t), KeyID: idKey().ID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := theirs.Sign([]byte(text(t, base())))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	set, err := token.ParseJWKS(token.MarshalJWKS(identityKey(), idKey()))
	if err != nil || set.Len() != 2 {
		t.Fatal(set.Len(), err)
	}
	if _, err := token.Verify(raw, set, want()); err != nil {
		t.Error(err)
	}
}

func TestParseJWKS(t *testing.T) {
	var good struct{ Keys []map[string]any }
	if err := json.Unmarshal(token.MarshalJWKS(idKey()), &good); err != nil {
		t.Fatal(err)
	}
	change := func(name string, v any) map[string]any {
		k := map[string]any{}
		for n, old := range good.Keys[0] {
			k[n] = old
		}
		return with(k, name, v)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	elliptic := jose.JSONWebKey{Key: &ec.PublicKey, KeyID: "ec", Algorithm: "ES256", Use: "sig"}
	weak := jose.JSONWebKey{Key: &rsa.PublicKey{N: ec.X, E: 65537}, KeyID: "weak", Algorithm: "RS256", Use: "sig"}
	for name, keys := range map[string][]any{
		"none": {}, "elliptic": {elliptic}, "weak": {weak}, "encryption": {change("use", "enc")}, "PS256": {change("alg", "PS256")},
		"no kid": {change("kid", nil)}, "unknown type": {change("kty", "XYZ")}, "exponent 1": {change("e", "AQ")},
		"exponent 4": {change("e", "BA")}, "duplicate kid": {good.Keys[0], change("alg", nil)}, "long kid": {change("kid", strings.Repeat("k", 257))},
	} {
		if set, err := token.ParseJWKS([]byte(text(t, claims{"keys": keys}))); !errors.Is(err, token.ErrJWKS) {
			t.Errorf("%s: %d keys, %v", name, set.Len(), err)
		}
	}
	set, err := token.ParseJWKS([]byte(text(t, claims{"keys": []any{elliptic, weak, change("alg", nil)}})))
	if err != nil || set.Len() != 1 {
		t.Errorf("foreign set: %d, %v", set.Len(), err)
	}
	if _, err := token.ParseJWKS(make([]byte, token.MaxJWKS+1)); !errors.Is(err, token.ErrJWKS) {
		t.Errorf("too long: %v", err)
	}
	if _, err := token.NewKeySet(idKey(), idKey()); !errors.Is(err, token.ErrJWKS) {
		t.Errorf("duplicate kid in a key set: %v", err)
	}
}

// TestOpenSSL verifies a signature with a program that shares no code with us.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			t.Fatal("openssl is not installed, and GATEPASS_REQUIRE=all")
		}
		t.Skip("openssl is not installed: install it to check signatures with it")
	}
	dir := t.TempDir()
	for k, digest := range map[*token.Key]string{idKey(): "-sha256", identityKey(): "-sha512"} {
		raw := sign(t, k, base())
		signed := raw[:strings.LastIndexByte(raw, '.')]
		sig, err := base64.RawURLEncoding.DecodeString(raw[len(signed)+1:])
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(mustPEM(t, k))
		write(t, dir, "key", pem.EncodeToMemory(block))
		write(t, dir, "sig", sig)
		write(t, dir, "data", []byte(signed))
		out, err := exec.Command(openssl, "dgst", digest, "-prverify", filepath.Join(dir, "key"), "-signature", filepath.Join(dir, "sig"), filepath.Join(dir, "data")).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Verified OK") {
			t.Errorf("%s: %s %v", digest, out, err)
		}
	}
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzParseJWKS holds that a set that is accepted has a key, and that reading is a function of the document.
func FuzzParseJWKS(f *testing.F) {
	f.Add(token.MarshalJWKS(idKey(), identityKey()))
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"x","n":"AQAB","e":"AQAB"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		set, err := token.ParseJWKS(doc)
		again, errAgain := token.ParseJWKS(doc)
		if (err == nil) != (set.Len() > 0) || set.Len() != again.Len() || (err == nil) != (errAgain == nil) {
			t.Fatalf("%d keys with %v, then %d with %v", set.Len(), err, again.Len(), errAgain)
		}
	})
}
