package gatepass

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// Tokens are what a user pool issues to a signed-in user. Printing and logging
// withhold them.
type Tokens struct {
	// ID is the ID token: who the user is. Identity pools take this one.
	ID string
	// Access is the access token, for the user's own operations at the user pool.
	Access string
	// Refresh is the refresh token.
	Refresh string
	// Expires is when the first of ID and Access ends, by the services' clock.
	Expires time.Time
}

// String shows the expiry only.
func (t Tokens) String() string {
	return "gatepass.Tokens{redacted, until " + t.Expires.UTC().Format(time.RFC3339) + "}"
}

// GoString shows the expiry only.
func (t Tokens) GoString() string { return t.String() }

// LogValue shows the expiry only.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Credentials are temporary AWS credentials. Printing, logging and marshalling
// show the access key id only.
type Credentials struct {
	sigv4.Credentials
	// Expires is when they end, by the services' clock.
	Expires time.Time
	// IdentityID is the identity in the identity pool they belong to.
	IdentityID string
}

// A Session is a signed-in user, or a guest. It keeps its tokens and credentials
// fresh and is safe for concurrent use: however many goroutines ask, and with a
// [FileStore] however many processes, each renewal happens once. [Client.SignIn],
// [Client.CurrentUser] and [Client.Guest] make one; the zero Session is signed out:
// what asks a service answers [ErrNotSignedIn].
type Session struct {
	c     *Client
	key   string
	guest bool

	mu      sync.Mutex
	rec     *record   // behind a pointer, where fmt does not follow; nil only in the zero Session
	over    bool      // signed out
	retryAt time.Time // no early renewal of credentials before
	refused string    // the access key id an API refused last

	tokens, keys flight

	calls     sync.Once
	transport *Transport // of Call
}

// String shows the user only.
func (s *Session) String() string { return "gatepass.Session{" + s.Username() + "}" }

// GoString shows the user only.
func (s *Session) GoString() string { return s.String() }

// LogValue shows the user only.
func (s *Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Username is the user pool's own name of the user, which may differ from what
// was typed; "" for a guest.
func (s *Session) Username() string { return s.snapshot().User }

// Peek gives the tokens and credentials as they are in hand, renewing nothing:
// they may have run out, and are zero if there were none yet. It never connects.
func (s *Session) Peek() (Tokens, Credentials) {
	r := s.snapshot()
	return r.tokens(), r.credentials()
}

func (s *Session) snapshot() record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rec == nil {
		return record{}
	}
	return *s.rec
}

func (s *Session) change(fn func(*record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(s.rec)
}

// newSession stores the outcome of a sign-in.
func (c *Client) newSession(ctx context.Context, in *signIn, res *wire.AuthenticationResult) (*Session, error) {
	s := &Session{c: c, key: c.key(false), rec: new(record)}
	if err := s.take(res); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	if s.rec.User = s.Claims().String("cognito:username"); s.rec.User == "" {
		s.rec.User = in.user
	}
	unlock, err := c.store.Lock(ctx, s.key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if old, err := c.load(ctx, s.key); err == nil && old.User == s.rec.User {
		s.rec.IdentityID = old.IdentityID
	}
	if err := c.save(ctx, s.key, *s.rec); err != nil {
		return nil, err
	}
	return s, nil
}

// CurrentUser gives the session that an earlier SignIn left in the store. The
// error is [ErrNotSignedIn] if there is none. It makes no connection: whether the
// session is still good shows on first use.
func (c *Client) CurrentUser(ctx context.Context) (*Session, error) {
	if err := c.needPool(); err != nil {
		return nil, err
	}
	rec, err := c.load(ctx, c.key(false))
	if err != nil {
		return nil, err
	}
	return &Session{c: c, key: c.key(false), rec: &rec}, nil
}

// Guest gives a session without a user, whose credentials are those of the
// identity pool's unauthenticated role. It keeps its identity in the store. It
// makes no connection: a pool that takes no guests answers on first use, with
// [ErrIdentityForbidden].
func (c *Client) Guest(ctx context.Context) (*Session, error) {
	if err := c.prepare(); err != nil {
		return nil, err
	}
	if c.IdentityPoolID == "" {
		return nil, fmt.Errorf("%w: guests need Client.IdentityPoolID", ErrConfig)
	}
	rec, err := c.load(ctx, c.key(true))
	if err != nil && !errors.Is(err, ErrNotSignedIn) {
		return nil, err
	}
	return &Session{c: c, key: c.key(true), guest: true, rec: &rec}, nil
}

// SignOut ends the session at the user pool and removes it from the store;
// everywhere ends all other sessions of the user too. The session is removed here
// also when the pool cannot be told, which is then the error. A guest's identity
// is forgotten. Credentials that were given out live on until they expire. The
// zero Session answers [ErrNotSignedIn].
func (s *Session) SignOut(ctx context.Context, everywhere bool) error {
	if s.c == nil {
		return ErrNotSignedIn
	}
	var told error
	if !s.guest {
		told = s.tellPool(ctx, everywhere)
	}
	return errors.Join(told, s.forget(ctx))
}

func (s *Session) tellPool(ctx context.Context, everywhere bool) error {
	if everywhere {
		t, err := s.Tokens(ctx)
		if err != nil {
			return err
		}
		return s.c.callIDPAgain(ctx, "GlobalSignOut", wire.GlobalSignOutInput{AccessToken: t.Access}, new(wire.GlobalSignOutOutput))
	}
	unlock, err := s.c.store.Lock(ctx, s.key)
	if err != nil {
		return err
	}
	defer unlock()
	_, _ = s.reload(ctx) // another process may have traded the token; else it is the one known here
	in := wire.RevokeTokenInput{ClientId: s.c.ClientID, ClientSecret: s.c.ClientSecret, Token: s.snapshot().Refresh}
	if in.Token == "" {
		return nil
	}
	return s.c.callIDPAgain(ctx, "RevokeToken", in, new(wire.RevokeTokenOutput))
}

// forget clears the session here, and in the store if it is the one stored.
func (s *Session) forget(ctx context.Context) error {
	unlock, err := s.c.store.Lock(ctx, s.key)
	if err != nil {
		return err
	}
	defer unlock()
	user := s.Username()
	s.mu.Lock()
	*s.rec, s.over = record{}, true
	s.mu.Unlock()
	stored, err := s.c.load(ctx, s.key)
	if errors.Is(err, ErrNotSignedIn) || (err == nil && stored.User != user) {
		return nil
	}
	return s.c.store.Delete(ctx, s.key)
}

// http sends what the session sends: the client's, or net/http's for the zero Session.
func (s *Session) http() *http.Client {
	if s.c == nil {
		return http.DefaultClient
	}
	return s.c.http
}

// alive is nil while the session is not signed out.
func (s *Session) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil || s.over || (!s.guest && s.rec.Refresh == "" && s.rec.Access == "") {
		return ErrNotSignedIn
	}
	return nil
}
