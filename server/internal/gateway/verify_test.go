package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

func TestSignedCallPasses(t *testing.T) {
	s := newStand(t)
	got := s.passed("POST", s.do(s.signed("POST", "/prod/notes/7?b=2&a=%20x&c", "hello")))
	if got.method != "POST" || got.target != "/notes/7?b=2&a=%20x&c" || string(got.body) != "hello" {
		t.Errorf("backend saw %s %s %q", got.method, got.target, got.body)
	}
	e := s.lastEvent()
	if e.Status != 200 || e.Route != "/{proxy+}" || e.Decision == nil || !e.Decision.Allowed || e.Identity.UserSub != "9f3c" || e.Err != nil {
		t.Errorf("event %+v", e)
	}
}

// TestA01Mutations samples the sweep that sigv4 makes whole: whatever is changed
// of a signed request, nothing reaches the backend.
func TestA01Mutations(t *testing.T) {
	s := newStand(t)
	r := s.request("POST", "/prod/notes?a=1", "hello")
	r.Header.Set("Content-Type", "text/plain")
	good := text(t, s.sign(r, "hello"))
	s.passed("unchanged", s.send(good))
	head, body, _ := strings.Cut(good, "\r\n\r\n")
	swap := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in %s", old, good)
		}
		return strings.Replace(good, old, with, 1)
	}
	for name, raw := range map[string]string{
		"method":        swap("POST ", "PUT "),
		"path":          swap("/prod/notes", "/prod/notez"),
		"stage":         swap("/prod/", "/dev/"),
		"query":         swap("?a=1", "?a=2"),
		"query added":   swap("?a=1", "?a=1&b=2"),
		"query removed": swap("?a=1", ""),
		"host":          swap("Host: abc123.execute-api.us-east-1", "Host: abc123.execute-api.us-east-2"),
		"header":        swap("text/plain", "text/html"),
		"date":          swap("T102030Z", "T102031Z"),
		"body":          head + "\r\n\r\n" + strings.Replace(body, "hello", "hellp", 1),
		"scope region":  swap("/us-east-1/execute-api", "/us-west-1/execute-api"),
		"scope service": swap("/execute-api/aws4", "/sts/aws4"),
		"key":           swap("Credential=ASIAEXAMPLE", "Credential=ASIAEXAMPLF"),
		"token":         swap(sessionTok, "x"+sessionTok),
		"algorithm":     swap("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA257"),
	} {
		s.refused(name, s.send(raw), http.StatusForbidden, "")
	}
	i := strings.Index(good, "Signature=") + len("Signature=")
	for at := range 64 {
		flipped := byte('0')
		if good[i+at] == '0' {
			flipped = '1'
		}
		s.refused("signature", s.send(good[:i+at]+string(flipped)+good[i+at+1:]), http.StatusForbidden, "InvalidSignatureException")
	}
}

