package gatepass

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	// maxBody is the largest request body API Gateway takes, in bytes.
	maxBody = 10 << 20
	// maxRefusal is how much of a refusal is read, in bytes.
	maxRefusal = 64 << 10
)

// A Transport signs every request with the session's credentials and sends it.
// It corrects the time of the signature once when the API says it is wrong, and
// renews credentials once when the API says they are over; the body is sent again
// through GetBody, or from memory (up to 10 MiB) where there is none. It is an
// [http.RoundTripper]; [Session.Transport] makes one. Fields may change until
// first use. It must not be copied.
//
// Credentials go where the program sends them and nowhere else: a redirect is
// refused with [ErrRefusedHost], also one on the same host.
type Transport struct {
	// Base sends the signed requests. Zero: the Transport of Client.HTTPClient,
	// else [http.DefaultTransport].
	Base http.RoundTripper
	// Hosts are the only hosts that are sent credentials, as "host" or
	// "host:port". Zero: any host the program makes a request to.
	Hosts []string
	// Region is what is signed for. Zero: the client's.
	Region string
	// Service is what is signed for, by its signing name. Zero: execute-api.
	Service string
	// Credentials gives what is signed with, for other credentials than a
	// session's; it is asked again when the API says that they are over. Zero: the
	// session's. With it a Transport needs no session, but a Region.
	Credentials func(context.Context) (Credentials, error)

	session *Session
	once    sync.Once // makes the signer
	signer  *sigv4.Signer
	drift   wire.Drift
}

// Transport gives a signing transport for API Gateway (service execute-api) in
// the client's region, bound to the hosts if any are named.
func (s *Session) Transport(hosts ...string) *Transport {
	return &Transport{Hosts: hosts, session: s}
}

// sign signs r with the credentials.
func (t *Transport) sign(r *http.Request, creds Credentials, hash sigv4.Hash) error {
	t.once.Do(func() { t.signer = t.newSigner() })
	return t.signer.Sign(r, creds.Credentials, hash, t.now())
}

func (t *Transport) newSigner() *sigv4.Signer {
	return &sigv4.Signer{Region: cmp.Or(t.Region, t.client().Region), Profile: sigv4.ProfileFor(cmp.Or(t.Service, "execute-api"))}
}

// Sign signs r as RoundTrip would, and sends nothing. A body needs r.GetBody.
// Errors: those of RoundTrip before it sends.
func (t *Transport) Sign(r *http.Request) error {
	creds, hash, err := t.unsent(r)
	if err != nil {
		return err
	}
	return t.sign(r, creds, hash)
}

// Presign gives the URL of r with a signature in its query, and sends nothing. It is
// good for expires: whole seconds, from one to a week, by the services' clock as far
// as an answer has told it. Whoever opens it uses r's method, body and signed
// headers. A body needs r.GetBody. Errors: those of [Transport.Sign]. Follows
// sigv4.Signer.Presign.
func (t *Transport) Presign(r *http.Request, expires time.Duration) (*url.URL, error) {
	creds, hash, err := t.unsent(r)
	if err != nil {
		return nil, err
	}
	signer := t.newSigner()
	signer.Profile.MaxExpires = 0 // the services' own limit
	return signer.Presign(r, creds.Credentials, hash, expires, t.now())
}

// unsent is what a request that is not sent here is signed with.
func (t *Transport) unsent(r *http.Request) (Credentials, sigv4.Hash, error) {
	if err := t.Allowed(r); err != nil {
		return Credentials{}, sigv4.Hash{}, err
	}
	creds, err := t.credentials(r.Context())
	if err != nil {
		return Credentials{}, sigv4.Hash{}, err
	}
	hash, err := sigv4.HashBody(r)
	return creds, hash, err
}

func (t *Transport) credentials(ctx context.Context) (Credentials, error) {
	switch {
	case t.Credentials != nil:
		return t.Credentials(ctx)
	case t.session != nil:
		return t.session.Credentials(ctx)
	}
	return Credentials{}, fmt.Errorf("%w: make a Transport by Session.Transport, or set Transport.Credentials", ErrConfig)
}

// renew gives others than the credentials that the API refused.
func (t *Transport) renew(ctx context.Context, refused Credentials) (Credentials, error) {
	if t.Credentials != nil {
		return t.Credentials(ctx)
	}
	return t.session.RenewCredentials(ctx, refused)
}

// HTTPClient gives a client that signs its requests by [Session.Transport], with
// the time limit of Client.HTTPClient.
func (s *Session) HTTPClient(hosts ...string) *http.Client {
	return &http.Client{Transport: s.Transport(hosts...), Timeout: s.http().Timeout}
}

// String shows the hosts only.
func (t *Transport) String() string { return fmt.Sprintf("gatepass.Transport%v", t.Hosts) }

