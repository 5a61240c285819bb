package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// open is a stand whose catch-all route asks for nothing: what a client sends
// unsigned must not matter there either.
func open(t *testing.T) *stand {
	return newStand(t, apidef.Route{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthNone, Integration: apidef.Integration{URI: "BACKEND"}})
}

func line(header string) string {
	return "GET /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\n" + header + "\r\n\r\n"
}

func TestC02IdentityHeaders(t *testing.T) {
	want := map[string]string{
		"User-Arn": "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials", "Account-Id": "111122223333",
		"User-Id": "AROAEXAMPLE:CognitoIdentityCredentials", "Access-Key-Id": "ASIAEXAMPLEACCESSKEY", "Identity-Id": "us-east-1:7b2c",
		"Identity-Pool-Id": "us-east-1:0fa1", "Authentication-Type": "authenticated", "User-Sub": "9f3c", "Source-Ip": "127.0.0.1",
		"Api-Id": "abc123", "Stage": "prod",
		"Authentication-Provider": "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd,cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
	}
	s := newStand(t)
	s.signer.SignHeaders = []string{"X-Gatepass-User-Sub", "X-Amzn-Apigateway-Api-Id"}
	r := s.request("GET", "/prod/x", "")
	r.Header.Set("X-Gatepass-User-Sub", "mallory")
	r.Header.Set("X-Gatepass-New", "mallory")
	r.Header["x-GATEPASS-identity-ID"] = []string{"mallory", "mallory2"}
	r.Header.Set("X-Amzn-Apigateway-Api-Id", "mallory")
	got := s.passed("signed", s.do(s.sign(r, "")))
	for name, value := range want {
		if v := got.header.Values("X-Gatepass-" + name); len(v) != 1 || v[0] != value {
			t.Errorf("X-Gatepass-%s = %q, want %q once", name, v, value)
		}
	}
	noMallory(t, got)

	s = open(t)
	got = s.passed("unsigned", s.send(line("x-gatepass-user-arn: mallory\r\nX-GATEPASS-USER-SUB: mallory\r\nx-amzn-trace-id: mallory")))
	if got.header.Get("X-Gatepass-User-Arn") != "" || got.header.Get("X-Gatepass-Source-Ip") != "127.0.0.1" {
		t.Errorf("headers %v", got.header)
	}
	noMallory(t, got)
	for _, h := range []string{"X_Gatepass_User_Sub: mallory", "x-gatepass_user-sub: mallory", "Connection: X-Gatepass-User-Sub"} {
		s.refused(h, s.send(line(h)), 400, "BadRequestException")
	}
	trailer := "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\nTransfer-Encoding: chunked\r\nTrailer: X-Gatepass-User-Sub\r\n\r\n2\r\nhi\r\n0\r\nX-Gatepass-User-Sub: mallory\r\n\r\n"
	got = s.passed("trailer", s.send(trailer))
	noMallory(t, got)
	if got.chunked || got.length != 2 {
		t.Errorf("forwarded with length %d, chunked %v", got.length, got.chunked)
	}
}

func noMallory(t *testing.T, got received) {
	t.Helper()
	for key, values := range got.header {
		if strings.Contains(strings.Join(values, ","), "mallory") {
			t.Errorf("%s: %q reached the backend", key, values)
		}
	}
}

func TestC03HeaderNames(t *testing.T) {
	s := open(t)
	for name, h := range map[string]string{
		"8-bit value": "X-A: \xe9", "space before the colon": "X-A : b", "control byte": "X-A: a\x01b", "name of other bytes": "X\xe9: a",
		"shadow of another header": "X-Foo: a\r\nX_Foo: b", "shadow of a date": "x_amz_date: 1",
	} {
		if got := s.send(line(h)); got.status != 400 {
			t.Errorf("%s: %d", name, got.status)
		}
		s.nothingForwarded()
	}
	got := s.passed("underscore", s.send(line("X_Alone: a\r\nX-Fine: b")))
	if got.header.Get("X_alone") != "" || got.header.Get("X-Fine") != "b" {
		t.Errorf("headers %v", got.header)
	}
}

func TestC04Connection(t *testing.T) {
	s := newStand(t)
	s.signer.SignHeaders = []string{"X-Mine"}
	for _, name := range []string{"X-Amz-Date", "content-type", "close, host", "Authorization", "x-mine", "X-Gatepass-Stage", "content-length"} {
		r := s.request("GET", "/prod/x", "")
		r.Header.Set("X-Mine", "1")
		raw := text(t, s.sign(r, ""))
		got := s.send(strings.Replace(raw, "User-Agent:", "Connection: "+name+"\r\nUser-Agent:", 1))
		s.refused(name, got, 400, "BadRequestException")
	}
	s = open(t)
	got := s.passed("hop-by-hop", s.send(line("Connection:\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nProxy-Connection: x")))
	for _, name := range []string{"X-Hop", "Keep-Alive", "Te", "Proxy-Authorization", "Proxy-Connection", "Connection"} {
		if got.header.Get(name) != "" {
			t.Errorf("%s reached the backend", name)
		}
	}
}

