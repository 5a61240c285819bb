package userpool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/srp"
)

const locked = "Password attempts exceeded"

// TestF01: five free failures, then locks that double, are not extended by
// trying, and end with a success or a quarter of an hour of quiet.
func TestF01(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	fail := func(message string) {
		t.Helper()
		_, err := w.password(client, ada, badPassword)
		wantError(t, "attempt", err, nae, message)
	}
	for range 5 {
		fail(incorrect)
	}
	fail(locked)
	_, err := w.password(client, ada, goodPassword)
	wantError(t, "right password while locked", err, nae, locked)
	for lock := time.Second; lock <= 8*time.Second; lock *= 2 {
		w.clock.advance(lock - time.Millisecond)
		fail(locked)
		w.clock.advance(time.Millisecond)
		fail(incorrect)
	}
	w.clock.advance(16 * time.Second)
	if _, err := w.password(client, ada, goodPassword); err != nil {
		t.Fatalf("after the lock: %v", err)
	}
	for range 5 {
		fail(incorrect) // a success forgave what was before
	}
	w.clock.advance(16 * time.Minute)
	for range 5 {
		fail(incorrect)
	}
	fail(locked)
}

// TestF02: of 200 parallel wrong guesses on two nodes at most five are compared.
func TestF02(t *testing.T) {
	w := newWorld(t)
	w2 := nodeOn(t, w.Store, w.clock)
	pool, client := w.emailPool()
	w.user(pool, ada)
	oks, codes := together(200, func(i int) error {
		node := []*world{w, w2}[i%2]
		_, err := node.password(client, ada, badPassword)
		return err
	})
	if oks != 0 || codes[nae+": "+incorrect] != 5 || codes[nae+": "+locked] != 195 {
		t.Errorf("%d successes, %v", oks, codes)
	}
}

// TestParallelSignIns: many right passwords of one user at once are no attack.
func TestParallelSignIns(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	for range 3 {
		if _, err := w.password(client, ada, badPassword); err == nil {
			t.Fatal("a wrong password signs in")
		}
	}
	oks, codes := together(40, func(i int) error {
		if i%2 == 0 {
			_, err := w.srpSignIn(pool, client, ada, goodPassword)
			return err
		}
		_, err := w.password(client, ada, goodPassword)
		return err
	})
	if oks != 40 {
		t.Errorf("%d of 40, %v", oks, codes)
	}
	if len(w.flights.m) != 0 {
		t.Errorf("attempts never end: %v", w.flights.m)
	}
}

