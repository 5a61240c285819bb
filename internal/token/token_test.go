package token_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
)

const issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

type claims = map[string]any

// keys are made once: RSA key generation is slow.
var keys = sync.OnceValue(func() (all [3]*token.Key) {
	for i := range all {
		k, err := token.GenerateKey("", rand.Reader)
		if err != nil {
			panic(err)
		}
		all[i] = k
	}
	all[1].ID, all[1].Alg = "us-east-11", token.RS512
	return all
})

func idKey() *token.Key       { return keys()[0] }
func identityKey() *token.Key { return keys()[1] }
func strangerKey() *token.Key { return keys()[2] }

func keySet(t testing.TB, k ...*token.Key) token.KeySet {
	t.Helper()
	set, err := token.NewKeySet(k...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func want() token.Expect { return token.Expect{Issuers: []string{issuer}, Now: now} }

func base() claims {
	return claims{"iss": issuer, "sub": "s", "aud": "client", "token_use": "id", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
}

func with(c claims, name string, v any) claims {
	if v == nil {
		delete(c, name)
		return c
	}
	c[name] = v
	return c
}

func sign(t testing.TB, k *token.Key, c any) string {
	t.Helper()
	alg := k.Alg
	if alg == "" {
		alg = token.RS256
	}
	raw, err := token.Sign(k, alg, c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func refuse(t *testing.T, raw string, e token.Expect, kind error) {
	t.Helper()
	if _, err := token.Verify(raw, keySet(t, idKey()), e); !errors.Is(err, kind) {
		t.Errorf("err = %v, want %v for %.80s", err, kind, raw)
	}
}

func TestSignVerify(t *testing.T) {
	raw := sign(t, idKey(), claims{
		"iss": issuer, "sub": "s", "aud": "client", "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix(), "token_use": "id",
		"cognito:groups": []string{"a", "b"}, "email_verified": true, "phone_number_verified": "true", "email": "a&b@example.com",
	})
	e := want()
	e.Audience, e.TokenUse, e.Alg = "client", "id", token.RS256
	c, err := token.Verify(raw, keySet(t, identityKey(), idKey()), e)
	if err != nil {
		t.Fatal(err)
	}
	if c.String("email") != "a&b@example.com" || c.String("auth_time") != "" || !c.Bool("email_verified") || !c.Bool("phone_number_verified") || c.Bool("sub") {
		t.Errorf("claims: %v", c.Raw())
	}
	if g := c.Strings("cognito:groups"); len(g) != 2 || g[1] != "b" || c.Strings("exp") != nil || c.Strings("sub")[0] != "s" {
		t.Errorf("lists: %v", g)
	}
	if !c.Time("auth_time").Equal(now) || !c.Time("absent").IsZero() || c.Has("absent") || !c.Has("aud") {
		t.Errorf("times: %v", c.Time("auth_time"))
	}
	header, err := base64.RawURLEncoding.DecodeString(raw[:strings.IndexByte(raw, '.')])
	if err != nil || string(header) != `{"kid":"`+idKey().ID+`","alg":"RS256"}` {
		t.Errorf("header %s, %v", header, err)
	}
	if id, err := base64.StdEncoding.DecodeString(idKey().ID); err != nil || len(id) != 32 {
		t.Errorf("kid %q is not the base64 of 32 bytes", idKey().ID)
	}
}

func TestIdentityPoolToken(t *testing.T) {
	raw := sign(t, identityKey(), base())
	header, err := base64.RawURLEncoding.DecodeString(raw[:strings.IndexByte(raw, '.')])
	if err != nil || string(header) != `{"kid":"us-east-11","typ":"JWS","alg":"RS512"}` {
		t.Errorf("header %s, %v", header, err)
	}
	if _, err := token.Verify(raw, keySet(t, identityKey()), want()); err != nil {
		t.Error(err)
	}
	if _, err := token.Sign(identityKey(), token.RS256, base()); !errors.Is(err, token.ErrKey) {
		t.Errorf("signed with another algorithm than the key's: %v", err)
	}
	if _, err := token.Sign(idKey(), "none", base()); !errors.Is(err, token.ErrKey) {
		t.Errorf("signed with none: %v", err)
	}
}

func TestPeek(t *testing.T) {
	u, err := token.Peek(sign(t, strangerKey(), with(base(), "exp", 1)))
	if err != nil || u.KeyID != strangerKey().ID || u.Alg != token.RS256 || u.Claims.String("iss") != issuer || u.Claims.Time("exp").Unix() != 1 {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestUserPoolIssuers(t *testing.T) {
	original, updated := token.UserPoolIssuers("eu-west-1", "eu-west-1_A")
	if original != "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A" || updated != "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A" {
		t.Errorf("%s %s", original, updated)
	}
}

func TestKeyPEM(t *testing.T) {
	data, err := idKey().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	k, err := token.KeyFromPEM(idKey().ID, data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Verify(sign(t, k, base()), keySet(t, idKey()), want()); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "twice": append(data, data...), "text": []byte("x"),
		"type": []byte(strings.ReplaceAll(string(data), "PRIVATE KEY", "RSA PRIVATE KEY")),
		"cut":  []byte(strings.Replace(string(data), "\nM", "\n", 1)),
	} {
		if _, err := token.KeyFromPEM("x", bad); !errors.Is(err, token.ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := token.NewKey("x", nil); !errors.Is(err, token.ErrKey) {
		t.Errorf("nil key: %v", err)
	}
}

func TestRedacted(t *testing.T) {
	k := idKey()
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %d %x", k, k, k, k, k), k.LogValue().String()} {
		if strings.ReplaceAll(strings.ReplaceAll(s, k.String(), ""), " ", "") != "" {
			t.Errorf("more than the id shows in %q", s)
		}
	}
}

func TestTooLong(t *testing.T) {
	if _, err := token.Sign(idKey(), token.RS256, claims{"x": strings.Repeat("x", token.MaxSize)}); !errors.Is(err, token.ErrTooLong) {
		t.Errorf("err = %v", err)
	}
}

// TestEveryByte holds that no single changed character of a token verifies.
func TestEveryByte(t *testing.T) {
	raw, set := sign(t, idKey(), base()), keySet(t, idKey())
	for i := range raw {
		for _, c := range []byte{raw[i] ^ 1, raw[i] ^ 0x20, 'A', '.', '\n', '=', 0} {
			mutated := raw[:i] + string([]byte{c}) + raw[i+1:]
			if _, err := token.Verify(mutated, set, want()); err == nil && mutated != raw {
				t.Fatalf("byte %d as %q verifies", i, c)
			}
		}
	}
}

// forge puts any header and payload together, signed by the right key if sig is nil.
func forge(t testing.TB, header, payload string) string {
	t.Helper()
	return forgeParts(t, b64(header), b64(payload))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func text(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func FuzzVerify(f *testing.F) {
	raw := sign(f, idKey(), base())
	set, e := keySet(f, idKey()), want()
	f.Add("e30", "e30", "AA")
	f.Add(b64(`{"kid":"x","alg":"RS256"}`), b64(`{"exp":1,"a":[[{"b":null}]]}`), "AAAA")
	f.Fuzz(func(t *testing.T, h, p, s string) {
		u, err := token.Peek(h + "." + p + "." + s)
		_, verr := token.Verify(h+"."+p+"."+s, set, e)
		if verr == nil {
			t.Fatal("a token nobody signed verifies")
		}
		if err != nil {
			return
		}
		data, _ := base64.RawURLEncoding.DecodeString(p)
		if base64.RawURLEncoding.EncodeToString(data) != p {
			t.Fatalf("%q is another spelling of %q", p, data)
		}
		var std map[string]any
		if err := json.Unmarshal(data, &std); err != nil || len(std) != len(u.Claims.Raw()) {
			t.Fatalf("encoding/json reads %q differently: %v", data, err)
		}
		parts := strings.Split(raw, ".")
		if _, err := token.Verify(parts[0]+"."+p+"."+parts[2], set, e); err == nil && p != parts[1] {
			t.Fatal("another payload under the same signature")
		}
	})
}

func BenchmarkSign(b *testing.B) {
	c := base()
	for b.Loop() {
		sign(b, idKey(), c)
	}
}

func BenchmarkVerify(b *testing.B) {
	raw, set := sign(b, idKey(), base()), keySet(b, idKey())
	for b.Loop() {
		if _, err := token.Verify(raw, set, want()); err != nil {
			b.Fatal(err)
		}
	}
}
