package corpus

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Arguments are those of c behind "gatepass call" for an API at base. The file, if
// there is one, is written into dir.
func (c *Case) Arguments(base, dir string) ([]string, error) {
	if c.Host != "" {
		u, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		base = strings.Replace(base, u.Hostname(), c.Host, 1)
	}
	file := filepath.Join(dir, "body")
	if c.File != "" {
		if err := os.WriteFile(file, []byte(c.File), 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{base + c.Target}
	for _, a := range c.Args {
		args = append(args, strings.ReplaceAll(a, "FILE", file))
	}
	return args, nil
}

// A Wire is a request as a server got it.
type Wire struct {
	Method, Target, Host string
	Header               http.Header
	Body                 []byte
}

// A Recorder keeps what it gets and passes it on.
type Recorder struct {
	Next http.Handler

	mu  sync.Mutex
	got []Wire
}

// ServeHTTP keeps r.
func (rec *Recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec.mu.Lock()
	rec.got = append(rec.got, Wire{r.Method, r.RequestURI, r.Host, r.Header.Clone(), body})
	rec.mu.Unlock()
	rec.Next.ServeHTTP(w, r)
}

// Take gives the requests since the last Take.
func (rec *Recorder) Take() []Wire {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	got := rec.got
	rec.got = nil
	return got
}

// Check says what of a request is not as c wants it to arrive behind the path of
// the base URL.
func (c *Case) Check(w Wire, basePath string) error {
	want := basePath + c.Sent
	switch {
	case w.Method != c.Method:
		return fmt.Errorf("the method is %s, want %s", w.Method, c.Method)
	case w.Target != want:
		return fmt.Errorf("the target is %s, want %s", w.Target, want)
	case c.Body != "*" && string(w.Body) != c.Body:
		return fmt.Errorf("the body is %.100q, want %.100q", w.Body, c.Body)
	case c.Body == "*" && len(w.Body) == 0:
		return fmt.Errorf("there is no body")
	}
	name, value, ok := strings.Cut(c.Header, ": ")
	if got, has := w.Header[name]; ok && (!has || strings.Join(got, "|") != value) {
		return fmt.Errorf("%s is %q, want %q", name, got, value)
	}
	return nil
}
