package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzParse: Parse never panics, and what it accepts is verified or refused
// alike each time.
func FuzzParse(f *testing.F) {
	seed := signed(f, "GET", "/prod/notes?a=1", "")
	f.Add("GET", seed.RequestURI, seed.Host, seed.Header.Get("Authorization"), "20260115T102030Z", testToken)
	f.Add("GET", presigned(f, "/prod/notes", time.Minute).RequestURI, testHost, "", "", "")
	f.Add("OPTIONS", "*", "", "AWS4-HMAC-SHA256 ,,,", "", "")
	f.Fuzz(func(t *testing.T, method, target, host, authorization, date, token string) {
		r := &http.Request{Method: method, RequestURI: target, Host: host, Header: make(http.Header), URL: &url.URL{}}
		for name, value := range map[string]string{"Authorization": authorization, "X-Amz-Date": date, "X-Amz-Security-Token": token} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		v := apiVerifier()
		v.Lenient, v.EchoCanonical = true, true
		first, second := verifyOnce(v, r, testCreds, testTime), verifyOnce(v, r, testCreds, testTime)
		if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
			t.Errorf("first %v, then %v", first, second)
		}
		if mode, err := Mode(r); first == nil && (err != nil || mode == None) {
			t.Errorf("verified in mode %v, %v", mode, err)
		}
	})
}

// FuzzSignVerify: what can be signed verifies as sent, and not with another
// method, path, query, header or body.
func FuzzSignVerify(f *testing.F) {
	f.Add("/prod/notes", "a=1&b=%20", "v", "body")
	f.Add("/a/../b//c/.", "a+b=c;d&&=x&k", " a  b ", "")
	f.Add("/é", "ሴ=[1]&%58=%41", "\t", "{}")
	f.Fuzz(func(t *testing.T, path, query, header, body string) {
		r := &http.Request{Method: "POST", Host: testHost, Header: http.Header{"X-Amz-Meta": {header}}}
		r.URL = &url.URL{Scheme: "https", Host: testHost, Path: path, RawQuery: query}
		r.Body, r.ContentLength = &rereader{all: []byte(body)}, int64(len(body))
		at2(r)
		if apiSigner().Sign(r, testCreds, HashOf([]byte(body)), testTime) != nil {
			return
		}
		in := received(r)
		if err := verifyOnce(apiVerifier(), in, testCreds, testTime); err != nil {
			if !strings.Contains(err.Error(), "without a name") && !strings.Contains(err.Error(), "1000") {
				t.Fatalf("%q: %v", in.RequestURI, err)
			}
			return
		}
		for name, change := range map[string]func(*http.Request){
			"method": func(r *http.Request) { r.Method = "PUT" },
			"path":   func(r *http.Request) { r.RequestURI = "/x" + r.RequestURI },
			"query":  func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI+"?", "?", "?x=y&", 1) },
			"header": func(r *http.Request) { r.Header.Set("X-Amz-Meta", header+"x") },
			"body":   func(r *http.Request) { b := []byte(body + "x"); r.Body = &rereader{all: b} },
		} {
			other := received(r)
			change(other)
			if verifyOnce(apiVerifier(), at2(other), testCreds, testTime) == nil {
				t.Errorf("verified with another %s", name)
			}
		}
	})
}

// FuzzCanonical: a clean query has the canonical form of the original and is
// clean; normalising a path twice is normalising it once; canonical parameters
// are sorted.
func FuzzCanonical(f *testing.F) {
	f.Add("b=2&a=1&a=%20x", "/a/./b/../c//d/")
	f.Add("+=;&&%7e", "/..")
	f.Fuzz(func(t *testing.T, query, path string) {
		if clean, err := cleanQuery(query); err == nil && !hasPresign(query) {
			if got, want := canonicalQuery(clean), canonicalQuery(query); got != want {
				t.Errorf("query %q: clean %q has %q, want %q", query, clean, got, want)
			}
			if again, err := cleanQuery(clean); err != nil || again != clean {
				t.Errorf("query %q: clean %q, then %q (%v)", query, clean, again, err)
			}
			if c := canonicalQuery(query); canonicalQuery(c) != c {
				t.Errorf("query %q: canonical form %q is not its own", query, c)
			}
		}
		if n, ok := normalizePath(path); ok && strings.HasPrefix(path, "/") {
			if again, ok := normalizePath(n); !ok || again != n || strings.Contains(n, "//") || slices.Contains(strings.Split(n, "/"), "..") {
				t.Errorf("path %q: %q, then %q", path, n, again)
			}
		}
	})
}

func canonicalQuery(raw string) string {
	s := new(scratchPool).get()
	s.addQuery(raw)
	return string(s.appendQuery(nil))
}
