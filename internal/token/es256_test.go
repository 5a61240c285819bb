package token_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatepass/gatepass/internal/token"
)

func ecKey(t testing.TB) *token.ECKey {
	t.Helper()
	k, err := token.GenerateECKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Another implementation verifies what ECKey signs, with the published keys.
func TestES256VerifiesElsewhere(t *testing.T) {
	k := ecKey(t)
	stored, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := token.ECKeyFromPEM(stored)
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(token.MarshalECJWKS(k, ecKey(t)), &set); err != nil || len(set.Keys) != 2 {
		t.Fatalf("%d keys, %v", len(set.Keys), err)
	}
	for i := range 40 { // short r and s come with probability 1/128
		raw, err := again.Sign(map[string]any{"sub": "a<b>", "n": i})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		found := set.Key(signed.Signatures[0].Header.KeyID)
		if len(found) != 1 || found[0].Algorithm != "ES256" || found[0].Use != "sig" || !found[0].IsPublic() {
			t.Fatalf("keys %+v", found)
		}
		payload, err := signed.Verify(found[0].Key.(*ecdsa.PublicKey))
		if err != nil || string(payload) != fmt.Sprintf(`{"n":%d,"sub":"a<b>"}`, i) {
			t.Fatalf("%s, %v", payload, err)
		}
	}
}

// The tokens are no tokens of Cognito: Verify has no key for them.
func TestES256IsNotCognitos(t *testing.T) {
	k := ecKey(t)
	raw, err := k.Sign(base())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Verify(raw, keySet(t, idKey()), want()); !errors.Is(err, token.ErrMalformed) {
		t.Errorf("got %v", err)
	}
	if _, err := token.ParseJWKS(token.MarshalECJWKS(k)); !errors.Is(err, token.ErrJWKS) {
		t.Errorf("got %v", err)
	}
}

func TestECKeyRefusals(t *testing.T) {
	rsa, err := idKey().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"nothing": nil, "RSA": rsa, "text": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if _, err := token.ECKeyFromPEM(data); !errors.Is(err, token.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ecKey(t).Sign(map[string]string{"x": strings.Repeat("x", token.MaxSize)}); !errors.Is(err, token.ErrTooLong) {
		t.Errorf("long: %v", err)
	}
	if _, err := ecKey(t).Sign(func() {}); err == nil {
		t.Error("a function is no claim")
	}
}

func TestECKeyRedactsItself(t *testing.T) {
	k := ecKey(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(format, k); got != k.String() || !strings.HasPrefix(got, "token.ECKey(") {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func BenchmarkES256Sign(b *testing.B) {
	k := ecKey(b)
	for b.Loop() {
		if _, err := k.Sign(base()); err != nil {
			b.Fatal(err)
		}
	}
}
