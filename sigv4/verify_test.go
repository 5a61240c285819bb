package sigv4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestA01Mutations changes every byte of a valid request, one at a time: each
// must be refused, or be another spelling of the same canonical request.
func TestA01Mutations(t *testing.T) {
	cases, same := 0, 0
	for name, fresh := range map[string]func() *http.Request{
		"header":    func() *http.Request { return signed(t, "POST", "/prod/notes/a%20b?b=2&a=%2F1", `{"content":"x"}`) },
		"presigned": func() *http.Request { return presigned(t, "/prod/notes/a%20b?b=2&a=%2F1", time.Minute) },
	} {
		for part, at := range parts(fresh()) {
			for i := range len(at(fresh(), nil)) {
				for _, c := range substitutes(at(fresh(), nil)[i]) {
					r := fresh()
					text := []byte(at(r, nil))
					text[i] = c
					at(r, text)
					cases++
					if !acceptable(t, fresh(), r) {
						t.Errorf("%s: %s with byte %d as %q verified: %s", name, part, i, c, text)
					} else if verifyOnce(apiVerifier(), at2(r), testCreds, testTime) == nil {
						same++
					}
				}
			}
		}
	}
	t.Logf("%d mutations, of which %d spell the same canonical request", cases, same)
	if cases < 10000 {
		t.Errorf("only %d cases", cases)
	}
}

// at2 gives back a request whose body can be read again.
func at2(r *http.Request) *http.Request {
	if b, ok := r.Body.(*rereader); ok {
		b.Reader = bytes.NewReader(b.all)
	}
	return r
}

type rereader struct {
	*bytes.Reader
	all []byte
}

func (*rereader) Close() error { return nil }

// parts are the byte strings of a request: each function reads one, or, given
// a new text, writes it.
func parts(r *http.Request) map[string]func(*http.Request, []byte) string {
	all := map[string]func(*http.Request, []byte) string{
		"method": func(r *http.Request, b []byte) string { return replace(&r.Method, b) },
		"target": func(r *http.Request, b []byte) string { return replace(&r.RequestURI, b) },
		"host":   func(r *http.Request, b []byte) string { return replace(&r.Host, b) },
		"body": func(r *http.Request, b []byte) string {
			old, _ := io.ReadAll(r.Body)
			if b == nil {
				b = old
			}
			r.Body = &rereader{bytes.NewReader(b), b}
			return string(b)
		},
	}
	for key := range r.Header {
		all[key] = func(r *http.Request, b []byte) string { return replace(&r.Header[key][0], b) }
	}
	return all
}

func replace(s *string, b []byte) string {
	if b != nil {
		*s = string(b)
	}
	return *s
}

// substitutes are the eight bit flips of a byte and bytes with a meaning.
func substitutes(c byte) []byte {
	var out []byte
	for bit := range 8 {
		out = append(out, c^1<<bit)
	}
	for _, other := range []byte("a0 %/+&=;,.") {
		if other != c {
			out = append(out, other)
		}
	}
	return out
}

// acceptable says whether a mutant is refused or means what the original means.
func acceptable(t *testing.T, original, mutant *http.Request) bool {
	t.Helper()
	v := apiVerifier()
	claim, err := v.Parse(mutant, testTime)
	if err != nil {
		return true
	}
	key := new(KeyCache).Key("AKIDEXAMPLE", testSecret, claim)
	verified, err := claim.Verify(key)
	if err != nil {
		return true
	}
	if claim.AccessKeyID() != "AKIDEXAMPLE" || claim.SessionToken() != testToken {
		return true // the caller's lookup refuses another id or token
	}
	want, err := v.Parse(original, testTime)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := want.Verify(key); err != nil {
		t.Fatal(err)
	}
	return claimText(claim) == claimText(want) && verified.RawPath() == want.verified.RawPath()
}

