package identity_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
)

const (
	region   = "us-east-1"
	account  = "111122223333"
	userPool = "us-east-1_Example01"
	other    = "us-east-1_Example02" // a second user pool of the identity pool
	stranger = "us-east-1_Stranger0" // a user pool no identity pool knows
	client   = "clientid1"
	provider = "cognito-idp.us-east-1.amazonaws.com/" + userPool
	issuer   = "https://" + provider
	endpoint = "http://127.0.0.1:9000"

	poolID    = "us-east-1:11111111-1111-4111-8111-111111111111"
	closedID  = "us-east-1:22222222-2222-4222-8222-222222222222" // no guests, no basic flow
	rolelesID = "us-east-1:33333333-3333-4333-8333-333333333333" // no roles
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// userKeys sign ID tokens: the genuine key and one that pretends to be it.
var userKeys = sync.OnceValue(func() (all [3]*token.Key) {
	for i := range all {
		k, err := token.GenerateKey("", rand.Reader)
		if err != nil {
			panic(err)
		}
		all[i] = k
	}
	all[1].ID = all[0].ID
	return all
})

// world is an identity service over a real store, with a user pool that is only its keys.
type world struct {
	*identity.Service
	t        testing.TB
	now      time.Time
	sts      *sts.Service
	inactive bool // what a server-side check finds
	mu       sync.Mutex
	checked  []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, "memory")
}

