package userpool

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/server/store"
)

// TestF21: nothing secret is in what can be printed: structs, errors, and the
// records of the store.
func TestF21(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.poolWith(object{"MfaConfiguration": "OPTIONAL"}, nil)
	c := w.client(pool, object{"GenerateSecret": true})
	a, err := w.app(t.Context(), str(c, "ClientId"))
	if err != nil {
		t.Fatal(err)
	}
	w.user(pool, "ada")
	public := str(w.client(pool, nil), "ClientId")
	app := w.enrolled(public, "ada")
	u, err := w.Store.UserByName(t.Context(), pool, "ada")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := w.verifier(&subject{User: u})
	if err != nil {
		t.Fatal(err)
	}
	_, refusal := w.password(public, "ada", badPassword)
	record, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %+v %#v %v %s", a, *a, *a, factor{secret: app}, block{B: verifier}, refusal, record)
	for name, canary := range map[string]string{
		"client secret": str(c, "ClientSecret"), "password": goodPassword, "wrong password": badPassword,
		"totp": string(app), "verifier": string(verifier[:16]), "verifier in digits": fmt.Sprint(verifier[:8])[1:20],
		"verifier in base64": strings.Trim(mustJSON(t, verifier[:30]), `"`), "totp in base64": strings.Trim(mustJSON(t, []byte(app)[:18]), `"`),
	} {
		if strings.Contains(printed, canary) {
			t.Errorf("the %s is printed", name)
		}
	}
}

// TestE13: a copy of the database without the root key is of no use: another root
// opens nothing and signs nobody in.
func TestE13(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	r := w.signedIn(client, ada)
	thief := nodeOn(t, w.Store, w.clock)
	ring, err := seal.NewRing([]byte(strings.Repeat("thief-key", 4)[:32]))
	if err != nil {
		t.Fatal(err)
	}
	thief.Ring = ring
	if _, err := thief.password(client, ada, goodPassword); err == nil {
		t.Error("a sign-in without the root key")
	}
	if _, err := thief.refresh(client, str(r, "RefreshToken")); err == nil {
		t.Error("a refresh token without the root key")
	}
	if _, err := thief.JWKS(t.Context(), pool); err == nil {
		t.Error("the signing key opens without the root key")
	}
}

func benchWorld(b *testing.B, dsn string) (w *Service, pool, client string) {
	b.Helper()
	st, err := store.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	ring, err := seal.NewRing(testRoot)
	if err != nil {
		b.Fatal(err)
	}
	s := &Service{Store: st, Ring: ring, Region: "us-east-1", AccountID: "000000000000", Now: time.Now, Rand: rand.Reader, Keys: sharedKey}
	out := benchRun(b, s, "CreateUserPool", object{"PoolName": "bench"})
	pool = str(out["UserPool"].(object), "Id")
	out = benchRun(b, s, "CreateUserPoolClient", object{"UserPoolId": pool, "ClientName": "bench", "ExplicitAuthFlows": everyFlow})
	client = str(out["UserPoolClient"].(object), "ClientId")
	for i := range 64 {
		name := fmt.Sprint("user", i)
		benchRun(b, s, "AdminCreateUser", object{"UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS"})
		benchRun(b, s, "AdminSetUserPassword", object{"UserPoolId": pool, "Username": name, "Password": goodPassword, "Permanent": true})
	}
	return s, pool, client
}

func benchRun(b *testing.B, s *Service, name string, in object) object {
	b.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	op, _ := s.Op(name)
	out, err := op.Run(b.Context(), body)
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		b.Fatal(err)
	}
	var m object
	if err := json.Unmarshal(data, &m); err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkPasswordSignIn is USER_PASSWORD_AUTH at four callers per core.
func BenchmarkPasswordSignIn(b *testing.B) {
	for name, dsn := range map[string]string{"memory": "memory", "file": filepath.Join(b.TempDir(), "bench.db")} {
		b.Run(name, func(b *testing.B) {
			s, _, client := benchWorld(b, dsn)
			benchRun(b, s, "InitiateAuth", benchParams(client, 0))
			b.SetParallelism(4)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					benchRun(b, s, "InitiateAuth", benchParams(client, i))
				}
			})
		})
	}
}

func benchParams(client string, i int) object {
	return object{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": object{"USERNAME": fmt.Sprint("user", i%64), "PASSWORD": goodPassword}}
}
