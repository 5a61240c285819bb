package sigv4

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// suite is AWS's signing test suite (Apache-2.0), which is not part of the repository.
func suite(t testing.TB) string {
	t.Helper()
	shared := os.Getenv("GATEPASS_SHARED")
	if shared == "" {
		shared = "../../shared"
	}
	dir := filepath.Join(shared, "vectors", "sigv4", "v4")
	if _, err := os.Stat(dir); err != nil {
		const how = "AWS's signing test suite is not there: set GATEPASS_SHARED to the folder that has vectors/sigv4/v4"
		if os.Getenv("GATEPASS_REQUIRE") == "all" {
			t.Fatalf("%s (%v)", how, err)
		}
		t.Skip(how)
	}
	return dir
}

type vector struct {
	dir     string
	Creds   struct{ Access_key_id, Secret_access_key, Token string } `json:"credentials"` // the suite's names
	Expires int                                                      `json:"expiration_in_seconds"`
	Norm    bool                                                     `json:"normalize"`
	Region  string                                                   `json:"region"`
	Service string                                                   `json:"service"`
	Body    bool                                                     `json:"sign_body"`
	Time    time.Time                                                `json:"timestamp"`
	Omit    bool                                                     `json:"omit_session_token"`
}

func (v *vector) file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(v.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (v *vector) profile() Profile {
	p := Profile{Service: v.Service, EncodePath: true, Normalize: v.Norm}
	if v.Omit {
		p.Token = TokenAfter
	}
	return p
}

func (v *vector) creds() Credentials {
	return Credentials{v.Creds.Access_key_id, v.Creds.Secret_access_key, v.Creds.Token}
}

func vectors(t testing.TB, each func(t *testing.T, name string, v *vector)) {
	t.Helper()
	dir := suite(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 38 {
		t.Errorf("the suite has %d cases, want 38", len(entries))
	}
	for _, e := range entries {
		v := &vector{dir: filepath.Join(dir, e.Name())}
		if err := json.Unmarshal([]byte(v.file(t, "context.json")), v); err != nil {
			t.Fatal(err)
		}
		t.(*testing.T).Run(e.Name(), func(t *testing.T) { each(t, e.Name(), v) })
	}
}

// readRequest reads a request as a server would; a space in the target, which
// net/http refuses, is put back afterwards.
func readRequest(t testing.TB, raw string) *http.Request {
	t.Helper()
	line, rest, _ := strings.Cut(raw, "\n")
	line = strings.TrimSuffix(line, "\r")
	method, target, _ := strings.Cut(line, " ")
	target = strings.TrimSuffix(target, " HTTP/1.1")
	rest = strings.TrimRight(rest, "\n") + "\n\n"
	if head, body, ok := strings.Cut(strings.TrimSuffix(rest, "\n\n"), "\n\n"); ok {
		rest = head + "\n\n" + body
	}
	raw = method + " " + strings.ReplaceAll(target, " ", "_") + " HTTP/1.1\n" + rest
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	r.RequestURI = target
	return r
}

// outgoing turns the suite's request into one to be sent. URL.Opaque sends raw
// bytes as they are, which is how the suite has UTF-8 in a path.
func outgoing(t testing.TB, v *vector) (*http.Request, []byte) {
	t.Helper()
	in := readRequest(t, v.file(t, "request.txt"))
	body, err := io.ReadAll(in.Body)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(in.RequestURI, "?")
	u := &url.URL{Scheme: "https", Host: in.Host, RawQuery: query}
	if u.Path, u.RawPath = path, path; u.EscapedPath() != path {
		u.Opaque = path
	}
	out := &http.Request{Method: in.Method, URL: u, Host: in.Host, Header: in.Header, ContentLength: int64(len(body))}
	out.Body = io.NopCloser(bytes.NewReader(body))
	return out, body
}

func (v *vector) signer(r *http.Request) *Signer {
	s := &Signer{Region: v.Region, Profile: v.profile()}
	for name := range r.Header {
		s.SignHeaders = append(s.SignHeaders, name)
	}
	return s
}

// TestVectorsHeader signs the 38 cases of AWS's suite in the header.
func TestVectorsHeader(t *testing.T) {
	vectors(t, func(t *testing.T, name string, v *vector) {
		r, body := outgoing(t, v)
		if v.Body {
			r.Header.Set(headerSHA256, HashOf(body).String())
		}
		s := v.signer(r)
		if strings.HasPrefix(name, "get-space-") {
			v.signRaw(t, s, r, body)
			return
		}
		tr, err := s.Explain(r, v.creds(), HashOf(body), v.Time)
		if err != nil {
			t.Fatal(err)
		}
		v.compare(t, "header", tr)
		if err := s.Sign(r, v.creds(), HashOf(body), v.Time); err != nil {
			t.Fatal(err)
		}
		want := readRequest(t, v.file(t, "header-signed-request.txt")).Header.Get("Authorization")
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("Authorization\n got %s\nwant %s", got, want)
		}
	})
}

// signRaw signs a target that no HTTP client can send: a space in the path.
func (v *vector) signRaw(t *testing.T, s *Signer, r *http.Request, body []byte) {
	t.Helper()
	raw := r.URL.Opaque
	if err := s.Sign(r, v.creds(), HashOf(body), v.Time); err == nil {
		t.Error("Sign took a path with a space in it, which cannot be sent")
	}
	r.URL.Opaque = strings.ReplaceAll(raw, " ", "_")
	j := job{scratch: s.pool.get()}
	c, h := v.creds(), HashOf(body)
	if err := s.prepare(&j, r, &c, &h, v.Time); err != nil {
		t.Fatal(err)
	}
	j.target.path = raw
	if err := s.canonical(&j, &h); err != nil {
		t.Fatal(err)
	}
	j.seal(j.when, &j.scope, s.keys.get(j.scope, c.SecretAccessKey))
	v.compare(t, "header", j.trace())
}

func (v *vector) compare(t *testing.T, mode string, tr Trace) {
	t.Helper()
	for file, got := range map[string]string{
		"canonical-request": tr.CanonicalRequest, "string-to-sign": tr.StringToSign, "signature": tr.Signature,
	} {
		if want := v.file(t, mode+"-"+file+".txt"); got != want {
			t.Errorf("%s\n got %s\nwant %s", file, got, want)
		}
	}
}

// TestVectorsPresign signs the 38 cases of AWS's suite in the query.
func TestVectorsPresign(t *testing.T) {
	vectors(t, func(t *testing.T, name string, v *vector) {
		r, body := outgoing(t, v)
		s := v.signer(r)
		if strings.HasPrefix(name, "get-space-") {
			v.presignRaw(t, s, r, body)
			return
		}
		u, err := s.Presign(r, v.creds(), HashOf(body), time.Duration(v.Expires)*time.Second, v.Time)
		if err != nil {
			t.Fatal(err)
		}
		want := readRequest(t, v.file(t, "query-signed-request.txt"))
		_, wantQuery, _ := strings.Cut(want.RequestURI, "?")
		for _, part := range strings.Split(wantQuery, "&") {
			part = strings.ReplaceAll(part, "ሴ", "%E1%88%B4")
			if !slices.Contains(strings.Split(u.RawQuery, "&"), part) {
				t.Errorf("the query has no %s\n%s", part, u.RawQuery)
			}
		}
	})
}

func (v *vector) presignRaw(t *testing.T, s *Signer, r *http.Request, body []byte) {
	t.Helper()
	raw := r.URL.Opaque
	r.URL.Opaque = "/"
	j := job{scratch: s.pool.get()}
	c, h := v.creds(), HashOf(body)
	if err := s.presign(&j, r, &c, &h, time.Duration(v.Expires)*time.Second, v.Time); err != nil {
		t.Fatal(err)
	}
	j.target.path = raw
	if err := s.canonical(&j, &h); err != nil {
		t.Fatal(err)
	}
	j.seal(j.when, &j.scope, s.keys.get(j.scope, c.SecretAccessKey))
	v.compare(t, "query", j.trace())
}

// TestVectorsVerify verifies the 76 signed requests of AWS's suite, and refuses
// each with another body.
func TestVectorsVerify(t *testing.T) {
	vectors(t, func(t *testing.T, _ string, v *vector) {
		for _, mode := range []string{"header", "query"} {
			raw := v.file(t, mode+"-signed-request.txt")
			vf := &Verifier{Region: v.Region, Profile: v.profile()}
			if err := verifyOnce(vf, readRequest(t, raw), v.creds(), v.Time); err != nil {
				t.Errorf("%s: %v", mode, err)
			}
			r := readRequest(t, raw)
			r.Body = io.NopCloser(bytes.NewReader([]byte("another body")))
			if err := verifyOnce(vf, r, v.creds(), v.Time); err == nil {
				t.Errorf("%s: verified with another body", mode)
			}
		}
	})
}

func verifyOnce(v *Verifier, r *http.Request, c Credentials, now time.Time) error {
	claim, err := v.Parse(r, now)
	if err != nil {
		return err
	}
	_, err = claim.Verify(new(KeyCache).Key(c.AccessKeyID, c.SecretAccessKey, claim))
	return err
}
