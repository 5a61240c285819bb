package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// TestA03toA15AtTheGate holds what sigv4 tests in every detail at the gate: one
// edit of a signed request for each row, nothing forwarded.
func TestA03toA15AtTheGate(t *testing.T) {
	s := newStand(t)
	r := s.request("POST", "/prod/x", "hello")
	r.Header.Set("Content-Type", "text/plain")
	good := text(t, s.sign(r, "hello"))
	s.passed("unchanged", s.send(good))
	const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of hello
	for name, c := range map[string]struct {
		old, with string
		status    int
		kind      string
	}{
		"A03 no headers signed":        {"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token", "SignedHeaders=", 403, "InvalidSignatureException"},
		"A03 unsorted":                 {"SignedHeaders=content-type;host;", "SignedHeaders=host;content-type;", 403, ""},
		"A03 twice":                    {"SignedHeaders=content-type;host;", "SignedHeaders=content-type;host;host;", 403, ""},
		"A03 upper case":               {"SignedHeaders=content-type;", "SignedHeaders=Content-Type;", 403, ""},
		"A03 one that is not there":    {"SignedHeaders=content-type;host;", "SignedHeaders=content-type;host;x-absent;", 403, ""},
		"A05 unsigned payload":         {"X-Amz-Date:", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\nX-Amz-Date:", 403, ""},
		"A05 streaming":                {"X-Amz-Date:", "X-Amz-Content-Sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nX-Amz-Date:", 403, ""},
		"A05 streaming trailer":        {"X-Amz-Date:", "X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nX-Amz-Date:", 403, ""},
		"A05 the right hash, unsigned": {"X-Amz-Date:", "X-Amz-Content-Sha256: " + hash + "\r\nX-Amz-Date:", 403, ""},
		"A06 another body":             {"hello", "hellp", 403, "InvalidSignatureException"},
		"A06 no body":                  {"Content-Length: 5\r\n", "Content-Length: 0\r\n", 403, "InvalidSignatureException"},
		"A10 no token":                 {"X-Amz-Security-Token: " + sessionTok + "\r\n", "", 403, ""},
		"A11 E13 another day":          {"/20260115/", "/20260114/", 403, "InvalidSignatureException"},
		"A11 E10 region":               {"/us-east-1/execute-api/", "/US-EAST-1/execute-api/", 403, "InvalidSignatureException"},
		"A11 E10 no region":            {"/us-east-1/execute-api/", "//execute-api/", 403, ""},
		"A11 E11 service":              {"/execute-api/", "/Execute-Api/", 403, "InvalidSignatureException"},
		"A11 E12 terminator":           {"/aws4_request", "/aws5_request", 403, "InvalidSignatureException"},
		"A11 E5 four elements":         {"/execute-api/aws4_request", "/execute-api", 403, "IncompleteSignatureException"},
		"A11 E5 six elements":          {"/aws4_request", "/aws4_request/x", 403, "IncompleteSignatureException"},
		"A12 E7 not a date":            {"20260115T102030Z", "20260230T000000Z", 403, ""},
		"A12 E7 another format":        {"20260115T102030Z", "2026-01-15T10:20:30Z", 403, "IncompleteSignatureException"},
		"A12 none":                     {"X-Amz-Date: 20260115T102030Z\r\n", "", 403, "IncompleteSignatureException"},
		"A13 E4 SHA-1":                 {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", 403, "IncompleteSignatureException"},
		"A13 E4 lower case":            {"AWS4-HMAC-SHA256", "aws4-hmac-sha256", 403, ""},
		"A13 E4 another scheme":        {"AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", 403, ""},
		"A13 E2 AWS":                   {"AWS4-HMAC-SHA256", "AWS", 403, ""},
		"A14 no equal sign":            {"SignedHeaders=", "SignedHeaders", 403, "IncompleteSignatureException"},
		"A14 NUL":                      {"SignedHeaders=", "SignedHeaders\x00=", 400, ""},
		"A14 8 KiB":                    {"SignedHeaders=", strings.Repeat("x", 8192) + "SignedHeaders=", 403, ""},
		"A14 two credentials":          {"Credential=", "Credential=a/b/c/d/e, Credential=x", 403, ""},
		"A15 a blank":                  {"Signature=", "Signature= ", 403, ""},
		"A15 one more":                 {"Signature=", "Signature=0", 403, ""},
		"C03 8-bit value":              {"text/plain", "text/pl\xe4in", 400, ""},
		"C05 two lengths":              {"Content-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n", 400, ""},
		"C05 a signed length":          {"Content-Length: 5\r\n", "Content-Length: +5\r\n", 400, ""},
	} {
		if !strings.Contains(good, c.old) {
			t.Errorf("%s: no %q in\n%s", name, c.old, good)
			continue
		}
		s.refused(name, s.send(strings.Replace(good, c.old, c.with, 1)), c.status, c.kind)
	}
	i := strings.Index(good, "Signature=") + len("Signature=")
	s.refused("A15 upper case", s.send(good[:i]+strings.ToUpper(good[i:i+64])+good[i+64:]), 403, "")
}

// A04: a Content-Type that was not signed passes, as at API Gateway: clients that
// sign a call without a body add it afterwards.
func TestA04UnsignedContentType(t *testing.T) {
	s := newStand(t)
	r := s.signed("GET", "/prod/x", "")
	r.Header.Set("Content-Type", "application/json")
	if got := s.passed("added", s.do(r)); got.header.Get("Content-Type") != "application/json" {
		t.Error(got.header)
	}
}

// A09: the key of one and the token of another.
func TestA09TokenOfAnother(t *testing.T) {
	s := newStand(t)
	s.creds.SessionToken += "x"
	r := s.signed("GET", "/prod/x", "")
	s.creds.SessionToken = sessionTok
	s.refused("A09", s.do(r), 403, "UnrecognizedClientException")
}

// A12: the edges of five minutes.
func TestA12ClockEdges(t *testing.T) {
	s := newStand(t)
	for off, want := range map[time.Duration]int{-300 * time.Second: 200, 300 * time.Second: 200, -301 * time.Second: 403, 301 * time.Second: 403} {
		r := s.request("GET", "/prod/x", "")
		if err := s.signer.Sign(r, s.creds, sigv4.EmptyHash, testTime.Add(off)); err != nil {
			t.Fatal(err)
		}
		if got := s.do(r); got.status != want {
			t.Errorf("%v: %d, want %d", off, got.status, want)
		}
	}
}

// A16: values with blanks and several of a name arrive as they were signed.
func TestA16HeaderValues(t *testing.T) {
	s := newStand(t)
	s.signer.SignHeaders = []string{"X-One", "X-Two", "X-Empty"}
	r := s.request("GET", "/prod/x", "")
	r.Header["X-One"], r.Header["X-Two"], r.Header["X-Empty"] = []string{"a   b", `"c  d"`}, []string{"2", "1"}, []string{""}
	got := s.passed("A16", s.do(s.sign(r, "")))
	if fmt.Sprint(got.header["X-One"], got.header["X-Two"]) != fmt.Sprint(r.Header["X-One"], r.Header["X-Two"]) {
		t.Error(got.header)
	}
	raw := text(t, r)
	s.refused("swapped", s.send(strings.Replace(raw, "X-Two: 2\r\nX-Two: 1", "X-Two: 1\r\nX-Two: 2", 1)), 403, "InvalidSignatureException")
}

// A24: the same bytes pass again within the window, as at AWS.
func TestA24Replay(t *testing.T) {
	s := newStand(t)
	raw := text(t, s.signed("GET", "/prod/x", ""))
	s.passed("first", s.send(raw))
	s.passed("again", s.send(raw))
}

// A26: what Keys says of the policies now counts, not what it said before.
func TestA26PolicyChanges(t *testing.T) {
	s := newStand(t)
	s.passed("before", s.do(s.signed("GET", "/prod/x", "")))
	s.policy = strings.Replace(allowAll, "Allow", "Deny", 1)
	s.refused("after", s.do(s.signed("GET", "/prod/x", "")), 403, "AccessDeniedException")
	s.keyErr = sigv4.InvalidToken()
	s.refused("the user is gone", s.do(s.signed("GET", "/prod/x", "")), 403, "UnrecognizedClientException")
}

// A27: a key with a new secret; the old one does not live on in a cache.
func TestA27RotatedSecret(t *testing.T) {
	s := newStand(t)
	s.passed("old secret", s.do(s.signed("GET", "/prod/x", "")))
	keys := s.g.Keys
	const next = "another-secret-of-forty-characters-000000"
	s.g.Keys = func(ctx context.Context, id, token string, now time.Time) (Resolved, error) {
		who, err := keys(ctx, id, token, now)
		who.Secret = next
		return who, err
	}
	s.refused("A27", s.do(s.signed("GET", "/prod/x", "")), 403, "InvalidSignatureException")
	s.creds.SecretAccessKey = next
	s.passed("new secret", s.do(s.signed("GET", "/prod/x", "")))
}

// B06, B07, B10: parameters twice, a token that has expired, a token added.
func TestB06B07B10Presigned(t *testing.T) {
	s := newStand(t)
	target := s.presigned("GET", "/prod/x", time.Hour, testTime).URL.RequestURI()
	s.passed("unchanged", s.do(s.request("GET", target, "")))
	for _, extra := range []string{"&X-Amz-Expires=3600", "&x-amz-expires=3600", "&x-amz-credential=a", "&X-Amz-Signature=0"} {
		s.refused("B06 "+extra, s.do(s.request("GET", target+extra, "")), 400, "")
	}
	s.keyErr = sigv4.ExpiredToken()
	s.refused("B07", s.do(s.request("GET", target, "")), 403, "ExpiredTokenException")
	s.keyErr = nil
	token := s.creds.SessionToken
	s.creds.SessionToken = ""
	bare := s.presigned("GET", "/prod/x", time.Hour, testTime).URL
	s.refused("B10", s.do(s.request("GET", bare.RequestURI()+"&X-Amz-Security-Token="+strings.NewReplacer("/", "%2F", "=", "%3D").Replace(token), "")), 403, "")
}

// C19: connections to a backend are shared and carry nobody's identity over.
func TestC19SharedConnections(t *testing.T) {
	s := newStand(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Gatepass-User-Arn"))
	}
	keys := s.g.Keys
	s.g.Keys = func(ctx context.Context, id, token string, now time.Time) (Resolved, error) {
		who, err := keys(ctx, "ASIAEXAMPLEACCESSKEY", token, now)
		who.Principal.ARN = "arn:aws:sts::111122223333:assumed-role/R/" + id
		return who, err
	}
	var all sync.WaitGroup
	for i := range 8 {
		id := fmt.Sprintf("ASIAEXAMPLE%09d", i)
		all.Go(func() {
			creds := s.creds
			creds.AccessKeyID = id
			for range 100 {
				r := httptest.NewRequest("GET", "/prod/x", nil)
				r.Host = testHost
				if err := s.signer.Sign(r, creds, sigv4.EmptyHash, testTime); err != nil {
					t.Error(err)
					return
				}
				w := httptest.NewRecorder()
				s.g.ServeHTTP(w, r)
				if w.Code != 200 || !strings.HasSuffix(w.Body.String(), id) {
					t.Errorf("%s got %d %s", id, w.Code, w.Body)
					return
				}
			}
		})
	}
	all.Wait()
}

// C20: over HTTP/2 a call is verified and forwarded as over HTTP/1.1; :authority
// is the host that was signed.
func TestC20HTTP2(t *testing.T) {
	s := newStand(t)
	front := httptest.NewUnstartedServer(s.g)
	front.EnableHTTP2 = true
	front.StartTLS()
	defer front.Close()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	call := func(r *http.Request) *http.Response {
		t.Helper()
		r.URL.Scheme, r.URL.Host = "https", front.Listener.Addr().String()
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res
	}
	res := call(s.signed("POST", "/prod/notes?a=1", "hello"))
	if res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Fatalf("%s %s", res.Proto, res.Status)
	}
	if got := s.forwarded(); got.target != "/notes?a=1" || string(got.body) != "hello" || got.header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("%+v", got)
	}
	other := s.signed("GET", "/prod/notes", "")
	other.Host = "abc124.execute-api.us-east-1.amazonaws.com"
	if res := call(other); res.StatusCode != 403 {
		t.Errorf("another authority: %s", res.Status)
	}
	unsigned := s.request("GET", "/prod/notes", "")
	if res := call(unsigned); res.StatusCode != 403 {
		t.Errorf("unsigned: %s", res.Status)
	}
	s.nothingForwarded()
}

// A route that asks for more than another is not reached by a second spelling of
// its path (C12), whatever kind of credentials either asks for.
func TestC12OtherDemands(t *testing.T) {
	s := authorizedStand(t, apidef.Authorizer{Type: apidef.CognitoAuthorizer, ProviderARNs: []string{poolARN}}, func(a *apidef.API) {
		admin := a.Routes[0]
		admin.Path, admin.Scopes = "/admin", []string{"admin"}
		keyed := a.Routes[0]
		keyed.Path, keyed.APIKeyRequired = "/keyed", true
		a.Routes = append(a.Routes, admin, keyed)
	})
	for _, path := range []string{"//admin", "/%2561dmin", "/admin;x=1", "//keyed"} {
		r := s.with(`{"token_use":"id"}`)
		r.URL = s.request("GET", "/prod/x", "").URL
		raw := strings.Replace(text(t, r), "/prod/x", "/prod"+path, 1)
		if got := s.send(raw); got.status != 400 && got.status != 401 && got.status != 403 {
			t.Errorf("%s: %d", path, got.status)
		}
		s.nothingForwarded()
	}
	s.passed("its own", s.do(s.with(`{"token_use":"id"}`)))
}
