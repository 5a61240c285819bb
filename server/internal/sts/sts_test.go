package sts_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

const (
	roleARN  = "arn:aws:iam::111122223333:role/app/notes-user"
	roleID   = "AROAEXAMPLE0000000000"
	userARN  = "arn:aws:iam::111122223333:user/admin"
	longTerm = "AKIAIOSFODNN7EXAMPLE"
	secret   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	pool     = "us-east-1:11111111-1111-4111-8111-111111111111"
	identity = "us-east-1:22222222-2222-4222-8222-222222222222"
	provider = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01"
	subject  = "33333333-3333-4333-8333-333333333333"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 123456000, time.UTC)

const allowAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

func session() policy.Principal {
	return policy.Principal{
		Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/notes-user/CognitoIdentityCredentials", RoleARN: roleARN, Account: "111122223333",
		UserID: roleID + ":CognitoIdentityCredentials", FederatedProvider: "cognito-identity.amazonaws.com", IdentityID: identity, IdentityPoolID: pool,
		AMR:             []string{"authenticated", provider, provider + ":CognitoSignIn:" + subject},
		CognitoProvider: provider + "," + provider + ":CognitoSignIn:" + subject,
	}
}

func role() store.Role {
	return store.Role{Name: "notes-user", ARN: roleARN, ID: roleID, Policies: map[string]string{"all": allowAll}}
}

func newService(t testing.TB) *sts.Service {
	t.Helper()
	db, err := store.Open(t.Context(), "memory")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &sts.Service{Store: db, Ring: ring(t, 1), Rand: rand.Reader, Now: func() time.Time { return start }}
	sealed, err := s.SealSecret(longTerm, secret)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.PutRole(role()),
			tx.PutIAMUser(store.IAMUser{Name: "admin", ARN: userARN, ID: "AIDAEXAMPLE0000000000", Policies: map[string]string{"all": allowAll}}),
			tx.PutAccessKey(store.AccessKey{ID: longTerm, UserName: "admin", SecretSealed: sealed, Active: true}),
		)
	})
	return s
}