func TestA02UnsignedAmzHeaders(t *testing.T) {
	s := newStand(t)
	for _, name := range []string{"x-amz-foo", "X-Amz-Copy-Source", "x-amz-content-sha256"} {
		r := s.signed("GET", "/prod/x", "")
		r.Header.Set(name, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
		s.refused(name, s.do(r), http.StatusForbidden, "InvalidSignatureException")
	}
	raw := text(t, s.signed("GET", "/prod/x", ""))
	got := s.send(strings.Replace(raw, "X-Amz-Date:", "X-Amz-Date: 20260115T102030Z\r\nX-Amz-Date:", 1))
	s.refused("two dates", got, http.StatusBadRequest, "")

	// The one exception API Gateway makes: the token added after signing.
	token := s.creds.SessionToken
	s.creds.SessionToken = ""
	r := s.signed("GET", "/prod/x", "")
	s.creds.SessionToken = token
	r.Header.Set("X-Amz-Security-Token", token)
	s.passed("token after signing", s.do(r))
}

func TestA07MixedAuthentication(t *testing.T) {
	s := newStand(t)
	raw := strings.Replace(text(t, s.signed("GET", "/prod/x", "")), "/prod/x", "/prod/x?X-Amz-Signature=00", 1)
	s.refused("query beside header", s.send(raw), http.StatusBadRequest, "")
	r := s.signed("GET", "/prod/x", "")
	r.Header.Add("Authorization", r.Header.Get("Authorization"))
	s.refused("two Authorization headers", s.do(r), http.StatusBadRequest, "")
	s.refused("credential in the query without a signature", s.do(s.request("GET", "/prod/x?X-Amz-Credential=a/b/c/d/e", "")), http.StatusForbidden, "IncompleteSignatureException")
}

func TestA17Paths(t *testing.T) {
	s := newStand(t)
	slash := s.proxyRoute(apidef.AuthIAM)
	slash.Path, slash.EncodedSlash = "/files/{proxy+}", true
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM), slash}})
	for _, path := range []string{
		"/a/./b", "/a/../b", "/a/%2e%2e/b", "/a/.%2E/b", "/..;x/b", "/a%2Fb", "/a%2fb", "/a%5Cb", "/a%00b", "/a%0Ab", "/a%7f",
	} {
		s.refused(path, s.do(s.signed("GET", "/prod"+path, "")), http.StatusBadRequest, "BadRequestException")
	}
	good := text(t, s.signed("GET", "/prod/x", ""))
	for _, path := range []string{"/a\\b", "/é", "/x#f", "/%zz"} {
		got := s.send(strings.Replace(good, "/prod/x", "/prod"+path, 1))
		s.refused(path, got, http.StatusBadRequest, "")
	}
	for _, path := range []string{
		"/a//b", "//a", "/%61", "/%C3%A9", "/a+b", "/a;x=1/b", "/a/", "/a,b:c@d", "/a'(b)*!", "/a%20b", "/a%252Fb",
		"/files/a%2Fb", "/a\"<b>", "/" + strings.Repeat("a", 1400),
	} {
		if got := s.passed(path, s.do(s.signed("GET", "/prod"+path, ""))); got.target != path {
			t.Errorf("%s was forwarded as %s", path, got.target)
		}
	}
}

// TestA17OneSignatureOnePath signs the collapsed path and sends another: what
// is routed, authorised and forwarded is the path that was signed.
func TestA17OneSignatureOnePath(t *testing.T) {
	s := newStand(t)
	raw := text(t, s.signed("GET", "/prod/a/b", ""))
	got := s.passed("collapsed", s.send(strings.Replace(raw, "/prod/a/b", "/prod/a//b", 1)))
	if got.target != "/a/b" {
		t.Errorf("forwarded %s, signed /a/b", got.target)
	}
	raw = text(t, s.signed("GET", "/dev/b", ""))
	s.refused("other stage", s.send(strings.Replace(raw, "/dev/b", "/prod//../dev/b", 1)), http.StatusBadRequest, "")
}

func TestA18Queries(t *testing.T) {
	s := newStand(t)
	good := text(t, s.signed("GET", "/prod/x", ""))
	for name, q := range map[string]string{
		"bad escape": "?a=%zz", "cut escape": "?a=%2", "no name": "?=b", "too many": "?" + strings.Repeat("a&", 1001), "8-bit": "?a=é",
	} {
		s.refused(name, s.send(strings.Replace(good, "/prod/x", "/prod/x"+q, 1)), http.StatusBadRequest, "")
	}
	for _, q := range []string{"?b&a", "?a=2&a=1", "?a=", "?a=%20&b=%2B", "?a=1;b=2", "?a=x|y", "?A=1&a=2", "?&a", "?a=b=c"} {
		r := s.request("GET", "/prod/x"+q, "")
		s.sign(r, "")
		want := "/x?" + r.URL.RawQuery
		if got := s.passed(q, s.do(r)); got.target != want {
			t.Errorf("%s forwarded as %s", want, got.target)
		}
	}
}

func TestA19AbsoluteForm(t *testing.T) {
	s := newStand(t)
	good := text(t, s.signed("GET", "/prod/x", ""))
	for _, target := range []string{"http://evil/prod/x", "http://" + testHost + "/prod/x", "http://u:p@" + testHost + "/prod/x"} {
		got := s.send(strings.Replace(good, "/prod/x", target, 1))
		s.refused(target, got, http.StatusBadRequest, "")
	}
}

