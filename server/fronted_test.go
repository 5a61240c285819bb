package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

// Behind a trusted proxy policies judge its client and not the proxy, and what is
// shown to developers on this machine is not shown to all whom the proxy serves.
func TestPoliciesBehindTrustedProxy(t *testing.T) {
	st := gatepasstest.New(t, func(s *server.Server) {
		s.Config = server.Sample("")
		s.Config.TrustedProxies = []string{"127.0.0.1"}
		s.Config.Roles[0].Policies["office"] = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*",
			"Condition":{"NotIpAddress":{"aws:SourceIp":"198.51.100.0/24"},"Bool":{"aws:SecureTransport":"true"}}}}`
	})
	client := st.SignedIn("ada").HTTPClient()
	for name, tt := range map[string]struct {
		from, proto string
		want        int
	}{
		"inside":             {"198.51.100.9", "https", 200},
		"outside":            {"203.0.113.9", "https", 403},
		"outside, no TLS":    {"203.0.113.9", "http", 200},
		"inside, as it says": {"198.51.100.9, 203.0.113.9", "https", 403},
	} {
		r := request(t, "GET", st.API+"/notes", "")
		r.Header.Set("X-Forwarded-For", tt.from)
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		if code, _, text := status(t, client, r); code != tt.want {
			t.Errorf("%s: %d %s", name, code, text)
		}
	}
	c, err := st.SignedIn("ada").Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	creds := c.Credentials
	creds.SecretAccessKey = "another"
	for from, echoed := range map[string]bool{"": true, "203.0.113.9": false} {
		r := request(t, "GET", st.API+"/notes", "")
		signer := sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		if err := signer.Sign(r, creds, sigv4.EmptyHash, time.Now()); err != nil {
			t.Fatal(err)
		}
		if from != "" {
			r.Header.Set("X-Forwarded-For", from)
		}
		code, _, text := status(t, http.DefaultClient, r)
		if code != 403 || strings.Contains(text, "Canonical String") != echoed {
			t.Errorf("from %q: %d %s", from, code, text)
		}
	}
}
