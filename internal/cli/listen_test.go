package cli

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestAskedFor: what a loopback address tells it tells to no page whose name was pointed at it.
func TestAskedFor(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "told") })
	for _, c := range []struct {
		addr, host string
		code       int
	}{
		{"127.0.0.1:9100", "127.0.0.1:9100", 200},
		{"127.0.0.1:9100", "localhost:9100", 200},
		{"[::1]:9100", "[::1]:9100", 200},
		{"127.0.0.1:9100", "", 200},
		{"127.0.0.1:9100", "evil.example:9100", 403},
		{"[::1]:9100", "localhost.evil.example", 403},
		{"0.0.0.0:9100", "gate.example:9100", 200},
		{"192.0.2.1:9100", "gate.example:9100", 200},
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		askedFor(c.addr, ok).ServeHTTP(w, r)
		if w.Code != c.code || (w.Body.String() == "told") != (c.code == 200) {
			t.Errorf("%s asked for %q: %d %s", c.addr, c.host, w.Code, w.Body)
		}
	}
}

// TestAdminAsked: the address of --admin is such a one.
func TestAdminAsked(t *testing.T) {
	var log strings.Builder
	d := door{admin: "127.0.0.1:0"}
	stop, err := d.serveAdmin(http.NotFoundHandler(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, at, _ := strings.Cut(strings.TrimSpace(log.String()), "listen=")
	for host, want := range map[string]int{"": 404, "evil.example": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host // "": that of the address
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}
