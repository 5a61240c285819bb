package userpool

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/srp"
)

const (
	goodPassword = "Correct-Horse-1"
	newGood      = "Battery-Staple-2"
	badPassword  = "Wrong-Horse-11"
	ada          = "ada@example.com"
)

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a user pool service over a real store in memory.
type world struct {
	*Service
	t     *testing.T
	clock *clock
	sent  chan store.Message
}

// testKeys are two RSA keys for all tests of the process.
var testKeys = sync.OnceValues(func() (map[string]*token.Key, error) {
	keys := map[string]*token.Key{}
	for _, use := range []string{useID, useAccess} {
		k, err := token.GenerateKey("", rand.Reader)
		if err != nil {
			return nil, err
		}
		keys[use] = k
	}
	return keys, nil
})

func sharedKey(_ context.Context, scope string) (*token.Key, error) {
	keys, err := testKeys()
	return keys[scope[strings.LastIndexByte(scope, '/')+1:]], err
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(t.Context(), "memory")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return nodeOn(t, st, &clock{now: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)})
}

var testRoot = []byte("0123456789abcdef0123456789abcdef")

// nodeOn is a node over a store that other nodes may share.
func nodeOn(t *testing.T, st *store.Store, c *clock) *world {
	t.Helper()
	ring, err := seal.NewRing(testRoot)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: c, sent: make(chan store.Message, 100)}
	w.Service = &Service{
		Store: st, Ring: ring, Region: "us-east-1", AccountID: "000000000000", Now: c.Now, Rand: rand.Reader, Keys: sharedKey,
		Admit: NewGate(0, 500, time.Hour), // all that come are let in, however slow the machine
		Sink:  func(_ context.Context, m store.Message) { w.sent <- m },
	}
	return w
}

type object = map[string]any

// try runs an operation as the server does: bytes in, a value out.
func (w *world) try(op string, in object) (object, error) {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	o, ok := w.Op(op)
	if !ok {
		w.t.Fatalf("no operation %s", op)
	}
	out, err := o.Run(w.t.Context(), body)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(out)
	if err != nil {
		w.t.Fatal(err)
	}
	var m object
	if err := json.Unmarshal(data, &m); err != nil {
		w.t.Fatal(err)
	}
	return m, nil
}

func (w *world) must(op string, in object) object {
	w.t.Helper()
	out, err := w.try(op, in)
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	return out
}

// refused demands an error of a code and text, exactly.
func (w *world) refused(op string, in object, code, message string) {
	w.t.Helper()
	_, err := w.try(op, in)
	wantError(w.t, op, err, code, message)
}

func wantError(t *testing.T, what string, err error, code, message string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: got %v, want %s", what, err, code)
	}
	if e.Code != code || e.Message != message {
		t.Fatalf("%s: got %s: %q, want %s: %q", what, e.Code, e.Message, code, message)
	}
}

const nae, incorrect = "NotAuthorizedException", "Incorrect username or password."

// emailPool has users that sign in by e-mail address and a client for every flow.
func (w *world) emailPool() (pool, client string) {
	w.t.Helper()
	return w.poolWith(object{"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}}, nil)
}

var everyFlow = []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}

func (w *world) poolWith(settings, client object) (poolID, clientID string) {
	w.t.Helper()
	in := object{"PoolName": "test", "UsernameConfiguration": object{"CaseSensitive": false}}
	for k, v := range settings {
		in[k] = v
	}
	pool, _ := w.must("CreateUserPool", in)["UserPool"].(object)
	poolID, _ = pool["Id"].(string)
	return poolID, w.client(poolID, client)["ClientId"].(string)
}

func (w *world) client(pool string, settings object) object {
	w.t.Helper()
	in := object{"UserPoolId": pool, "ClientName": "app", "ExplicitAuthFlows": everyFlow}
	for k, v := range settings {
		in[k] = v
	}
	c, _ := w.must("CreateUserPoolClient", in)["UserPoolClient"].(object)
	return c
}

// user makes a confirmed user with goodPassword.
func (w *world) user(pool, name string, attributes ...object) {
	w.t.Helper()
	w.must("AdminCreateUser", object{"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS", "UserAttributes": attributes})
	w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": name, "Password": goodPassword, "Permanent": true})
}

func verifiedEmail() object { return object{"Name": "email_verified", "Value": "true"} }

// password is a sign-in by USER_PASSWORD_AUTH.
func (w *world) password(client, name, password string) (object, error) {
	w.t.Helper()
	return w.try("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": name, "PASSWORD": password}})
}

