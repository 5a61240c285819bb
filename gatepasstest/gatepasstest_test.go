package gatepasstest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

type note struct {
	Content string `json:"content"`
}

func TestChain(t *testing.T) {
	st := gatepasstest.New(t)
	ctx := context.Background()
	ada := st.SignedIn("ada")
	if _, err := gatepass.Call[note](ctx, ada, "POST", st.API+"/notes", note{"hello"}); err != nil {
		t.Fatal(err)
	}
	got, err := gatepass.Call[[]note](ctx, ada, "GET", st.API+"/notes", nil)
	if err != nil || len(got) != 1 || got[0].Content != "hello" {
		t.Fatalf("%v, %v", got, err)
	}
	bob := st.SignedIn("bob")
	got, err = gatepass.Call[[]note](ctx, bob, "GET", st.API+"/notes", nil)
	if err != nil || len(got) != 0 {
		t.Errorf("bob sees %v, %v", got, err)
	}
	_, err = gatepass.Call[[]note](ctx, ada, "GET", st.API+"/admin", nil)
	if !errors.Is(err, gatepass.ErrDenied) {
		t.Errorf("denied by policy: %v", err)
	}
}

func TestUnsigned(t *testing.T) {
	st := gatepasstest.New(t)
	resp, err := http.Get(st.API + "/notes")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 403 || string(body) != `{"message":"Missing Authentication Token"}` {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
}

func TestWrongPasswordAndLockout(t *testing.T) {
	now := time.Now()
	st := gatepasstest.New(t, func(s *server.Server) { s.Now = func() time.Time { return now } }) // the lock lasts a second
	st.AddUser("ada")
	for i := range 5 {
		_, err := st.Client.SignIn(context.Background(), "ada", gatepass.Password("Wrong-horse-7"))
		if !errors.Is(err, gatepass.ErrBadPassword) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	_, err := st.Client.SignIn(context.Background(), "ada", gatepass.Password(gatepasstest.Password))
	if !errors.Is(err, gatepass.ErrLockedOut) {
		t.Errorf("locked: %v", err)
	}
	st.Advance(2 * time.Second)
	if _, err := st.Client.SignIn(context.Background(), "ada", gatepass.Password(gatepasstest.Password)); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestSkewHeals(t *testing.T) {
	st := gatepasstest.New(t)
	ada := st.SignedIn("ada")
	st.Advance(20 * time.Minute)
	if _, err := gatepass.Call[[]note](context.Background(), ada, "GET", st.API+"/notes", nil); err != nil {
		t.Errorf("a clock 20 minutes off: %v", err)
	}
}

func TestSignUp(t *testing.T) {
	st := gatepasstest.New(t)
	ctx := context.Background()
	confirmed, _, err := st.Client.SignUp(ctx, "eve", gatepasstest.Password, map[string]string{"email": "eve@example.com"})
	if err != nil {
		t.Fatalf("%v, %v", confirmed, err)
	}
	if _, err := st.Client.SignIn(ctx, "eve", gatepass.Password(gatepasstest.Password)); !errors.Is(err, gatepass.ErrUserNotConfirmed) {
		t.Errorf("unconfirmed: %v", err)
	}
	if err := st.Client.ConfirmSignUp(ctx, "eve", st.Code("eve")); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Client.SignIn(ctx, "EVE@example.com", gatepass.Password(gatepasstest.Password)); err != nil {
		t.Errorf("by e-mail address: %v", err)
	}
}

func TestFailNext(t *testing.T) {
	st := gatepasstest.New(t)
	st.FailNext(1, http.StatusBadGateway)
	for _, want := range []int{502, 200} {
		resp, err := http.Get(st.URL + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d, want %d", resp.StatusCode, want)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	gatepasstest.New(b) // the process's signing keys
	for b.Loop() {
		gatepasstest.New(b)
	}
}

func TestURLForms(t *testing.T) {
	st := gatepasstest.New(t)
	req, err := http.NewRequest("GET", st.URL+"/prod/public", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "notes.execute-api.localhost" + st.URL[strings.LastIndex(st.URL, ":"):]
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("host form: %d", resp.StatusCode)
	}
}

// Issuer mode "endpoint": the tokens name this server, and the identity pool
// knows its own pool by that name too.
func TestIssuerEndpoint(t *testing.T) {
	st := gatepasstest.New(t, func(s *server.Server) { s.Config.Issuer = "endpoint" })
	ada := st.SignedIn("ada")
	if iss := ada.Claims()["iss"]; iss != st.URL+"/"+server.SampleUserPool {
		t.Errorf("iss %v", iss)
	}
	if _, err := gatepass.Call[[]note](context.Background(), ada, "GET", st.API+"/notes", nil); err != nil {
		t.Error(err)
	}
}

// Guests get the role for guests, and what it allows.
func TestGuests(t *testing.T) {
	st := gatepasstest.New(t, func(s *server.Server) {
		p := &s.Config.IdentityPools[0]
		p.AllowGuests, p.UnauthenticatedRole = true, "Guest"
		s.Config.Roles = append(s.Config.Roles, server.Role{Name: "Guest", Policies: map[string]server.Document{
			"read": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/GET/notes"}}`,
		}})
	})
	ctx := context.Background()
	guest, err := st.Client.Guest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gatepass.Call[[]note](ctx, guest, "GET", st.API+"/notes", nil); err != nil {
		t.Error(err)
	}
	if _, err := gatepass.Call[note](ctx, guest, "POST", st.API+"/notes", note{"x"}); !errors.Is(err, gatepass.ErrDenied) {
		t.Errorf("a guest posted: %v", err)
	}
}

// Sign-out everywhere ends the other session of the user too.
func TestSignOutEverywhere(t *testing.T) {
	st := gatepasstest.New(t)
	ctx := context.Background()
	here, there := st.SignedIn("ada"), st.SignedIn("ada")
	if err := here.SignOut(ctx, true); err != nil {
		t.Fatal(err)
	}
	st.Advance(2 * time.Hour) // tokens and credentials are over and must be renewed
	if _, err := gatepass.Call[[]note](ctx, there, "GET", st.API+"/notes", nil); !errors.Is(err, gatepass.ErrRefreshExpired) {
		t.Errorf("the other session: %v", err)
	}
}
