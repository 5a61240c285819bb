package gatepass_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// authenticator is an app: RFC 6238 with SHA-1, six digits and steps of 30
// seconds, out of what it scanned.
func authenticator(t *testing.T, uri string, at time.Time) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		t.Fatalf("%q: %v", uri, err)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	i := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[i:])&0x7fffffff%1000000)
}

// mistyped is a code that is none of those that the app shows around a time: one in
// a million digits is next to another that would be taken.
func mistyped(t *testing.T, uri string, at time.Time) string {
	t.Helper()
	right := map[string]bool{}
	for step := range 7 {
		right[authenticator(t, uri, at.Add(time.Duration(step-3)*30*time.Second))] = true
	}
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !right[code] {
			return code
		}
	}
}

func mfa(setting string) func(*server.Server) {
	return func(s *server.Server) { s.Config.UserPools[0].MFA = setting }
}

// at stops the gate's clock: codes last for half a minute.
func at(now time.Time) func(*server.Server) {
	return func(s *server.Server) { s.Now = func() time.Time { return now } }
}

// TestTOTPSetup: a pool that demands a second factor has it enrolled in the
// course of the sign-in, and asks for it the next time.
func TestTOTPSetup(t *testing.T) {
	now := time.Now()
	st := gatepasstest.New(t, mfa("ON"), at(now))
	st.AddUser("ada")
	var seen []string
	var uri string
	answer := func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
		seen = append(seen, ch.Name())
		switch ch := ch.(type) {
		case *gatepass.TOTPSetup:
			uri = ch.Secret.URI("gatepass", ch.Username)
			if strings.Contains(fmt.Sprintf("%v %+v %#v", ch, ch, ch), ch.Secret.Reveal()) {
				t.Error("the secret prints")
			}
			return ch.Code(authenticator(t, uri, now)), nil
		case *gatepass.TOTP:
			now = now.Add(30 * time.Second) // a code is taken once
			return ch.Code(authenticator(t, uri, now)), nil
		}
		return gatepass.Reply{}, gatepass.ErrUnhandledChallenge
	}
	for range 2 {
		s, err := st.Client.SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password), gatepass.Answer(answer))
		if err != nil || s.Username() != "ada" {
			t.Fatal(err)
		}
	}
	if got := strings.Join(seen, " "); got != "MFA_SETUP SOFTWARE_TOKEN_MFA" {
		t.Errorf("challenges: %s", got)
	}
}

func TestTOTPSetupUnanswered(t *testing.T) {
	st := gatepasstest.New(t, mfa("ON"))
	st.AddUser("ada")
	_, err := st.Client.SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password))
	if !errors.Is(err, gatepass.ErrUnhandledChallenge) || !strings.Contains(err.Error(), "MFA_SETUP") {
		t.Errorf("no answer: %v", err)
	}
	wrong := gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
		return ch.(*gatepass.TOTPSetup).Code("12345"), nil
	})
	if _, err := st.Client.SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password), wrong); err == nil {
		t.Error("a wrong code was taken")
	}
}

// TestNewTOTP: a signed-in user enrols an app, and is asked from then on.
func TestNewTOTP(t *testing.T) {
	now := time.Now()
	st := gatepasstest.New(t, mfa("OPTIONAL"), at(now))
	s := st.SignedIn("ada")
	secret, err := s.NewTOTP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(secret) != "gatepass.TOTPSecret{redacted}" {
		t.Error("the secret prints")
	}
	uri := secret.URI("", "ada lovelace")
	code := authenticator(t, uri, now)
	if err := s.ConfirmTOTP(t.Context(), mistyped(t, uri, now)); !errors.Is(err, gatepass.ErrBadCode) {
		t.Errorf("another code: %v", err)
	}
	if err := s.ConfirmTOTP(t.Context(), code[:3]+" "+code[3:]); err != nil {
		t.Fatal(err)
	}
	_, err = st.NewClient().SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password))
	if !errors.Is(err, gatepass.ErrUnhandledChallenge) || !strings.Contains(err.Error(), "SOFTWARE_TOKEN_MFA") {
		t.Errorf("the next sign-in: %v", err)
	}
}

// TestCredentialsFor renews what would not last, and once.
func TestCredentialsFor(t *testing.T) {
	f := newFake(t)
	s := f.signIn()
	first, err := s.CredentialsFor(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, c := s.Peek(); c != first {
		t.Error("Peek gives others")
	}
	life := first.Expires.Sub(f.clock.now())
	f.clock.add(life / 2)
	if c, _ := s.CredentialsFor(t.Context(), life/4); c != first {
		t.Error("renewed although they last")
	}
	second, err := s.CredentialsFor(t.Context(), life*3/4)
	if err != nil || second.Expires == first.Expires {
		t.Errorf("until %v, %v", second.Expires, err)
	}
	before := f.calls("GetCredentialsForIdentity")
	c, err := s.CredentialsFor(t.Context(), life*2)
	if err != nil || f.calls("GetCredentialsForIdentity") != before+1 || c.AccessKeyID == "" {
		t.Errorf("longer than they live: %v, %d calls", err, f.calls("GetCredentialsForIdentity")-before)
	}
}

// TestAskAgain: a wrong code is asked for again as often as was said, at the
// enrolment and at a sign-in, and by default never.
func TestAskAgain(t *testing.T) {
	now := time.Now()
	st := gatepasstest.New(t, mfa("ON"), at(now))
	st.AddUser("ada")
	var uri string
	asked, wrong := 0, 0
	answer := gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
		if setup, ok := ch.(*gatepass.TOTPSetup); ok {
			uri = setup.Secret.URI("", setup.Username)
		}
		code := authenticator(t, uri, now)
		if asked++; asked <= wrong {
			code = mistyped(t, uri, now)
		}
		return (*gatepass.TOTP)(nil).Code(code), nil
	})
	for _, c := range []struct {
		name             string
		wrong, more, ask int
		fails            bool
	}{
		{"enrolment, never again", 1, 0, 1, true},
		{"enrolment, again", 2, 2, 3, false},
		{"sign-in, never again", 1, 0, 1, true},
		{"sign-in, not often enough", 2, 1, 2, true},
		{"sign-in, again", 1, 1, 2, false},
	} {
		asked, wrong = 0, c.wrong
		_, err := st.Client.SignIn(t.Context(), "ada", gatepass.Password(gatepasstest.Password), answer, gatepass.AskAgain(c.more))
		if err == nil {
			now = now.Add(30 * time.Second) // a code is taken once
		}
		if asked != c.ask || c.fails != errors.Is(err, gatepass.ErrBadCode) || !c.fails && err != nil {
			t.Errorf("%s: asked %d times, want %d: %v", c.name, asked, c.ask, err)
		}
	}
}