func TestC05Framing(t *testing.T) {
	s := open(t)
	head := "POST /prod/x HTTP/1.1\r\nHost: " + testHost + "\r\n"
	for name, raw := range map[string]string{
		"different lengths": head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
		"signed length":     head + "Content-Length: +3\r\n\r\nabc",
		"unknown coding":    head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings":       head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"bad chunk":         head + "Transfer-Encoding: chunked\r\n\r\n2\r\nhiX\r\n0\r\n\r\n",
		"LF in extension":   head + "Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\nhi\r\n0\r\n\r\n",
	} {
		if got := s.send(raw); got.status != 400 && got.status != 501 {
			t.Errorf("%s: %d", name, got.status)
		}
		s.nothingForwarded()
	}
	got := s.passed("both framings", s.send(head+"Transfer-Encoding: chunked\r\nContent-Length: 100\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
	if string(got.body) != "hi" || got.length != 2 || got.chunked {
		t.Errorf("forwarded %q, length %d", got.body, got.length)
	}
}

// TestC06UnreadBody puts a request into the body of a refused one.
func TestC06UnreadBody(t *testing.T) {
	s := newStand(t)
	smuggled := text(t, s.signed("GET", "/prod/smuggled", ""))
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(hangs))
	first := s.request("POST", "/prod/x", smuggled)
	if _, err := io.WriteString(conn, text(t, first)); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	if got := readReply(br, "POST"); got.status != 403 {
		t.Fatalf("got %d", got.status)
	}
	s.nothingForwarded()
	_, _ = io.WriteString(conn, text(t, s.signed("GET", "/prod/second", "")))
	if got := readReply(br, "GET"); got.err == nil && got.status != 200 {
		t.Errorf("second answer %d %s", got.status, got.body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.seen {
		if r.target != "/second" {
			t.Errorf("backend saw %s", r.target)
		}
	}
}

func TestC07C08C09Removed(t *testing.T) {
	names := []string{
		"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri",
		"X-Forwarded-Host", "X-Forwarded-User", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Amz-Security-Token",
	}
	header := "X-Forwarded-For: mallory\r\nX-Forwarded-Proto: mallory\r\nAuthorization: AWS4-HMAC-SHA256 Credential=mallory"
	for _, n := range names {
		header += "\r\n" + n + ": mallory"
	}
	s := open(t)
	got := s.passed("open route", s.send(line(header)))
	noMallory(t, got)
	if got.header.Get("X-Forwarded-For") != "127.0.0.1" || got.header.Get("X-Forwarded-Proto") != "http" || got.header.Get("X-Forwarded-Port") == "" {
		t.Errorf("headers %v", got.header)
	}
	got = s.passed("other schemes are the backend's", s.send(line("Authorization: Bearer abc")))
	if got.header.Get("Authorization") != "Bearer abc" {
		t.Errorf("Authorization %q", got.header.Get("Authorization"))
	}
	presign := "GET /prod/x?a=1&X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Security-Token=d&b=2 HTTP/1.1\r\nHost: " + testHost + "\r\n\r\n"
	if got = s.passed("presign", s.send(presign)); got.target != "/x?a=1&b=2" {
		t.Errorf("forwarded %s", got.target)
	}

	s = newStand(t)
	r := s.request("GET", "/prod/x", "")
	for _, n := range names[:len(names)-1] {
		r.Header.Set(n, "mallory")
	}
	r.Header.Set("X-Unsigned", "mallory")
	got = s.passed("signed route", s.do(s.sign(r, "")))
	noMallory(t, got)
	for _, n := range []string{"Authorization", "X-Amz-Security-Token"} {
		if got.header.Get(n) != "" {
			t.Errorf("%s reached the backend", n)
		}
	}
	if got.header.Get("X-Amz-Date") == "" || got.header.Get("User-Agent") != "test" {
		t.Errorf("signed and usual headers are missing: %v", got.header)
	}
}

func TestC10Upgrade(t *testing.T) {
	s := open(t)
	s.refused("websocket", s.send(line("Connection: Upgrade\r\nUpgrade: websocket")), 501, "")
	got := s.passed("h2c is ignored", s.send(line("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk")))
	if got.header.Get("Upgrade")+got.header.Get("Http2-Settings")+got.header.Get("Connection") != "" {
		t.Errorf("headers %v", got.header)
	}
	_ = s.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	s.nothingForwarded()
}

func TestC11Expect(t *testing.T) {
	s := open(t)
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(hangs))
	br := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, "POST /prod/x HTTP/1.1\r\nHost: "+testHost+"\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
	if status, err := br.ReadString('\n'); err != nil || !strings.Contains(status, "100") {
		t.Fatalf("got %q, %v", status, err)
	}
	_, _ = br.ReadString('\n')
	_, _ = io.WriteString(conn, "hi")
	if got := s.passed("continue", readReply(br, "POST")); got.header.Get("Expect") != "" || string(got.body) != "hi" {
		t.Errorf("backend saw %v %q", got.header, got.body)
	}
	s.refused("other", s.send(line("Expect: tea")), 417, "")
}

func TestC18Compression(t *testing.T) {
	s := open(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, "not really gzip")
	}
	got := s.send(line("X: y"))
	if got.body != "not really gzip" || got.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %q %v", got.body, got.header)
	}
	if seen := s.forwarded(); seen.header.Get("Accept-Encoding") != "" || seen.header.Get("User-Agent") != "AmazonAPIGateway_abc123" {
		t.Errorf("the transport added %v", seen.header)
	}
}

