// Package gatepasstest runs the whole gate inside a Go test: user pool, identity
// pool, STS, policies and an API, on a loopback port, with signed-in clients.
//
//	st := gatepasstest.New(t)
//	ada := st.SignedIn("ada")
//	resp, err := ada.HTTPClient().Get(st.API + "/notes")
//
// Nothing is faked: passwords travel by SRP, every signature is verified and
// every policy evaluated.
package gatepasstest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/server"
)

// Password is the password of every user [Stand.SignedIn] and [Stand.AddUser]
// make.
const Password = "Correct-horse-7"

// Stand is a running gate. Its clock starts at the present and runs, unless
// Server.Now was set to another; Advance moves it.
type Stand struct {
	Server *server.Server
	URL    string // of the server: every service answers here
	API    string // base URL of the notes API, stage included
	Client *gatepass.Client

	t      testing.TB
	offset atomic.Int64
	fail   atomic.Pointer[fault]
}

type fault struct {
	mu     sync.Mutex
	left   int
	status int
}

// New starts a gate that ends with the test: [server.Sample] in memory, unless
// configure sets another Config, DSN or handlers on the server before it starts.
func New(t testing.TB, configure ...func(*server.Server)) *Stand {
	t.Helper()
	st := &Stand{t: t}
	st.Server = &server.Server{
		Config: server.Sample(""), Handlers: server.SampleHandlers(), SigningKey: sharedKey, Now: time.Now,
	}
	for _, c := range configure {
		c(st.Server)
	}
	clock := st.Server.Now
	st.Server.Now = func() time.Time { return clock().Add(time.Duration(st.offset.Load())) }
	front := httptest.NewUnstartedServer(st)
	st.URL = "http://" + front.Listener.Addr().String()
	st.Server.Endpoint = st.URL
	if err := st.Server.Start(context.Background()); err != nil {
		front.Close()
		t.Fatalf("gatepasstest: %v", err)
	}
	front.Start()
	t.Cleanup(func() {
		front.Close()
		if err := st.Server.Close(); err != nil {
			t.Errorf("gatepasstest: closing: %v", err)
		}
	})
	st.API = st.URL + "/_aws/execute-api/" + server.SampleAPI + "/" + server.SampleStage
	st.Client = st.NewClient()
	return st
}

// NewClient makes another client of the sample's app client and identity pool,
// with a session store of its own.
func (st *Stand) NewClient() *gatepass.Client {
	return &gatepass.Client{
		Region: "us-east-1", UserPoolID: server.SampleUserPool, ClientID: server.SampleClient,
		IdentityPoolID: server.SampleIdentityPool, Endpoint: st.URL,
	}
}

// ServeHTTP is the gate, or the fault that [Stand.FailNext] asked for.
func (st *Stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := st.fail.Load(); f != nil && f.take() {
		http.Error(w, "a fault of the test", f.status)
		return
	}
	st.Server.ServeHTTP(w, r)
}

func (f *fault) take() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left--
	return f.left >= 0
}

// FailNext answers the next n requests with a status instead of serving them.
func (st *Stand) FailNext(n, status int) { st.fail.Store(&fault{left: n, status: status}) }

// Advance moves the gate's clock, forwards or back: signatures age, tokens
// expire.
func (st *Stand) Advance(d time.Duration) { st.offset.Add(int64(d)) }

// AddUser makes a confirmed user with [Password] and the e-mail address
// name@example.com.
func (st *Stand) AddUser(name string) {
	st.t.Helper()
	u := server.User{Username: name, Attributes: map[string]string{"email": name + "@example.com", "email_verified": "true"}}
	if err := st.Server.AddUser(context.Background(), server.SampleUserPool, u, Password); err != nil {
		st.t.Fatalf("gatepasstest: %v", err)
	}
}

// SignedIn makes the user if need be and signs them in over SRP, with a client
// of their own.
func (st *Stand) SignedIn(name string) *gatepass.Session {
	st.t.Helper()
	st.AddUser(name)
	s, err := st.NewClient().SignIn(context.Background(), name, gatepass.Password(Password))
	if err != nil {
		st.t.Fatalf("gatepasstest: signing in %s: %v", name, err)
	}
	return s
}

// Code is the newest confirmation code that was sent to a user.
func (st *Stand) Code(username string) string {
	st.t.Helper()
	list, err := st.Server.Messages(context.Background(), username)
	if err != nil || len(list) == 0 {
		st.t.Fatalf("gatepasstest: no message for %s (%v)", username, err)
	}
	body := list[0].Body
	return body[max(0, len(body)-6):]
}

// sharedKey is one of two keys of the process: making an RSA key takes longer
// than most tests.
func sharedKey(scope string) (*rsa.PrivateKey, error) {
	k := keys()
	if strings.HasSuffix(scope, "/access") {
		return k.access, k.err
	}
	return k.other, k.err
}

type pair struct {
	access, other *rsa.PrivateKey
	err           error
}

var keys = sync.OnceValue(func() pair {
	access, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return pair{err: err}
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	return pair{access, other, err}
})