func TestA20Replay(t *testing.T) {
	s := newStand(t)
	api := func(id string) apidef.API {
		return apidef.API{ID: id, Stages: []apidef.Stage{{Name: "prod"}, {Name: "dev"}}, Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM)}}
	}
	s.serve(api("abc123"), api("other"))
	good := text(t, s.signed("GET", "/prod/x", ""))
	s.refused("other API", s.send(strings.Replace(good, "Host: abc123", "Host: other", 1)), http.StatusForbidden, "InvalidSignatureException")
	s.refused("other stage", s.send(strings.Replace(good, "/prod/x", "/dev/x", 1)), http.StatusForbidden, "InvalidSignatureException")
	s.refused("path form", s.send(strings.NewReplacer(testHost, "localhost", "/prod/x", "/_aws/execute-api/abc123/prod/x").Replace(good)), http.StatusForbidden, "InvalidSignatureException")
}

func TestA21ForwardedHost(t *testing.T) {
	s := newStand(t)
	raw := text(t, s.signed("GET", "/prod/x", ""))
	raw = strings.Replace(raw, "Host: "+testHost, "Host: abc123.execute-api.other\r\nX-Forwarded-Host: "+testHost, 1)
	s.refused("X-Forwarded-Host", s.send(raw), http.StatusForbidden, "InvalidSignatureException")
}

func TestA22Methods(t *testing.T) {
	s := newStand(t, apidef.Route{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "BACKEND"}})
	good := text(t, s.request("GET", "/prod/x", ""))
	for _, m := range []string{"get", "FOO", "TRACE", "PROPFIND"} {
		s.refused(m, s.send(strings.Replace(good, "GET ", m+" ", 1)), http.StatusMethodNotAllowed, "")
	}
	got := s.send("CONNECT " + testHost + ":443 HTTP/1.1\r\nHost: " + testHost + ":443\r\n\r\n")
	s.refused("CONNECT", got, http.StatusMethodNotAllowed, "")
	_ = s.send("OPTIONS * HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n") // net/http answers it
	s.nothingForwarded()
}

