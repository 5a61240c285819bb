package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

const resourceMasked = "arn:aws:execute-api:us-east-1:********3333:abc123/prod/GET/notes"

// TestErrorTable holds section 2.2 of the reference: status, x-amzn-ErrorType
// and the bytes of the body. Rows whose text is inferred there are not in it.
func TestErrorTable(t *testing.T) {
	s := newStand(t, apidef.Route{Path: "/notes", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND"}})
	auth := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	resign := func(edit func(*stand)) func(*http.Request) {
		return func(r *http.Request) {
			other := &stand{t: t, creds: s.creds, signer: &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}}
			edit(other)
			other.sign(r, "")
		}
	}
	at := func(d time.Duration) func(*http.Request) {
		return func(r *http.Request) {
			if err := s.signer.Sign(r, s.creds, sigv4.EmptyHash, testTime.Add(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		id, target string
		edit       func(*http.Request)
		status     int
		errorType  string
		body       string
	}{
		{"E1 unsigned", "/prod/notes", func(r *http.Request) { r.Header.Del("Authorization") }, 403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`},
		{"E1 no route", "/prod/nothing", nil, 403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`},
		{"E2 bearer", "/prod/notes", auth("Bearer abc"), 403, "IncompleteSignatureException", `{"message":"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY='."}`},
		{"E8", "/prod/notes", at(-301 * time.Second), 403, "InvalidSignatureException", `{"message":"Signature expired: 20260115T101529Z is now earlier than 20260115T101530Z (20260115T102030Z - 5 min.)"}`},
		{"E9", "/prod/notes", at(301 * time.Second), 403, "InvalidSignatureException", `{"message":"Signature not yet current: 20260115T102531Z is still later than 20260115T102530Z (20260115T102030Z + 5 min.)"}`},
		{"E10 E11", "/prod/notes", resign(func(o *stand) { o.signer.Region, o.signer.Profile.Service = "eu-west-1", "sts" }), 403, "InvalidSignatureException", `{"message":"Credential should be scoped to a valid region, not 'eu-west-1'. Credential should be scoped to correct service: 'execute-api'. "}`},
		{"E14", "/prod/notes", resign(func(o *stand) { o.creds.AccessKeyID = "ASIAUNKNOWN000000000" }), 403, "UnrecognizedClientException", `{"message":"The security token included in the request is invalid."}`},
		{"E19 stage", "/nostage/notes", nil, 403, "ForbiddenException", `{"message":"Forbidden"}`},
		{"E19 api", "/prod/notes", func(r *http.Request) { r.Host = "none.execute-api.us-east-1.amazonaws.com" }, 403, "ForbiddenException", `{"message":"Forbidden"}`},
	}
	for _, tt := range tests {
		t.Run(tt.id, func(t *testing.T) {
			r := s.signed("GET", tt.target, "")
			if tt.edit != nil {
				tt.edit(r)
			}
			got := s.do(r)
			s.refused(tt.id, got, tt.status, tt.errorType)
			if got.body != tt.body {
				t.Errorf("body\n%s, want\n%s", got.body, tt.body)
			}
			checkEnvelope(t, got)
		})
	}
}

func checkEnvelope(t *testing.T, got reply) {
	t.Helper()
	if ct := got.header.Get("Content-Type"); ct != "application/json" {
		t.Errorf("Content-Type %q", ct)
	}
	if id := got.header.Get("x-amzn-RequestId"); !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("x-amzn-RequestId %q", id)
	}
	if got.header.Get("x-amz-apigw-id") == "" {
		t.Error("no x-amz-apigw-id")
	}
}

func TestE3MissingParts(t *testing.T) {
	s := newStand(t)
	r := s.signed("GET", "/prod/x", "")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e")
	r.Header.Del("X-Amz-Date")
	got := s.do(r)
	s.refused("E3", got, 403, "IncompleteSignatureException")
	want := `{"message":"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. ` +
		`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. `
	if !strings.HasPrefix(got.body, want) {
		t.Error(got.body)
	}
}

func TestE6HostUnsigned(t *testing.T) {
	s := newStand(t)
	raw := text(t, s.signed("GET", "/prod/x", ""))
	got := s.send(strings.Replace(raw, "SignedHeaders=host;", "SignedHeaders=", 1))
	s.refused("E6", got, 403, "InvalidSignatureException")
	if got.body != `{"message":"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}` {
		t.Error(got.body)
	}
}

func TestE15ExpiredToken(t *testing.T) {
	s := newStand(t)
	s.keyErr = sigv4.ExpiredToken()
	got := s.do(s.signed("GET", "/prod/x", ""))
	s.refused("E15", got, 403, "ExpiredTokenException")
	if got.body != `{"message":"The security token included in the request is expired"}` {
		t.Error(got.body)
	}
}

func TestE16Mismatch(t *testing.T) {
	s := newStand(t)
	s.creds.SessionToken = ""
	raw := text(t, s.signed("GET", "/prod/notes", ""))
	got := s.send(strings.Replace(raw, "/prod/notes", "/prod/notez", 1))
	s.refused("E16", got, 403, "InvalidSignatureException")
	var body struct{ Message string }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	want := "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
		"Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'GET\n/prod/notez\n\nhost:" + testHost +
		"\nx-amz-date:20260115T102030Z\n\nhost;x-amz-date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'" +
		"\n\nThe String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20260115T102030Z\n20260115/us-east-1/execute-api/aws4_request\n"
	if !strings.HasPrefix(body.Message, want) || !strings.HasSuffix(body.Message, "'\n") {
		t.Errorf("got %q\nwant %q", body.Message, want)
	}
}

func TestE17Denied(t *testing.T) {
	s := newStand(t)
	for doc, suffix := range map[string]string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:abc123/prod/POST/*"}]}`:                       " because no identity-based policy allows the execute-api:Invoke action",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:execute-api:*:*:*/GET/notes"}]}`: " with an explicit deny in an identity-based policy",
	} {
		s.policy = doc
		got := s.do(s.signed("GET", "/prod/notes", ""))
		s.refused("E17", got, 403, "AccessDeniedException")
		want := `{"Message":"User: arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials is not authorized to perform: execute-api:Invoke on resource: ` +
			resourceMasked + suffix + `"}`
		if got.body != want {
			t.Errorf("body\n%s, want\n%s", got.body, want)
		}
	}
	if e := s.lastEvent(); e.Decision == nil || e.Decision.Allowed {
		t.Errorf("event has decision %+v", e.Decision)
	}
}

func TestE17RootResource(t *testing.T) {
	s := newStand(t, apidef.Route{Path: "/", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND"}})
	s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	for _, target := range []string{"/prod", "/prod/"} {
		got := s.do(s.signed("GET", target, ""))
		if !strings.Contains(got.body, ":abc123/prod/GET/ with") {
			t.Errorf("%s: %s", target, got.body)
		}
	}
}

func TestKeysFailClosed(t *testing.T) {
	s := newStand(t)
	s.keyErr = errors.New("database is away")
	got := s.do(s.signed("GET", "/prod/x", ""))
	s.refused("store unavailable", got, 503, "ServiceUnavailableException")
	if strings.Contains(got.body, "database") {
		t.Error(got.body)
	}
	if e := s.lastEvent(); !strings.Contains(e.Err.Error(), "database is away") {
		t.Errorf("event error %v", e.Err)
	}
	s.keyErr = nil
	s.policy = `not a policy`
	s.refused("unreadable policy", s.do(s.signed("GET", "/prod/x", "")), 503, "ServiceUnavailableException")
}

func TestC16Limits(t *testing.T) {
	s := newStand(t)
	head := "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\n"
	got := s.send(head + "Content-Length: 10485761\r\n\r\n")
	s.refused("413 before the body is read", got, 413, "RequestTooLargeException")
	if got.body != `{"message":"Request Too Long"}` {
		t.Error(got.body)
	}
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n" + "a00001\r\n" + strings.Repeat("a", 0xa00001) + "\r\n0\r\n\r\n"
	open := s.proxyRoute(apidef.AuthNone)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{open}})
	s.refused("413 chunked", s.send(chunked), 413, "RequestTooLargeException")

	pad := maxHeaders - len("Host: "+testHost+"\r\n") - len("X-Pad: \r\n")
	s.passed("headers of 10240 bytes", s.send("GET /prod/x HTTP/1.1\r\nHost: "+testHost+"\r\nX-Pad: "+strings.Repeat("a", pad)+"\r\n\r\n"))
	s.refused("431", s.send("GET /prod/x HTTP/1.1\r\nHost: "+testHost+"\r\nX-Pad: "+strings.Repeat("a", pad+1)+"\r\n\r\n"), 431, "")

	s.refused("414 URL", s.send("GET /prod/"+strings.Repeat("a", maxURL)+" HTTP/1.1\r\nHost: "+testHost+"\r\n\r\n"), 414, "")
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{s.proxyRoute(apidef.AuthIAM)}})
	got = s.do(s.signed("GET", "/prod/"+strings.Repeat("a", 1600), ""))
	s.refused("414 ARN", got, 414, "")
	if got.body != `{"message":"Request URI too long"}` {
		t.Error(got.body)
	}
}

