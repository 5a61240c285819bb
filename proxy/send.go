package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// exchange is one request and its answer.
type exchange struct {
	p       *Proxy
	w       http.ResponseWriter
	r       *http.Request
	plan    *plan
	target  target
	upgrade bool
	opened  bool // the upgrade is a socket that Close waits for
	body    *body

	begun    time.Time
	status   int
	in       atomic.Int64 // bytes of bodies, or of a socket
	out      int64
	attempts int
	id       string // the upstream's request id
	err      error  // why the client has no whole answer of the upstream
}

// cures are what may help against a refusal, each once, and the reasons that
// metrics count.
const (
	byWaiting = iota
	byReconnecting
	byClock
	byCredentials
	cureCount
)

// send sends the request, and again as long as that may help. Every attempt is
// signed anew.
func (x *exchange) send() (*http.Response, error) {
	ctx := x.r.Context()
	creds, err := x.p.wallet.get(ctx, x.p)
	if err != nil {
		return nil, err
	}
	var used [cureCount]int
	for {
		x.attempts++
		resp, err := x.once(ctx, creds)
		cure, wait := x.cure(resp, err, &used)
		if cure == byCredentials {
			fresh, err := x.p.wallet.renew(ctx, x.p, creds)
			if err != nil || fresh.AccessKeyID == creds.AccessKeyID {
				return resp, nil // what the upstream said says more
			}
			creds = fresh
		}
		if cure < 0 {
			return resp, err
		}
		discard(resp)
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
		used[cure]++
		x.p.metrics.retries[cure].Add(1)
	}
}

// once signs and sends one attempt.
func (x *exchange) once(ctx context.Context, creds *gatepass.Credentials) (*http.Response, error) {
	u := new(url.URL)
	if err := x.target.url(u); err != nil {
		return nil, err
	}
	out := &http.Request{
		Method: x.r.Method, URL: u, Host: x.target.host, Header: x.headers(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if err := x.sign(out, creds); err != nil {
		return nil, err
	}
	if b := x.body; b != nil && (b.size != 0 || b.stream != nil) {
		body, err := b.open()
		if err != nil {
			return nil, err
		}
		out.Body, out.ContentLength = body, b.size
		if b.stream == nil {
			out.GetBody = b.open
		}
	}
	return x.plan.transport.RoundTrip(out.WithContext(ctx))
}

// sign signs a copy of the URL, which signing may respell, and leaves what is
// sent as it is: both have one canonical form.
func (x *exchange) sign(out *http.Request, creds *gatepass.Credentials) error {
	hash := sigv4.EmptyHash
	if x.body != nil {
		hash = x.body.hash
	}
	u := *out.URL
	copied := http.Request{Method: out.Method, URL: &u, Host: out.Host, Header: out.Header}
	err := x.target.signer.Sign(&copied, creds.Credentials, hash, time.Now().Add(x.target.drift.Get()))
	if err != nil {
		return refusal(http.StatusBadRequest, "BadRequestException", err.Error())
	}
	return nil
}

// cure finds what may help, and how long to wait before; -1 is nothing.
func (x *exchange) cure(resp *http.Response, err error, used *[cureCount]int) (cure int, wait time.Duration) {
	tries := used[byWaiting] + used[byReconnecting]
	again := tries < x.plan.retries && repeatable(x.r) && (x.body == nil || x.body.again())
	switch {
	case x.r.Context().Err() != nil:
		return -1, 0
	case err != nil:
		if again && reconnects(err) {
			return byReconnecting, backoff(tries)
		}
		return -1, 0
	case resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusUnauthorized:
		if x.body != nil && !x.body.again() {
			return -1, 0
		}
		return x.cureRefusal(resp, used), 0
	case again && slices.Contains(passing, resp.StatusCode):
		if wait, ok := waitFor(resp.Header, tries); ok {
			return byWaiting, wait
		}
	}
	return -1, 0
}

// passing are answers that another attempt may not get.
var passing = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// cureRefusal reads why a signature was refused.
func (x *exchange) cureRefusal(resp *http.Response, used *[cureCount]int) int {
	refused, err := wire.PeekError(resp)
	if err != nil {
		resp.Body = io.NopCloser(errReader{err})
		return -1
	}
	switch {
	case errors.Is(refused, wire.ErrClockSkew) && used[byClock] == 0:
		before := x.target.drift.Get()
		x.target.drift.Observe(wire.DateOf(resp.Header), time.Now())
		if x.target.drift.Get() != before {
			return byClock
		}
	case errors.Is(refused, wire.ErrCredentialsExpired) && used[byCredentials] == 0:
		return byCredentials
	}
	return -1
}

// errReader is an answer that broke off.
type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// repeatable follows RFC 9110 section 9.2.2, and the headers by which clients say
// that a request may be repeated.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return len(r.Header["Idempotency-Key"]) > 0 || len(r.Header["X-Idempotency-Key"]) > 0
}

// reconnects says whether an error is the connection's and not the request's.
func reconnects(err error) bool {
	if _, refused := errors.AsType[*wire.Error](err); refused {
		return false
	}
	if _, client := errors.AsType[*clientError](err); client {
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

const (
	firstWait = 50 * time.Millisecond
	// maxWait is the longest that an upstream can make a request wait here; beyond,
	// its answer is passed on.
	maxWait = 10 * time.Second
)

func backoff(tries int) time.Duration {
	most := firstWait << min(tries, 5)
	return most/2 + rand.N(most/2)
}

// waitFor is what Retry-After asks for in seconds, else the usual.
func waitFor(h http.Header, tries int) (time.Duration, bool) {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return backoff(tries), true
	}
	wait := time.Duration(seconds) * time.Second
	return wait, seconds <= int(maxWait/time.Second)
}

func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// discard reads the little that is left of an answer, so that its connection can
// be used again.
func discard(resp *http.Response) {
	if resp == nil {
		return
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // or the connection is closed
	_ = resp.Body.Close()
}
