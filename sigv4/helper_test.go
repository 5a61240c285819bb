package sigv4

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	testHost   = "abcdef1234.execute-api.us-east-1.amazonaws.com"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testToken  = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDExample=="
)

var (
	testTime  = time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)
	testCreds = Credentials{"AKIDEXAMPLE", testSecret, testToken}
)

func apiSigner() *Signer { return &Signer{Region: "us-east-1", Profile: ExecuteAPI()} }

func apiVerifier() *Verifier { return &Verifier{Region: "us-east-1", Profile: ExecuteAPI()} }

func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = "https://" + testHost + target
	}
	r, err := http.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// received is what a server sees of a request that a client sends.
func received(r *http.Request) *http.Request {
	in := httptest.NewRequest(r.Method, "/", nil)
	in.RequestURI = r.URL.RequestURI()
	in.URL = r.URL
	in.Host = r.Host
	in.Header = r.Header.Clone()
	if in.Header == nil {
		in.Header = make(http.Header)
	}
	in.ContentLength = r.ContentLength
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		in.Body = io.NopCloser(bytes.NewReader(body))
	}
	return in
}

// signed is a request as a server receives it.
func signed(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	r := newRequest(t, method, target, body)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if err := apiSigner().Sign(r, testCreds, HashOf([]byte(body)), testTime); err != nil {
		t.Fatal(err)
	}
	return received(r)
}

func presigned(t testing.TB, target string, expires time.Duration) *http.Request {
	t.Helper()
	r := newRequest(t, "GET", target, "")
	u, err := apiSigner().Presign(r, testCreds, EmptyHash, expires, testTime)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
	return received(r)
}
