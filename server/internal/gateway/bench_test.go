package gateway

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// BenchmarkHandle is what the gateway itself costs a call: no sockets, a handler
// that does nothing behind it.
func BenchmarkHandle(b *testing.B) {
	doc, err := policy.Parse([]byte(allowAll), policy.Identity)
	if err != nil {
		b.Fatal(err)
	}
	who := Resolved{Secret: secret, Policies: policy.Policies{Identity: []*policy.Policy{doc}}}
	g := &Gateway{
		Region: "us-east-1", AccountID: "111122223333", Now: func() time.Time { return testTime },
		Keys: func(context.Context, string, string, time.Time) (Resolved, error) { return who, nil },
	}
	in := apidef.Integration{Handler: http.HandlerFunc(okHandler)}
	for _, auth := range []apidef.Auth{apidef.AuthIAM, apidef.AuthNone} {
		b.Run(string(auth), func(b *testing.B) {
			route := apidef.Route{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: auth, Integration: in}
			if err := g.Serve(apidef.Catalog{APIs: []apidef.API{{ID: "abc123", Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{route}}}}); err != nil {
				b.Fatal(err)
			}
			r := benchRequest(b, auth)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				if g.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
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
