package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSignAgain: every trace of an earlier signature goes.
func TestSignAgain(t *testing.T) {
	r := presignedURL(t)
	for name := range map[string]bool{"authorization": true, "x-amz-date": true, "X-AMZ-SECURITY-TOKEN": true} {
		r.Header[name] = []string{"old"}
	}
	s := apiSigner()
	if err := s.Sign(r, testCreds, EmptyHash, testTime); err != nil {
		t.Fatal(err)
	}
	plain := testCreds
	plain.SessionToken = ""
	later := testTime.Add(time.Hour)
	if err := s.Sign(r, plain, EmptyHash, later); err != nil {
		t.Fatal(err)
	}
	want := newRequest(t, "GET", "/prod/notes?a=1", "")
	if err := s.Sign(want, plain, EmptyHash, later); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(r.Header) != fmt.Sprint(want.Header) || r.URL.String() != want.URL.String() {
		t.Errorf("got  %v %v\nwant %v %v", r.URL, r.Header, want.URL, want.Header)
	}
	if err := verifyOnce(apiVerifier(), received(r), plain, later); err != nil {
		t.Error(err)
	}
}

func presignedURL(t *testing.T) *http.Request {
	t.Helper()
	r := newRequest(t, "GET", "/prod/notes?a=1", "")
	u, err := apiSigner().Presign(r, testCreds, EmptyHash, time.Minute, testTime)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
	return r
}

// TestWire: what is signed is what is sent.
func TestWire(t *testing.T) {
	for _, row := range [][3]string{
		{"https://h/a//b/../c/", "/a/c/", "h"},
		{"https://h", "/", "h"},
		{"https://h:443/", "/", "h"},
		{"http://[::1]:80/", "/", "[::1]"},
		{"http://[::1]:4000/x", "/x", "[::1]:4000"},
		{"https://h/?a+b=c;d&&k&x=", "/?a%20b=c%3Bd&&k&x=", "h"},
		{"https://h/é?é=\"", "/%C3%A9?%C3%A9=%22", "h"},
		{"https://h/a%2Fb?x=%2f", "/a%2Fb?x=%2f", "h"},
		{"https://h/.well-known/x", "/.well-known/x", "h"},
	} {
		r := newRequest(t, "GET", row[0], "")
		if err := apiSigner().Sign(r, testCreds, EmptyHash, testTime); err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		if r.URL.RequestURI() != row[1] || r.Host != row[2] {
			t.Errorf("%s: sent as %s to %s, want %s to %s", row[0], r.URL.RequestURI(), r.Host, row[1], row[2])
		}
		if err := verifyOnce(apiVerifier(), received(r), testCreds, testTime); err != nil {
			t.Errorf("%s: %v", row[0], err)
		}
	}
}

func TestUnsignable(t *testing.T) {
	for name, change := range map[string]func(*http.Request, *Signer, *Credentials){
		"query escape":   func(r *http.Request, _ *Signer, _ *Credentials) { r.URL.RawQuery = "a=%zz" },
		"control byte":   func(r *http.Request, _ *Signer, _ *Credentials) { r.URL.RawQuery = "a=\n" },
		"above root":     func(r *http.Request, _ *Signer, _ *Credentials) { r.URL.Path = "/../x" },
		"opaque":         func(r *http.Request, _ *Signer, _ *Credentials) { r.URL.Opaque = "//h/x" },
		"method":         func(r *http.Request, _ *Signer, _ *Credentials) { r.Method = "get" },
		"no host":        func(r *http.Request, _ *Signer, _ *Credentials) { r.Host, r.URL.Host = "", "" },
		"host not ASCII": func(r *http.Request, _ *Signer, _ *Credentials) { r.Host = "é" },
		"line break":     func(r *http.Request, _ *Signer, _ *Credentials) { r.Header["X-Amz-A"] = []string{"a\nb"} },
		"two spellings": func(r *http.Request, _ *Signer, _ *Credentials) {
			r.Header["X-Amz-A"], r.Header["x-amz-a"] = []string{"a"}, []string{"b"}
		},
		"hop by hop":     func(_ *http.Request, s *Signer, _ *Credentials) { s.SignHeaders = []string{"user-agent"} },
		"proxy header":   func(_ *http.Request, s *Signer, _ *Credentials) { s.SignHeaders = []string{"x-forwarded-for"} },
		"no region":      func(_ *http.Request, s *Signer, _ *Credentials) { s.Region = "" },
		"no service":     func(_ *http.Request, s *Signer, _ *Credentials) { s.Profile = Profile{} },
		"no credentials": func(_ *http.Request, _ *Signer, c *Credentials) { *c = Credentials{} },
		"pasted secret":  func(_ *http.Request, _ *Signer, c *Credentials) { c.SecretAccessKey += "\n" },
		"pasted id":      func(_ *http.Request, _ *Signer, c *Credentials) { c.AccessKeyID = " " + c.AccessKeyID },
	} {
		t.Run(name, func(t *testing.T) {
			r, s, c := newRequest(t, "GET", "/a", ""), apiSigner(), testCreds
			change(r, s, &c)
			before := fmt.Sprint(r.URL, r.Host, r.Header)
			if err := s.Sign(r, c, EmptyHash, testTime); !errors.Is(err, ErrUnsignable) {
				t.Errorf("got %v", err)
			}
			if after := fmt.Sprint(r.URL, r.Host, r.Header); after != before {
				t.Errorf("the request was changed from %s to %s", before, after)
			}
		})
	}
}