func claimText(c *Claim) string {
	s := c.verifier.pool.get()
	c.canonical(s, candidate{host: c.request.Host, path: c.rawPath})
	return string(s.canon)
}

func TestVerified(t *testing.T) {
	r := newRequest(t, "POST", "/prod/notes?a=1", "{}")
	r.Header.Set("X-Amz-Meta", "m")
	s := apiSigner()
	if err := s.Sign(r, testCreds, HashOf([]byte("{}")), testTime); err != nil {
		t.Fatal(err)
	}
	in := received(r)
	in.Header.Set("Content-Type", "text/plain") // after signing, as the tutorials' client does
	in.Header.Set("X-Stranger", "1")
	in.Header.Set("X-Wanted", "1")
	v := apiVerifier()
	v.AllowHeaders = []string{"x-wanted", "authorization"}
	claim, err := v.Parse(in, testTime)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := claim.Verify(new(KeyCache).Key("AKIDEXAMPLE", testSecret, claim))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(ok.Method(), ok.RawPath(), ok.RawQuery(), ok.Host(), string(ok.Body()), ok.AccessKeyID(), ok.Signed("content-type"), ok.Signed("X-Amz-Date"), ok.Presigned())
	want := fmt.Sprint("POST", "/prod/notes", "a=1", testHost, "{}", "AKIDEXAMPLE", false, true, false)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	h := ok.Header()
	if h.Get("X-Amz-Meta") != "m" || h.Get("Content-Type") == "" || h.Get("X-Wanted") == "" {
		t.Errorf("headers are missing: %v", h)
	}
	for _, name := range []string{"X-Stranger", "Authorization", "X-Amz-Security-Token"} {
		if h.Get(name) != "" {
			t.Errorf("%s is forwarded", name)
		}
	}
}

// TestNormalised: a client that signs the normal form and sends another is let
// in to the normal form only.
func TestNormalised(t *testing.T) {
	in := signed(t, "GET", "/prod/b/c", "")
	in.RequestURI = "/prod/b//./c"
	v := apiVerifier()
	claim, err := v.Parse(in, testTime)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := claim.Verify(new(KeyCache).Key("AKIDEXAMPLE", testSecret, claim))
	if err != nil {
		t.Fatal(err)
	}
	if ok.RawPath() != "/prod/b/c" {
		t.Errorf("RawPath %s", ok.RawPath())
	}
}

