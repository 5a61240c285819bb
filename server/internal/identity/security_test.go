package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/identity"
	"github.com/gatepass/gatepass/server/store"
)

func TestG01_TokenAndKeyDisagree(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	elsewhere := "cognito-idp.eu-west-1.amazonaws.com/" + userPool
	otherPool := "cognito-idp.us-east-1.amazonaws.com/" + other
	for name, c := range map[string]struct {
		key, raw, text string
	}{
		"another pool's key":            {otherPool, w.idToken(), noMatchIss},
		"another pool's token":          {provider, w.idToken("iss", "https://"+otherPool), noMatchIss},
		"another region's pool":         {elsewhere, w.idToken("iss", "https://"+elsewhere), unsupported},
		"another region's token":        {provider, w.idToken("iss", "https://"+elsewhere), noMatchIss},
		"provider not registered":       {"accounts.google.com", w.idToken("iss", "https://accounts.google.com"), unsupported},
		"opaque token":                  {"graph.facebook.com", "EAAB", unsupported},
		"client of nobody":              {provider, w.idToken("aud", "x"), unsupported},
		"no client":                     {provider, w.idToken("aud", ""), unsupported},
		"list of clients":               {provider, w.idToken("aud", []string{client}), unsupported},
		"client of the other user pool": {otherPool, w.idToken("iss", "https://"+otherPool, "aud", "clientid2"), unsupported},
		"access token":                  {provider, w.idToken("aud", nil, "token_use", "access"), noAud},
		"access token with aud":         {provider, w.idToken("token_use", "access"), unverified},
		"http issuer":                   {provider, w.idToken("iss", "http://"+provider), noMatchIss},
		"issuer with a slash":           {provider, w.idToken("iss", issuer+"/"), noMatchIss},
		"issuer of another host":        {provider, w.idToken("iss", "https://evil.example/"+userPool), noMatchIss},
		"key of another host":           {"evil.example/" + userPool, w.idToken("iss", "https://evil.example/"+userPool), unsupported},
		"key with a prefix":             {"x" + provider, w.idToken(), unsupported},
		"key with a path":               {provider + "/x", w.idToken("iss", issuer+"/x"), unsupported},
		"key with a line break":         {provider + "\n", w.idToken(), unsupported},
		"upper case key":                {strings.ToUpper(provider), w.idToken(), unsupported},
		"empty key":                     {"", w.idToken(), unsupported},
		"https key":                     {issuer, w.idToken(), unsupported},
	} {
		logins := map[string]string{c.key: c.raw}
		_, err := w.getID(poolID, logins)
		wantError(t, name+": GetId", err, nae, c.text)
		_, err = w.credentials(id, logins)
		wantError(t, name+": GetCredentialsForIdentity", err, nae, c.text)
		logins[provider] = w.idToken() // a good login beside a bad one does not help
		if c.key != provider {
			_, err = w.credentials(id, logins)
			wantError(t, name+": with a good one", err, nae, c.text)
		}
	}
}

// TestG01_VerifierIsNotTrustedBlindly holds that the client id which was verified is the one that was looked up.
func TestG01_VerifierIsNotTrustedBlindly(t *testing.T) {
	w := newWorld(t)
	for name, l := range map[string]identity.Login{"another client": {Subject: "ada", ClientID: "x"}, "no subject": {ClientID: client}, "nothing": {}} {
		w.VerifyLogin = func(context.Context, string, string, bool) (identity.Login, error) { return l, nil }
		_, err := w.getID(poolID, login(w.idToken()))
		wantError(t, name, err, nae, unsupported)
	}
	w.VerifyLogin = func(context.Context, string, string, bool) (identity.Login, error) {
		return identity.Login{}, errors.New("no answer")
	}
	if _, err := w.getID(poolID, login(w.idToken())); !errors.Is(err, wire.ErrUnavailable) {
		t.Errorf("a verifier that cannot answer: %v", err)
	}
}

