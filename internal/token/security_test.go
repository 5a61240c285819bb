package token_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
)

// signer is idKey's RSA key, which the package keeps to itself.
func signer(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	data, err := idKey().MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k.(*rsa.PrivateKey)
}

// forgeParts signs whatever is given with the genuine key, so that only what the test changes can be the reason of a
// refusal.
func forgeParts(t testing.TB, header, payload string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(header + "." + payload))
	sig, err := rsa.SignPKCS1v15(nil, signer(t), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return header + "." + payload + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func goodHeader() string { return fmt.Sprintf(`{"kid":%q,"alg":"RS256"}`, idKey().ID) }

func TestForgeIsAccepted(t *testing.T) { // or none of the refusals below would mean anything
	if _, err := token.Verify(forge(t, goodHeader(), text(t, base())), keySet(t, idKey()), want()); err != nil {
		t.Fatal(err)
	}
}

func TestD01_Algorithm(t *testing.T) {
	for _, alg := range []string{`"none"`, `"None"`, `"nOnE"`, `""`, `"HS256"`, `"RS384"`, `"ES256"`, `"PS256"`, `["RS256"]`, `null`, `256`, `"rs256"`, `"RS256 "`} {
		refuse(t, forge(t, fmt.Sprintf(`{"kid":%q,"alg":%s}`, idKey().ID, alg), text(t, base())), want(), token.ErrMalformed)
		refuse(t, b64(fmt.Sprintf(`{"kid":"x","alg":%s}`, alg))+"."+b64(text(t, base()))+".", want(), token.ErrMalformed)
	}
	refuse(t, forge(t, fmt.Sprintf(`{"kid":%q}`, idKey().ID), text(t, base())), want(), token.ErrMalformed)
	refuse(t, forge(t, fmt.Sprintf(`{"kid":%q,"alg":"RS512"}`, idKey().ID), text(t, base())), want(), token.ErrSignature)
	e := want()
	e.Alg = token.RS512
	refuse(t, sign(t, idKey(), base()), e, token.ErrSignature)
}

func TestD01_PublicKeyAsSecret(t *testing.T) {
	signed := b64(fmt.Sprintf(`{"kid":%q,"alg":"HS256"}`, idKey().ID)) + "." + b64(text(t, base()))
	mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&signer(t).PublicKey))
	mac.Write([]byte(signed))
	refuse(t, signed+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), want(), token.ErrMalformed)
}

func TestD02_Headers(t *testing.T) {
	for _, extra := range []string{
		`"jwk":{"kty":"RSA"}`, `"jku":"https://evil.example/jwks"`, `"x5u":"https://evil.example"`, `"x5c":["MIIB"]`, `"crit":["exp"]`,
		`"crit":[]`, `"b64":false`, `"zip":"DEF"`, `"cty":"JWT"`, `"enc":"A256GCM"`, `"typ":"JWE"`, `"typ":1`, `"alg":"RS256"`, `"kid":"x"`,
	} {
		refuse(t, forge(t, strings.TrimSuffix(goodHeader(), "}")+","+extra+"}", text(t, base())), want(), token.ErrMalformed)
	}
	for _, typ := range []string{"JWT", "JWS", "at+jwt"} {
		raw := forge(t, strings.TrimSuffix(goodHeader(), "}")+fmt.Sprintf(`,"typ":%q}`, typ), text(t, base()))
		if _, err := token.Verify(raw, keySet(t, idKey()), want()); err != nil {
			t.Errorf("typ %s: %v", typ, err)
		}
	}
}

func TestD03_KeyID(t *testing.T) {
	for kid, kind := range map[string]error{
		"unknown": token.ErrUnknownKey, "": token.ErrMalformed, "../../etc/passwd": token.ErrUnknownKey, "' or 1=1": token.ErrUnknownKey,
		strings.Repeat("k", 1000): token.ErrMalformed, strings.Repeat("k", 1<<20): token.ErrMalformed, strings.ToLower(idKey().ID): token.ErrUnknownKey,
		identityKey().ID: token.ErrUnknownKey,
	} {
		refuse(t, forge(t, fmt.Sprintf(`{"kid":%q,"alg":"RS256"}`, kid), text(t, base())), want(), kind)
	}
	refuse(t, forge(t, `{"alg":"RS256"}`, text(t, base())), want(), token.ErrMalformed)
	refuse(t, sign(t, strangerKey(), base()), want(), token.ErrUnknownKey) // a retired key, a key of another pool
	// The right id with another key's signature.
	impostor, err := token.KeyFromPEM(idKey().ID, mustPEM(t, strangerKey()))
	if err != nil {
		t.Fatal(err)
	}
	refuse(t, sign(t, impostor, base()), want(), token.ErrSignature)
	if _, err := token.Verify(sign(t, idKey(), base()), token.KeySet{}, want()); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("zero key set: %v", err)
	}
}