func TestClockEdges(t *testing.T) {
	for _, d := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute, 5*time.Minute + 999*time.Millisecond} {
		if err := verifyOnce(apiVerifier(), signed(t, "GET", "/a", ""), testCreds, testTime.Add(d)); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestAuthorizationParts(t *testing.T) {
	in := signed(t, "GET", "/a", "")
	alg, rest, _ := strings.Cut(in.Header.Get("Authorization"), " ")
	p := strings.Split(rest, ", ")
	for name, header := range map[string]string{
		"reversed":         alg + " " + p[2] + "," + p[1] + "," + p[0],
		"6c the last wins": alg + " Signature=00, " + p[1] + ", " + p[0] + ", " + p[2],
	} {
		in.Header.Set("Authorization", header)
		if err := verifyOnce(apiVerifier(), in, testCreds, testTime); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestA05Payload(t *testing.T) {
	for _, value := range []string{"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x", strings.Repeat("0", 63), strings.ToUpper(EmptyHash.String())} {
		r := newRequest(t, "GET", "/a", "")
		r.Header.Set("X-Amz-Content-Sha256", value)
		if err := apiSigner().Sign(r, testCreds, EmptyHash, testTime); !errors.Is(err, ErrUnsignable) {
			t.Errorf("Sign took %s: %v", value, err)
		}
		in := signed(t, "GET", "/a", "")
		setAuth(in, "host;", "host;x-amz-content-sha256;")
		in.Header.Set("X-Amz-Content-Sha256", value)
		var e *Error
		if err := verifyOnce(apiVerifier(), in, testCreds, testTime); !errors.As(err, &e) || !strings.Contains(e.Message, "always hashed") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// TestA06Body: a signed hash of the body does not stand in for the body.
func TestA06Body(t *testing.T) {
	for _, row := range [][2]string{{"{}", "[]"}, {"", "x"}, {"x", ""}} {
		r := newRequest(t, "POST", "/a", row[0])
		r.Header.Set("X-Amz-Content-Sha256", EmptyHash.String()) // replaced by Sign
		if err := apiSigner().Sign(r, testCreds, HashOf([]byte(row[0])), testTime); err != nil {
			t.Fatal(err)
		}
		in := received(r)
		if err := verifyOnce(apiVerifier(), in, testCreds, testTime); err != nil {
			t.Fatal(err)
		}
		in.Body = io.NopCloser(strings.NewReader(row[1]))
		if err := verifyOnce(apiVerifier(), in, testCreds, testTime); !errors.Is(err, ErrSignatureMismatch) {
			t.Errorf("%q for %q: %v", row[1], row[0], err)
		}
	}
}

func TestA08ShortSecret(t *testing.T) {
	for _, secret := range []string{"", "fifteen bytes.."} {
		r := newRequest(t, "GET", "/a", "")
		s := apiSigner()
		j := job{scratch: s.pool.get()}
		h, c := EmptyHash, testCreds
		if err := s.prepare(&j, r, &c, &h, testTime); err != nil {
			t.Fatal(err)
		}
		j.seal(j.when, &j.scope, derive(j.scope, secret))
		j.apply(r, testToken)
		c.SecretAccessKey = secret
		if err := verifyOnce(apiVerifier(), received(r), c, testTime); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

func TestC16BodyTooLarge(t *testing.T) {
	for _, length := range []int64{-1, 9} {
		v := apiVerifier()
		v.Profile.MaxBody = 8
		in := signed(t, "POST", "/a", "123456789")
		in.ContentLength = length
		var e *Error
		if err := verifyOnce(v, in, testCreds, testTime); !errors.Is(err, ErrBodyTooLarge) || !errors.As(err, &e) || e.Status != 413 {
			t.Errorf("%v", err)
		}
		v.Profile.MaxBody = 9
		if err := verifyOnce(v, signed(t, "POST", "/a", "123456789"), testCreds, testTime); err != nil {
			t.Error(err)
		}
	}
}

// TestGenericToken: other services want the token signed (A10).
func TestGenericToken(t *testing.T) {
	r := newRequest(t, "POST", "https://sts.us-east-1.amazonaws.com/", "a=b")
	s := &Signer{Region: "us-east-1", Profile: Generic("sts")}
	s.Profile.Token = TokenAfter
	if err := s.Sign(r, testCreds, HashOf([]byte("a=b")), testTime); err != nil {
		t.Fatal(err)
	}
	v := &Verifier{Region: "us-east-1", Profile: Generic("sts")}
	if err := verifyOnce(v, received(r), testCreds, testTime); !errors.Is(err, ErrIncomplete) {
		t.Errorf("got %v", err)
	}
}

// TestStamps: the only format of X-Amz-Date, and only days and times there are.
func TestStamps(t *testing.T) {
	for at := testTime; at.Year() < 2029; at = at.Add(35*time.Hour + 61*time.Second) {
		s := stampOf(at)
		if got, ok := parseStamp(string(s[:])); !ok || !got.Equal(at) || string(s[:]) != at.Format(stampLayout) {
			t.Fatalf("%s: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"20260229T000000Z", "20260431T000000Z", "20261301T000000Z", "20260001T000000Z", "20260100T000000Z", "20260101T240000Z", "20260101T006000Z", "20260101T000060Z", "20260101T000000", "2026-01-01T00:0Z", "20260101t000000Z"} {
		if at, ok := parseStamp(s); ok {
			t.Errorf("%s is read as %v", s, at)
		}
	}
}
