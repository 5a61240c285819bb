package proxy

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass"
)

// A Proxy signs requests and sends them on. Set Credentials and Upstream or
// Routes; fields may change until first use, after which it is safe for
// concurrent use. It must not be copied.
type Proxy struct {
	// Upstream takes the paths that no route takes. Zero: they are 404.
	Upstream Upstream
	// Routes are upstreams by the prefix of the path, such as "/notes", which is
	// replaced by the path of the upstream's URL. A prefix is whole segments,
	// compared byte for byte; the longest decides.
	Routes map[string]Upstream
	// Credentials gives what requests are signed with; the Credentials of a
	// [gatepass.Session] is one. It is called before the last ones expire, and
	// never for two requests at once. Expires may be zero: they do not expire.
	Credentials func(context.Context) (gatepass.Credentials, error)
	// Renew gives others than the credentials that an upstream refused, as the
	// RenewCredentials of a [gatepass.Session] does. Zero: Credentials is asked
	// again.
	Renew func(ctx context.Context, refused gatepass.Credentials) (gatepass.Credentials, error)
	// Payload says whether bodies are hashed. Zero: [PayloadAuto].
	Payload Payload
	// MaxBody is the longest request body in bytes; a longer one is 413. Zero:
	// 10 MiB, what API Gateway takes. Negative: no limit.
	MaxBody int64
	// Retries is how often a request that is safe to repeat is sent again after
	// 429, 502, 503, 504 or a failed connection, signed anew each time. Zero: 2.
	// Negative: never.
	Retries int
	// Set are headers that every request is sent with, in place of the client's.
	Set http.Header
	// Strip names headers of the client that are not sent on.
	Strip []string
	// PreserveAuthorization sends the client's Authorization on as
	// X-Original-Authorization, unless it is a signature. Zero: it is dropped.
	PreserveAuthorization bool
	// Hosts are names that the Host of a request may have besides localhost and
	// any IP address, without port; "*" is any name. A name that is not expected
	// is 403: a page of the web can point a name of its own at this machine.
	Hosts []string
	// Origins are the origins of pages that may use the proxy from a browser, such
	// as "http://localhost:5173", besides the proxy's own. Others are 403.
	Origins []string
	// AllowHTTP lets session tokens leave this machine over plain http. Zero: an
	// upstream that is not https must be on loopback.
	AllowHTTP bool
	// Transport sends the signed requests. Zero: one with a pool of 512 idle
	// connections per host, HTTP/2 where the upstream has it, the proxy of the
	// environment, and 16 minutes for an answer to begin.
	Transport http.RoundTripper
	// RootCAs are the authorities that certificates of upstreams are trusted by,
	// if Transport is nil. Zero: the system's.
	RootCAs *x509.CertPool
	// Log gets one line per request, without query and headers. Zero: none.
	Log *slog.Logger

	mu      sync.Mutex // while the plan is made
	plan    atomic.Pointer[plan]
	wallet  wallet
	metrics metrics
	sockets sockets
}

// Start checks the fields and gets the first credentials. It need not be called:
// the first request does the same. The error is a [ConfigError] for what is wrong
// with a field, such as a region that nothing says, else that of Credentials.
func (p *Proxy) Start(ctx context.Context) error {
	if _, err := p.prepared(ctx); err != nil {
		return err
	}
	_, err := p.wallet.get(ctx, p)
	if none, ok := errors.AsType[*walletError](err); ok {
		return none.err
	}
	return err
}

// Close ends the WebSockets that are open, waits until they are logged, stops the
// renewal of credentials and closes idle connections. Other requests under way are
// not disturbed: let http.Server.Shutdown wait for them first. The error is always nil.
func (p *Proxy) Close() error {
	p.wallet.close()
	p.sockets.close()
	if pl := p.plan.Load(); pl != nil {
		if t, ok := pl.transport.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
	return nil
}

// A ConfigError says which field of a Proxy is wrong, and what it wants.
type ConfigError struct {
	Field string
	Text  string
}

// Error is the field and what it wants.
func (e *ConfigError) Error() string { return "proxy: " + e.Field + ": " + e.Text }

// prepared gives the plan, made on first use. One that could not be made is tried
// again: names may be resolved later.
func (p *Proxy) prepared(ctx context.Context) (*plan, error) {
	if pl := p.plan.Load(); pl != nil {
		return pl, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pl := p.plan.Load(); pl != nil {
		return pl, nil
	}
	if p.Credentials == nil {
		return nil, &ConfigError{"Credentials", "set it to what gives credentials"}
	}
	pl, err := newPlan(context.WithoutCancel(ctx), p)
	if err == nil {
		p.plan.Store(pl)
	}
	return pl, err
}

// ServeHTTP signs r, sends it and streams the answer. What the proxy itself
// refuses is answered as API Gateway answers, with a JSON message that begins
// with "gatepass proxy:".
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{p: p, w: w, r: r, begun: time.Now()}
	p.metrics.inFlight.Add(1)
	defer x.end() // also when an answer that broke off panics
	if err := x.serve(); err != nil {
		x.refuse(err)
	}
}

func (x *exchange) serve() (err error) {
	if x.plan, err = x.p.prepared(x.r.Context()); err != nil {
		return err
	}
	if x.target, err = x.plan.target(cmp.Or(x.r.RequestURI, x.r.URL.RequestURI())); err != nil {
		return err
	}
	if err = x.plan.admit(x.r); err != nil {
		return err
	}
	if x.upgrade = upgradeOf(x.r); x.upgrade {
		return x.socket()
	}
	if x.body, err = x.take(); err != nil {
		return err
	}
	defer x.body.close()
	resp, err := x.send()
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		return errUnasked
	}
	return x.respond(resp)
}
