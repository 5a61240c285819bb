package gatepass_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
)

const many = 50

// together runs fn in many goroutines and gives the first error.
func together(fn func() error) error {
	var wg sync.WaitGroup
	errs := make(chan error, many)
	for range many {
		wg.Go(func() { errs <- fn() })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestRenewalsAreShared(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	if err := together(func() error { _, err := s.Credentials(t.Context()); return err }); err != nil {
		t.Fatal(err)
	}
	if f.calls("GetId") != 1 || f.calls("GetCredentialsForIdentity") != 1 {
		t.Errorf("%d GetId, %d GetCredentialsForIdentity; want one each", f.calls("GetId"), f.calls("GetCredentialsForIdentity"))
	}
	f.clock.add(2 * time.Hour)
	err := together(func() error {
		if _, err := s.Tokens(t.Context()); err != nil {
			return err
		}
		_, err := s.Credentials(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.calls("GetTokensFromRefreshToken") != 1 || f.calls("GetCredentialsForIdentity") != 2 || f.calls("GetId") != 1 {
		t.Errorf("after two hours: %v", f.count)
	}
}

// One that gives up does not take the renewal from the others.
func TestGivingUpAlone(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	f.clock.add(2 * time.Hour)
	hold := make(chan struct{})
	f.set(func() { f.hold = hold })
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { _, err := s.Tokens(ctx); first <- err }()
	go func() { _, err := s.Tokens(t.Context()); second <- err }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	close(hold)
	if err := <-second; err != nil {
		t.Errorf("the other: %v", err)
	}
}

func TestRefreshFallsBack(t *testing.T) {
	f := newFake(t)
	f.secret, f.noRotation = secret, true // the fake checks SECRET_HASH over the pool's own name
	s := f.signIn()
	for range 2 {
		f.clock.add(2 * time.Hour)
		if tok, err := s.Tokens(t.Context()); err != nil || tok.Refresh == "" {
			t.Fatal(err)
		}
	}
	if f.calls("GetTokensFromRefreshToken") != 1 || f.calls("InitiateAuth") != 3 {
		t.Errorf("the answer was not remembered: %v", f.count)
	}
}

func TestRefreshExpired(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	f.clock.add(2 * time.Hour)
	f.set(func() {
		f.fail["GetTokensFromRefreshToken"] = wire.Errorf("NotAuthorizedException", "Refresh Token has expired")
	})
	if _, err := s.Tokens(t.Context()); !errors.Is(err, gatepass.ErrRefreshExpired) {
		t.Errorf("got %v", err)
	}
	if n := f.calls("GetTokensFromRefreshToken"); n != 1 {
		t.Errorf("%d attempts at what cannot succeed", n)
	}
}

func TestThrottledIsTriedAgain(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	f.set(func() { f.fail["GetId"] = wire.Errorf("TooManyRequestsException", "Rate exceeded") })
	if _, err := s.Credentials(t.Context()); !errors.Is(err, gatepass.ErrThrottled) {
		t.Errorf("got %v", err)
	}
	if n := f.calls("GetId"); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

// A consumed challenge is never sent twice (N11).
func TestAnswersAreSentOnce(t *testing.T) {
	f := newFake(t)
	f.fail["RespondToAuthChallenge"] = wire.AsError(errors.New("boom"))
	if _, err := f.client().SignIn(t.Context(), "ada", gatepass.Password(password)); err == nil {
		t.Fatal("accepted")
	}
	if n := f.calls("RespondToAuthChallenge"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestCredentialsHonourExpiration(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	first, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.clock.add(54 * time.Minute)
	if c, err := s.Credentials(t.Context()); err != nil || c.AccessKeyID != first.AccessKeyID {
		t.Errorf("at 54 minutes: renewed already, %v", err)
	}
	f.clock.add(2 * time.Minute) // 56: due
	f.set(func() {
		f.fail["GetCredentialsForIdentity"] = wire.Errorf("InternalErrorException", "down")
	})
	for range 5 {
		if c, err := s.Credentials(t.Context()); err != nil || c.AccessKeyID != first.AccessKeyID {
			t.Fatalf("unexpired credentials are not served while the pool is down: %v", err)
		}
	}
	if n := f.calls("GetCredentialsForIdentity"); n != 2 {
		t.Errorf("%d calls: an early renewal that failed is hammered", n)
	}
	f.clock.add(5 * time.Minute) // 61: over
	if _, err := s.Credentials(t.Context()); err == nil {
		t.Error("expired credentials were served")
	}
	f.set(func() { delete(f.fail, "GetCredentialsForIdentity") })
	if c, err := s.Credentials(t.Context()); err != nil || c.AccessKeyID == first.AccessKeyID {
		t.Errorf("no recovery: %v", err)
	}
}

func TestIdentityHeals(t *testing.T) {
	for name, spoil := range map[string]func(*fake, string){
		"forbidden": func(f *fake, old string) { f.forbidden[old] = true },
		"renamed":   func(f *fake, _ string) { f.rename = "eu-west-1:aaaaaaaa-0000-0000-0000-000000000002" },
	} {
		f := newFake(t)
		s := f.signIn()
		old, err := s.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.set(func() {
			spoil(f, old.IdentityID)
			f.identity = "eu-west-1:aaaaaaaa-0000-0000-0000-000000000002"
		})
		f.clock.add(2 * time.Hour)
		c, err := s.Credentials(t.Context())
		if err != nil || c.IdentityID == old.IdentityID {
			t.Errorf("%s: %v, identity %s", name, err, c.IdentityID)
		}
	}
}

func TestNotFromProviderIsSaid(t *testing.T) {
	f := newFake(t)
	f.fail["GetId"] = wire.Errorf("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
	_, err := f.signIn().Credentials(t.Context())
	var e *gatepass.Error
	if !errors.Is(err, gatepass.ErrNotFromProvider) || !errors.As(err, &e) || e.Cause == "" {
		t.Errorf("got %v", err)
	}
}

func TestStoredSession(t *testing.T) {
	f := newFake(t)
	store := new(gatepass.MemoryStore)
	withStore := func(c *gatepass.Client) { c.Store = store }
	if _, err := f.client(withStore).CurrentUser(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Fatalf("empty store: %v", err)
	}
	s := f.signIn(withStore)
	want, err := s.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.client(withStore).CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Credentials(t.Context()); err != nil || got.AccessKeyID != want.AccessKeyID {
		t.Errorf("credentials were not kept: %v", err)
	}
	other := func(c *gatepass.Client) { c.Store, c.Profile = store, "other" }
	if _, err := f.client(other).CurrentUser(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("profiles are not apart: %v", err)
	}
	if err := again.SignOut(t.Context(), false); err != nil || f.calls("RevokeToken") != 1 {
		t.Errorf("sign-out: %v", err)
	}
	if _, err := again.Credentials(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("after sign-out: %v", err)
	}
	f.clock.add(2 * time.Hour)
	if _, err := s.Tokens(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("the other session did not notice: %v", err)
	}
}

// What is revoked is the refresh token that lives, also when another process has
// traded the one that this session knows.
func TestSignOutRevokesTheLastToken(t *testing.T) {
	f := newFake(t)
	store := new(gatepass.MemoryStore)
	withStore := func(c *gatepass.Client) { c.Store = store }
	s := f.signIn(withStore)
	other, err := f.client(withStore).CurrentUser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.clock.add(2 * time.Hour)
	if _, err := other.Tokens(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.SignOut(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	f.set(func() {
		if len(f.revoked) != 1 || f.revoked[0] != f.refresh {
			t.Errorf("revoked %q; %q lives", f.revoked, f.refresh)
		}
	})
	if err := other.SignOut(t.Context(), false); err != nil {
		t.Errorf("signed out already: %v", err)
	}
}

func TestSignOutIsLocalEvenWhenThePoolIsDown(t *testing.T) {
	f := newFake(t)
	store := new(gatepass.MemoryStore)
	withStore := func(c *gatepass.Client) { c.Store = store }
	s := f.signIn(withStore)
	f.set(func() {
		f.fail["GlobalSignOut"] = wire.Errorf("NotAuthorizedException", "Access Token has been revoked")
	})
	if err := s.SignOut(t.Context(), true); !errors.Is(err, gatepass.ErrTokenExpired) {
		t.Errorf("the refusal is not told: %v", err)
	}
	if _, err := f.client(withStore).CurrentUser(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("the session is still stored: %v", err)
	}
}

// A session goes on after somebody else signed in to the same store, and never
// writes its tokens over theirs.
func TestTwoUsersOneStore(t *testing.T) {
	f := newFake(t)
	store := new(gatepass.MemoryStore)
	withStore := func(c *gatepass.Client) { c.Store = store }
	ada := f.signIn(withStore)
	key := "user/" + poolID + "/" + clientID + "/" + idPool + "/"
	bob := []byte(`{"user":"bob","idToken":"b","accessToken":"bob-access","refreshToken":"r","tokensExpire":"2030-01-01T00:00:00Z"}`)
	if err := store.Save(t.Context(), key, bob); err != nil {
		t.Fatal(err)
	}
	f.clock.add(2 * time.Hour)
	tok, err := ada.Tokens(t.Context())
	if err != nil || tok.Access == "bob-access" {
		t.Fatalf("ada got %v, %v", tok.Access == "bob-access", err)
	}
	if err := ada.SignOut(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if b, err := store.Load(t.Context(), key); err != nil || string(b) != string(bob) {
		t.Errorf("bob's session was touched: %s, %v", b, err)
	}
}

func TestGuest(t *testing.T) {
	f := newFake(t)
	store := new(gatepass.MemoryStore)
	guestOnly := func(c *gatepass.Client) { c.Store, c.UserPoolID, c.ClientID = store, "", "" }
	g, err := f.client(guestOnly).Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gatepass.Call[string](t.Context(), g, "POST", f.URL+"/prod/x", "hello"); err != nil {
		t.Error(err)
	}
	if _, err := g.Tokens(t.Context()); !errors.Is(err, gatepass.ErrNotSignedIn) {
		t.Errorf("a guest has tokens: %v", err)
	}
	f.clock.add(2 * time.Hour)
	again, err := f.client(guestOnly).Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Credentials(t.Context()); err != nil || f.calls("GetId") != 1 {
		t.Errorf("the guest's identity was not kept: %d GetId, %v", f.calls("GetId"), err)
	}
	f.set(func() {
		f.fail["GetId"] = wire.Errorf("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
	})
	noGuests, err := f.client().Guest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := noGuests.Credentials(t.Context()); !errors.Is(err, gatepass.ErrIdentityForbidden) {
		t.Errorf("got %v", err)
	}
}

// TestZeroSession: a Session that no method of a Client made is signed out, and says so.
func TestZeroSession(t *testing.T) {
	s, ctx := new(gatepass.Session), t.Context()
	_, tokens := s.Tokens(ctx)
	_, keys := s.Credentials(ctx)
	_, longer := s.CredentialsFor(ctx, time.Hour)
	_, renewed := s.RenewCredentials(ctx, gatepass.Credentials{})
	_, secret := s.NewTOTP(ctx)
	_, called := gatepass.Call[any](ctx, s, "GET", "https://api.example/prod/notes", nil)
	_, got := s.HTTPClient().Get("https://api.example/prod/notes")
	r := httptest.NewRequestWithContext(ctx, "GET", "https://api.example/prod/notes", nil)
	for name, err := range map[string]error{
		"Tokens": tokens, "Credentials": keys, "CredentialsFor": longer, "RenewCredentials": renewed, "NewTOTP": secret, "Call": called, "HTTPClient": got,
		"ConfirmTOTP": s.ConfirmTOTP(ctx, "123456"), "SignOut": s.SignOut(ctx, false), "SignOut everywhere": s.SignOut(ctx, true), "Transport": s.Transport().Sign(r),
	} {
		if !errors.Is(err, gatepass.ErrNotSignedIn) {
			t.Errorf("%s: %v, want ErrNotSignedIn", name, err)
		}
	}
	if held, creds := s.Peek(); held != (gatepass.Tokens{}) || creds != (gatepass.Credentials{}) {
		t.Error("a zero Session holds something")
	}
	if s.Username() != "" || s.Claims() != nil || s.String() != "gatepass.Session{}" {
		t.Errorf("%q, %v, %v", s.Username(), s.Claims(), s)
	}
}
