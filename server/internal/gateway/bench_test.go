package gateway

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// BenchmarkHandle is what the gateway itself costs a call, with nothing before it
// and behind it a handler that does nothing, or a backend on loopback.
func BenchmarkHandle(b *testing.B) {
	handler := apidef.Integration{Handler: http.HandlerFunc(okHandler)}
	backend := apidef.Integration{URI: benchBackend(b)}
	for _, auth := range []apidef.Auth{apidef.AuthIAM, apidef.AuthNone} {
		b.Run(string(auth), func(b *testing.B) { benchHandle(b, auth, handler) })
		b.Run(string(auth)+"/forwarded", func(b *testing.B) { benchHandle(b, auth, backend) })
	}
}

func benchHandle(b *testing.B, auth apidef.Auth, in apidef.Integration) {
	g := benchGateway(b)
	b.Cleanup(func() { _ = g.Close() })
	route := apidef.Route{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: auth, Integration: in}
	if err := g.Serve(apidef.Catalog{APIs: []apidef.API{{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{route}}}}); err != nil {
		b.Fatal(err)
	}
	r := benchRequest(b, auth)
	w := &benchWriter{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		if g.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatal(w.status, w.header)
		}
	}
}

func benchGateway(b *testing.B) *Gateway {
	b.Helper()
	doc, err := policy.Parse([]byte(allowAll), policy.Identity)
	if err != nil {
		b.Fatal(err)
	}
	who := Resolved{Secret: secret, Policies: policy.Policies{Identity: []*policy.Policy{doc}}}
	who.Principal = policy.Principal{
		Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/R/CognitoIdentityCredentials", Account: "111122223333",
		UserID: "AROAEXAMPLE:CognitoIdentityCredentials", IdentityID: "us-east-1:11111111-2222-3333-4444-555555555555", IdentityPoolID: "us-east-1:pool",
	}
	g := &Gateway{
		Region: "us-east-1", AccountID: "111122223333", Now: func() time.Time { return testTime },
		Keys: func(context.Context, string, string, time.Time) (Resolved, error) { return who, nil },
	}
	return g
}

// benchWriter takes an answer and keeps its status.
type benchWriter struct {
	header http.Header
	status int
}

func (w *benchWriter) Header() http.Header         { return w.header }
func (w *benchWriter) WriteHeader(status int)      { w.status = status }
func (w *benchWriter) Write(p []byte) (int, error) { return len(p), nil }

// benchBackend answers every request with the same bytes.
func benchBackend(b *testing.B) (url string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				buf := make([]byte, 16<<10) // a request comes in one piece
				for {
					if _, err := conn.Read(buf); err != nil {
						_ = conn.Close()
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func benchRequest(b *testing.B, auth apidef.Auth) *http.Request {
	b.Helper()
	r, err := http.NewRequest("GET", "http://"+testHost+"/prod/notes/7?a=1", nil)
	if err != nil {
		b.Fatal(err)
	}
	if auth == apidef.AuthIAM {
		s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		c := sigv4.Credentials{AccessKeyID: "ASIAEXAMPLEACCESSKEY", SecretAccessKey: secret, SessionToken: sessionTok}
		if err := s.Sign(r, c, sigv4.EmptyHash, testTime); err != nil {
			b.Fatal(err)
		}
	}
	var raw strings.Builder
	if err := r.Write(&raw); err != nil {
		b.Fatal(err)
	}
	in, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw.String())))
	if err != nil {
		b.Fatal(err)
	}
	in.RemoteAddr = "127.0.0.1:5"
	return in
}