// TestLenient holds section 2.10: V9 (host without port) passes by default on
// loopback only.
func TestLenient(t *testing.T) {
	s := newStand(t)
	r := s.request("GET", "/_aws/execute-api/abc123/prod/notes", "")
	r.Host = "localhost"
	raw := text(t, s.sign(r, ""))
	raw = strings.Replace(raw, "Host: localhost", "Host: localhost:4566", 1)
	s.passed("V9", s.send(raw))
	s.g.Lenient = LenientNever
	s.refused("strict", s.send(raw), 403, "InvalidSignatureException")
	s.g.Lenient = LenientLoopback
	far := strings.Replace(text(t, s.signed("GET", "/prod/x", "")), testHost, testHost+":8443", 1)
	s.refused("elsewhere", s.send(far), 403, "InvalidSignatureException")
	s.g.Lenient = LenientAlways
	s.passed("always", s.send(far))
}

// TestC12PolicyPaths: a Deny on /admin/* holds however the path is spelled.
func TestC12PolicyPaths(t *testing.T) {
	s := newStand(t)
	s.policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"},
		{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/prod/*/admin/*"}]}`
	for _, path := range []string{"/admin/x", "/%61dmin/x", "//admin/x", "/admin//x", "/admin;v=1/x", "/admin%252Fx", "/%2561dmin/x", "/admin%3Bv=1/x"} {
		s.refused(path, s.do(s.signed("GET", "/prod"+path, "")), 403, "AccessDeniedException")
	}
	for _, path := range []string{"/a/../admin/x", "/admin%2Fx"} {
		s.refused(path, s.do(s.signed("GET", "/prod"+path, "")), 400, "BadRequestException")
	}
	for _, path := range []string{"/notes/admin%20x", "/notes"} {
		if got := s.passed(path, s.do(s.signed("GET", "/prod"+path, ""))); got.target != path {
			t.Errorf("%s forwarded as %s", path, got.target)
		}
	}
}

// TestC12OpenRoutes: an open catch-all does not open what another route guards.
func TestC12OpenRoutes(t *testing.T) {
	s := newStand(t)
	guarded := s.proxyRoute(apidef.AuthIAM)
	guarded.Path = "/x/admin"
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{s.proxyRoute(apidef.AuthNone), guarded}})
	for path, status := range map[string]int{
		"/x/admin": 403, "/x/%61dmin": 403, "//x/admin": 403, "/x//admin": 400, "/x/admin;a=b": 400, "/x/%2561dmin": 400,
	} {
		s.refused(path, s.do(s.request("GET", "/prod"+path, "")), status, "")
	}
	s.passed("open", s.do(s.request("GET", "/prod/y//z", "")))
}
