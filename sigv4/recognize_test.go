package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// badSigner signs a canonical request of its own making.
func badSigner(t *testing.T, s sample, change func(*canonical), secret string) Finding {
	t.Helper()
	in, tr := s.signed(t)
	c, ok := parseCanonical(tr.CanonicalRequest)
	if !ok {
		t.Fatal("no canonical request")
	}
	change(&c)
	sum := sha256.Sum256([]byte(c.text()))
	sts := tr.StringToSign[:len(tr.StringToSign)-64] + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(tr.Scope, "/") {
		key = macOf(key, part)
	}
	setAuth(in, tr.Signature, hex.EncodeToString(macOf(key, sts)))
	if err := verifyOnce(apiVerifier(), in, testCreds, testTime); !errors.Is(err, ErrSignatureMismatch) {
		t.Fatalf("the verifier says %v", err)
	}
	in, _ = s.signed(t) // the verifier has read the body
	setAuth(in, tr.Signature, hex.EncodeToString(macOf(key, sts)))
	found, err := Recognize(in, ExecuteAPI(), HashOf([]byte(s.body)), testCreds)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %q, %v", found, err)
	}
	return found[0]
}

// TestRecognize: the mistakes of other people's signers are known by the
// signatures they make.
func TestRecognize(t *testing.T) {
	s := plain
	s.path, s.query = "/prod/notes/a%20b%40c", "z=a%20b&limit=10&flag&a=x"
	for _, row := range []struct {
		name   string
		change func(*canonical)
		secret string
		part   string
		says   string
	}{
		{"path once", func(c *canonical) { c.path = "/prod/notes/a%20b%40c" }, testSecret, "path", "encoded the path once"},
		{"no stage", func(c *canonical) { c.path = strings.TrimPrefix(c.path, "/prod") }, testSecret, "path", "base path /prod"},
		{"method", func(c *canonical) { c.method = "GET" }, testSecret, "method", "another method"},
		{"path decoded", func(c *canonical) { c.path = "/prod/notes/a b@c" }, testSecret, "path", "same once decoded"},
		{"encodeURI", func(c *canonical) { c.path = "/prod/notes/a%20b@c" }, testSecret, "path", "same once decoded"},
		{"path three times", func(c *canonical) { c.path = strings.ReplaceAll(c.path, "%25", "%2525") }, testSecret, "path", "encoded the path twice"},
		{"order", func(c *canonical) { c.query = "z=a%20b&limit=10&flag=&a=x" }, testSecret, "query", "another order"},
		{"query as sent", func(c *canonical) { c.query = "z=a%20b&limit=10&flag&a=x" }, testSecret, "query", "once decoded"},
		{"no query", func(c *canonical) { c.query = "" }, testSecret, "query", "a, flag, limit, z"},
		{"plus", func(c *canonical) { c.query = strings.ReplaceAll(c.query, "%20", "+") }, testSecret, "query", "+ stands for a space"},
		{"payload", func(c *canonical) { c.payload = "UNSIGNED-PAYLOAD" }, testSecret, "payload", "UNSIGNED-PAYLOAD"},
		{"no body", func(c *canonical) { c.payload = EmptyHash.String() }, testSecret, "payload", "No body was signed"},
		{"host with port", func(c *canonical) { c.headers[1].value += ":443" }, testSecret, "header host", "has the port"},
		{"charset", func(c *canonical) { c.headers[0].value += "; charset=utf-8" }, testSecret, "header content-type", "charset"},
		{"pasted secret", func(*canonical) {}, testSecret + "\n", "key", "white space"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if f := badSigner(t, s, row.change, row.secret); f.Part != row.part || !strings.Contains(f.Cause, row.says) {
				t.Errorf("found %q, want %s: …%s…", f, row.part, row.says)
			}
		})
	}
}

// TestRecognizeBoth: two mistakes at a time, as the tutorials' client makes them.
func TestRecognizeBoth(t *testing.T) {
	r := newRequest(t, "GET", "http://localhost:4566/prod/notes/a%20b", "")
	if err := apiSigner().Sign(r, testCreds, EmptyHash, testTime); err != nil {
		t.Fatal(err)
	}
	in := received(r)
	tr, err := TraceOf(in, ExecuteAPI(), EmptyHash)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Recognize(in, ExecuteAPI(), EmptyHash, testCreds); found != nil || err != nil {
		t.Errorf("of a right signature: %q, %v", found, err)
	}
	other := testCreds
	other.SecretAccessKey = strings.Repeat("x", 40)
	if found, err := Recognize(in, ExecuteAPI(), EmptyHash, other); found != nil || !errors.Is(err, ErrSignatureMismatch) {
		t.Errorf("of another secret: %q, %v", found, err)
	}
	c, _ := parseCanonical(tr.CanonicalRequest)
	c.path, c.headers[0].value = "/prod/notes/a%20b", "localhost"
	sum := sha256.Sum256([]byte(c.text()))
	key := []byte("AWS4" + testSecret)
	for part := range strings.SplitSeq(tr.Scope, "/") {
		key = macOf(key, part)
	}
	setAuth(in, tr.Signature, hex.EncodeToString(macOf(key, tr.StringToSign[:len(tr.StringToSign)-64]+hex.EncodeToString(sum[:]))))
	found, err := Recognize(in, ExecuteAPI(), EmptyHash, testCreds)
	if err != nil || len(found) != 2 || found[0].Part != "path" || found[1].Part != "header host" {
		t.Errorf("found %q, %v", found, err)
	}
	in.Header.Del("Authorization")
	if _, err := Recognize(in, ExecuteAPI(), EmptyHash, testCreds); !errors.Is(err, ErrMissing) {
		t.Errorf("unsigned: %v", err)
	}
}