func TestA25FormBody(t *testing.T) {
	s := newStand(t)
	body := "X-Amz-Signature=0000&Action=Delete"
	r := s.request("POST", "/prod/x?Action=List", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := s.passed("form", s.do(s.sign(r, body)))
	if got.target != "/x?Action=List" || string(got.body) != body {
		t.Errorf("backend saw %s %s", got.target, got.body)
	}
	unsigned := s.request("POST", "/prod/x", "X-Amz-Algorithm=AWS4-HMAC-SHA256")
	unsigned.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.refused("authentication in the body", s.do(unsigned), http.StatusForbidden, "MissingAuthenticationTokenException")
}

func (s *stand) presigned(method, target string, expires time.Duration, at time.Time) *http.Request {
	s.t.Helper()
	r := s.request(method, target, "")
	u, err := s.signer.Presign(r, s.creds, sigv4.EmptyHash, expires, at)
	if err != nil {
		s.t.Fatal(err)
	}
	r.URL = u
	return r
}

func TestB01Expires(t *testing.T) {
	s := newStand(t)
	good := text(t, s.presigned("GET", "/prod/x", 60*time.Second, testTime))
	if got := s.passed("60 s", s.send(good)); got.target != "/x" {
		t.Errorf("B09: presign parameters reached the backend: %s", got.target)
	}
	for _, bad := range []string{"0", "-1", "604801", "1e3", "%2060", "060", "", "60&X-Amz-Expires=60"} {
		got := s.send(strings.Replace(good, "X-Amz-Expires=60", "X-Amz-Expires="+bad, 1))
		if got.status != 403 && got.status != 400 {
			t.Errorf("X-Amz-Expires=%s: %d", bad, got.status)
		}
		s.nothingForwarded()
	}
	missing := strings.Replace(good, "X-Amz-Expires=60&", "", 1)
	s.refused("missing", s.send(missing), http.StatusForbidden, "IncompleteSignatureException")
}

func TestB02Times(t *testing.T) {
	s := newStand(t)
	s.passed("last second", s.do(s.presigned("GET", "/prod/x", time.Minute, testTime.Add(-time.Minute))))
	s.refused("expired", s.do(s.presigned("GET", "/prod/x", time.Minute, testTime.Add(-61*time.Second))), http.StatusForbidden, "InvalidSignatureException")
	s.refused("future", s.do(s.presigned("GET", "/prod/x", time.Minute, testTime.Add(301*time.Second))), http.StatusForbidden, "InvalidSignatureException")
}

func TestB03B04PresignedChanges(t *testing.T) {
	s := newStand(t)
	good := text(t, s.presigned("GET", "/prod/x?a=1&b=2", time.Minute, testTime))
	for _, m := range []string{"PUT", "HEAD"} {
		s.refused("B03 "+m, s.send(strings.Replace(good, "GET ", m+" ", 1)), http.StatusForbidden, "")
	}
	s.refused("B04 added", s.send(strings.Replace(good, "a=1", "a=1&c=3", 1)), http.StatusForbidden, "")
	s.refused("B04 removed", s.send(strings.Replace(good, "a=1&", "", 1)), http.StatusForbidden, "")
	got := s.passed("B04 reordered", s.send(strings.Replace(good, "a=1&b=2", "b=2&a=1", 1)))
	if got.target != "/x?b=2&a=1" {
		t.Errorf("forwarded %s", got.target)
	}
}

func TestB05HeadersOnPresigned(t *testing.T) {
	s := newStand(t)
	r := s.presigned("GET", "/prod/x", time.Minute, testTime)
	r.Header.Set("X-Amz-Foo", "1")
	s.refused("x-amz header", s.do(r), http.StatusForbidden, "InvalidSignatureException")
	r = s.presigned("GET", "/prod/x", time.Minute, testTime)
	r.Header.Set("Authorization", "Bearer x")
	s.refused("Authorization", s.do(r), http.StatusBadRequest, "")
	r = s.presigned("GET", "/prod/x", time.Minute, testTime)
	r.Header.Set("X-Amz-Security-Token", s.creds.SessionToken)
	s.refused("token header", s.do(r), http.StatusBadRequest, "")
}

// TestB09Events holds that no event shows a token or a signature.
func TestB09Events(t *testing.T) {
	s := newStand(t)
	s.send(strings.Replace(text(t, s.presigned("GET", "/prod/x?a=1", time.Minute, testTime)), "a=1", "a=2", 1))
	e := s.lastEvent()
	if strings.Contains(e.Query+e.Err.Error(), "EXAMPLETOKEN") || !strings.Contains(e.Query, "X-Amz-Signature=redacted") || strings.Contains(e.Err.Error(), "\n") {
		t.Errorf("query %q, error %q", e.Query, e.Err)
	}
	if !errors.Is(e.Err, sigv4.ErrSignatureMismatch) {
		t.Errorf("error %v is not ErrSignatureMismatch", e.Err)
	}
}

// TestHosts: HTTP/2 gives a handler whatever a client calls the host, and a Host
// beside it. A template must not take a caller's text for the gateway's.
func TestHosts(t *testing.T) {
	s := mappingStand(t, apidef.REST, apidef.AuthNone, apidef.Integration{})
	for _, tt := range []struct {
		host  string
		also  []string
		taken bool
	}{
		{host: testHost, taken: true},
		{host: testHost, also: []string{testHost}, taken: true},
		{host: "api_gateway:8787", taken: true},
		{host: "[::1]:8787", taken: true},
		{host: `abc123.execute-api.x","admin":true,"y":"`},
		{host: "abc123.execute-api.x y"},
		{host: "abc123.execute-api.<b>"},
		{host: "abc123.execute-api.é"},
		{host: "abc123.execute-api.a/b"},
		{host: "abc123.execute-api.a,b"},
		{host: testHost, also: []string{"other"}},
		{host: testHost, also: []string{testHost, "other"}},
	} {
		r := httptest.NewRequest("GET", "https://h/_aws/execute-api/abc123/prod/n/1", nil)
		if strings.HasPrefix(tt.host, "abc123") {
			r = httptest.NewRequest("GET", "https://h/prod/n/1", nil)
		}
		if r.Host = tt.host; tt.also != nil {
			r.Header["Host"] = tt.also
		}
		r.RequestURI = r.URL.Path
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if !tt.taken {
			s.refused(tt.host, reply{status: w.Code, header: w.Header(), body: w.Body.String()}, 400, "BadRequestException")
			continue
		}
		s.passed(tt.host, reply{status: w.Code, header: w.Header(), body: w.Body.String()})
	}
}
