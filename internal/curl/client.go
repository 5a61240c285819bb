package curl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// A Client sends requests, again where the options say so, and follows
// redirects. Set Send; it is for one request.
type Client struct {
	*Options
	// Send signs a request and sends it, once.
	Send func(*http.Request) (*http.Response, error)
	// Plain sends a request that must not carry credentials: one to another host.
	Plain func(*http.Request) (*http.Response, error)
	// Note tells the user what was done.
	Note func(format string, args ...any)
	// Trace sees what is sent and received, for --verbose. Nil: nobody does.
	Trace io.Writer
	// Meter shows progress. Nil: none.
	Meter *Meter
	// ExitCode is the exit code of an error, for --write-out. Nil: 1.
	ExitCode func(error) int

	sent  atomic.Int64 // of the last attempt; the transport may still be at it
	times *Times       // of this attempt
	last  *Answer      // of the last attempt, whole or not
	clock func() time.Time
	sleep func(context.Context, time.Duration) error
}

// An Answer is what came back, and what it took. Close its Body.
type Answer struct {
	*http.Response
	Redirects, Retries int
	Times              Times
	Uploaded           int64
	method             string
	hops               string // the heads of the answers that redirected, where they are wanted
	offset             int64  // of a resumed download
}

// prepare fills in what tests replace.
func (c *Client) prepare() {
	if c.clock == nil {
		c.clock, c.sleep = time.Now, sleep
	}
}

// Do sends r. What it returns is the last answer, whatever its status.
func (c *Client) Do(r *Request) (*Answer, error) {
	c.prepare()
	offset, err := c.resumeFrom(r)
	if err != nil {
		return nil, err
	}
	start := c.clock()
	for try := 0; ; try++ {
		a, err := c.attempt(r)
		wait, again := c.again(a, err, try, c.clock().Sub(start))
		if !again {
			if a != nil {
				a.Retries, a.offset, a.Uploaded = try, offset, c.sent.Load()
			}
			return a, err
		}
		c.noteRetry(a, err, wait, c.Transfer.Retry-try)
		if a != nil {
			discard(a.Body)
		}
		if err := c.sleep(r.Context(), wait); err != nil {
			return nil, err
		}
	}
}

func (c *Client) noteRetry(a *Answer, err error, wait time.Duration, left int) {
	what := ""
	if err != nil {
		what = err.Error()
	} else {
		what = a.Status
	}
	c.Note("%s: trying again in %s, %d left", what, wait.Round(time.Millisecond), left)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func discard(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 64<<10))
	_ = body.Close()
}

const (
	firstDelay = time.Second
	maxDelay   = 10 * time.Minute
)

// again says whether curl would try again, and after which time.
func (c *Client) again(a *Answer, err error, try int, since time.Duration) (time.Duration, bool) {
	t := &c.Transfer
	if try >= t.Retry || errors.Is(err, context.Canceled) || !t.transient(a, err) {
		return 0, false
	}
	wait := min(firstDelay<<min(try, 20), maxDelay)
	if t.RetryDelay > 0 {
		wait = t.RetryDelay
	} else if after := retryAfter(a, c.clock()); after > 0 {
		wait = after
	}
	if t.RetryMaxTime > 0 && since+wait > t.RetryMaxTime {
		return 0, false
	}
	return wait, true
}

// transient is curl's view of which failures may pass.
func (t *Transfer) transient(a *Answer, err error) bool {
	if err == nil {
		switch a.StatusCode {
		case 408, 429, 500, 502, 503, 504:
			return true
		}
		return t.RetryAll && a.StatusCode >= 400 && (t.Fail || t.FailWithBody)
	}
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case t.RetryAll, errors.As(err, &dns), errors.Is(err, context.DeadlineExceeded):
		return true
	case errors.Is(err, syscall.ECONNREFUSED):
		return t.RetryRefused
	}
	return errors.As(err, &timeout) && timeout.Timeout()
}

// longestAfter is the longest time that a server can ask for, as in curl.
const longestAfter = 6 * time.Hour

