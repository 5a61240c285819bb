package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen are requests as "METHOD path signed|bare".
type seen struct {
	mu   sync.Mutex
	list []string
}

func (s *seen) add(r *http.Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	how := "bare"
	if strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDTEST/") {
		how = "signed"
	} else if r.Header.Get("Authorization")+r.Header.Get("X-Amz-Security-Token")+r.Header.Get("X-Api-Key") != "" {
		how = "with a secret"
	}
	body, _ := io.ReadAll(r.Body)
	s.list = append(s.list, fmt.Sprintf("%s %s %s%s", r.Method, r.URL.Path, how, body))
	return len(s.list)
}

// take gives what was seen, and forgets it.
func (s *seen) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

// callKeys runs call with keys of the environment.
func callKeys(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("gatepass", append([]string{"call", "--aws-profile", "env", "--region", "us-east-1"}, args...)...)
	cmd.Env = append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "AWS_ACCESS_KEY_ID=AKIDTEST", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// Redirects on the same host are signed anew; another host gets no secret.
func TestCallFollowsRedirects(t *testing.T) {
	var here, there seen
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { there.add(r) }))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here.add(r)
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/b", http.StatusTemporaryRedirect)
		case "/b":
			http.Redirect(w, r, other.URL+"/c", http.StatusSeeOther)
		}
	}))
	defer srv.Close()
	out := callKeys(t, "-L", "-d", "-body", "--api-key", "key", srv.URL+"/a")
	got := strings.Join(append(here.take(), there.take()...), ", ")
	if want := "POST /a signed-body, POST /b signed-body, GET /c bare"; got != want || !strings.Contains(out, "without credentials") {
		t.Errorf("%s, want %s; said %q", got, want, out)
	}
	out = callKeys(t, srv.URL+"/a")
	if got := here.take(); len(got) != 1 || !strings.Contains(out, "redirects to "+srv.URL+"/b; -L follows") {
		t.Errorf("%v, %q", got, out)
	}
}

// Every try is signed, also when the clocks differ.
func TestCallSignsAgain(t *testing.T) {
	var got seen
	ahead := time.Now().Add(20 * time.Minute)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := got.add(r)
		w.Header().Set("Date", ahead.UTC().Format(http.TimeFormat))
		at, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		switch {
		case n == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case ahead.Sub(at).Abs() > 5*time.Minute:
			w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"message":"Signature expired: %s is now earlier than %s"}`, r.Header.Get("X-Amz-Date"), ahead.Format("20060102T150405Z"))
		}
	}))
	defer srv.Close()
	callKeys(t, "-f", "--retry", "2", "--retry-delay", "0.01", "-d", "-x", srv.URL+"/")
	if text := strings.Join(got.list, ", "); text != "POST / signed-x, POST / signed-x, POST / signed-x" {
		t.Errorf("%s", text)
	}
}
