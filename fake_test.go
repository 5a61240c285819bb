package gatepass_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
	"github.com/gatepass/gatepass/srp"
)

const (
	poolName = "AbCdEf123"
	poolID   = "eu-west-1_" + poolName
	clientID = "4h57kls9d0example1234567ab"
	idPool   = "eu-west-1:11111111-2222-3333-4444-555555555555"
	internal = "0a1b2c3d-internal" // what the pool calls ada
	password = "Correct-horse-7"
	secret   = "canary-client-secret"
)

// clock is a time that tests move by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// fake is the smallest server that really checks SRP proofs, secret hashes,
// refresh-token rotation and signatures. It stands in for the moments that the
// whole server does not produce: faults, merged identities, wrong clocks.
type fake struct {
	*httptest.Server
	t      *testing.T
	clock  *clock // the services'
	api    *clock // the API's
	secret string

	mu         sync.Mutex
	count      map[string]int
	logins     map[string]*srp.Server // by secret block
	aOf        map[string]string
	challenges []*wire.AuthOutput // after the password
	answers    []map[string]string
	refreshes  int
	refresh    string
	noRotation bool // GetTokensFromRefreshToken is unknown
	identity   string
	rename     string // GetCredentialsForIdentity answers with this identity
	forbidden  map[string]bool
	fail       map[string]error
	hold       chan struct{} // renewals wait for it
	keys       map[string]issued
	refused    map[string]bool
	bodies     []string
	redirect   string
	revoked    []string
}

type issued struct {
	c       sigv4.Credentials
	expires time.Time
}