// retryAfter reads Retry-After, in seconds or as a date.
func retryAfter(a *Answer, now time.Time) time.Duration {
	if a == nil {
		return 0
	}
	v := a.Header.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(n, 0), int(longestAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), longestAfter)
	}
	return 0
}

// attempt sends r once and follows redirects.
func (c *Client) attempt(r *Request) (*Answer, error) {
	ctx, cancel := r.Context(), context.CancelFunc(func() {})
	if c.Transfer.MaxTime > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.Transfer.MaxTime)
	}
	a := &Answer{}
	c.last = a
	a.Times.start, c.times = c.clock(), &a.Times
	out := r.Clone(a.Times.trace(ctx, c.clock, c.Trace))
	err := c.follow(a, out)
	if err != nil {
		cancel()
		return nil, err
	}
	a.Body = &cancelBody{a.Body, cancel}
	return a, nil
}

// cancelBody ends the time limit with the body.
type cancelBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func (c *Client) follow(a *Answer, out *http.Request) error {
	first, send := out.URL, c.Send
	for {
		if err := rewind(out); err != nil {
			return err
		}
		resp, err := send(out)
		if err != nil {
			return err
		}
		if resp.Request == nil {
			resp.Request = out
		}
		a.Response, a.method = resp, out.Method
		next, err := c.next(a, out)
		if next == nil || err != nil {
			return err
		}
		discard(resp.Body)
		if c.Output.Include || c.Head || c.Output.DumpHeader != "" {
			a.hops += headerText(resp)
		}
		a.Redirects++
		a.Times.redirect = c.clock().Sub(a.Times.start)
		if !sameOrigin(first, next.URL) {
			strip(next)
			send = c.Plain
			c.Note("following to %s without credentials", next.URL.Host)
		} else {
			send = c.Send
		}
		out = next
	}
}

func rewind(out *http.Request) (err error) {
	if out.GetBody != nil {
		out.Body, err = out.GetBody()
	}
	return err
}

// next is the request that a redirect leads to; nil: it is not followed.
func (c *Client) next(a *Answer, out *http.Request) (*http.Request, error) {
	to := a.RedirectURL()
	if !c.Transfer.Location || to == nil {
		return nil, nil
	}
	if most := c.Transfer.MaxRedirects; most >= 0 && a.Redirects >= most {
		discard(a.Body)
		return nil, fmt.Errorf("more than %d redirects", most)
	}
	if to.Scheme != "https" && to.Scheme != "http" {
		discard(a.Body)
		return nil, fmt.Errorf("the redirect to %s is not http or https", to.Scheme)
	}
	next := out.Clone(out.Context())
	next.URL, next.Response = to, nil
	if next.Host == out.URL.Host {
		next.Host = ""
	}
	if a.StatusCode < 307 && c.dropsBody(a.StatusCode, out.Method) {
		if !c.Transfer.methodIsTyped && out.Method != http.MethodHead {
			next.Method = http.MethodGet
		}
		next.Body, next.GetBody, next.ContentLength = nil, nil, 0
		next.Header.Del("Content-Type")
	}
	return next, nil
}

// dropsBody is curl's: 301 and 302 make a POST a GET, 303 makes everything one. A
// method that was typed stays, but its data goes all the same.
func (c *Client) dropsBody(status int, method string) bool {
	posts := method == http.MethodPost || c.Transfer.methodIsTyped
	return status == http.StatusSeeOther || posts && c.Upload == ""
}

// RedirectURL is where the answer leads to; nil if it leads nowhere.
func (a *Answer) RedirectURL() *url.URL {
	switch a.StatusCode {
	case 301, 302, 303, 307, 308:
	default:
		return nil
	}
	u, err := a.Location()
	if err != nil {
		return nil
	}
	return u
}

// sameOrigin says whether credentials for a may go to b.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch p := u.Port(); {
	case p != "":
		return p
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// strip takes out of a request what only the first host may see.
func strip(r *http.Request) {
	r.Host = ""
	for key := range r.Header {
		if Redact(key, "x") != "x" {
			delete(r.Header, key)
		}
	}
}
