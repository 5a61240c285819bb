package cli

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestHeadersAreBounded holds that a connection cannot make the server keep an
// endless header.
func TestHeadersAreBounded(t *testing.T) {
	base, stop := serveFor(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer stop()
	for size, want := range map[int]int{8 << 10: http.StatusNoContent, 64 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		r, err := http.NewRequest(http.MethodGet, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Long", strings.Repeat("a", size))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d bytes of header: status %d, want %d", size, resp.StatusCode, want)
		}
	}
}

// TestShutdownIsGraceful holds that a request under way is answered although the
// server was told to stop.
func TestShutdownIsGraceful(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	ln := &closing{closed: make(chan struct{})}
	base, stop := serveOn(t, ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-goOn
		_, _ = io.WriteString(w, "done")
	}))
	answered := make(chan string, 1)
	go func() {
		resp, err := http.Get(base)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answered <- string(b)
	}()
	<-begun
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	<-ln.closed // nobody else is let in
	close(goOn)
	if got := <-answered; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	<-stopped
}

// serveFor serves h until stop, which fails the test if that went wrong.
func serveFor(t *testing.T, h http.Handler) (base string, stop func()) {
	t.Helper()
	return serveOn(t, &closing{closed: make(chan struct{})}, h)
}

// closing is a listener that tells that it is closed.
type closing struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func (ln *closing) Close() error {
	err := ln.Listener.Close()
	ln.once.Do(func() { close(ln.closed) })
	return err
}

// serveOn is serveFor with a listener that is made here.
func serveOn(t *testing.T, ln *closing, h http.Handler) (base string, stop func()) {
	t.Helper()
	var err error
	if ln.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runHTTP(ctx, ln, newHTTPServer(h, slog.New(slog.DiscardHandler))) }()
	return baseURL(ln.Addr()), func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestListenAddress(t *testing.T) {
	for _, c := range []struct {
		listen string
		remote bool
		ok     bool
	}{
		{"127.0.0.1:0", false, true},
		{"127.9.9.9:80", false, true},
		{"[::1]:80", false, true},
		{"localhost:80", false, true},
		{"localhost.example.com:80", false, false},
		{":80", false, false},
		{"0.0.0.0:80", false, false},
		{"[::]:80", false, false},
		{"10.0.0.1:80", false, false},
		{"10.0.0.1:80", true, true},
		{"127.0.0.1", true, false},
	} {
		err := (&serveOptions{door: door{listen: c.listen, allowRemote: c.remote}}).checkListen()
		if (err == nil) != c.ok {
			t.Errorf("%s, remote %v: %v", c.listen, c.remote, err)
		}
	}
}
