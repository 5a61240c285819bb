package curl

import (
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A method that was typed stays on a redirect, and the body goes, as with curl.
func TestTypedMethodOnRedirectAsCurl(t *testing.T) {
	needCurl(t)
	var mu sync.Mutex
	var seen []string
	take := func() []string {
		mu.Lock()
		defer mu.Unlock()
		got := seen
		seen = nil
		return got
	}
	u := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, r.Method+" "+r.URL.Path+" "+string(b))
		mu.Unlock()
		if status, ok := map[string]int{"/301": 301, "/302": 302, "/303": 303, "/307": 307, "/308": 308}[r.URL.Path]; ok {
			w.Header().Set("Location", "/to")
			w.WriteHeader(status)
		}
	})
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		for _, args := range [][]string{{"-X", "POST", "-d", "x"}, {"-X", "PUT", "-d", "x"}, {"-X", "DELETE"}, {"-d", "x"}, {"-T", "semantics_test.go", "-H", "Expect:"}, {"-X", "POST", "-T", "semantics_test.go", "-H", "Expect:"}, {"-X", "PATCH", "--json", "{}"}} {
			args = append([]string{u + "/" + status, "-L"}, args...)
			if out, err := exec.Command("curl", slices.Concat([]string{"-q", "-sS", "--noproxy", "*"}, args)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			want := take()
			if _, _, err := fetch(t, Streams{}, args...); err != nil {
				t.Fatal(err)
			}
			if got := take(); len(want) != 2 || !slices.Equal(got, want) {
				t.Errorf("%v: %q; curl: %q", args[1:], got, want)
			}
		}
	}
}

// A second URL is no header.
func TestSecondURL(t *testing.T) {
	for _, item := range []string{"https://api.example/b", "http://api.example/b", "HTTPS://api.example/b"} {
		o := Options{URL: "https://api.example/a", Items: []string{item}}
		if _, err := o.Build(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "only one URL") {
			t.Errorf("%s: %v", item, err)
		}
	}
	o := Options{URL: "https://api.example/a", Items: []string{"Referer:https://api.example/b", "link=https://api.example/c"}}
	r, err := o.Build(t.Context(), nil)
	if err != nil || r.Header.Get("Referer") != "https://api.example/b" {
		t.Error(err)
	}
}