func (w *world) signedIn(client, name string) object {
	w.t.Helper()
	out, err := w.password(client, name, goodPassword)
	if err != nil {
		w.t.Fatal(err)
	}
	return result(w.t, out)
}

func result(t *testing.T, out object) object {
	t.Helper()
	r, ok := out["AuthenticationResult"].(object)
	if !ok {
		t.Fatalf("no tokens: %v", out)
	}
	return r
}

func str(m object, key string) string {
	s, _ := m[key].(string)
	return s
}

// begun is an SRP sign-in between its two requests.
type begun struct {
	client *srp.Client
	params object
	out    object
}

func (w *world) beginSRP(client, name string, extra object) (begun, error) {
	w.t.Helper()
	c, err := srp.NewClient(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	params := object{"USERNAME": name, "SRP_A": c.A()}
	for k, v := range extra {
		params[k] = v
	}
	out, err := w.try("InitiateAuth", object{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": params})
	if err != nil {
		return begun{}, err
	}
	p, _ := out["ChallengeParameters"].(object)
	return begun{client: c, params: p, out: out}, nil
}

// responses proves a password for what was begun.
func (w *world) responses(pool string, b begun, password string) object {
	w.t.Helper()
	proof, err := b.client.Claim(srp.Challenge{
		PoolName: poolName(pool), UserID: str(b.params, "USER_ID_FOR_SRP"), Salt: str(b.params, "SALT"),
		B: str(b.params, "SRP_B"), SecretBlock: str(b.params, "SECRET_BLOCK"),
	}, password, w.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return object{
		"USERNAME": str(b.params, "USER_ID_FOR_SRP"), "PASSWORD_CLAIM_SECRET_BLOCK": str(b.params, "SECRET_BLOCK"),
		"PASSWORD_CLAIM_SIGNATURE": proof.Signature, "TIMESTAMP": proof.Timestamp,
	}
}

func (w *world) respond(client, challenge, session string, responses object) (object, error) {
	w.t.Helper()
	in := object{"ClientId": client, "ChallengeName": challenge, "ChallengeResponses": responses}
	if session != "" {
		in["Session"] = session
	}
	return w.try("RespondToAuthChallenge", in)
}

// srpSignIn is a whole sign-in by SRP.
func (w *world) srpSignIn(pool, client, name, password string) (object, error) {
	w.t.Helper()
	b, err := w.beginSRP(client, name, nil)
	if err != nil {
		return nil, err
	}
	return w.respond(client, challengeSRP, "", w.responses(pool, b, password))
}

// code is the six digits of the last message.
func (w *world) code() string {
	w.t.Helper()
	select {
	case m := <-w.sent:
		return regexp.MustCompile(`\d{6}`).FindString(m.Body)
	default:
		w.t.Fatal("no message was sent")
		return ""
	}
}

// claims reads a token with the pool's published keys.
func (w *world) claims(pool, raw, use string) token.Claims {
	w.t.Helper()
	doc, err := w.JWKS(w.t.Context(), pool)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := token.ParseJWKS(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := token.Verify(raw, keys, token.Expect{Issuers: []string{w.issuer(pool)}, TokenUse: use, Now: w.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// flip changes one character of the alphabet of base64.
func flip(s string, at int) string {
	b := []byte(s)
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

// together runs fn n times at once and counts which errors came.
func together(n int, fn func(i int) error) (oks int, codes map[string]int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	codes = map[string]int{}
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := fn(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				oks++
				return
			}
			codes[wire.AsError(err).Code+": "+wire.AsError(err).Message]++
		})
	}
	close(start)
	wg.Wait()
	return oks, codes
}

// setStatus changes what no operation changes yet.
func (w *world) setStatus(pool, name, status string) {
	w.t.Helper()
	err := w.Store.Update(w.t.Context(), func(tx *store.Tx) error {
		u, err := tx.UserByName(w.t.Context(), pool, name)
		if err != nil {
			return err
		}
		return tx.ModifyUser(pool, u.Sub, func(u *store.User) error { u.Status = status; return nil })
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
