package userpool

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/srp"
)

// TestSignUpToTokens is the journey of a new user: sign up, confirm, sign in by
// SRP and by password, read oneself.
func TestSignUpToTokens(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	out := w.must("SignUp", object{"ClientId": client, "Username": ada, "Password": goodPassword})
	details, _ := out["CodeDeliveryDetails"].(object)
	if out["UserConfirmed"] != false || str(details, "Destination") != "a***@e***" || str(details, "DeliveryMedium") != "EMAIL" {
		t.Fatalf("SignUp: %v", out)
	}
	sub := str(out, "UserSub")
	if _, err := w.srpSignIn(pool, client, ada, goodPassword); !errors.Is(err, &wire.Error{Code: "UserNotConfirmedException", Message: "User is not confirmed."}) {
		t.Fatalf("unconfirmed: %v", err)
	}
	w.must("ConfirmSignUp", object{"ClientId": client, "Username": ada, "ConfirmationCode": w.code()})
	signed, err := w.srpSignIn(pool, client, "ADA@example.com", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	r := result(t, signed)
	if r["TokenType"] != "Bearer" || r["ExpiresIn"] != 3600.0 || str(r, "RefreshToken") == "" {
		t.Errorf("result: %v", r)
	}
	checkClaims(t, w, pool, client, sub, r)
	got := w.must("GetUser", object{"AccessToken": str(r, "AccessToken")})
	if str(got, "Username") != sub {
		t.Errorf("GetUser: %v", got)
	}
	if _, err := w.password(client, ada, goodPassword); err != nil {
		t.Errorf("by password: %v", err)
	}
}

func checkClaims(t *testing.T, w *world, pool, client, sub string, r object) {
	t.Helper()
	id, access := w.claims(pool, str(r, "IdToken"), useID), w.claims(pool, str(r, "AccessToken"), useAccess)
	for claim, want := range map[string]string{"sub": sub, "aud": client, "cognito:username": sub, "email": ada, "token_use": "id"} {
		if id.String(claim) != want {
			t.Errorf("id %s = %q, want %q", claim, id.String(claim), want)
		}
	}
	if v, ok := id.Raw()["email_verified"].(bool); !ok || !v {
		t.Errorf("email_verified = %v, want the boolean true", id.Raw()["email_verified"])
	}
	for claim, want := range map[string]string{"sub": sub, "client_id": client, "username": sub, "token_use": "access", "scope": adminScope} {
		if access.String(claim) != want {
			t.Errorf("access %s = %q, want %q", claim, access.String(claim), want)
		}
	}
	if access.Has("aud") || access.Has("email") || id.Has("client_id") {
		t.Error("a claim of one kind of token is in the other")
	}
	for _, claim := range []string{"jti", "origin_jti", "event_id"} {
		if id.String(claim) == "" || access.String(claim) == "" {
			t.Errorf("%s is missing", claim)
		}
	}
	if id.String("origin_jti") != access.String("origin_jti") || id.String("jti") == access.String("jti") {
		t.Error("origin_jti differs or jti does not")
	}
	if want := "https://cognito-idp.us-east-1.amazonaws.com/" + pool; id.String("iss") != want {
		t.Errorf("iss = %s", id.String("iss"))
	}
}

// TestPlainSRPReply: no Session, and both names are the internal user name.
func TestPlainSRPReply(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	b, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := b.out["Session"]; there || b.out["ChallengeName"] != challengeSRP {
		t.Errorf("reply: %v", b.out)
	}
	if str(b.params, "USERNAME") != str(b.params, "USER_ID_FOR_SRP") || strings.Contains(str(b.params, "USERNAME"), "@") {
		t.Errorf("names: %v", b.params)
	}
	if len(b.params) != 5 || strings.HasPrefix(str(b.params, "SALT"), "0") || strings.HasPrefix(str(b.params, "SRP_B"), "0") {
		t.Errorf("parameters: %v", b.params)
	}
	for _, name := range []string{ada, strings.ToUpper(ada), str(b.params, "USER_ID_FOR_SRP")} {
		b, err := w.beginSRP(client, ada, nil)
		if err != nil {
			t.Fatal(err)
		}
		in := w.responses(pool, b, goodPassword)
		in["USERNAME"] = name
		if _, err := w.respond(client, challengeSRP, "", in); err != nil {
			t.Errorf("USERNAME %s: %v", name, err)
		}
	}
}

// TestAliases: an alias counts once it is verified, and once in a pool.
func TestAliases(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(object{"AliasAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}}, nil)
	email := object{"Name": "email", "Value": ada}
	w.must("SignUp", object{"ClientId": client, "Username": "ada", "Password": goodPassword, "UserAttributes": []object{email}})
	adaCode := w.code()
	w.must("SignUp", object{"ClientId": client, "Username": "eve", "Password": goodPassword, "UserAttributes": []object{email}})
	eveCode := w.code()
	w.must("ConfirmSignUp", object{"ClientId": client, "Username": "ada", "ConfirmationCode": adaCode})
	w.refused("ConfirmSignUp", object{"ClientId": client, "Username": "eve", "ConfirmationCode": eveCode},
		"AliasExistsException", "An account with the email already exists.")
	out, err := w.srpSignIn(pool, client, ada, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	if name := w.claims(pool, str(result(t, out), "IdToken"), useID).String("cognito:username"); name != "ada" {
		t.Errorf("the alias signs in %s", name)
	}
	w.user(pool, "bob", object{"Name": "email", "Value": "bob@example.com"})
	if _, err := w.password(client, "bob@example.com", goodPassword); err == nil {
		t.Error("an address that nobody verified signs in")
	}
	w.refused("SignUp", object{"ClientId": client, "Username": "x@example.com", "Password": goodPassword},
		"InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias.")
	w.refused("SignUp", object{"ClientId": client, "Username": "ADA", "Password": goodPassword}, "UsernameExistsException", "User already exists")
}

// TestE06 is the table of broken answers to PASSWORD_VERIFIER. Signatures over a
// timestamp that is not canonical are the kernel's test.
func TestE06(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	const badTime = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
	for name, c := range map[string]struct {
		change        func(object)
		code, message string
	}{
		"wrong signature": {func(m object) { m["PASSWORD_CLAIM_SIGNATURE"] = flip(str(m, "PASSWORD_CLAIM_SIGNATURE"), 3) }, nae, incorrect},
		"short signature": {func(m object) { m["PASSWORD_CLAIM_SIGNATURE"] = "AAAA" }, nae, incorrect},
		"tampered block":  {func(m object) { m["PASSWORD_CLAIM_SECRET_BLOCK"] = flip(str(m, "PASSWORD_CLAIM_SECRET_BLOCK"), 60) }, nae, incorrect},
		"garbage block":   {func(m object) { m["PASSWORD_CLAIM_SECRET_BLOCK"] = "%%%" }, nae, incorrect},
		"line break":      {func(m object) { m["PASSWORD_CLAIM_SECRET_BLOCK"] = str(m, "PASSWORD_CLAIM_SECRET_BLOCK") + "\n" }, nae, incorrect},
		"not a time":      {func(m object) { m["TIMESTAMP"] = "2026-11-05T12:00:00Z" }, "InvalidParameterException", badTime},
		"no username":     {func(m object) { delete(m, "USERNAME") }, "InvalidParameterException", "Missing required parameter USERNAME"},
		"no timestamp":    {func(m object) { delete(m, "TIMESTAMP") }, "InvalidParameterException", "Missing required parameter TIMESTAMP"},
	} {
		t.Run(name, func(t *testing.T) {
			w.clock.advance(20 * time.Minute) // every case begins unlocked
			b, err := w.beginSRP(client, ada, nil)
			if err != nil {
				t.Fatal(err)
			}
			in := w.responses(pool, b, goodPassword)
			c.change(in)
			_, err = w.respond(client, challengeSRP, "", in)
			wantError(t, name, err, c.code, c.message)
		})
	}
	w.clock.advance(20 * time.Minute)
	_, err := w.srpSignIn(pool, client, ada, badPassword)
	wantError(t, "wrong password", err, nae, incorrect)
	b, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := w.responses(pool, b, goodPassword)
	w.clock.advance(blockLife)
	_, err = w.respond(client, challengeSRP, "", in)
	wantError(t, "old block", err, nae, incorrect)
}

// TestE01 holds that a hostile A is refused before any work.
func TestE01(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	for _, a := range []string{"0", "-1", "0x1", strings.Repeat("f", 2000), "zz"} {
		_, err := w.try("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": object{"USERNAME": ada, "SRP_A": a}})
		if e := wire.AsError(err); err == nil || e.Code != "InvalidParameterException" {
			t.Errorf("A = %.10s: %v", a, err)
		}
	}
	if srp.ParseA("0") == nil {
		t.Error("the kernel takes A = 0")
	}
}

// TestE07: of fifty replays of a good answer, on two nodes, one succeeds.
func TestE07(t *testing.T) {
	w := newWorld(t)
	w2 := nodeOn(t, w.Store, w.clock)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	b, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := w.responses(pool, b, goodPassword)
	oks, codes := together(50, func(i int) error {
		node := []*world{w, w2}[i%2]
		_, err := node.respond(client, challengeSRP, "", in)
		return err
	})
	if oks != 1 || codes[nae+": "+incorrect] != 49 {
		t.Errorf("%d successes, %v", oks, codes)
	}
	if _, err := w.srpSignIn(pool, client, ada, goodPassword); err != nil {
		t.Errorf("the replays locked the user out: %v", err)
	}
}

// TestE08: a challenge belongs to its pool, client and user.
func TestE08(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	_, otherPool := w.emailPool()
	otherClient := str(w.client(pool, nil), "ClientId")
	w.user(pool, ada)
	w.user(pool, "bob@example.com")
	for name, c := range map[string]struct{ client, username string }{
		"other client": {otherClient, ada}, "other pool": {otherPool, ada}, "other user": {client, "bob@example.com"}, "nobody": {client, "nobody@example.com"},
	} {
		b, err := w.beginSRP(client, ada, nil)
		if err != nil {
			t.Fatal(err)
		}
		in := w.responses(pool, b, goodPassword)
		in["USERNAME"] = c.username
		_, err = w.respond(c.client, challengeSRP, "", in)
		wantError(t, name, err, nae, incorrect)
	}
}

// TestE09: an unknown user looks like a known one, always the same, on every
// node, before and after others come and go.
func TestE09(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	known, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := w.beginSRP(client, "ghost@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := nodeOn(t, w.Store, w.clock).beginSRP(client, "GHOST@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"SALT", "USER_ID_FOR_SRP", "USERNAME"} {
		if str(first.params, p) != str(again.params, p) {
			t.Errorf("%s changes between calls", p)
		}
	}
	if str(first.params, "SRP_B") == str(again.params, "SRP_B") {
		t.Error("B repeats")
	}
	var blocks []int // for the same A, whose digits they hold
	for _, name := range []string{ada, "ghost@example.com"} {
		b, err := w.beginSRP(client, name, object{"SRP_A": "2"})
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, len(str(b.params, "SECRET_BLOCK")))
	}
	if blocks[0] != blocks[1] {
		t.Errorf("the secret block of a user has %d characters, of a decoy %d", blocks[0], blocks[1])
	}
	if len(str(first.params, "USER_ID_FOR_SRP")) != 36 || len(first.out) != len(known.out) {
		t.Errorf("shape: %v", first.out)
	}
	_, err = w.respond(client, challengeSRP, "", w.responses(pool, first, goodPassword))
	wantError(t, "decoy", err, nae, incorrect)
}

// TestE10: the right password of a user who may not sign in gives no tokens.
func TestE10(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(nil, nil)
	w.must("SignUp", object{"ClientId": client, "Username": "new", "Password": goodPassword})
	w.user(pool, "off")
	w.must("AdminDisableUser", object{"UserPoolId": pool, "Username": "off"})
	w.must("AdminCreateUser", object{"UserPoolId": pool, "Username": "temp", "TemporaryPassword": goodPassword, "MessageAction": "SUPPRESS"})
	w.user(pool, "lost")
	w.setStatus(pool, "lost", mustReset)
	for name, c := range map[string]struct{ code, message string }{
		"new":  {"UserNotConfirmedException", "User is not confirmed."},
		"off":  {nae, "User is disabled."},
		"lost": {"PasswordResetRequiredException", "Password reset required for the user"},
	} {
		_, err := w.srpSignIn(pool, client, name, goodPassword)
		wantError(t, name+" by SRP", err, c.code, c.message)
		_, err = w.password(client, name, goodPassword)
		wantError(t, name+" by password", err, c.code, c.message)
		_, err = w.password(client, name, badPassword)
		wantError(t, name+" with a wrong password", err, nae, incorrect)
	}
	out, err := w.srpSignIn(pool, client, "temp", goodPassword)
	if err != nil || out["ChallengeName"] != challengeNewPassword || out["AuthenticationResult"] != nil {
		t.Errorf("temp: %v, %v", out, err)
	}
}

// TestE11: a password that changes between challenge and answer ends it.
func TestE11(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	b, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := w.responses(pool, b, goodPassword)
	w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": ada, "Password": goodPassword, "Permanent": true})
	_, err = w.respond(client, challengeSRP, "", in)
	wantError(t, "changed password", err, nae, incorrect)
}

// TestE14: more sign-ins than the gate holds are told to come back, at once.
func TestE14(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	w.Admit = NewGate(1, 2, time.Hour)
	hold, held := make(chan struct{}), make(chan struct{})
	go func() {
		_ = w.Admit.do(t.Context(), func() error { close(held); <-hold; return nil })
	}()
	<-held
	results := make(chan error, 10)
	for range 10 {
		go func() { _, err := w.password(client, ada, goodPassword); results <- err }()
	}
	for range 7 { // three are in the crowd
		wantError(t, "crowd", <-results, "TooManyRequestsException", "Too many requests")
	}
	close(hold)
	for range 3 {
		if err := <-results; err != nil {
			t.Errorf("admitted: %v", err)
		}
	}
	g := NewGate(1, 1, time.Millisecond)
	block := make(chan struct{})
	ready := make(chan struct{})
	go func() { _ = g.do(t.Context(), func() error { close(ready); <-block; return nil }) }()
	<-ready
	if err := g.do(t.Context(), func() error { return nil }); !errors.Is(err, &wire.Error{Code: "TooManyRequestsException"}) {
		t.Errorf("past the deadline: %v", err)
	}
	close(block)
}
