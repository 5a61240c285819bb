package admin

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// get asks a handler of one metric for a page.
func get(ready error, metrics func(*Text), path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Handler(func(context.Context) error { return ready }, metrics).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

// TestReady: an error is 503 and one line, whatever its text.
func TestReady(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{nil, 200, "ok\n"},
		{errors.New("no keys"), 503, "no keys\n"},
		{errors.Join(errors.New("no database:\n\tgone"), errors.New("no keys")), 503, "no database: gone no keys\n"},
	} {
		if w := get(c.err, nil, "/readyz"); w.Code != c.code || w.Body.String() != c.text {
			t.Errorf("%v: %d %q", c.err, w.Code, w.Body)
		}
		if w := get(c.err, nil, "/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
			t.Errorf("a process that lives: %d %q", w.Code, w.Body)
		}
	}
	if w := get(nil, nil, "/debug/pprof/"); w.Code != 404 {
		t.Errorf("elsewhere: %d", w.Code)
	}
}

// some writes a metric of each kind.
func some(t *Text) {
	var h Durations
	for _, d := range []time.Duration{0, 5 * time.Millisecond, 5*time.Millisecond + 1, time.Minute} {
		h.Observe(d)
	}
	t.One("a_total", "counter", "Things.", 3)
	t.Head("b", "gauge", "Others.")
	t.Sample("b", 0.25, "kind", "x", "name", `q"\`)
	t.Head("c_seconds", "histogram", "Times.")
	t.Durations("c_seconds", &h, "kind", "x")
}

// TestText: the lines are those of "Text-based format", version 0.0.4, in
// Prometheus's "Exposition formats". Buckets count what is at most their bound,
// and add up.
func TestText(t *testing.T) {
	w := get(nil, some, "/metrics")
	if kind := w.Header().Get("Content-Type"); kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Error(kind)
	}
	text := w.Body.String()
	for _, want := range []string{
		"# HELP a_total Things.\n# TYPE a_total counter\na_total 3\n",
		"# TYPE b gauge\n" + `b{kind="x",name="q\"\\"} 0.25` + "\n",
		`c_seconds_bucket{kind="x",le="0.005"} 2` + "\n" + `c_seconds_bucket{kind="x",le="0.01"} 3` + "\n",
		`c_seconds_bucket{kind="x",le="30"} 3` + "\n" + `c_seconds_bucket{kind="x",le="+Inf"} 4` + "\n",
		`c_seconds_sum{kind="x"} 60.010000001` + "\n" + `c_seconds_count{kind="x"} 4` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