// TestConnectionNominated: a header that Connection makes one of its hop is not signed.
func TestConnectionNominated(t *testing.T) {
	r := newRequest(t, "GET", "/a", "")
	r.Header.Set("Connection", "close, Content-Type")
	r.Header.Set("Content-Type", "text/plain")
	if err := apiSigner().Sign(r, testCreds, EmptyHash, testTime); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.Header.Get("Authorization"), "content-type") {
		t.Error("content-type is signed")
	}
}

func TestPresignLimits(t *testing.T) {
	for _, d := range []time.Duration{0, -time.Second, time.Millisecond, 1500 * time.Millisecond, week + time.Second} {
		if _, err := apiSigner().Presign(newRequest(t, "GET", "/a", ""), testCreds, EmptyHash, d, testTime); !errors.Is(err, ErrUnsignable) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestHashBody(t *testing.T) {
	want := HashOf([]byte("body"))
	r := newRequest(t, "POST", "/a", "body")
	if got, err := HashBody(r); err != nil || got != want {
		t.Errorf("GetBody: %v %v", got, err)
	}
	r.GetBody, r.Body = nil, &rereader{bytes.NewReader([]byte("body")), nil}
	if got, err := HashBody(r); err != nil || got != want {
		t.Errorf("Seek: %v %v", got, err)
	}
	if b, err := io.ReadAll(r.Body); err != nil || string(b) != "body" {
		t.Errorf("the body was not rewound: %q %v", b, err)
	}
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("body")))
	if _, err := HashBody(r); !errors.Is(err, ErrUnsignable) {
		t.Errorf("a stream: %v", err)
	}
	r.Body = nil
	if got, err := HashBody(r); err != nil || got != EmptyHash {
		t.Errorf("no body: %v %v", got, err)
	}
}

// TestA27Keys: a rotated secret is never served from the cache, any number of
// keys are right, and many at once.
func TestA27Keys(t *testing.T) {
	var cache KeyCache
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			m := newMAC()
			for i := range 6000 {
				secret := fmt.Sprintf("secret-of-%030d", i*(g%2+1)%5000)
				sc := scope{"AKID", "20260115", "us-east-1", "execute-api"}
				var got [32]byte
				m.sum(cache.get(sc, secret), []byte("message"), &got)
				if i%500 == 0 && got != slowMAC(sc, secret, "message") {
					t.Errorf("wrong key for %s", secret)
				}
			}
		})
	}
	wg.Wait()
}

func slowMAC(sc scope, secret, message string) (sum [32]byte) {
	key := []byte("AWS4" + secret)
	for _, part := range []string{sc.date, sc.region, sc.service, terminator, message} {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(part))
		key = m.Sum(nil)
	}
	copy(sum[:], key)
	return sum
}

func TestRedaction(t *testing.T) {
	for _, v := range []any{testCreds, &testCreds, Key{derive(scope{"a", "20260115", "r", "s"}, testSecret)}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, testSecret) || strings.Contains(s, testToken) {
				t.Errorf("%s of %T shows a secret: %s", verb, v, s)
			}
		}
	}
}