func TestG02_ConfusedDeputy(t *testing.T) {
	w := newWorld(t)
	ada := w.mustID(poolID, login(w.idToken()))
	mallory := login(w.idToken("sub", "mallory"))
	foreign := w.mustID(closedID, login(w.idToken()))
	_, err := w.credentials(ada, mallory)
	wantError(t, "own login that has no identity yet", err, nae, dontMatch)
	w.mustID(poolID, mallory)
	_, err = w.credentials(ada, mallory)
	wantError(t, "own login", err, nae, dontMatch)
	_, err = w.credentials(ada, nil)
	wantError(t, "no login", err, nae, "Access to Identity '"+ada+"' is forbidden.")
	_, err = w.credentials(foreign, mallory)
	wantError(t, "identity of another pool", err, nae, dontMatch)
	_, err = w.openID(ada, mallory)
	wantError(t, "token with own login", err, nae, dontMatch)
	if id := w.mustID(poolID, login(w.idToken())); id != ada {
		t.Errorf("the attempts moved ada to %s", id)
	}
}

func TestG03_Guests(t *testing.T) {
	w := newWorld(t)
	_, err := w.getID(closedID, nil)
	wantError(t, "GetId where guests are off", err, nae, noGuests)
	guest := w.mustID(poolID, nil)
	w.update(func(tx *store.Tx) error {
		p, err := tx.IdentityPool(t.Context(), poolID)
		p.AllowUnauthenticated = false
		return errors.Join(err, tx.PutIdentityPool(p))
	})
	_, err = w.credentials(guest, nil)
	wantError(t, "GetCredentialsForIdentity where guests are now off", err, nae, noGuests)
	_, err = w.openID(guest, nil)
	wantError(t, "GetOpenIdToken where guests are now off", err, nae, noGuests)
	_, err = w.credentials(w.mustID(rolelesID, nil), nil)
	wantError(t, "no role for guests", err, misconfig, misconfigMsg)
	_, err = w.credentials(w.mustID(rolelesID, login(w.idToken())), login(w.idToken()))
	wantError(t, "no role for users", err, misconfig, misconfigMsg)
}

func TestG05_Trust(t *testing.T) {
	const aud = `"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + poolID + `"}`
	const amr = `"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}`
	elsewhere := strings.Replace(aud, poolID, closedID, 1)
	for name, c := range map[string]struct {
		trust string
		ok    bool
	}{
		"standard":            {trustWith(aud + "," + amr), true},
		"provider as amr":     {trustWith(aud + "," + strings.Replace(amr, "authenticated", provider, 1)), true},
		"this user alone":     {trustWith(aud + "," + strings.Replace(amr, "authenticated", provider+":CognitoSignIn:ada", 1)), true},
		"another user":        {trustWith(aud + "," + strings.Replace(amr, "authenticated", provider+":CognitoSignIn:bob", 1)), false},
		"no aud":              {trustWith(amr), false},
		"no amr":              {trustWith(aud), false},
		"no condition":        {trustWith(""), false},
		"another pool":        {trustWith(elsewhere + "," + amr), false},
		"guests only":         {trustWith(aud + "," + strings.Replace(amr, "authenticated", "unauthenticated", 1)), false},
		"any pool":            {trustWith(strings.Replace(strings.Replace(aud, "StringEquals", "StringLike", 1), poolID, "us-east-1:*", 1) + "," + amr), false},
		"anybody":             {trustWith(aud + "," + strings.Replace(amr, "authenticated", "*", 1)), false},
		"guests as well":      {trustWith(aud + "," + strings.Replace(amr, "authenticated", "*authenticated", 1)), false},
		"anybody, longer":     {trustWith(aud + "," + strings.Replace(amr, "authenticated", "?*a*ed", 1)), false},
		"both by name":        {trustWith(aud + "," + strings.Replace(amr, `"authenticated"`, `["authenticated","unauthenticated"]`, 1)), true},
		"all but guests":      {trustWith(aud + "," + strings.Replace(amr, `ForAnyValue:StringLike`, `ForAllValues:StringNotEquals`, 1)), false},
		"any federation":      {strings.Replace(trustWith(aud+","+amr), `{"Federated":"cognito-identity.amazonaws.com"}`, `{"Federated":"accounts.google.com"}`, 1), false},
		"another action":      {strings.Replace(trustWith(aud+","+amr), "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", 1), false},
		"the account":         {strings.Replace(trustWith(aud+","+amr), `{"Federated":"cognito-identity.amazonaws.com"}`, `{"AWS":"111122223333"}`, 1), false},
		"denied":              {strings.Replace(trustWith(aud+","+amr), `"Allow"`, `"Deny"`, 1), false},
		"not a policy":        {"x", false},
		"no policy":           {"", false},
		"an identity policy":  {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, false},
		"negated aud instead": {trustWith(strings.Replace(elsewhere, "StringEquals", "StringNotEquals", 1) + "," + amr), false},
	} {
		w := newWorld(t)
		w.update(func(tx *store.Tx) error {
			return tx.PutRole(store.Role{Name: "users", ARN: arn("users"), ID: "AROAUSERS0000000000AA", Trust: c.trust})
		})
		_, err := w.credentials(w.mustID(poolID, login(w.idToken())), login(w.idToken()))
		if c.ok {
			if err != nil {
				t.Errorf("%s: %v: %s", name, err, wire.AsError(err).Cause)
			}
			continue
		}
		wantError(t, name, err, misconfig, misconfigMsg)
		if wire.AsError(err).Cause == "" {
			t.Errorf("%s: no cause for the log", name)
		}
	}
}