func newFake(t *testing.T) *fake {
	t.Helper()
	c := newClock()
	f := &fake{
		t: t, clock: c, api: c, count: map[string]int{}, logins: map[string]*srp.Server{}, aOf: map[string]string{},
		forbidden: map[string]bool{}, fail: map[string]error{}, keys: map[string]issued{}, refused: map[string]bool{},
		identity: "eu-west-1:aaaaaaaa-0000-0000-0000-000000000001",
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) client(edit ...func(*gatepass.Client)) *gatepass.Client {
	c := &gatepass.Client{
		UserPoolID: poolID, ClientID: clientID, ClientSecret: f.secret, IdentityPoolID: idPool,
		Endpoint: f.URL, Clock: f.clock.now,
	}
	for _, fn := range edit {
		fn(c)
	}
	return c
}

func (f *fake) signIn(edit ...func(*gatepass.Client)) *gatepass.Session {
	f.t.Helper()
	s, err := f.client(edit...).SignIn(f.t.Context(), "ada@example.com", gatepass.Password(password))
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *fake) calls(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[op]
}

func (f *fake) set(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn()
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/prod/") {
		f.serveAPI(w, r)
		return
	}
	w.Header().Set("Date", f.clock.now().UTC().Format(http.TimeFormat))
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	hold := f.hold
	f.mu.Unlock()
	if hold != nil && op != "RespondToAuthChallenge" {
		<-hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[op]++
	if err := f.fail[op]; err != nil {
		wire.WriteError(w, wire.JSON11, err)
		return
	}
	out, err := f.run(op, body)
	if err != nil {
		wire.WriteError(w, wire.JSON11, err)
		return
	}
	wire.WriteJSON(w, out)
}

func (f *fake) run(op string, body []byte) (any, error) {
	switch op {
	case "InitiateAuth":
		return decoded(body, f.initiate)
	case "RespondToAuthChallenge":
		return decoded(body, f.respond)
	case "GetTokensFromRefreshToken":
		return decoded(body, f.rotate)
	case "RevokeToken":
		return decoded(body, func(in *wire.RevokeTokenInput) (any, error) {
			f.revoked = append(f.revoked, in.Token)
			return struct{}{}, nil
		})
	case "GlobalSignOut":
		return struct{}{}, nil
	case "GetId":
		return &wire.GetIdOutput{IdentityId: f.identity}, nil
	case "GetCredentialsForIdentity":
		return decoded(body, f.credentials)
	}
	return nil, wire.Errorf("UnknownOperationException", "")
}

func decoded[T any](body []byte, fn func(*T) (any, error)) (any, error) {
	in := new(T)
	if err := wire.DecodeJSON(body, in); err != nil {
		return nil, err
	}
	return fn(in)
}

func badPassword() error {
	return wire.Errorf("NotAuthorizedException", "Incorrect username or password.")
}

func (f *fake) checkHash(user, got string) error {
	if f.secret != "" && got != srp.SecretHash(user, clientID, f.secret) {
		return wire.Errorf("NotAuthorizedException", "SecretHash does not match for the client: %s", clientID)
	}
	return nil
}

func (f *fake) initiate(in *wire.InitiateAuthInput) (any, error) {
	p := in.AuthParameters
	if in.AuthFlow == "REFRESH_TOKEN_AUTH" {
		if err := f.checkHash(internal, p["SECRET_HASH"]); err != nil {
			return nil, err
		}
		return f.issue(p["REFRESH_TOKEN"], false)
	}
	if err := f.checkHash(p["USERNAME"], p["SECRET_HASH"]); err != nil {
		return nil, err
	}
	if in.AuthFlow == "USER_PASSWORD_AUTH" {
		if p["PASSWORD"] != password {
			return nil, badPassword()
		}
		return f.next()
	}
	salt := bytes.Repeat([]byte{0x12}, 16)
	v, err := srp.Verifier(poolName, internal, password, salt)
	if err != nil {
		return nil, err
	}
	server, err := srp.NewServer(rand.Reader, v)
	if err != nil {
		return nil, err
	}
	block := base64.StdEncoding.EncodeToString([]byte(rand.Text()))
	f.logins[block], f.aOf[block] = server, p["SRP_A"]
	return &wire.AuthOutput{ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: map[string]string{
		"SALT": fmt.Sprintf("%x", salt), "SRP_B": server.B(), "SECRET_BLOCK": block, "USERNAME": internal, "USER_ID_FOR_SRP": internal,
	}}, nil
}

func (f *fake) respond(in *wire.RespondToAuthChallengeInput) (any, error) {
	r := in.ChallengeResponses
	if err := f.checkHash(internal, r["SECRET_HASH"]); err != nil {
		return nil, err
	}
	if in.ChallengeName != "PASSWORD_VERIFIER" {
		f.answers = append(f.answers, r)
		return f.next()
	}
	block := r["PASSWORD_CLAIM_SECRET_BLOCK"]
	raw, err := base64.StdEncoding.DecodeString(block)
	if err != nil || f.logins[block] == nil {
		return nil, badPassword()
	}
	err = f.logins[block].Check(srp.Answer{
		PoolName: poolName, UserID: r["USERNAME"], A: f.aOf[block], SecretBlock: raw,
		Timestamp: r["TIMESTAMP"], Signature: r["PASSWORD_CLAIM_SIGNATURE"],
	})
	if err != nil {
		return nil, badPassword()
	}
	return f.next()
}

// next is the next challenge, or the tokens.
func (f *fake) next() (any, error) {
	if len(f.challenges) > 0 {
		ch := f.challenges[0]
		f.challenges = f.challenges[1:]
		return ch, nil
	}
	f.refreshes++
	f.refresh = fmt.Sprintf("canary-refresh-%d", f.refreshes)
	return f.issue(f.refresh, true)
}

func (f *fake) rotate(in *wire.GetTokensFromRefreshTokenInput) (any, error) {
	if f.noRotation {
		return nil, wire.Errorf("UnknownOperationException", "")
	}
	if in.ClientSecret != f.secret {
		return nil, wire.Errorf("NotAuthorizedException", "Unable to verify secret hash for client %s", clientID)
	}
	if in.RefreshToken != f.refresh {
		return nil, wire.Errorf("RefreshTokenReuseException", "reused")
	}
	f.refreshes++
	f.refresh = fmt.Sprintf("canary-refresh-%d", f.refreshes)
	return f.issue(f.refresh, true)
}

func (f *fake) issue(refresh string, show bool) (any, error) {
	if refresh != f.refresh {
		return nil, wire.Errorf("NotAuthorizedException", "Invalid Refresh Token.")
	}
	now := f.clock.now().Unix()
	claims, err := json.Marshal(map[string]any{
		"sub": "sub-of-ada", "cognito:username": internal, "iat": now, "exp": now + 3600,
		"iss": "https://issuer.example/" + poolID, "cognito:groups": []string{"writers"}, "jti": rand.Text(),
	})
	if err != nil {
		return nil, err
	}
	res := &wire.AuthenticationResult{
		AccessToken: "canary-access-" + rand.Text(), ExpiresIn: 3600, TokenType: "Bearer",
		IdToken: "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".canary-id",
	}
	if show {
		res.RefreshToken = refresh
	}
	return &wire.AuthOutput{AuthenticationResult: res}, nil
}

func (f *fake) credentials(in *wire.GetCredentialsForIdentityInput) (any, error) {
	for provider := range in.Logins {
		if provider != "issuer.example/"+poolID {
			return nil, wire.Errorf("NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
		}
	}
	if f.forbidden[in.IdentityId] {
		return nil, wire.Errorf("NotAuthorizedException", "Access to Identity '%s' is forbidden.", in.IdentityId)
	}
	id := in.IdentityId
	if f.rename != "" {
		id = f.rename
	}
	k := issued{
		sigv4.Credentials{AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: "canary-secret-" + rand.Text(), SessionToken: "canary-session-" + rand.Text()},
		f.clock.now().Add(time.Hour),
	}
	f.keys[k.c.AccessKeyID] = k
	return &wire.GetCredentialsForIdentityOutput{IdentityId: id, Credentials: wire.Credentials{
		AccessKeyId: k.c.AccessKeyID, SecretKey: k.c.SecretAccessKey, SessionToken: k.c.SessionToken, Expiration: wire.Epoch{Time: k.expires},
	}}, nil
}

// serveAPI is an API behind a gateway: it echoes the body of a request whose
// signature is right.
func (f *fake) serveAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", f.api.now().UTC().Format(http.TimeFormat))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count["API"]++
	if f.redirect != "" {
		http.Redirect(w, r, f.redirect, http.StatusTemporaryRedirect)
		return
	}
	body, err := f.verified(r)
	var s *sigv4.Error
	if errors.As(err, &s) {
		err = &wire.Error{Code: s.Code, Message: s.Message, Status: s.Status}
	}
	if err != nil {
		wire.WriteError(w, wire.RESTGateway, err)
		return
	}
	f.bodies = append(f.bodies, string(body))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

func (f *fake) verified(r *http.Request) ([]byte, error) {
	v := &sigv4.Verifier{Region: "eu-west-1", Profile: sigv4.ExecuteAPI()}
	claim, err := v.Parse(r, f.api.now())
	if err != nil {
		return nil, err
	}
	k, ok := f.keys[claim.AccessKeyID()]
	if !ok || k.c.SessionToken != claim.SessionToken() {
		return nil, sigv4.InvalidToken()
	}
	if f.refused[claim.AccessKeyID()] {
		return nil, sigv4.ExpiredToken()
	}
	var keys sigv4.KeyCache
	ok2, err := claim.Verify(keys.Key(claim.AccessKeyID(), k.c.SecretAccessKey, claim))
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(r.URL.Path, "/denied") {
		return nil, &wire.Error{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: execute-api:Invoke", Status: 403}
	}
	return ok2.Body(), nil
}