func mustPEM(t testing.TB, k *token.Key) []byte {
	t.Helper()
	data, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestD06_Use(t *testing.T) {
	e := want()
	e.TokenUse = "access"
	refuse(t, sign(t, idKey(), base()), e, token.ErrTokenUse)
	refuse(t, sign(t, idKey(), with(base(), "token_use", nil)), e, token.ErrTokenUse)
	refuse(t, sign(t, idKey(), with(base(), "token_use", []string{"access"})), e, token.ErrTokenUse)
	e = want()
	e.ClientID = "client" // an ID token has aud, not client_id
	refuse(t, sign(t, idKey(), base()), e, token.ErrAudience)
	e = want()
	e.Audience = "client" // an access token has client_id, not aud
	refuse(t, sign(t, idKey(), with(with(base(), "aud", nil), "client_id", "client")), e, token.ErrAudience)
	refuse(t, "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.a.b.c.d", want(), token.ErrMalformed) // a refresh token
}

func TestD07_IssuerAndAudience(t *testing.T) {
	for _, iss := range []any{
		issuer + "/", strings.Replace(issuer, "https", "http", 1), strings.ToUpper(issuer), issuer + "2", issuer[:len(issuer)-1], "", nil,
		strings.Replace(issuer, "cognito", "co\u0261nito", 1),
		[]string{issuer},
		issuer + "\x00",
	} {
		refuse(t, sign(t, idKey(), with(base(), "iss", iss)), want(), token.ErrIssuer)
	}
	e := want()
	e.Audience = "client"
	for _, aud := range []any{[]string{"client"}, []string{"client", "other"}, "clien", "client2", "", nil, "other client", 1} {
		refuse(t, sign(t, idKey(), with(base(), "aud", aud)), e, token.ErrAudience)
	}
	e = want()
	e.Issuers = nil
	refuse(t, sign(t, idKey(), base()), e, token.ErrIssuer)
	refuse(t, sign(t, idKey(), with(base(), "iss", "")), token.Expect{Issuers: []string{""}, Now: now}, token.ErrIssuer)
}

func TestD08_Times(t *testing.T) {
	header := goodHeader()
	for _, bad := range []string{`"1"`, `1.5`, `1e400`, `1e3`, `-1`, `null`, `true`, `292277026596000`, `9223372036854775807`, `99999999999999999999`, `[1]`} {
		for _, name := range []string{"exp", "nbf", "iat", "auth_time"} {
			c := base()
			delete(c, name)
			payload := strings.TrimSuffix(text(t, c), "}") + fmt.Sprintf(`,%q:%s}`, name, bad)
			refuse(t, forge(t, header, payload), want(), token.ErrMalformed)
		}
	}
	refuse(t, sign(t, idKey(), with(base(), "exp", nil)), want(), token.ErrMalformed)
	for _, c := range []struct {
		name           string
		offset, leeway time.Duration
		kind           error
	}{
		{"exp", 1, 0, nil},
		{"exp", 0, 0, token.ErrExpired},
		{"exp", -59, time.Minute, nil},
		{"exp", -60, time.Minute, token.ErrExpired},
		{"exp", -61, time.Hour, token.ErrExpired},
		{"exp", 1, -time.Hour, nil},
		{"nbf", 60, 0, nil},
		{"nbf", 61, 0, token.ErrNotYetValid},
		{"iat", 60, 0, nil},
		{"iat", 61, 0, token.ErrNotYetValid},
		{"iat", -1e6, 0, nil},
	} {
		e := want()
		e.Leeway = c.leeway
		raw := sign(t, idKey(), with(base(), c.name, now.Add(c.offset*time.Second).Unix()))
		if _, err := token.Verify(raw, keySet(t, idKey()), e); !errors.Is(err, c.kind) {
			t.Errorf("%s %+d s, leeway %s: %v", c.name, c.offset, c.leeway, err)
		}
	}
	_, err := token.Verify(sign(t, idKey(), with(base(), "exp", now.Unix()-5)), keySet(t, idKey()), want())
	if wantText := fmt.Sprintf("%d >= %d", now.Unix(), now.Unix()-5); !strings.Contains(fmt.Sprint(err), wantText) {
		t.Errorf("%v does not say %s", err, wantText)
	}
}

func TestD09_Shape(t *testing.T) {
	valid := text(t, base())
	open := strings.TrimSuffix(valid, "}")
	for name, payload := range map[string]string{
		"duplicate":          open + `,"sub":"other"}`,
		"escaped duplicate":  open + `,"s\u0075b":"other"}`,
		"nested duplicate":   open + `,"x":{"a":1,"a":2}}`,
		"10 001 levels":      open + `,"x":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + "}",
		"33 levels":          open + `,"x":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + "}",
		"10 001 open":        open + `,"x":` + strings.Repeat("[", 10001),
		"invalid UTF-8":      open + ",\"x\":\"\xff\"}",
		"overlong":           open + ",\"x\":\"\xc0\xaf\"}",
		"lone surrogate":     open + `,"x":"\ud800"}`,
		"BOM":                "\xef\xbb\xbf" + valid,
		"trailing byte":      valid + "x",
		"second document":    valid + valid,
		"array":              "[" + valid + "]",
		"null":               "null",
		"string":             `"x"`,
		"cut":                open,
		"empty":              " ",
		"trailing comma":     open + ",}",
		"1 MB":               open + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`,
		"64 KiB and a bit":   open + `,"x":"` + strings.Repeat("x", 49152) + `"}`,
		"control in string":  open + ",\"x\":\"\n\"}",
		"bare word":          open + ",x:1}",
		"number in its name": open + ",1:1}",
	} {
		raw := forge(t, goodHeader(), payload)
		if _, err := token.Verify(raw, keySet(t, idKey()), want()); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := token.Peek(raw); !errors.Is(err, token.ErrMalformed) {
			t.Errorf("peek at %s: %v", name, err)
		}
	}
	for _, raw := range []string{"", ".", "..", "...", strings.Repeat(".", 1e6), strings.Repeat("a.", 1e6), "a.b", "a.b.", ".b.c", "a..c"} {
		refuse(t, raw, want(), token.ErrMalformed)
	}
	deep := forge(t, goodHeader(), open+`,"x":`+strings.Repeat("[", 31)+strings.Repeat("]", 31)+"}")
	if _, err := token.Verify(deep, keySet(t, idKey()), want()); err != nil {
		t.Errorf("31 levels: %v", err)
	}
}

func TestD10_OneSpelling(t *testing.T) {
	raw := sign(t, idKey(), base())
	parts := strings.Split(raw, ".")
	spellings := map[string]string{
		"garbage": raw + "A", "dot": raw + ".", "padding": raw + "==", "newline": raw + "\n", "space": " " + raw, "bearer": "Bearer " + raw,
		"cut": raw[:len(raw)-1], "cut four": raw[:len(raw)-4], "no signature": parts[0] + "." + parts[1] + ".",
		"newline inside": parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
		"cr inside":      parts[0] + "." + parts[1] + "." + parts[2][:8] + "\r\n" + parts[2][8:],
	}
	for i, part := range parts {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		padded := append([]string{}, parts...)
		padded[i] = base64.URLEncoding.EncodeToString(data) + "="
		spellings[fmt.Sprint("padded part ", i)] = strings.Join(padded, ".")
	}
	std := strings.NewReplacer("-", "+", "_", "/").Replace(parts[2])
	spellings["standard alphabet"] = parts[0] + "." + parts[1] + "." + std
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		spellings["last character "+string(c)] = raw[:len(raw)-1] + string(c) // 256 bytes leave four unused bits
	}
	for name, s := range spellings {
		if _, err := token.Verify(s, keySet(t, idKey()), want()); err == nil && s != raw {
			t.Errorf("%s: accepted", name)
		}
	}
}