func TestG05_RoleIsGone(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Tx) error {
		p, err := tx.IdentityPool(t.Context(), poolID)
		p.Roles = map[string]string{"authenticated": arn("nowhere"), "unauthenticated": arn("users")}
		return errors.Join(err, tx.PutIdentityPool(p))
	})
	_, err := w.credentials(w.mustID(poolID, login(w.idToken())), login(w.idToken()))
	wantError(t, "missing role", err, misconfig, misconfigMsg)
	_, err = w.credentials(w.mustID(poolID, nil), nil)
	wantError(t, "users' role for guests", err, misconfig, misconfigMsg)
}

// TestG08_Linking holds that identities are merged only by whoever proves to be both, and never so that two users of one
// provider become one.
func TestG08_Linking(t *testing.T) {
	w := newWorld(t)
	otherPool := "cognito-idp.us-east-1.amazonaws.com/" + other
	second := func(sub string) string { return w.idToken("iss", "https://"+otherPool, "sub", sub) }
	ada := w.mustID(poolID, map[string]string{provider: w.idToken(), otherPool: second("ada2")})
	bob := w.mustID(poolID, map[string]string{otherPool: second("bob")})
	conflicting := map[string]string{provider: w.idToken(), otherPool: second("bob")}
	_, err := w.getID(poolID, conflicting)
	wantError(t, "logins of two identities: GetId", err, "ResourceConflictException", "")
	_, err = w.credentials(ada, conflicting)
	wantError(t, "logins of two identities: GetCredentialsForIdentity", err, "ResourceConflictException", "")
	_, err = w.credentials(w.mustID(poolID, nil), conflicting)
	wantError(t, "logins of two identities: as a guest", err, "ResourceConflictException", "")
	_, err = w.getID(poolID, map[string]string{provider: w.idToken(), "issuer-" + provider: w.idToken("sub", "mallory")})
	wantError(t, "two users of one provider", err, "ResourceConflictException", "")
	_, err = w.credentials(ada, map[string]string{provider: w.idToken(), otherPool: second("ada3")})
	wantError(t, "second login of a provider", err, "ResourceConflictException", "")
	_, err = w.credentials(ada, map[string]string{otherPool: second("bob")})
	wantError(t, "without a login of the identity", err, nae, dontMatch)
	for id, sub := range map[string]string{bob: "bob", ada: "ada2"} {
		if got := w.mustID(poolID, map[string]string{otherPool: second(sub)}); got != id {
			t.Errorf("%s was moved from %s to %s", sub, id, got)
		}
	}
}

