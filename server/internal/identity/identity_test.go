package identity_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// TestUserChain walks the enhanced flow and asks sts whose the credentials are.
func TestUserChain(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	if !regexp.MustCompile(`^us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("identity id %q", id)
	}
	out, err := w.credentials(id, login(w.idToken()))
	if err != nil {
		t.Fatal(err)
	}
	c := out.Credentials
	if out.IdentityId != id || !c.Expiration.Equal(start.Add(time.Hour)) || !strings.HasPrefix(c.AccessKeyId, "ASIA") || len(c.SecretKey) != 40 {
		t.Errorf("credentials of %s: %s until %s", out.IdentityId, c.AccessKeyId, c.Expiration)
	}
	secret, p, _, err := w.sts.Resolve(t.Context(), c.AccessKeyId, c.SessionToken, w.now)
	if err != nil || secret != c.SecretKey {
		t.Fatal(err)
	}
	amr := []string{"authenticated", provider, provider + ":CognitoSignIn:ada"}
	if p.ARN != "arn:aws:sts::111122223333:assumed-role/users/CognitoIdentityCredentials" || p.UserID != "AROAUSERS0000000000AA:CognitoIdentityCredentials" ||
		p.Account != account || p.RoleARN != arn("users") || p.Type != "AssumedRole" || p.IdentityID != id || p.IdentityPoolID != poolID ||
		fmt.Sprint(p.AMR) != fmt.Sprint(amr) || p.CognitoProvider != provider+","+provider+":CognitoSignIn:ada" ||
		p.FederatedProvider != "cognito-identity.amazonaws.com" || !p.TokenIssueTime.Equal(start) {
		t.Errorf("principal %+v", p)
	}
	if len(c.SessionToken) > 1024 {
		t.Errorf("session token of %d bytes", len(c.SessionToken))
	}
	t.Logf("session token: %d bytes", len(c.SessionToken))
}

func TestExpirationIsANumber(t *testing.T) {
	w := newWorld(t)
	body, err := json.Marshal(wire.GetCredentialsForIdentityInput{IdentityId: w.mustID(poolID, nil)})
	if err != nil {
		t.Fatal(err)
	}
	op, _ := w.Op("GetCredentialsForIdentity")
	out, err := op.Run(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err = json.Marshal(out); err != nil || !regexp.MustCompile(`"Expiration":1\.\d+E9[,}]`).Match(body) {
		t.Errorf("%s, %v", body, err)
	}
}

func TestGuestChain(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, nil)
	if again := w.mustID(poolID, map[string]string{}); again == id {
		t.Error("two guests have one identity")
	}
	out, err := w.credentials(id, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, p, _, err := w.sts.Resolve(t.Context(), out.Credentials.AccessKeyId, out.Credentials.SessionToken, w.now)
	if err != nil || p.RoleARN != arn("guests") || fmt.Sprint(p.AMR) != "[unauthenticated]" || p.CognitoProvider != "" || p.IdentityID != id {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestOneIdentityUnderEveryName holds that a user has one identity, whatever the client calls the pool and whichever form
// the issuer has.
func TestOneIdentityUnderEveryName(t *testing.T) {
	w := newWorld(t)
	want := w.mustID(poolID, login(w.idToken()))
	keys := []string{provider, "issuer-" + provider, "127.0.0.1:9000/" + userPool}
	for _, key := range keys {
		for _, iss := range []string{issuer, "https://issuer-" + provider, endpoint + "/" + userPool} {
			logins := map[string]string{key: w.idToken("iss", iss)}
			if got := w.mustID(poolID, logins); got != want {
				t.Errorf("%s with %s: %s, want %s", key, iss, got, want)
			}
			if _, err := w.credentials(want, logins); err != nil {
				t.Errorf("%s with %s: %v", key, iss, err)
			}
		}
	}
	both := map[string]string{keys[0]: w.idToken(), keys[1]: w.idToken("jti", "2")}
	if got := w.mustID(poolID, both); got != want {
		t.Errorf("both names at once: %s", got)
	}
	if w.mustID(closedID, login(w.idToken())) == want {
		t.Error("two identity pools share an identity")
	}
	if w.mustID(poolID, login(w.idToken("sub", "bob"))) == want {
		t.Error("two users share an identity")
	}
	other := map[string]string{"cognito-idp.us-east-1.amazonaws.com/" + other: w.idToken("iss", "https://cognito-idp.us-east-1.amazonaws.com/"+other)}
	if w.mustID(poolID, other) == want {
		t.Error("the same sub of two user pools is one identity")
	}
	for _, c := range w.checked {
		if !strings.HasPrefix(c, "cognito-idp.us-east-1.amazonaws.com/") {
			t.Errorf("VerifyLogin was asked about %s", c)
		}
	}
}

// TestObservedErrors is the table of texts that were seen from AWS: the numbers are the rows of the reference's section
// 5.1. TestRoleErrors has the others.
func TestObservedErrors(t *testing.T) {
	w := newWorld(t)
	ada, guest := w.mustID(poolID, login(w.idToken())), w.mustID(poolID, nil)
	w.mustID(poolID, login(w.idToken("sub", "bob")))
	unknown := "us-east-1:99999999-9999-4999-8999-999999999999"
	for _, c := range []struct {
		name, pool, id string
		logins         map[string]string
		code, text     string
	}{
		{"5.1.01 unknown pool", unknown, "", nil, "ResourceNotFoundException", "IdentityPool '" + unknown + "' not found."},
		{"5.1.02 unknown identity", "", unknown, nil, "ResourceNotFoundException", "Identity '" + unknown + "' not found."},
		{"5.1.03 guests off", closedID, "", nil, nae, noGuests},
		{"5.1.04 identity has logins, none sent", "", ada, nil, nae, "Access to Identity '" + ada + "' is forbidden."},
		{"5.1.05 login of someone else", "", ada, login(w.idToken("sub", "bob")), nae, dontMatch},
		{"5.1.06 iss is not the key", poolID, ada, login(w.idToken("iss", "https://accounts.google.com")), nae, noMatchIss},
		{"5.1.06 another issuer's token", poolID, ada, login(w.signed(userKeys()[2], "iss", "https://accounts.google.com")), nae, noMatchIss},
		{"5.1.07 access token", poolID, ada, login(w.idToken("aud", nil, "token_use", "access", "client_id", client)), nae, noAud},
		{"5.1.08 wrong client id", poolID, ada, login(w.idToken("aud", "another")), nae, unsupported},
		{"5.1.08 pool not configured", poolID, ada, map[string]string{"cognito-idp.us-east-1.amazonaws.com/" + stranger: w.idToken("iss", "https://cognito-idp.us-east-1.amazonaws.com/"+stranger)}, nae, unsupported},
		{"5.1.09 expired", poolID, ada, login(w.idToken("exp", start.Unix()-426)), nae, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", start.Unix(), start.Unix()-426)},
		{"5.1.09 expires now", poolID, ada, login(w.idToken("exp", start.Unix())), nae, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", start.Unix(), start.Unix())},
		{"5.1.10 bad signature", poolID, ada, login(w.signed(userKeys()[1])), nae, unverified},
		{"5.1.10 unknown key", poolID, ada, login(w.signed(userKeys()[2])), nae, unverified},
		{"5.1.11 identity-pool token", poolID, ada, login(w.idToken("iss", "https://cognito-identity.amazonaws.com")), nae, cognitoToken},
		{"not a token", poolID, ada, login("x"), nae, ""},
		{"guest and bad token", poolID, guest, login(""), nae, ""},
	} {
		if c.pool != "" {
			_, err := w.getID(c.pool, c.logins)
			wantError(t, "GetId: "+c.name, err, c.code, c.text)
		}
		if c.id != "" {
			_, err := w.credentials(c.id, c.logins)
			wantError(t, "GetCredentialsForIdentity: "+c.name, err, c.code, c.text)
			_, err = w.openID(c.id, c.logins)
			wantError(t, "GetOpenIdToken: "+c.name, err, c.code, c.text)
		}
	}
}

func TestRefusedFields(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	for name, c := range map[string]struct {
		op   string
		body any
		in   string
	}{
		"CustomRoleArn":     {"GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": login(w.idToken()), "CustomRoleArn": "arn:short"}, "customRoleArn"},
		"pool id":           {"GetId", map[string]any{"IdentityPoolId": "x"}, "identityPoolId"},
		"long pool id":      {"GetId", map[string]any{"IdentityPoolId": "x:" + strings.Repeat("0", 54)}, "identityPoolId"},
		"identity id":       {"GetCredentialsForIdentity", map[string]any{"IdentityId": "us-east-1:ZZ"}, "identityId"},
		"newline in the id": {"GetCredentialsForIdentity", map[string]any{"IdentityId": id + "\n"}, "identityId"},
		"eleven logins":     {"GetId", map[string]any{"IdentityPoolId": poolID, "Logins": manyLogins(11)}, "logins"},
	} {
		_, err := call[map[string]any](w, c.op, c.body)
		wantError(t, name, err, "InvalidParameterException", "")
		if !strings.Contains(fmt.Sprint(err), c.in) {
			t.Errorf("%s: %v does not name %s", name, err, c.in)
		}
	}
	if _, err := call[map[string]any](w, "GetId", map[string]any{"IdentityPoolId": poolID, "RoleMappings": map[string]string{}}); err == nil {
		t.Error("an unknown field was accepted")
	}
}

func manyLogins(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint("graph.example", i)] = "x"
	}
	return m
}

// TestGuestSignsIn holds what a guest's identity becomes: the new user's own, or nothing if the user has one already.
func TestGuestSignsIn(t *testing.T) {
	w := newWorld(t)
	guest := w.mustID(poolID, nil)
	out, err := w.credentials(guest, login(w.idToken()))
	if err != nil || out.IdentityId != guest || w.mustID(poolID, login(w.idToken())) != guest {
		t.Fatalf("%s became %s, %v", guest, out.IdentityId, err)
	}
	second := w.mustID(poolID, nil)
	out, err = w.credentials(second, login(w.idToken()))
	if err != nil || out.IdentityId != guest {
		t.Errorf("ada with another guest's identity got %s, want her own %s; %v", out.IdentityId, guest, err)
	}
	_, err = w.credentials(guest, nil)
	wantError(t, "a guest with what was a guest's identity", err, nae, "Access to Identity '"+guest+"' is forbidden.")
}

func TestTwoLogins(t *testing.T) {
	w := newWorld(t)
	second := map[string]string{"cognito-idp.us-east-1.amazonaws.com/" + other: w.idToken("iss", "https://cognito-idp.us-east-1.amazonaws.com/"+other, "sub", "ada2")}
	both := map[string]string{provider: w.idToken()}
	for k, v := range second {
		both[k] = v
	}
	id := w.mustID(poolID, both)
	if w.mustID(poolID, second) != id || w.mustID(poolID, login(w.idToken())) != id {
		t.Error("either login alone finds another identity")
	}
	out, err := w.credentials(id, both)
	if err != nil {
		t.Fatal(err)
	}
	_, p, _, err := w.sts.Resolve(t.Context(), out.Credentials.AccessKeyId, out.Credentials.SessionToken, w.now)
	if err != nil || len(p.AMR) != 5 || strings.Count(p.CognitoProvider, ",") != 3 {
		t.Errorf("%v %s %v", p.AMR, p.CognitoProvider, err)
	}
}

// TestConcurrentFirstCalls holds that a user who is new gets one identity from any number of nodes. On PostgreSQL
// transactions really meet.
func TestConcurrentFirstCalls(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		w := newWorld(t)
		sameIdentity(t, w, w)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		sameIdentity(t, newWorldOn(t, dsn), newWorldOn(t, dsn))
	})
}

func sameIdentity(t *testing.T, nodes ...*world) {
	for range 10 {
		sub := rand.Text()
		body, err := json.Marshal(wire.GetIdInput{IdentityPoolId: poolID, Logins: login(nodes[0].idToken("sub", sub))})
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, 16)
		var wg sync.WaitGroup
		for i := range ids {
			op, _ := nodes[i%len(nodes)].Op("GetId")
			wg.Go(func() {
				out, err := op.Run(t.Context(), body)
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = out.(*wire.GetIdOutput).IdentityId
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] || id == "" {
				t.Fatalf("several identities of one user: %v", ids)
			}
		}
	}
}

// TestConcurrentMerge holds that of two identities one is left, however many nodes merge them in both directions at once.
func TestConcurrentMerge(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		w := newWorld(t)
		oneIsLeft(t, w, w)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		oneIsLeft(t, newWorldOn(t, dsn), newWorldOn(t, dsn))
	})
}

func oneIsLeft(t *testing.T, nodes ...*world) {
	w, second := nodes[0], "cognito-idp.us-east-1.amazonaws.com/"+other
	for range 10 {
		both := map[string]string{provider: w.idToken("sub", rand.Text()), second: w.idToken("iss", "https://"+second, "sub", rand.Text())}
		ids := []string{w.mustID(poolID, login(both[provider])), w.mustID(poolID, map[string]string{second: both[second]})}
		var wg sync.WaitGroup
		for i := range 16 {
			body, err := json.Marshal(wire.GetCredentialsForIdentityInput{IdentityId: ids[i%2], Logins: both})
			if err != nil {
				t.Fatal(err)
			}
			op, _ := nodes[i/2%len(nodes)].Op("GetCredentialsForIdentity")
			wg.Go(func() {
				if _, err := op.Run(t.Context(), body); err != nil && wire.AsError(err).Code != nae {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		left := w.mustID(poolID, both)
		for _, id := range ids {
			stored, err := w.Store.Identity(t.Context(), id)
			if err != nil || stored.Enabled != (id == left) || (len(stored.Logins) == 2) != (id == left) {
				t.Errorf("%s is left: %+v, %v", left, stored, err)
			}
		}
	}
}

func TestUnavailable(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err1 := w.getID(poolID, login(w.idToken()))
	_, err2 := w.credentials(id, login(w.idToken()))
	_, err3 := w.openID(id, login(w.idToken()))
	_, err4 := w.JWKS(t.Context())
	for i, err := range []error{err1, err2, err3, err4} {
		if wire.AsError(err).Status != 503 || !errors.Is(err, wire.ErrUnavailable) {
			t.Errorf("%d: a closed store answers %v", i, err)
		}
	}
}

// TestServerSideTokenCheck: the pool's entry of the token's client decides whether the user is looked up.
func TestServerSideTokenCheck(t *testing.T) {
	w := newWorld(t)
	w.inactive = true
	if _, err := w.getID(poolID, login(w.idToken())); err != nil {
		t.Errorf("without the check: %v", err)
	}
	_, err := w.getID(poolID, login(w.idToken("aud", "clientid2")))
	wantError(t, "G07", err, nae, "Token is inactive")
}

func TestOpenIDToken(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	out, err := w.openID(id, login(w.idToken()))
	if err != nil || out.IdentityId != id {
		t.Fatal(out.IdentityId, err)
	}
	parts := strings.Split(out.Token, ".")
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	wantPayload := fmt.Sprintf(`{"sub":%q,"aud":%q,"amr":["authenticated",%q,%q],"iss":"https://cognito-identity.amazonaws.com",`+
		`"https://cognito-identity.amazonaws.com/identity-pool-arn":"arn:aws:cognito-identity:us-east-1:111122223333:identitypool/%s","exp":%d,"iat":%d}`,
		id, poolID, provider, provider+":CognitoSignIn:ada", poolID, start.Unix()+600, start.Unix())
	if string(header) != `{"kid":"us-east-11","typ":"JWS","alg":"RS512"}` || string(payload) != wantPayload {
		t.Errorf("%s\n%s\nwant %s", header, payload, wantPayload)
	}
	guest, err := w.openID(w.mustID(poolID, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := token.Peek(guest.Token)
	if err != nil || fmt.Sprint(u.Claims.Strings("amr")) != "[unauthenticated]" {
		t.Errorf("guest: %v %v", u.Claims.Strings("amr"), err)
	}
	closed := w.mustID(closedID, login(w.idToken()))
	_, err = w.openID(closed, login(w.idToken()))
	wantError(t, "basic flow off", err, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
}

// TestKeyIsKept holds that a second node, or the same one after a restart, signs with the stored key.
func TestKeyIsKept(t *testing.T) {
	w := newWorld(t)
	first, err := w.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := newWorld(t)
	second.Store, second.NewKey = w.Store, nil
	again, err := second.JWKS(t.Context())
	if err != nil || string(first) != string(again) {
		t.Errorf("%s\n%s\n%v", first, again, err)
	}
}

// TestPersists holds that an identity found again is read from the store, not from memory.
func TestPersists(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	second := newWorld(t)
	second.Store = w.Store
	if got := second.mustID(poolID, login(w.idToken())); got != id {
		t.Errorf("%s, want %s", got, id)
	}
	stored, err := w.Store.Identity(t.Context(), id)
	if err != nil || len(stored.Logins) != 1 || stored.Logins[0] != (store.Login{Provider: provider, Subject: "ada"}) {
		t.Errorf("%+v, %v", stored, err)
	}
}
