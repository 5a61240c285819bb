package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatepass/gatepass/internal/loopback"
)

// drain is how long requests under way may take to end when the server stops.
const drain = 10 * time.Second

// maxStreams is how many requests of an HTTP/2 connection run at a time.
const maxStreams = 100

// door is where and how a server listens, by the flags that proxy and serve share.
type door struct {
	listen, admin    string
	certificate, key string
	allowRemote      bool
}

// addFlags adds those that mean the same to both.
func (d *door) addFlags(f *pflag.FlagSet) {
	f.StringVar(&d.admin, "admin", "", "`ADDR` for /healthz, /readyz and /metrics; empty: nowhere")
	f.StringVar(&d.certificate, "tls-cert", "", "`FILE` of a certificate to serve HTTPS with, read again when it changes; needs --tls-key")
	f.StringVar(&d.key, "tls-key", "", "`FILE` of its key")
}

// onLoopback says whether only this machine reaches a listening address.
func onLoopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && loopback.Is(host), err
}

// listenUnix listens on a socket that nobody else can open. It is made where
// nobody else gets, and then moved: there is no moment at which others could.
func listenUnix(path string) (net.Listener, error) {
	if conn, err := net.Dial("unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("%s is in use by another process", path), conn.Close())
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket == 0 {
		return nil, usageErrorf("%s is there and is no socket", path)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".gatepass-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	ln.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return &unixListener{ln, path}, nil
}

// unixListener takes its file away when it is closed.
type unixListener struct {
	*net.UnixListener
	path string
}

func (l *unixListener) Close() error {
	return errors.Join(l.UnixListener.Close(), os.Remove(l.path))
}

// baseURL is where clients on this machine reach addr.
func baseURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "http://" + addr.String()
	}
	ip := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		ip = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(ip, fmt.Sprint(tcp.Port))
}

// mayListen refuses an address that other machines reach, unless asked for; why is
// what speaks against it.
func (d *door) mayListen(flag, addr, why, instead string) error {
	if addr == "" {
		return nil
	}
	loopback, err := onLoopback(addr)
	if err != nil {
		return hintf(usageErrorf("%s: %w", flag, err), "for example %s 127.0.0.1:8080", flag)
	}
	if loopback || d.allowRemote {
		return nil
	}
	return hintf(usageErrorf("%s is reached by other machines, and %s", addr, why), "%s", instead)
}

// open listens where --listen says, with TLS if there is a certificate. Base is
// where clients on this machine reach it.
func (d *door) open(log *slog.Logger) (ln net.Listener, base string, err error) {
	pair, err := d.keyPair(log)
	if err != nil {
		return nil, "", err
	}
	path, isUnix := strings.CutPrefix(d.listen, "unix:")
	if isUnix {
		ln, err = listenUnix(path)
		base = d.listen
	} else if ln, err = net.Listen("tcp", d.listen); err == nil {
		base = baseURL(ln.Addr())
	}
	if err != nil {
		return nil, "", hintf(err, "choose another address with --listen; port 0 takes a free one")
	}
	if pair == nil {
		return ln, base, nil
	}
	return tls.NewListener(ln, pair.config()), pair.base(base), nil
}

// serveAdmin serves health and metrics, if anywhere, until stop.
func (d *door) serveAdmin(h http.Handler, log *slog.Logger) (stop func(), err error) {
	if d.admin == "" {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", d.admin)
	if err != nil {
		return nil, hintf(err, "choose another address with --admin")
	}
	log.Info("admin is ready", "listen", baseURL(ln.Addr()))
	hs := newHTTPServer(askedFor(ln.Addr().String(), h), log)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = hs.Serve(ln) // it ends by Close
	}()
	return func() { _ = hs.Close(); <-ended }, nil
}

// askedFor answers, on a loopback address, only who asks for a name that no page
// of the web could have pointed at this machine. Other addresses have names that
// their operator gave them. A request without a Host, as health checks of HTTP/1.0
// are, comes from no browser.
func askedFor(addr string, h http.Handler) http.Handler {
	if mine, err := onLoopback(addr); err == nil && !mine {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, fixed := loopback.Fixed(r.Host); !fixed && r.Host != "" {
			http.Error(w, "ask for localhost or an address: no other Host is answered here", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// newHTTPServer bounds what a connection may cost before a handler sees it.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:           h,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// runHTTP serves until ctx ends, and then lets requests under way end.
func runHTTP(ctx context.Context, ln net.Listener, hs *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := hs.Shutdown(limit); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off after %s: %w", drain, err), hs.Close())
	}
	return nil
}
