package userpool

import (
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// authenticator is a user's app.
type authenticator []byte

func newAuthenticator(t *testing.T, secretCode string) authenticator {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secretCode)
	if err != nil || len(key) < 20 {
		t.Fatalf("SecretCode %q: %v", secretCode, err)
	}
	return key
}

func (a authenticator) at(now time.Time, steps int64) string { return totp(a, now.Unix()/30+steps) }

// shows tells whether a code is one of those of five steps around a time.
func (a authenticator) shows(code string, now time.Time) bool {
	for steps := range int64(5) {
		if a.at(now, steps-2) == code {
			return true
		}
	}
	return false
}

// wrong is a code that none of the apps shows.
func (w *world) wrong(apps ...authenticator) string {
	for n := 0; ; n++ {
		code := fmt.Sprintf("%06d", n)
		if !slices.ContainsFunc(apps, func(a authenticator) bool { return a.shows(code, w.Now()) }) {
			return code
		}
	}
}

// apart lets time pass until five steps around it have codes of their own.
func (w *world) apart(app authenticator) {
	for {
		codes := map[string]bool{}
		for steps := range int64(5) {
			codes[app.at(w.Now(), steps-2)] = true
		}
		if len(codes) == 5 {
			return
		}
		w.clock.advance(30 * time.Second)
	}
}

// enrolled gives ada a factor that every sign-in asks for.
func (w *world) enrolled(client, name string) authenticator {
	w.t.Helper()
	access := str(w.signedIn(client, name), "AccessToken")
	app := newAuthenticator(w.t, str(w.must("AssociateSoftwareToken", object{"AccessToken": access}), "SecretCode"))
	w.must("VerifySoftwareToken", object{"AccessToken": access, "UserCode": app.at(w.Now(), 0)})
	w.must("SetUserMFAPreference", object{"AccessToken": access, "SoftwareTokenMfaSettings": object{"Enabled": true, "PreferredMfa": true}})
	w.clock.advance(2 * time.Minute)
	return app
}

func (w *world) mfaPool() (pool, client string) {
	pool, client = w.poolWith(object{"MfaConfiguration": "OPTIONAL"}, nil)
	w.user(pool, "ada")
	return pool, client
}

// session is the Session of a sign-in that asks for a code.
func (w *world) session(client, name string) string {
	w.t.Helper()
	out, err := w.password(client, name, goodPassword)
	if err != nil {
		w.t.Fatal(err)
	}
	if out["ChallengeName"] != challengeTOTP {
		w.t.Fatalf("no code is asked for: %v", out)
	}
	return str(out, "Session")
}

