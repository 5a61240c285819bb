package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// hangs is how long what comes in the end is waited for.
const hangs = 5 * time.Minute

// TestMain wants every goroutine to end. Those of connections that were closed do so
// when they are next run, for which a busy machine may take its time.
func TestMain(m *testing.M) {
	code := m.Run()
	left := goleak.Find()
	for end := time.Now().Add(hangs); code == 0 && left != nil && time.Now().Before(end); {
		left = goleak.Find()
	}
	if code == 0 && left != nil {
		fmt.Fprintln(os.Stderr, left)
		code = 1
	}
	os.Exit(code)
}

const (
	testHost   = "abc123.execute-api.us-east-1.amazonaws.com"
	secret     = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	sessionTok = "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDExample=="
	allowAll   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}]}`
)

var testTime = time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)

// received is one request as the recording backend read it from its socket.
type received struct {
	method, target, host string
	header               http.Header
	body                 []byte
	length               int64
	chunked              bool
}

// stand is a gateway on a real socket in front of a recording backend.
type stand struct {
	t       *testing.T
	g       *Gateway
	srv     *httptest.Server
	backend *httptest.Server
	creds   sigv4.Credentials
	signer  *sigv4.Signer

	mu      sync.Mutex
	running int // calls in the gateway
	idle    *sync.Cond
	seen    []received
	events  []Event
	answer  http.HandlerFunc // what the backend says; nil: 200 "ok"
	policy  string
	keyErr  error
}

// newStand serves routes of an API abc123 with the stages prod and dev. In a
// route's URI, BACKEND stands for the recording backend.
func newStand(t *testing.T, routes ...apidef.Route) *stand {
	t.Helper()
	s := &stand{
		t: t, policy: allowAll,
		creds:  sigv4.Credentials{AccessKeyID: "ASIAEXAMPLEACCESSKEY", SecretAccessKey: secret, SessionToken: sessionTok},
		signer: &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()},
	}
	s.idle = sync.NewCond(&s.mu)
	s.signer.Profile.Normalize = false // the tests say exactly what goes on the wire
	s.backend = httptest.NewServer(http.HandlerFunc(s.record))
	t.Cleanup(s.backend.Close)
	s.g = &Gateway{
		Region: "us-east-1", AccountID: "111122223333", Keys: s.keys,
		Now:   func() time.Time { return testTime },
		Event: s.note,
	}
	if len(routes) == 0 {
		routes = []apidef.Route{s.proxyRoute(apidef.AuthIAM)}
	}
	s.serve(apidef.API{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}, {Name: "dev"}}, Routes: routes})
	s.g.direct.wait = time.Hour // a test takes as long as it takes
	s.srv = httptest.NewUnstartedServer(s)
	s.srv.Config.MaxHeaderBytes = 64 << 10
	s.srv.Start()
	t.Cleanup(func() {
		s.srv.Close()
		if err := s.g.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *stand) proxyRoute(auth apidef.Auth) apidef.Route {
	return apidef.Route{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: auth, Integration: apidef.Integration{URI: "BACKEND"}}
}

func (s *stand) serve(apis ...apidef.API) {
	s.t.Helper()
	for i := range apis {
		for j := range apis[i].Routes {
			in := &apis[i].Routes[j].Integration
			in.URI = strings.Replace(in.URI, "BACKEND", s.backend.URL, 1)
		}
	}
	if err := s.g.Serve(apidef.Catalog{APIs: apis}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) keys(_ context.Context, id, token string, _ time.Time) (Resolved, error) {
	if s.keyErr != nil {
		return Resolved{}, s.keyErr
	}
	if id != s.creds.AccessKeyID || token != s.creds.SessionToken {
		return Resolved{}, sigv4.InvalidToken()
	}
	p, err := policy.Parse([]byte(s.policy), policy.Identity)
	if err != nil {
		return Resolved{}, err
	}
	p.Name = "test"
	return Resolved{Secret: secret, Policies: policy.Policies{Identity: []*policy.Policy{p}}, Principal: policy.Principal{
		Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/NotesRole/CognitoIdentityCredentials",
		RoleARN: "arn:aws:iam::111122223333:role/NotesRole", Account: "111122223333",
		UserID: "AROAEXAMPLE:CognitoIdentityCredentials", IdentityID: "us-east-1:7b2c", IdentityPoolID: "us-east-1:0fa1",
		AMR: []string{
			"authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd",
			"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
		},
		CognitoProvider: "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd,cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCd:CognitoSignIn:9f3c",
	}}, nil
}

func (s *stand) record(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error("backend:", err)
	}
	s.mu.Lock()
	s.seen = append(s.seen, received{r.Method, r.RequestURI, r.Host, r.Header.Clone(), body, r.ContentLength, len(r.TransferEncoding) > 0})
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

func (s *stand) note(_ context.Context, e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// forwarded gives the only request that reached the backend, and forgets it.
func (s *stand) forwarded() received {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) != 1 {
		s.t.Fatalf("backend saw %d requests, want 1", len(s.seen))
	}
	one := s.seen[0]
	s.seen = nil
	return one
}

func (s *stand) nothingForwarded() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) != 0 {
		s.t.Fatalf("backend saw %s %s", s.seen[0].method, s.seen[0].target)
	}
	s.seen = nil
}

// ServeHTTP is the gateway, which may still be at a call when its answer is read.
func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(1)
	defer s.count(-1)
	s.g.ServeHTTP(w, r)
}

func (s *stand) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running += n
	s.idle.Broadcast()
}

// settle waits until the gateway is done with all calls, their events and logs
// included.
func (s *stand) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.running > 0 {
		s.idle.Wait()
	}
}

// forget forgets the events so far.
func (s *stand) forget() {
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = nil
}

func (s *stand) lastEvent() Event {
	s.t.Helper()
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) == 0 {
		s.t.Fatal("no event")
	}
	return s.events[len(s.events)-1]
}

// request makes a request for exactly this target.
func (s *stand) request(method, target, body string) *http.Request {
	s.t.Helper()
	path, query, _ := strings.Cut(target, "?")
	u, err := wireURL("http", testHost, path, query)
	if err != nil {
		s.t.Fatalf("%s: %v", target, err)
	}
	r := &http.Request{Method: method, URL: u, Host: testHost, Header: http.Header{"User-Agent": {"test"}}, ProtoMajor: 1, ProtoMinor: 1}
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	return r
}

func (s *stand) sign(r *http.Request, body string) *http.Request {
	s.t.Helper()
	if err := s.signer.Sign(r, s.creds, sigv4.HashOf([]byte(body)), testTime); err != nil {
		s.t.Fatalf("sign %s: %v", r.URL, err)
	}
	return r
}

func (s *stand) signed(method, target, body string) *http.Request {
	s.t.Helper()
	return s.sign(s.request(method, target, body), body)
}

// text is a request's bytes, for tampering.
func text(t *testing.T, r *http.Request) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reply is an answer as it came over the socket.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

func (s *stand) do(r *http.Request) reply {
	s.t.Helper()
	return s.send(text(s.t, r))
}

// send writes raw bytes to the gateway and reads one answer.
func (s *stand) send(raw string) reply {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(hangs))
	if _, err := io.WriteString(conn, raw); err != nil && !errors.Is(err, io.EOF) {
		s.t.Logf("write: %v", err) // the gateway may have answered and closed before
	}
	method, _, _ := strings.Cut(raw, " ")
	return readReply(bufio.NewReader(conn), method)
}

func readReply(r *bufio.Reader, method string) reply {
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(body), err}
}

// refused checks status, error type and that the backend saw nothing.
func (s *stand) refused(name string, got reply, status int, errorType string) {
	s.t.Helper()
	if got.status != status || errorType != "" && got.header.Get("x-amzn-ErrorType") != errorType {
		s.t.Errorf("%s: got %d %s %s (%v), want %d %s", name, got.status, got.header.Get("x-amzn-ErrorType"), got.body, got.err, status, errorType)
	}
	s.nothingForwarded()
}

func (s *stand) passed(name string, got reply) received {
	s.t.Helper()
	if got.status != http.StatusOK || got.err != nil {
		s.t.Fatalf("%s: got %d %s (%v), want 200", name, got.status, got.body, got.err)
	}
	return s.forwarded()
}