// TestTurnedAway: a sign-in that a busy node turns away costs neither an attempt nor the answer to a challenge.
func TestTurnedAway(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	b, err := w.beginSRP(client, ada, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := w.responses(pool, b, goodPassword)
	roomy := w.Admit
	w.Admit = NewGate(1, 8, time.Millisecond)
	w.Admit.slots <- struct{}{} // for good
	for range 6 {
		_, err := w.password(client, ada, badPassword)
		wantError(t, "password", err, "TooManyRequestsException", "Too many requests")
		_, err = w.respond(client, challengeSRP, "", in)
		wantError(t, "SRP", err, "TooManyRequestsException", "Too many requests")
	}
	w.Admit = roomy
	if _, err := w.respond(client, challengeSRP, "", in); err != nil {
		t.Errorf("the same answer, admitted: %v", err)
	}
}

// TestCountedIsCompared: once it is counted an attempt is compared, although there is no slot and its client has gone.
func TestCountedIsCompared(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.emailPool()
	w.user(pool, ada)
	w.Admit = NewGate(1, 8, time.Hour)
	for i := range 6 { // one more than may fail
		ctx, cancel := context.WithCancel(t.Context())
		busy := func(*store.Tx) error {
			w.Admit.slots <- struct{}{}
			cancel()
			go func() { <-w.Admit.slots }()
			return nil
		}
		if err := w.compare(ctx, &subject{User: store.User{PoolID: pool, Sub: "ada"}}, busy, func() error { return nil }); err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
}

// TestF03: guesses of codes are counted before they are compared, and asking for
// a new code buys no more of them.
func TestF03(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	w.must("ForgotPassword", object{"ClientId": client, "Username": ada})
	code := w.code()
	in := func(code string) object {
		return object{"ClientId": client, "Username": ada, "ConfirmationCode": code, "Password": newGood}
	}
	wrong := flipDigit(code)
	_, codes := together(200, func(int) error { _, err := w.try("ConfirmForgotPassword", in(wrong)); return err })
	if codes["CodeMismatchException: Invalid verification code provided, please try again."] != maxCodeTries {
		t.Errorf("evaluated: %v", codes)
	}
	w.refused("ConfirmForgotPassword", in(code), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	w.must("ForgotPassword", object{"ClientId": client, "Username": ada})
	w.refused("ConfirmForgotPassword", in(w.code()), "LimitExceededException", "Attempt limit exceeded, please try after some time.")

	w.must("SignUp", object{"ClientId": client, "Username": "bob@example.com", "Password": goodPassword})
	wrong = flipDigit(w.code())
	_, codes = together(100, func(int) error {
		_, err := w.try("ConfirmSignUp", object{"ClientId": client, "Username": "bob@example.com", "ConfirmationCode": wrong})
		return err
	})
	if codes["CodeMismatchException: Invalid verification code provided, please try again."] != maxCodeTries {
		t.Errorf("sign-up evaluated: %v", codes)
	}
}

func flipDigit(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// TestF04: one counter, whatever name, flow or client is used.
func TestF04(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(object{"AliasAttributes": []string{"email"}}, nil)
	other := str(w.client(pool, nil), "ClientId")
	w.user(pool, "ada", object{"Name": "email", "Value": ada}, verifiedEmail())
	for i, name := range []string{"ada", "ADA", ada, "Ada@Example.com"} {
		_, err := w.password([]string{client, other}[i%2], name, badPassword)
		wantError(t, name, err, nae, incorrect)
	}
	_, err := w.srpSignIn(pool, client, ada, badPassword)
	wantError(t, "by SRP", err, nae, incorrect)
	for _, name := range []string{"ada", "ADA", ada} {
		_, err := w.password(other, name, goodPassword)
		wantError(t, name, err, nae, locked)
		_, err = w.srpSignIn(pool, client, name, goodPassword)
		wantError(t, name+" by SRP", err, nae, locked)
		_, err = w.try("AdminInitiateAuth", object{
			"UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
			"AuthParameters": object{"USERNAME": name, "PASSWORD": goodPassword},
		})
		wantError(t, name+" by administrator", err, nae, locked)
	}
}

// TestF06: with PreventUserExistenceErrors nobody learns who exists, neither from
// one answer nor from many.
func TestF06(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada, verifiedEmail())
	const ghost = "amy@example.com"
	same := func(op string, in func(name string) object) {
		t.Helper()
		for i := range 8 { // past the lock
			known, err1 := w.try(op, in(ada))
			unknown, err2 := w.try(op, in(ghost))
			if fmt.Sprint(err1) != fmt.Sprint(err2) || !reflect.DeepEqual(known, unknown) {
				t.Errorf("%s, call %d: %v %v for a user, %v %v for nobody", op, i, known, err1, unknown, err2)
			}
		}
		w.clock.advance(2 * time.Hour)
	}
	same("InitiateAuth", func(name string) object {
		return object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": name, "PASSWORD": badPassword}}
	})
	same("AdminInitiateAuth", func(name string) object {
		return object{
			"ClientId": client, "UserPoolId": pool, "AuthFlow": "ADMIN_NO_SRP_AUTH",
			"AuthParameters": object{"USERNAME": name, "PASSWORD": badPassword},
		}
	})
	confirm := func(name string) object {
		return object{"ClientId": client, "Username": name, "ConfirmationCode": "nodigt", "Password": newGood}
	}
	same("ConfirmForgotPassword", confirm)
	same("ForgotPassword", func(name string) object { return object{"ClientId": client, "Username": name} })
	w.must("ForgotPassword", object{"ClientId": client, "Username": ada})
	w.must("ForgotPassword", object{"ClientId": client, "Username": ghost})
	for range 3 {
		same("ConfirmForgotPassword", confirm)
	}
	for range 8 {
		_, err1 := w.srpSignIn(pool, client, ada, badPassword)
		_, err2 := w.srpSignIn(pool, client, ghost, badPassword)
		if err1 == nil || err1.Error() != err2.Error() {
			t.Errorf("SRP: %v and %v", err1, err2)
		}
	}
}

// TestLegacyUsers: a LEGACY client learns who exists, with AWS's texts.
func TestLegacyUsers(t *testing.T) {
	w := newWorld(t)
	_, client := w.poolWith(nil, object{"PreventUserExistenceErrors": "LEGACY"})
	const none, noPair = "User does not exist.", "Username/client id combination not found."
	_, err := w.password(client, "ghost", goodPassword)
	wantError(t, "password", err, "UserNotFoundException", none)
	_, err = w.beginSRP(client, "ghost", nil)
	wantError(t, "SRP", err, "UserNotFoundException", none)
	w.refused("ForgotPassword", object{"ClientId": client, "Username": "ghost"}, "UserNotFoundException", noPair)
	w.refused("ConfirmSignUp", object{"ClientId": client, "Username": "ghost", "ConfirmationCode": "123456"}, "UserNotFoundException", noPair)
	w.refused("ResendConfirmationCode", object{"ClientId": client, "Username": "ghost"}, "UserNotFoundException", noPair)
}

// TestF13: the secret hash is demanded, of the right name, of this client.
func TestF13(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.poolWith(object{"AliasAttributes": []string{"email"}}, nil)
	c := w.client(pool, object{"GenerateSecret": true})
	client, secret := str(c, "ClientId"), str(c, "ClientSecret")
	w.user(pool, "ada", object{"Name": "email", "Value": ada}, verifiedEmail())
	hash := func(name string) string { return srp.SecretHash(name, client, secret) }
	begin := func(h string) error {
		params := object{"USERNAME": ada, "PASSWORD": goodPassword}
		if h != "" {
			params["SECRET_HASH"] = h
		}
		_, err := w.try("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": params})
		return err
	}
	mismatch := "SecretHash does not match for the client: " + client
	wantError(t, "missing", begin(""), nae, "Client "+client+" is configured with secret but SECRET_HASH was not received")
	wantError(t, "of another name", begin(hash("ada")), nae, mismatch)
	wantError(t, "of another client", begin(srp.SecretHash(ada, "other", secret)), nae, mismatch)
	if err := begin(hash(ada)); err != nil {
		t.Errorf("right hash: %v", err)
	}
	for name, want := range map[string]string{ada: mismatch, "ada": ""} {
		b, err := w.beginSRP(client, ada, object{"SECRET_HASH": hash(ada)})
		if err != nil {
			t.Fatal(err)
		}
		in := w.responses(pool, b, goodPassword)
		in["SECRET_HASH"] = hash(name)
		out, err := w.respond(client, challengeSRP, "", in)
		if want != "" {
			wantError(t, "answer with hash of "+name, err, nae, want)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		refresh := object{"REFRESH_TOKEN": str(result(t, out), "RefreshToken"), "SECRET_HASH": hash("ada")}
		w.must("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refresh})
		w.must("GetTokensFromRefreshToken", object{"ClientId": client, "ClientSecret": secret, "RefreshToken": refresh["REFRESH_TOKEN"]})
		w.refused("GetTokensFromRefreshToken", object{"ClientId": client, "ClientSecret": "wrong", "RefreshToken": refresh["REFRESH_TOKEN"]},
			nae, "Invalid client secret for the client: "+client)
	}
	w.refused("SignUp", object{"ClientId": client, "Username": "bob", "Password": goodPassword, "SecretHash": hash("ada")}, nae, mismatch)
}

// TestPasswordPolicy has AWS's texts, one violation at a time.
func TestPasswordPolicy(t *testing.T) {
	w := newWorld(t)
	_, client := w.poolWith(nil, nil)
	for password, want := range map[string]string{
		"Sh0rt-x":     "Password not long enough",
		"lowercase-1": "Password must have uppercase characters",
		"UPPERCASE-1": "Password must have lowercase characters",
		"No-Digits-X": "Password must have numeric characters",
		"NoSymbols12": "Password must have symbol characters",
	} {
		w.refused("SignUp", object{"ClientId": client, "Username": "ada", "Password": password},
			"InvalidPasswordException", "Password did not conform with policy: "+want)
	}
	_, err := w.try("SignUp", object{"ClientId": client, "Username": "ada", "Password": "Ab-1"})
	if e := wire.AsError(err); e.Code != "InvalidParameterException" || !strings.HasPrefix(e.Message, "1 validation error detected: Value at 'password'") {
		t.Errorf("four characters: %v", err)
	}
}

// TestE15: passwords are used byte for byte.
func TestE15(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(nil, nil)
	w.user(pool, "ada")
	long := strings.Repeat("Aa1-", 64)
	set := func(p string) error {
		_, err := w.try("AdminSetUserPassword", object{"UserPoolId": pool, "Username": "ada", "Password": p, "Permanent": true})
		return err
	}
	for _, p := range []string{long, "Pässwörd-1", "Pa\u0308sswort-1", "Emoji-😀-1x", "in the Middle-1"} {
		if err := set(p); err != nil {
			t.Fatal(err)
		}
		if _, err := w.srpSignIn(pool, client, "ada", p); err != nil {
			t.Errorf("%.12q: %v", p, err)
		}
	}
	if set(long+"x") == nil || set("") == nil {
		t.Error("a password of 257 or of no characters was accepted")
	}
	if err := set(long); err != nil {
		t.Fatal(err)
	}
	if _, err := w.password(client, "ada", long[:255]); err == nil {
		t.Error("a truncated password signs in")
	}
}

// TestKeysConverge: nodes and callers that make keys at once end with the same.
func TestKeysConverge(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.emailPool()
	nodes := []*world{w, nodeOn(t, w.Store, w.clock), nodeOn(t, w.Store, w.clock)}
	oks, codes := together(12, func(i int) error { return nodes[i%3].PrepareKeys(t.Context(), pool) })
	if oks != 12 {
		t.Fatal(codes)
	}
	want, err := w.JWKS(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if got, err := n.JWKS(t.Context(), pool); err != nil || string(got) != string(want) {
			t.Errorf("another key set: %v", err)
		}
	}
	if strings.Count(string(want), `"kid"`) != 2 {
		t.Errorf("keys: %s", want)
	}
	if _, err := w.JWKS(t.Context(), "us-east-1_nowhere"); !errors.Is(err, &wire.Error{Code: "ResourceNotFoundException"}) {
		t.Errorf("unknown pool: %v", err)
	}
}

// TestUnbiasedText: random text uses its whole alphabet and only that.
func TestUnbiasedText(t *testing.T) {
	s := &Service{Rand: rand.NewChaCha8([32]byte{})} // the same in every run
	text, err := s.randomText(digits, 5000)
	if err != nil || strings.Trim(text, digits) != "" || len(text) != 5000 {
		t.Fatalf("%v", err)
	}
	for _, d := range digits {
		if n := strings.Count(text, string(d)); n < 380 || n > 620 {
			t.Errorf("%c occurs %d times", d, n)
		}
	}
}