// GoString shows the hosts only.
func (t *Transport) GoString() string { return t.String() }

// RoundTrip signs and sends r. A refusal of the API is an answer and not an
// error. Errors: [ErrRefusedHost]; those of [Session.Credentials]; those of
// sigv4.Signer.Sign for a request that cannot be signed.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.Allowed(r); err != nil {
		return nil, errors.Join(err, closeBody(r))
	}
	body, err := rewindable(r)
	if err != nil {
		return nil, err
	}
	creds, err := t.credentials(r.Context())
	if err != nil {
		return nil, err
	}
	return t.tries(r, body, creds)
}

// tries sends r, and again after each cure that helps; each is used once.
func (t *Transport) tries(r *http.Request, body func() (io.ReadCloser, error), creds Credentials) (*http.Response, error) {
	var clock, renewed bool
	for {
		resp, err := t.send(r, body, creds)
		if err != nil || resp.StatusCode != http.StatusForbidden {
			return resp, err
		}
		refusal, err := wire.PeekError(resp)
		if err != nil {
			return nil, err
		}
		switch {
		case errors.Is(refusal, ErrClockSkew) && !clock && t.correct(resp.Header):
			clock = true
		case errors.Is(refusal, ErrCredentialsExpired) && !renewed:
			fresh, err := t.renew(r.Context(), creds)
			if err != nil || fresh.AccessKeyID == creds.AccessKeyID {
				return resp, nil // what the API said says more
			}
			creds, renewed = fresh, true
		default:
			return resp, nil
		}
		_ = resp.Body.Close() // in memory by now
	}
}

func (t *Transport) send(r *http.Request, body func() (io.ReadCloser, error), creds Credentials) (*http.Response, error) {
	out := r.Clone(r.Context())
	hash := sigv4.EmptyHash
	var err error
	if body != nil {
		if out.Body, err = body(); err != nil {
			return nil, err
		}
		out.GetBody = body
		if hash, err = sigv4.HashBody(out); err != nil {
			return nil, err
		}
	}
	if err := t.sign(out, creds, hash); err != nil {
		return nil, err
	}
	return t.base().RoundTrip(out)
}

func (t *Transport) now() time.Time { return t.client().now().Add(t.drift.Get()) }

// client is the session's; without one, what says nothing.
func (t *Transport) client() *Client {
	if t.session == nil || t.session.c == nil {
		return new(Client)
	}
	return t.session.c
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	if t.session != nil && t.session.http().Transport != nil {
		return t.session.http().Transport
	}
	return http.DefaultTransport
}

// correct takes the API's clock from its answer; false if that says nothing new.
func (t *Transport) correct(h http.Header) bool {
	before := t.drift.Get()
	t.drift.Observe(wire.DateOf(h), t.client().now())
	return t.drift.Get() != before
}

// Allowed refuses to send credentials along a redirect, in the clear, or to a
// host that is not listed: the error is [ErrRefusedHost].
func (t *Transport) Allowed(r *http.Request) error {
	switch {
	case r.Response != nil: // net/http sets it on requests it makes to follow a redirect
		return fmt.Errorf("%w: the API redirects to %s://%s; signed requests do not follow", ErrRefusedHost, r.URL.Scheme, r.URL.Host)
	case r.URL.Host == "":
		return fmt.Errorf("%w: %q is not a whole URL, such as https://host/stage/path", ErrRefusedHost, r.URL)
	case !t.client().mayReach(r.URL):
		return fmt.Errorf("%w: %s://%s: use https, or set Client.AllowHTTP if the network may see the credentials", ErrRefusedHost, r.URL.Scheme, r.URL.Host)
	case len(t.Hosts) > 0 && !slices.ContainsFunc(t.Hosts, func(h string) bool { return sameHost(h, r) }):
		return fmt.Errorf("%w: %s is not one of %s", ErrRefusedHost, r.URL.Host, strings.Join(t.Hosts, ", "))
	}
	return nil
}

func sameHost(listed string, r *http.Request) bool {
	return strings.EqualFold(listed, r.URL.Host) || strings.ToLower(listed) == hostPort(r.URL)
}

// rewindable gives the body as often as asked, and takes care of r.Body, as a
// RoundTripper must. Nil is no body.
func rewindable(r *http.Request) (func() (io.ReadCloser, error), error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.GetBody != nil {
		return r.GetBody, closeBody(r)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err = errors.Join(err, closeBody(r)); err != nil {
		return nil, err
	}
	if len(b) > maxBody {
		return nil, fmt.Errorf("the body is over %d bytes and cannot be signed from memory: set Request.GetBody", maxBody)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, nil
}

func closeBody(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	return r.Body.Close()
}