func (w *world) answer(client, session, name, code string) (object, error) {
	w.t.Helper()
	return w.respond(client, challengeTOTP, session, object{"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code})
}

const badTOTP = "Invalid code received for user"

// TestRFC6238 holds the SHA-1 vectors of RFC 6238 appendix B, cut to six digits.
func TestRFC6238(t *testing.T) {
	key := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := totp(key, at/30); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// TestF14 is the table of TOTP codes.
func TestF14(t *testing.T) {
	w := newWorld(t)
	pool, client := w.mfaPool()
	app := w.enrolled(client, "ada")
	w.apart(app)
	for _, c := range []struct {
		name, code string
		ok         bool
	}{
		{"two steps early", app.at(w.Now(), 2), false},
		{"two steps late", app.at(w.Now(), -2), false},
		{"seven digits", app.at(w.Now(), 0) + "0", false},
		{"a space", " " + app.at(w.Now(), 0), false},
		{"one step early", app.at(w.Now(), 1), true},
		{"one step late", app.at(w.Now(), -1), true},
		{"now", app.at(w.Now(), 0), true},
		{"full-width digits", strings.Map(func(r rune) rune { return r - '0' + '０' }, app.at(w.Now(), 0)), false},
	} {
		_, err := w.answer(client, w.session(client, "ada"), "ada", c.code)
		if c.ok && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok {
			wantError(t, c.name, err, "CodeMismatchException", badTOTP)
		}
	}
	const used = "Your software token has already been used once."
	_, err := w.answer(client, w.session(client, "ada"), "ada", app.at(w.Now(), 0))
	wantError(t, "again", err, "ExpiredCodeException", used)
	w.clock.advance(60 * time.Second)
	code := app.at(w.Now(), 0)
	if _, err := w.answer(client, w.session(client, "ada"), "ada", code); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(30 * time.Second)
	_, err = w.answer(client, w.session(client, "ada"), "ada", code)
	wantError(t, "a step later", err, "ExpiredCodeException", used)
	w.clock.advance(-60 * time.Second)
	_, err = w.answer(client, w.session(client, "ada"), "ada", code)
	wantError(t, "clock back", err, "ExpiredCodeException", used)

	w.clock.advance(30 * time.Minute)
	sessions := make([]string, 20)
	for i := range sessions {
		sessions[i] = w.session(client, "ada")
	}
	code = app.at(w.Now(), 0)
	oks, codes := together(20, func(i int) error { _, err := w.answer(client, sessions[i], "ada", code); return err })
	if oks != 1 {
		t.Errorf("one code twenty times at once: %d, %v", oks, codes)
	}
	w.clock.advance(30 * time.Minute)
	for i := range sessions {
		sessions[i] = w.session(client, "ada")
	}
	guess := w.wrong(app)
	_, codes = together(20, func(i int) error { _, err := w.answer(client, sessions[i], "ada", guess); return err })
	if codes["CodeMismatchException: "+badTOTP] > 5 || codes[nae+": "+locked] < 15 {
		t.Errorf("twenty guesses: %v", codes)
	}
	if _, err := w.srpSignIn(pool, client, "ada", goodPassword); err != nil {
		t.Errorf("guesses of codes lock the password: %v", err)
	}
}

// TestF15: the first factor alone enrols nothing and replaces nothing.
func TestF15(t *testing.T) {
	w := newWorld(t)
	pool, client := w.mfaPool()
	before := str(w.signedIn(client, "ada"), "AccessToken") // password only, before there was a factor
	w.clock.advance(time.Second)
	app := w.enrolled(client, "ada")
	session := w.session(client, "ada")
	w.refused("AssociateSoftwareToken", object{"Session": session}, nae, "Invalid session for the user.")
	w.refused("VerifySoftwareToken", object{"Session": session, "UserCode": "123456"}, nae, "Invalid session for the user.")
	w.refused("AssociateSoftwareToken", object{"AccessToken": before}, nae, "Sign in again with the software token before replacing it.")
	w.refused("SetUserMFAPreference", object{"AccessToken": session}, nae, "Invalid Access Token")
	out, err := w.answer(client, session, "ada", app.at(w.Now(), 0))
	if err != nil {
		t.Fatal(err)
	}
	access := str(result(t, out), "AccessToken")
	other := newAuthenticator(t, str(w.must("AssociateSoftwareToken", object{"AccessToken": access}), "SecretCode")) // never verified: the old one stays
	for other.shows(app.at(w.Now(), 1), w.Now()) {
		other = newAuthenticator(t, str(w.must("AssociateSoftwareToken", object{"AccessToken": access}), "SecretCode"))
	}
	w.refused("VerifySoftwareToken", object{"AccessToken": access, "UserCode": app.at(w.Now(), 1)}, "EnableSoftwareTokenMFAException", "Code mismatch")
	if _, err := w.answer(client, w.session(client, "ada"), "ada", app.at(w.Now(), 1)); err != nil {
		t.Errorf("the old factor: %v", err)
	}
	w.user(pool, "bob")
	bob := str(w.signedIn(client, "bob"), "AccessToken")
	w.refused("SetUserMFAPreference", object{"AccessToken": bob, "SoftwareTokenMfaSettings": object{"Enabled": true}},
		"InvalidParameterException", "User has not set up software token mfa")
	w.refused("VerifySoftwareToken", object{"AccessToken": bob, "UserCode": "123456"},
		"SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")
}

// TestMandatoryMFA: a pool that demands a factor has one set up at sign-in.
func TestMandatoryMFA(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(object{"MfaConfiguration": "ON"}, nil)
	w.user(pool, "ada")
	out, err := w.srpSignIn(pool, client, "ada", goodPassword)
	if err != nil || out["ChallengeName"] != challengeSetup {
		t.Fatalf("%v, %v", out, err)
	}
	session := str(out, "Session")
	_, err = w.respond(client, challengeSetup, session, object{"USERNAME": "ada"})
	wantError(t, "before it is set up", err, "InvalidParameterException", "User has not set up software token mfa")
	got := w.must("AssociateSoftwareToken", object{"Session": session})
	app := newAuthenticator(t, str(got, "SecretCode"))
	got = w.must("VerifySoftwareToken", object{"Session": str(got, "Session"), "UserCode": app.at(w.Now(), 0)})
	out, err = w.respond(client, challengeSetup, str(got, "Session"), object{"USERNAME": "ada"})
	if err != nil {
		t.Fatal(err)
	}
	result(t, out)
	w.session(client, "ada")
}

// TestF16 is the table of Session strings that are refused.
func TestF16(t *testing.T) {
	w := newWorld(t)
	pool, client := w.mfaPool()
	other := str(w.client(pool, nil), "ClientId")
	w.user(pool, "bob")
	app := w.enrolled(client, "ada")
	session := w.session(client, "ada")
	code := app.at(w.Now(), 0)
	const bad = "Invalid session for the user."
	for name, c := range map[string]struct{ client, session, username string }{
		"tampered":        {client, flip(session, 50), "ada"},
		"other client":    {other, session, "ada"},
		"other user":      {client, session, "bob"},
		"nobody":          {client, session, "nobody"},
		"another purpose": {client, str(w.signedIn(client, "bob"), "RefreshToken"), "ada"},
	} {
		_, err := w.answer(c.client, c.session, c.username, code)
		wantError(t, name, err, nae, bad)
	}
	_, err := w.respond(client, challengeNewPassword, session, object{"USERNAME": "ada", "NEW_PASSWORD": newGood})
	wantError(t, "another challenge", err, nae, bad)
	_, err = w.respond(client, challengeTOTP, "", object{"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": code})
	wantError(t, "no session", err, "InvalidParameterException", "Missing required parameter Session")
	_, err = w.respond(client, "CUSTOM_CHALLENGE", session, object{"USERNAME": "ada", "ANSWER": "x"})
	wantError(t, "a challenge nobody asked", err, "InvalidParameterException", "gatepass does not support the challenge CUSTOM_CHALLENGE")

	if _, err := nodeOn(t, w.Store, w.clock).answer(client, session, "ada", code); err != nil {
		t.Fatalf("on another node: %v", err)
	}
	_, err = w.answer(client, session, "ada", app.at(w.Now(), 1))
	wantError(t, "used", err, nae, "Invalid session for the user, session can only be used once.")
	session = w.session(client, "ada")
	w.clock.advance(3 * time.Minute)
	_, err = w.answer(client, session, "ada", app.at(w.Now(), 0))
	wantError(t, "old", err, nae, "Invalid session for the user, session is expired.")
	session = w.session(client, "ada")
	w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": "ada", "Password": newGood, "Permanent": true})
	_, err = w.answer(client, session, "ada", app.at(w.Now(), 0))
	wantError(t, "older than the password", err, nae, bad)
}

// TestNewPasswordRequired: what the challenge tells, what it takes, and that it
// ends in tokens.
func TestNewPasswordRequired(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.must("AdminCreateUser", object{
		"UserPoolId": pool, "Username": ada, "TemporaryPassword": goodPassword,
		"UserAttributes": []object{verifiedEmail()},
	})
	if m := <-w.sent; m.Destination != ada || !strings.Contains(m.Body, goodPassword) || m.Username != ada {
		t.Errorf("invitation: %+v", m)
	}
	out, err := w.srpSignIn(pool, client, ada, goodPassword)
	if err != nil || out["ChallengeName"] != challengeNewPassword {
		t.Fatalf("%v, %v", out, err)
	}
	p, _ := out["ChallengeParameters"].(object)
	if p["requiredAttributes"] != "[]" || !strings.Contains(str(p, "userAttributes"), `"email":"`+ada+`"`) {
		t.Errorf("parameters: %v", p)
	}
	session := str(out, "Session")
	answer := func(change object) (object, error) {
		in := object{"USERNAME": str(p, "USER_ID_FOR_SRP"), "NEW_PASSWORD": newGood}
		for k, v := range change {
			in[k] = v
		}
		return w.respond(client, challengeNewPassword, session, in)
	}
	_, err = answer(object{"NEW_PASSWORD": "short"})
	if wire.AsError(err).Code != "InvalidParameterException" || err == nil {
		t.Errorf("short: %v", err)
	}
	_, err = answer(object{"NEW_PASSWORD": "no-Digits"})
	wantError(t, "policy", err, "InvalidPasswordException", "Password did not conform with policy: Password must have numeric characters")
	_, err = answer(object{"userAttributes.email_verified": "true"})
	wantError(t, "verified", err, nae, "A client attempted to write unauthorized attribute")
	_, err = answer(object{"userAttributes.email": "eve@example.com"})
	wantError(t, "address", err, nae, "Cannot modify an already provided email")
	out, err = answer(object{"userAttributes.name": "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	if name := w.claims(pool, str(result(t, out), "IdToken"), useID).String("name"); name != "Ada" {
		t.Errorf("name = %q", name)
	}
	_, err = answer(nil)
	wantError(t, "again", err, nae, "Invalid session for the user.")
	if _, err := w.password(client, ada, newGood); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// TestF24: a temporary password expires, does not become permanent and is gone
// after a permanent one.
func TestF24(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(nil, nil)
	temporary := func(name string) {
		t.Helper()
		w.must("AdminCreateUser", object{"UserPoolId": pool, "Username": name, "TemporaryPassword": goodPassword, "MessageAction": "SUPPRESS"})
	}
	temporary("ada")
	out, err := w.password(client, "ada", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.respond(client, challengeNewPassword, str(out, "Session"), object{"USERNAME": "ada", "NEW_PASSWORD": goodPassword})
	wantError(t, "the same again", err, "PasswordHistoryPolicyViolationException", "Password has previously been used")
	w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": "ada", "Password": newGood, "Permanent": true})
	_, err = w.password(client, "ada", goodPassword)
	wantError(t, "after a permanent one", err, nae, incorrect)

	temporary("bob")
	w.clock.advance(7 * 24 * time.Hour)
	const expired = "Temporary password has expired and must be reset by an administrator."
	_, err = w.srpSignIn(pool, client, "bob", goodPassword)
	wantError(t, "expired", err, nae, expired)
	w.refused("ForgotPassword", object{"ClientId": str(w.client(pool, object{"PreventUserExistenceErrors": "LEGACY"}), "ClientId"), "Username": "bob"},
		nae, "User password cannot be reset in the current state.")
	w.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "bob", "TemporaryPassword": newGood, "MessageAction": "RESEND"})
	out, err = w.password(client, "bob", newGood)
	if err != nil || out["ChallengeName"] != challengeNewPassword {
		t.Errorf("after a new invitation: %v, %v", out, err)
	}
	session := str(out, "Session")
	w.clock.advance(7 * 24 * time.Hour)
	if _, err := w.respond(client, challengeNewPassword, session, object{"USERNAME": "bob", "NEW_PASSWORD": goodPassword}); err == nil {
		t.Error("an expired session sets a password")
	}
}

// TestOvertaken: a sign-in that a disabling overtakes gives nothing.
func TestOvertaken(t *testing.T) {
	w := newWorld(t)
	pool, client := w.mfaPool()
	a, err := w.app(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	u, err := w.Store.UserByName(t.Context(), pool, "ada")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.signIn(t.Context(), a, &u, func(tx *store.Tx) error {
		return tx.ModifyUser(pool, u.Sub, func(u *store.User) error { u.Enabled = false; return nil })
	})
	wantError(t, "disabled meanwhile", err, nae, incorrect)
}