func ring(t testing.TB, roots ...byte) *seal.Ring {
	t.Helper()
	var all [][]byte
	for _, b := range roots {
		all = append(all, bytes.Repeat([]byte{b}, seal.RootSize))
	}
	r, err := seal.NewRing(all...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func update(t testing.TB, s *sts.Service, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Store.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func issue(t testing.TB, s *sts.Service, p policy.Principal) sts.Credentials {
	t.Helper()
	c, err := s.Issue(t.Context(), sts.Spec{Principal: p, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func resolve(t testing.TB, s *sts.Service, c sts.Credentials, now time.Time) (policy.Principal, policy.Policies, error) {
	t.Helper()
	got, p, policies, err := s.Resolve(t.Context(), c.AccessKeyID, c.SessionToken, now)
	if err == nil && got != c.SecretAccessKey {
		t.Fatal("another secret")
	}
	if err != nil && (got != "" || !reflect.DeepEqual(policies, policy.Policies{}) || !reflect.DeepEqual(p, policy.Principal{})) {
		t.Fatal("a refusal carries something")
	}
	return p, policies, err
}

// wantRefusal compares with the exact error of package sigv4.
func wantRefusal(t *testing.T, what string, err error, want *sigv4.Error) {
	t.Helper()
	var e *sigv4.Error
	if !errors.As(err, &e) || e.Code != want.Code || e.Message != want.Message || e.Status != 403 {
		t.Errorf("%s: err = %v, want %v", what, err, want)
	}
}

func TestIssueResolve(t *testing.T) {
	s := newService(t)
	c := issue(t, s, session())
	if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(c.AccessKeyID) || !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(c.SecretAccessKey) {
		t.Errorf("%s %s", c.AccessKeyID, c.SecretAccessKey)
	}
	if !c.Expiration.Equal(start.Add(time.Hour).Truncate(time.Second)) {
		t.Errorf("expires %s", c.Expiration)
	}
	p, policies, err := resolve(t, s, c, start.Add(time.Minute))
	want := session()
	want.TokenIssueTime = start
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%+v\nwant %+v\n%v", p, want, err)
	}
	if len(policies.Identity) != 1 || policies.Identity[0].Name != "all" {
		t.Errorf("policies %v", policies)
	}
	other := issue(t, s, session())
	if other.AccessKeyID == c.AccessKeyID || other.SecretAccessKey == c.SecretAccessKey {
		t.Error("two credentials are alike")
	}
}

// TestOtherPrincipals holds that everything a principal has comes back.
func TestOtherPrincipals(t *testing.T) {
	s := newService(t)
	guest := session()
	guest.AMR, guest.CognitoProvider = []string{"unauthenticated"}, ""
	tagged := session()
	tagged.Tags = map[string]string{"team": "a", "empty": "", "wild": "*"}
	odd := session()
	odd.CognitoProvider = "something else"
	plain := policy.Principal{RoleARN: roleARN, UserID: roleID + ":cli"}
	filled := plain
	filled.Type, filled.Account, filled.ARN = "AssumedRole", "111122223333", "arn:aws:sts::111122223333:assumed-role/notes-user/cli"
	for i, c := range []struct{ in, out policy.Principal }{{guest, guest}, {tagged, tagged}, {odd, odd}, {plain, filled}} {
		p, _, err := resolve(t, s, issue(t, s, c.in), start)
		c.out.TokenIssueTime = start
		if err != nil || !reflect.DeepEqual(p, c.out) {
			t.Errorf("%d: %+v\nwant %+v\n%v", i, p, c.out, err)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	s := newService(t)
	change := func(fn func(p *policy.Principal)) policy.Principal {
		p := session()
		fn(&p)
		return p
	}
	for name, spec := range map[string]sts.Spec{
		"no duration":     {Principal: session()},
		"negative":        {Principal: session(), Duration: -time.Hour},
		"13 hours":        {Principal: session(), Duration: 13 * time.Hour},
		"two roles":       {Principal: session(), Duration: time.Hour, RoleARN: roleARN + "2"},
		"no role":         {Principal: policy.Principal{UserID: roleID + ":cli"}, Duration: time.Hour},
		"a user":          {Principal: change(func(p *policy.Principal) { p.RoleARN, p.ARN = userARN, "" }), Duration: time.Hour},
		"another session": {Principal: change(func(p *policy.Principal) { p.ARN += "2" }), Duration: time.Hour},
		"another account": {Principal: change(func(p *policy.Principal) { p.Account = "999999999999" }), Duration: time.Hour},
		"another type":    {Principal: change(func(p *policy.Principal) { p.Type = "User" }), Duration: time.Hour},
		"no session name": {Principal: change(func(p *policy.Principal) { p.UserID = roleID }), Duration: time.Hour},
		"bad name":        {Principal: change(func(p *policy.Principal) { p.UserID, p.ARN = roleID+":a/b", "" }), Duration: time.Hour},
		"wild name":       {Principal: change(func(p *policy.Principal) { p.UserID, p.ARN = roleID+":*a", "" }), Duration: time.Hour},
		"line break":      {Principal: change(func(p *policy.Principal) { p.UserID, p.ARN = roleID+":ab\n", "" }), Duration: time.Hour},
		"no role id":      {Principal: change(func(p *policy.Principal) { p.UserID = ":ab" }), Duration: time.Hour},
		"user name":       {Principal: change(func(p *policy.Principal) { p.Username = "x" }), Duration: time.Hour},
		"65 amr":          {Principal: change(func(p *policy.Principal) { p.AMR = make([]string, 65) }), Duration: time.Hour},
	} {
		if _, err := s.Issue(t.Context(), spec); !errors.Is(err, sts.ErrSpec) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTokenLength: all headers of a request must fit 10 240 bytes.
func TestTokenLength(t *testing.T) {
	s := newService(t)
	n := len(issue(t, s, session()).SessionToken)
	t.Logf("session token of a signed-in user: %d bytes", n)
	if n > 1024 {
		t.Errorf("%d bytes, want at most 1024", n)
	}
	guest := session()
	guest.AMR, guest.CognitoProvider = []string{"unauthenticated"}, ""
	t.Logf("of a guest: %d bytes", len(issue(t, s, guest).SessionToken))
}

// TestH10_Clocks: a node may be five minutes ahead of another; its own clock says when credentials end.
func TestH10_Clocks(t *testing.T) {
	s := newService(t)
	c := issue(t, s, session())
	for _, at := range []time.Duration{-5 * time.Minute, 0, time.Hour - time.Second} {
		if _, _, err := resolve(t, s, c, start.Add(at)); err != nil {
			t.Errorf("%s after the issue: %v", at, err)
		}
	}
	_, _, err := resolve(t, s, c, c.Expiration)
	wantRefusal(t, "at the expiration", err, sigv4.ExpiredToken())
	_, _, err = resolve(t, s, c, start.Add(24*time.Hour))
	wantRefusal(t, "a day later", err, sigv4.ExpiredToken())
	_, _, err = resolve(t, s, c, start.Add(-5*time.Minute-time.Second))
	wantRefusal(t, "issued in the future", err, sigv4.InvalidToken())
}

// TestH01_Tokens: whatever was not issued is refused, and the store is not asked: it is closed.
func TestH01_Tokens(t *testing.T) {
	s := newService(t)
	c := issue(t, s, session())
	retired := issue(t, &sts.Service{Store: s.Store, Ring: ring(t, 9), Rand: rand.Reader, Now: s.Now}, session())
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	refuse := func(what, id, token string) {
		t.Helper()
		_, _, _, err := s.Resolve(t.Context(), id, token, start)
		wantRefusal(t, what, err, sigv4.InvalidToken())
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		flipped := bytes.Clone(raw)
		flipped[i] ^= 0x10
		refuse(fmt.Sprint("byte ", i), c.AccessKeyID, base64.RawURLEncoding.EncodeToString(flipped))
		refuse("truncated", c.AccessKeyID, base64.RawURLEncoding.EncodeToString(raw[:i]))
	}
	other := c.AccessKeyID[:len(c.AccessKeyID)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(c.AccessKeyID, "A")]
	refuse("extended", c.AccessKeyID, c.SessionToken+"A")
	if std := base64.StdEncoding.EncodeToString(raw); std != c.SessionToken { // without - and _ they are one
		refuse("re-encoded", c.AccessKeyID, std)
	}
	refuse("with a line break", c.AccessKeyID, c.SessionToken+"\n")
	refuse("another key's token", other, c.SessionToken)
	refuse("no token", c.AccessKeyID, "")
	refuse("another cluster's token", retired.AccessKeyID, retired.SessionToken)
	for _, id := range []string{"", "ASIA", "asia" + c.AccessKeyID[4:], c.AccessKeyID + "\n", c.AccessKeyID + "é", strings.Repeat("A", 129), "ASIA/../../../../x", "AKIA' OR 1=1 --12"} {
		refuse("access key id "+id, id, c.SessionToken)
		refuse("access key id "+id+" alone", id, "")
	}
	refuse("a long-term key with a token", longTerm, c.SessionToken)
}

// TestH12_Purposes: what another part of the server sealed under the same root is no session token.
func TestH12_Purposes(t *testing.T) {
	s := newService(t)
	c := issue(t, s, session())
	payload, err := s.Ring.Box("sts session").Open(c.SessionToken, []byte(c.AccessKeyID))
	if err != nil {
		t.Fatal(err)
	}
	for _, purpose := range []string{"", "srp secret block", "session", "refresh token", "page", "iam access key", "identity signing key", "sts authorization message"} {
		token, err := s.Ring.Box(purpose).Seal(rand.Reader, payload, []byte(c.AccessKeyID))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = s.Resolve(t.Context(), c.AccessKeyID, token, start)
		wantRefusal(t, "sealed as "+purpose, err, sigv4.InvalidToken())
	}
	for name, body := range map[string][]byte{"empty": {}, "version 2": append([]byte{2}, payload[1:]...), "cut": payload[:len(payload)-1], "longer": append(payload, 0)} {
		token, err := s.Ring.Box("sts session").Seal(rand.Reader, body, []byte(c.AccessKeyID))
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = s.Resolve(t.Context(), c.AccessKeyID, token, start)
		wantRefusal(t, name+" payload", err, sigv4.InvalidToken())
	}
}

// TestH11_Rotation: credentials outlive the rotation of the root.
func TestH11_Rotation(t *testing.T) {
	s := newService(t)
	old := issue(t, s, session())
	rotated := &sts.Service{Store: s.Store, Ring: ring(t, 2, 1), Rand: rand.Reader, Now: s.Now}
	if _, _, err := resolve(t, rotated, old, start); err != nil {
		t.Errorf("old credentials: %v", err)
	}
	fresh := issue(t, rotated, session())
	if _, _, err := resolve(t, &sts.Service{Store: s.Store, Ring: ring(t, 1, 2), Rand: rand.Reader, Now: s.Now}, fresh, start); err != nil {
		t.Errorf("new credentials on a node that only opens with the new root: %v", err)
	}
	if got, _, _, err := rotated.Resolve(t.Context(), longTerm, "", start); err != nil || got != secret {
		t.Errorf("long-term key: %v", err)
	}
}

func TestLongTerm(t *testing.T) {
	s := newService(t)
	got, p, policies, err := s.Resolve(t.Context(), longTerm, "", start)
	want := policy.Principal{Type: "User", ARN: userARN, Account: "111122223333", UserID: "AIDAEXAMPLE0000000000", Username: "admin"}
	if err != nil || got != secret || !reflect.DeepEqual(p, want) || len(policies.Identity) != 1 {
		t.Errorf("%+v, %d policies, %v", p, len(policies.Identity), err)
	}
	_, _, _, err = s.Resolve(t.Context(), longTerm, issue(t, s, session()).SessionToken, start)
	wantRefusal(t, "with a session token", err, sigv4.InvalidToken())
	_, _, _, err = s.Resolve(t.Context(), "AKIAUNKNOWN000000000", "", start)
	wantRefusal(t, "unknown", err, sigv4.InvalidToken())
	update(t, s, func(tx *store.Tx) error {
		k, err := tx.AccessKey(t.Context(), longTerm)
		k.Active = false
		return errors.Join(err, tx.PutAccessKey(k))
	})
	_, _, _, err = s.Resolve(t.Context(), longTerm, "", start.Add(sts.Staleness))
	wantRefusal(t, "inactive", err, sigv4.InvalidToken())
	// The sealed secret of one key is not that of another.
	update(t, s, func(tx *store.Tx) error {
		k, err := tx.AccessKey(t.Context(), longTerm)
		k.ID, k.Active = "AKIAOTHER00000000000", true
		return errors.Join(err, tx.PutAccessKey(k))
	})
	if _, _, _, err = s.Resolve(t.Context(), "AKIAOTHER00000000000", "", start); !errors.Is(err, sts.ErrUnavailable) {
		t.Errorf("a moved secret: %v", err)
	}
}

// revoke gives a role the policy that ends sessions made before a time.
func revoke(r *store.Role, before time.Time) {
	if r.Policies == nil {
		r.Policies = map[string]string{}
	}
	r.Policies["AWSRevokeOlderSessions"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],` +
		`"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + wire.ISOTime(before) + `"}}}]}`
}

// TestH09_Revocation: old sessions are denied within the staleness bound, new ones are not.
func TestH09_Revocation(t *testing.T) {
	s := newService(t)
	old := issue(t, s, session())
	allowed := func(c sts.Credentials, now time.Time) bool {
		t.Helper()
		p, policies, err := resolve(t, s, c, now)
		if err != nil {
			t.Fatal(err)
		}
		return policies.Evaluate(policy.Request{Principal: p, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:a/b/GET/c", Time: now}).Allowed
	}
	if !allowed(old, start) {
		t.Fatal("refused before the revocation")
	}
	update(t, s, func(tx *store.Tx) error {
		r := role()
		revoke(&r, start.Add(time.Second))
		return tx.PutRole(r)
	})
	if !allowed(old, start.Add(sts.Staleness-1)) {
		t.Error("the cache does not keep the role for its time")
	}
	if allowed(old, start.Add(sts.Staleness)) {
		t.Error("a revoked session is allowed after the staleness bound")
	}
	s2 := &sts.Service{Store: s.Store, Ring: s.Ring, Rand: rand.Reader, Now: func() time.Time { return start.Add(time.Second) }}
	if !allowed(issue(t, s2, session()), start.Add(2*sts.Staleness)) {
		t.Error("a session issued after the revocation is denied")
	}
}

func TestRoleIsGone(t *testing.T) {
	s := newService(t)
	p := session()
	p.RoleARN, p.ARN = "arn:aws:iam::111122223333:role/gone", "arn:aws:sts::111122223333:assumed-role/gone/CognitoIdentityCredentials"
	_, _, err := resolve(t, s, issue(t, s, p), start)
	wantRefusal(t, "no such role", err, sigv4.InvalidToken())
	c := issue(t, s, session())
	update(t, s, func(tx *store.Tx) error {
		r := role()
		r.ID = "AROASECOND00000000000"
		return tx.PutRole(r)
	})
	_, _, err = resolve(t, s, c, start)
	wantRefusal(t, "a new role of the old name", err, sigv4.InvalidToken())
}

// TestUnavailable: an answer younger than the bound still counts, then everything is refused with 503.
func TestUnavailable(t *testing.T) {
	s := newService(t)
	c := issue(t, s, session())
	if _, _, err := resolve(t, s, c, start); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := resolve(t, s, c, start.Add(sts.Staleness-1)); err != nil {
		t.Errorf("within the bound: %v", err)
	}
	for name, at := range map[string]time.Duration{"after the bound": sts.Staleness, "the clock went back": -time.Second} {
		_, _, err := resolve(t, s, c, start.Add(at))
		if !errors.Is(err, sts.ErrUnavailable) || wire.AsError(err).Status != 503 || errors.Is(err, sigv4.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, _, err := s.Resolve(t.Context(), longTerm, "", start); !errors.Is(err, sts.ErrUnavailable) {
		t.Errorf("long-term key: %v", err)
	}
}

// TestUnreadablePolicy: the one that cannot be read may have been a Deny.
func TestUnreadablePolicy(t *testing.T) {
	s := newService(t)
	update(t, s, func(tx *store.Tx) error {
		r := role()
		r.Policies["broken"] = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":[]}`
		return tx.PutRole(r)
	})
	if _, _, err := resolve(t, s, issue(t, s, session()), start); !errors.Is(err, sts.ErrUnavailable) {
		t.Errorf("err = %v", err)
	}
}

func TestRedacted(t *testing.T) {
	c := issue(t, newService(t), session())
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credentials", c)
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", c, c, c, c), log.String(), string(doc)} {
		if strings.Contains(text, c.SecretAccessKey) || strings.Contains(text, c.SessionToken) || !strings.Contains(text, c.AccessKeyID) {
			t.Errorf("%s", text)
		}
	}
}

func TestNewID(t *testing.T) {
	for prefix, size := range map[string]int{"AROA": 21, "AIDA": 21, "ASIA": 20, "AKIA": 20} {
		id, err := sts.NewID(rand.Reader, prefix)
		if err != nil || len(id) != size || !regexp.MustCompile(`^[A-Z]{4}[A-Z2-7]+$`).MatchString(id) {
			t.Errorf("%s: %q %v", prefix, id, err)
		}
	}
	if _, err := sts.NewID(strings.NewReader("x"), "AROA"); err == nil {
		t.Error("an id without randomness")
	}
}

func TestGetCallerIdentity(t *testing.T) {
	s := newService(t)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	form, err := wire.ParseQuery(r, []byte("Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		t.Fatal(err)
	}
	name, op, err := s.Op(form)
	if err != nil || !op.Signed || name != "GetCallerIdentity" {
		t.Fatal(name, op.Signed, err)
	}
	p, _, err := resolve(t, s, issue(t, s, session()), start)
	if err != nil {
		t.Fatal(err)
	}
	out, err := op.Run(t.Context(), sts.Caller{Principal: p}, form)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	w.Header().Set("x-amzn-RequestId", "01234567-89ab-cdef-0123-456789abcdef")
	wire.WriteXML(w, wire.Query, name, out)
	got := regexp.MustCompile(`>\s+<`).ReplaceAllString(strings.TrimSpace(w.Body.String()), "><")
	want := `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
		`<Arn>arn:aws:sts::111122223333:assumed-role/notes-user/CognitoIdentityCredentials</Arn><UserId>AROAEXAMPLE0000000000:CognitoIdentityCredentials</UserId>` +
		`<Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestH08_Action(t *testing.T) {
	s := newService(t)
	const good = "Action=GetCallerIdentity&Version=2011-06-15"
	for name, c := range map[string]struct {
		method, query, body string
		ok                  bool
	}{
		"POST":                   {"POST", "", good, true},
		"GET":                    {"GET", good, "", true},
		"GET presigned":          {"GET", good + "&X-Amz-Algorithm=AWS4-HMAC-SHA256", "", true},
		"conflict":               {"POST", "Action=AssumeRole", good, false},
		"same in both":           {"POST", good, good, false},
		"POST without a body":    {"POST", good, "", false},
		"twice":                  {"POST", "", good + "&Action=AssumeRole", false},
		"no action":              {"POST", "", "Version=2011-06-15", false},
		"nothing":                {"POST", "", "", false},
		"no version":             {"POST", "", "Action=GetCallerIdentity", false},
		"another version":        {"POST", "", "Action=GetCallerIdentity&Version=2010-05-08", false},
		"unknown action":         {"POST", "", "Action=Nothing&Version=2011-06-15", false},
		"not built":              {"POST", "", "Action=AssumeRoleWithSAML&Version=2011-06-15", false},
		"another case":           {"POST", "", "Action=getcalleridentity&Version=2011-06-15", false},
		"JSON":                   {"POST", "", `{"Action":"GetCallerIdentity","Version":"2011-06-15"}`, false},
		"action in the GET body": {"GET", "Version=2011-06-15", good, false},
	} {
		r := httptest.NewRequest(c.method, "/?"+c.query, nil)
		form, err := wire.ParseQuery(r, []byte(c.body))
		if err == nil {
			_, _, err = s.Op(form)
		}
		if (err == nil) != c.ok || (err != nil && wire.AsError(err).Status != 400) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	s := newService(b)
	c := issue(b, s, session())
	for b.Loop() {
		if _, _, _, err := s.Resolve(b.Context(), c.AccessKeyID, c.SessionToken, start); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	s := newService(b)
	c := issue(b, s, session())
	token := c.SessionToken[:len(c.SessionToken)-4] + "AAAA"
	for b.Loop() {
		if _, _, _, err := s.Resolve(b.Context(), c.AccessKeyID, token, start); err == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	s := newService(b)
	for b.Loop() {
		issue(b, s, session())
	}
}

// TestA09_OpenedTokenOfAnotherKey: a token that was opened a moment ago goes with its own access key still, and ends when it ends.
func TestA09_OpenedTokenOfAnotherKey(t *testing.T) {
	s := newService(t)
	a, b := issue(t, s, session()), issue(t, s, session())
	for range 2 {
		if _, _, _, err := s.Resolve(t.Context(), a.AccessKeyID, a.SessionToken, start); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := s.Resolve(t.Context(), b.AccessKeyID, a.SessionToken, start); !errors.Is(err, sigv4.ErrUnknownKey) {
			t.Errorf("the token of another key: %v", err)
		}
	}
	if _, _, _, err := s.Resolve(t.Context(), a.AccessKeyID, a.SessionToken, a.Expiration); !errors.Is(err, sigv4.ErrTokenExpired) {
		t.Errorf("at its end: %v", err)
	}
}