func newWorldOn(t testing.TB, dsn string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ring, err := seal.NewRing([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: start}
	now := func() time.Time { return w.now }
	w.sts = &sts.Service{Store: db, Ring: ring, Now: now, Rand: rand.Reader}
	w.Service = &identity.Service{
		Store: db, Ring: ring, Region: region, AccountID: account, Now: now, Rand: rand.Reader,
		Endpoint:    func() string { return endpoint },
		VerifyLogin: w.verifyLogin,
		Issue: func(ctx context.Context, p policy.Principal, d time.Duration) (identity.Credentials, error) {
			c, err := w.sts.Issue(ctx, sts.Spec{Principal: p, Duration: d})
			return identity.Credentials(c), err
		},
		NewKey: func(context.Context, string) (*token.Key, error) {
			pem, err := userKeys()[2].MarshalPEM()
			if err != nil {
				return nil, err
			}
			return token.KeyFromPEM(region+"1", pem)
		},
	}
	w.seed()
	return w
}

func (w *world) seed() {
	providers := []store.IdentityProvider{
		{ProviderName: provider, ClientID: client},
		{ProviderName: provider, ClientID: "clientid2", ServerSideTokenCheck: true},
		{ProviderName: "issuer-cognito-idp.us-east-1.amazonaws.com/" + other, ClientID: client},
	}
	roles := map[string]string{"authenticated": arn("users"), "unauthenticated": arn("guests")}
	w.update(func(tx *store.Tx) error {
		return errors.Join(
			tx.PutIdentityPool(store.IdentityPool{ID: poolID, AllowUnauthenticated: true, AllowClassic: true, Providers: providers, Roles: roles}),
			tx.PutIdentityPool(store.IdentityPool{ID: closedID, Providers: providers, Roles: roles}),
			tx.PutIdentityPool(store.IdentityPool{ID: rolelesID, AllowUnauthenticated: true, Providers: providers}),
			tx.PutRole(store.Role{Name: "users", ARN: arn("users"), ID: "AROAUSERS0000000000AA", Trust: trust("authenticated", poolID, closedID)}),
			tx.PutRole(store.Role{Name: "guests", ARN: arn("guests"), ID: "AROAGUESTS000000000AA", Trust: trust("unauthenticated", poolID)}),
		)
	})
}

func arn(role string) string { return "arn:aws:iam::" + account + ":role/" + role }

func trust(amr string, pools ...string) string {
	return trustWith(fmt.Sprintf(`"StringEquals":{"cognito-identity.amazonaws.com:aud":["%s"]},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%q}`,
		strings.Join(pools, `","`), amr))
}

func trustWith(condition string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}]}`
}

func (w *world) update(fn func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.Store.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

var errInactive = wire.Errorf("NotAuthorizedException", "Token is inactive")

func (w *world) verifyLogin(_ context.Context, p, raw string, serverSide bool) (identity.Login, error) {
	w.mu.Lock()
	w.checked = append(w.checked, p)
	w.mu.Unlock()
	keys, err := token.NewKeySet(userKeys()[0])
	if err != nil {
		return identity.Login{}, err
	}
	pool := p[strings.IndexByte(p, '/')+1:]
	original, updated := token.UserPoolIssuers(region, pool)
	c, err := token.Verify(raw, keys, token.Expect{Issuers: []string{original, updated, endpoint + "/" + pool}, TokenUse: "id", Now: w.now})
	if err != nil {
		return identity.Login{}, err
	}
	if serverSide && w.inactive {
		return identity.Login{}, errInactive
	}
	return identity.Login{Subject: c.String("sub"), ClientID: c.String("aud"), Claims: c.Raw()}, nil
}

// idToken is an ID token of ada, changed by what the test says; a nil value removes a claim.
func (w *world) idToken(changes ...any) string {
	w.t.Helper()
	return w.signed(userKeys()[0], changes...)
}

func (w *world) signed(k *token.Key, changes ...any) string {
	w.t.Helper()
	c := map[string]any{"iss": issuer, "sub": "ada", "aud": client, "token_use": "id", "iat": w.now.Unix(), "exp": w.now.Add(time.Hour).Unix()}
	for i := 0; i < len(changes); i += 2 {
		c[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	raw, err := token.Sign(k, token.RS256, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// login is Logins with one entry under the pool's usual name.
func login(raw string) map[string]string { return map[string]string{provider: raw} }

// call runs an operation as the server does, from JSON to JSON.
func call[Out any](w *world, op string, in any) (Out, error) {
	w.t.Helper()
	var out Out
	o, found := w.Op(op)
	if !found {
		w.t.Fatalf("no operation %s", op)
	}
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := o.Run(w.t.Context(), body)
	if err != nil {
		return out, err
	}
	if body, err = json.Marshal(answer); err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(body, &out); err != nil {
		w.t.Fatal(err)
	}
	return out, nil
}

func (w *world) getID(pool string, logins map[string]string) (string, error) {
	w.t.Helper()
	out, err := call[wire.GetIdOutput](w, "GetId", wire.GetIdInput{IdentityPoolId: pool, Logins: logins})
	return out.IdentityId, err
}

func (w *world) mustID(pool string, logins map[string]string) string {
	w.t.Helper()
	id, err := w.getID(pool, logins)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) credentials(id string, logins map[string]string) (wire.GetCredentialsForIdentityOutput, error) {
	w.t.Helper()
	return call[wire.GetCredentialsForIdentityOutput](w, "GetCredentialsForIdentity", wire.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins})
}

func (w *world) openID(id string, logins map[string]string) (wire.GetOpenIdTokenOutput, error) {
	w.t.Helper()
	return call[wire.GetOpenIdTokenOutput](w, "GetOpenIdToken", wire.GetOpenIdTokenInput{IdentityId: id, Logins: logins})
}

// wantError compares code and text; an empty text is any.
func wantError(t *testing.T, what string, err error, code, text string) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code || (text != "" && e.Message != text) || (e.Status != 0 && e.Status != 400) {
		t.Errorf("%s: err = %v, want %s: %s", what, err, code, text)
	}
}

const (
	nae          = "NotAuthorizedException"
	misconfig    = "InvalidIdentityPoolConfigurationException"
	misconfigMsg = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
	noGuests     = "Unauthenticated access is not supported for this identity pool."
	dontMatch    = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	unsupported  = "Token is not from a supported provider of this identity pool."
	noMatchIss   = "Invalid login token. Issuer doesn't match providerName"
	noAud        = "Invalid login token. Missing a required claim: aud"
	unverified   = "Invalid login token. Couldn't verify signed token."
	cognitoToken = "Invalid login token. Can't pass in a Cognito token."
)