func TestC15AnswerHeaders(t *testing.T) {
	s := open(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("X-Gatepass-User-Sub", "mallory")
		h.Set("Connection", "X-Hop")
		h.Set("X-Hop", "mallory")
		h.Set("Keep-Alive", "mallory")
		h.Set("X-Amzn-RequestId", "mallory")
		h.Add("Set-Cookie", "a=1")
		h.Add("Set-Cookie", "b=2")
		w.WriteHeader(http.StatusTeapot)
	}
	got := s.send(line("X: y"))
	if got.status != http.StatusTeapot || len(got.header.Values("Set-Cookie")) != 2 {
		t.Errorf("got %d %v", got.status, got.header)
	}
	for key, values := range got.header {
		if strings.Contains(strings.Join(values, ","), "mallory") {
			t.Errorf("%s: %q reached the client", key, values)
		}
	}
	if got.header.Get("X-Amzn-Requestid") == "" {
		t.Error("no request id")
	}
}

func TestMappedURI(t *testing.T) {
	s := newStand(t)
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
		{Path: "/u/{id}", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND/v1/users/{id}/profile"}},
		{Path: "/p/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND/{proxy}"}},
		{Path: "/fixed", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{URI: "BACKEND/"}},
	}})
	for target, want := range map[string]string{
		"/prod/u/a%20b?q=1": "/v1/users/a%20b/profile?q=1",
		"/prod/p/a//b/":     "/a//b",
		"/prod/fixed?x":     "/?x",
	} {
		if got := s.passed(target, s.do(s.signed("GET", target, ""))); got.target != want {
			t.Errorf("%s forwarded as %s, want %s", target, got.target, want)
		}
	}
}

func TestHandlerIntegration(t *testing.T) {
	s := newStand(t)
	var id Identity
	var seen *http.Request
	var body []byte
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ = IdentityFrom(r.Context())
		body, _ = io.ReadAll(r.Body)
		seen = r
		w.Header().Set("X-Gatepass-Leak", "1")
		_, _ = io.WriteString(w, "note "+r.PathValue("id"))
	})
	boom := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
		{Path: "/notes/{id}", Methods: []string{"PUT"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{Handler: h}},
		{Path: "/boom", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{Handler: boom}},
	}})
	got := s.do(s.signed("PUT", "/prod/notes/a%20b?q=1", "hello"))
	if got.status != 200 || got.body != "note a b" || got.header.Get("X-Gatepass-Leak") != "" {
		t.Fatalf("got %d %q %v", got.status, got.body, got.header)
	}
	if id.UserSub != "9f3c" || seen.RequestURI != "/notes/a%20b?q=1" || seen.URL.Path != "/notes/a b" || string(body) != "hello" {
		t.Errorf("handler saw %+v %s %q", id, seen.RequestURI, body)
	}
	if seen.Header.Get("Authorization") != "" || seen.Header.Get("X-Gatepass-User-Sub") != "9f3c" || seen.Header["User-Agent"][0] != "test" {
		t.Errorf("headers %v", seen.Header)
	}
	got = s.do(s.signed("GET", "/prod/boom", ""))
	s.refused("panic", got, 500, "InternalServerErrorException")
	if e := s.lastEvent(); !strings.Contains(e.Err.Error(), "boom") {
		t.Errorf("event %v", e.Err)
	}
}