// TestMerge: who proves to be two identities has one from then on, the one that was asked for.
func TestMerge(t *testing.T) {
	otherPool := "cognito-idp.us-east-1.amazonaws.com/" + other
	for _, asked := range []string{"first", "second", ""} {
		w := newWorld(t)
		one, two := login(w.idToken()), map[string]string{otherPool: w.idToken("iss", "https://"+otherPool, "sub", "ada2")}
		both := map[string]string{provider: one[provider], otherPool: two[otherPool]}
		first := w.mustID(poolID, one)
		w.now = w.now.Add(time.Second)
		second := w.mustID(poolID, two)
		stays, goes := first, second // the oldest, if none is asked for
		if asked == "second" {
			stays, goes = second, first
		}
		if asked == "" {
			w.mustID(poolID, both)
		} else if out, err := w.credentials(stays, both); err != nil || out.IdentityId != stays {
			t.Errorf("%s: %s, %v", asked, out.IdentityId, err)
		}
		for _, l := range []map[string]string{one, two, both} {
			if got := w.mustID(poolID, l); got != stays {
				t.Errorf("%q: %s, want %s", asked, got, stays)
			}
		}
		for _, l := range []map[string]string{nil, one, both} {
			_, err := w.credentials(goes, l)
			wantError(t, "the merged identity", err, nae, "Access to Identity '"+goes+"' is forbidden.")
		}
	}
}

func TestG10_OpenIDToken(t *testing.T) {
	w := newWorld(t)
	id := w.mustID(poolID, login(w.idToken()))
	out, err := w.openID(id, login(w.idToken()))
	if err != nil {
		t.Fatal(err)
	}
	jwks, err := w.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := token.ParseJWKS(jwks)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(now time.Time) token.Expect {
		return token.Expect{Issuers: []string{"https://cognito-identity.amazonaws.com"}, Audience: poolID, Alg: token.RS512, Now: now}
	}
	if _, err := token.Verify(out.Token, keys, expect(start.Add(10*time.Minute-1))); err != nil {
		t.Errorf("within ten minutes: %v", err)
	}
	if _, err := token.Verify(out.Token, keys, expect(start.Add(10*time.Minute))); !errors.Is(err, token.ErrExpired) {
		t.Errorf("after ten minutes: %v", err)
	}
	audience := expect(start)
	audience.Audience = closedID
	if _, err := token.Verify(out.Token, keys, audience); !errors.Is(err, token.ErrAudience) {
		t.Errorf("for another identity pool: %v", err)
	}
	userPoolKeys, err := token.NewKeySet(userKeys()[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.Verify(out.Token, userPoolKeys, token.Expect{Issuers: []string{issuer}, Now: start}); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("as a user pool's token: %v", err)
	}
	for _, key := range []string{provider, "127.0.0.1:9000/" + userPool} {
		_, err = w.getID(poolID, map[string]string{key: out.Token})
		wantError(t, "as a login of "+key, err, nae, cognitoToken)
	}
}

// FuzzLogins holds that no key and no token that the user pool did not sign ever get an identity.
func FuzzLogins(f *testing.F) {
	f.Add(provider, "e30.e30.AA")
	f.Add("127.0.0.1:9000/"+userPool, "x")
	f.Add("cognito-identity.amazonaws.com", "")
	op, _ := newWorld(f).Op("GetId")
	f.Fuzz(func(t *testing.T, key, raw string) {
		body, err := json.Marshal(wire.GetIdInput{IdentityPoolId: poolID, Logins: map[string]string{key: raw}})
		if err != nil {
			t.Fatal(err)
		}
		id, err := op.Run(context.Background(), body)
		if err == nil {
			t.Fatalf("%q with %q got %v", key, raw, id)
		}
		if e := wire.AsError(err); e.Status >= 500 {
			t.Fatalf("%q with %q: %v", key, raw, err)
		}
	})
}
