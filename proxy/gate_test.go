package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/proxy"
)

// gate is a proxy for a signed-in user in front of the whole gate.
func gate(t *testing.T, change ...func(*proxy.Proxy)) (*gatepasstest.Stand, *gatepass.Session, string) {
	t.Helper()
	st := gatepasstest.New(t)
	s := st.SignedIn("ada")
	p := &proxy.Proxy{
		Upstream: proxy.Upstream{URL: st.API, Region: "us-east-1"}, Credentials: s.Credentials, Renew: s.RenewCredentials,
	}
	for _, c := range change {
		c(p)
	}
	return st, s, serveProxy(t, p).URL
}

// TestGate holds that a client that cannot sign reaches the gate as the user.
func TestGate(t *testing.T) {
	_, _, base := gate(t)
	resp, body := do(t, request(t, "POST", base+"/notes", `{"content":"buy milk"}`))
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if resp, body := do(t, request(t, "GET", base+"/notes", "")); resp.StatusCode != 200 || !strings.Contains(body, "buy milk") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, body := do(t, request(t, "GET", base+"/nowhere", "")); resp.StatusCode != 403 || strings.Contains(body, "gatepass proxy") {
		t.Errorf("the gate's refusal came as %d %s", resp.StatusCode, body)
	}
}

// TestGateClock holds that a proxy whose clock is wrong is served all the same.
func TestGateClock(t *testing.T) {
	st, _, base := gate(t)
	for _, d := range []time.Duration{0, 20 * time.Minute, -20 * time.Minute} {
		st.Advance(d)
		if resp, body := do(t, request(t, "POST", base+"/notes", `{"content":"x"}`)); resp.StatusCode/100 != 2 {
			t.Errorf("the gate's clock moved by %s: %d %s", d, resp.StatusCode, body)
		}
	}
}

// TestGateExpired holds that credentials that the gate calls expired are renewed.
func TestGateExpired(t *testing.T) {
	st, s, base := gate(t)
	before, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if resp, body := do(t, request(t, "GET", base+"/notes", "")); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	st.Advance(2 * time.Hour)
	if resp, body := do(t, request(t, "POST", base+"/notes", `{"content":"x"}`)); resp.StatusCode/100 != 2 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if after, err := s.Credentials(t.Context()); err != nil || after.AccessKeyID == before.AccessKeyID {
		t.Errorf("the session still has the old credentials (%v)", err)
	}
}

// TestGateFault holds that a request that is safe to repeat survives a gateway that
// was not there for a moment.
func TestGateFault(t *testing.T) {
	st, _, base := gate(t)
	if resp, body := do(t, request(t, "GET", base+"/notes", "")); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	st.FailNext(2, http.StatusBadGateway)
	if resp, body := do(t, request(t, "GET", base+"/notes", "")); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	st.FailNext(1, http.StatusServiceUnavailable)
	if resp, _ := do(t, request(t, "POST", base+"/notes", `{"content":"x"}`)); resp.StatusCode != 503 {
		t.Errorf("a POST was sent again: %d", resp.StatusCode)
	}
}
