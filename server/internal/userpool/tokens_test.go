package userpool

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (w *world) refresh(client, refreshToken string) (object, error) {
	w.t.Helper()
	return w.try("GetTokensFromRefreshToken", object{"ClientId": client, "RefreshToken": refreshToken})
}

// TestF10 is the table of access tokens that are refused.
func TestF10(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	otherPool, otherClient := w.emailPool()
	for _, name := range []string{ada, "gone@example.com", "off@example.com"} {
		w.user(pool, name, verifiedEmail())
	}
	w.user(otherPool, ada)
	r := w.signedIn(client, ada)
	gone, off := w.signedIn(client, "gone@example.com"), w.signedIn(client, "off@example.com")
	w.must("AdminDeleteUser", object{"UserPoolId": pool, "Username": "gone@example.com"})
	w.must("AdminDisableUser", object{"UserPoolId": pool, "Username": "off@example.com"})
	access := str(r, "AccessToken")
	const bad, revoked = "Invalid Access Token", "Access Token has been revoked"
	for name, c := range map[string]struct{ raw, message string }{
		"id token":      {str(r, "IdToken"), bad},
		"refresh token": {str(r, "RefreshToken"), bad},
		"tampered":      {flip(access, len(access)-20), bad},
		"other key":     {w.forge(pool, client, access, useID, nil), bad},
		"other issuer":  {w.forge(pool, client, access, useAccess, object{"iss": w.issuer(otherPool)}), bad},
		"other client":  {w.forge(pool, client, access, useAccess, object{"client_id": otherClient}), bad},
		"no scope":      {w.forge(pool, client, access, useAccess, object{"scope": "openid"}), "Access Token does not have required scopes"},
		"deleted user":  {str(gone, "AccessToken"), revoked},
		"disabled user": {str(off, "AccessToken"), revoked},
		"garbage":       {"a.b.c", bad},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.try("GetUser", object{"AccessToken": c.raw})
			wantError(t, name, err, nae, c.message)
		})
	}
	w.must("GetUser", object{"AccessToken": access})
	w.must("GetUser", object{"AccessToken": str(w.signedIn(otherClient, ada), "AccessToken")})
	w.clock.advance(time.Hour)
	w.refused("GetUser", object{"AccessToken": access}, nae, "Access Token has expired")
}

// forge signs the claims of a token again, changed, with one of the pool's keys.
func (w *world) forge(pool, _ string, raw, key string, change object) string {
	w.t.Helper()
	peek, err := token.Peek(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	claims := peek.Claims.Raw()
	for k, v := range change {
		claims[k] = v
	}
	k, err := w.key(w.t.Context(), pool, key)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := token.Sign(k, token.RS256, claims)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// TestF11: whatever ends a session ends refresh at once, on every node, and the
// access token with it; other sessions end or live as they should.
func TestF11(t *testing.T) {
	for name, end := range map[string]func(w *world, pool, client string, r object){
		"GlobalSignOut": func(w *world, _, _ string, r object) {
			w.must("GlobalSignOut", object{"AccessToken": str(r, "AccessToken")})
		},
		"RevokeToken": func(w *world, _, client string, r object) {
			w.must("RevokeToken", object{"ClientId": client, "Token": str(r, "RefreshToken")})
		},
		"AdminDisableUser": func(w *world, pool, _ string, _ object) {
			w.must("AdminDisableUser", object{"UserPoolId": pool, "Username": ada})
			w.must("AdminEnableUser", object{"UserPoolId": pool, "Username": ada})
		},
		"AdminDeleteUser": func(w *world, pool, _ string, _ object) {
			w.must("AdminDeleteUser", object{"UserPoolId": pool, "Username": ada})
		},
		"AdminSetUserPassword": func(w *world, pool, _ string, _ object) {
			w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": ada, "Password": newGood, "Permanent": true})
		},
		"ChangePassword": func(w *world, _, _ string, r object) {
			w.must("ChangePassword", object{"AccessToken": str(r, "AccessToken"), "PreviousPassword": goodPassword, "ProposedPassword": newGood})
		},
		"ConfirmForgotPassword": func(w *world, _, client string, _ object) {
			w.must("ForgotPassword", object{"ClientId": client, "Username": ada})
			w.must("ConfirmForgotPassword", object{"ClientId": client, "Username": ada, "ConfirmationCode": w.code(), "Password": newGood})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w2 := nodeOn(t, w.Store, w.clock)
			pool, client := w.emailPool()
			w.user(pool, ada, verifiedEmail())
			mine, other := w.signedIn(client, ada), w.signedIn(client, ada)
			end(w, pool, client, mine)
			if _, err := w2.refresh(client, str(mine, "RefreshToken")); wire.AsError(err).Code != nae || err == nil {
				t.Errorf("refresh: %v", err)
			}
			if _, err := w2.try("GetUser", object{"AccessToken": str(mine, "AccessToken")}); wire.AsError(err).Code != nae || err == nil {
				t.Errorf("access: %v", err)
			}
			if _, err := w2.refresh(client, str(other, "RefreshToken")); (err == nil) != (name == "RevokeToken") {
				t.Errorf("another session: %v", err)
			}
		})
	}
}

// TestF11StoreFailure: a revocation that was not kept is an error.
func TestF11StoreFailure(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	r := w.signedIn(client, ada)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body, err := json.Marshal(object{"ClientId": client, "Token": str(r, "RefreshToken")})
	if err != nil {
		t.Fatal(err)
	}
	op, _ := w.Op("RevokeToken")
	if _, err := op.Run(ctx, body); !errors.Is(err, wire.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
}

// TestWithoutRevocation: tokens of such a client name no session, and a sign-out
// still ends them.
func TestWithoutRevocation(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(nil, object{"EnableTokenRevocation": false})
	w.user(pool, "ada")
	w.clock.advance(time.Second) // tokens of the second a password was set in count as before it
	r := w.signedIn(client, "ada")
	if c := w.claims(pool, str(r, "AccessToken"), useAccess); c.Has("jti") || c.Has("origin_jti") {
		t.Error("jti or origin_jti in a token that cannot be revoked")
	}
	w.refused("RevokeToken", object{"ClientId": client, "Token": str(r, "RefreshToken")},
		"UnsupportedOperationException", "Token revocation is not enabled for this client")
	w.clock.advance(time.Second)
	w.must("GlobalSignOut", object{"AccessToken": str(r, "AccessToken")})
	w.refused("GetUser", object{"AccessToken": str(r, "AccessToken")}, nae, "Access Token has been revoked")
	w.clock.advance(time.Second)
	w.must("GetUser", object{"AccessToken": str(w.signedIn(client, "ada"), "AccessToken")})
}

// TestRefresh: auth_time and origin_jti stay, the access token is new, nobody
// else's client or token will do, and thirty days are the end.
func TestRefresh(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	other := str(w.client(pool, nil), "ClientId")
	w.user(pool, ada)
	first := w.signedIn(client, ada)
	w.clock.advance(time.Hour)
	out := w.must("InitiateAuth", object{
		"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH",
		"AuthParameters": object{"REFRESH_TOKEN": str(first, "RefreshToken"), "DEVICE_KEY": "us-east-1_x"},
	})
	r := result(t, out)
	if _, there := r["RefreshToken"]; there {
		t.Error("REFRESH_TOKEN_AUTH gives a refresh token")
	}
	c := w.claims(pool, str(r, "AccessToken"), useAccess)
	peek, err := token.Peek(str(first, "AccessToken"))
	if err != nil {
		t.Fatal(err)
	}
	if old := peek.Claims; !c.Time("auth_time").Equal(old.Time("auth_time")) || c.String("origin_jti") != old.String("origin_jti") || c.String("jti") == old.String("jti") {
		t.Error("auth_time, origin_jti or jti is wrong after a refresh")
	}
	for name, in := range map[string]object{
		"other client": {"ClientId": other, "RefreshToken": str(first, "RefreshToken")},
		"tampered":     {"ClientId": client, "RefreshToken": flip(str(first, "RefreshToken"), 60)},
		"access token": {"ClientId": client, "RefreshToken": str(first, "AccessToken")},
	} {
		_, err := w.try("GetTokensFromRefreshToken", in)
		wantError(t, name, err, nae, "Invalid Refresh Token.")
	}
	w.refused("RevokeToken", object{"ClientId": other, "Token": str(first, "RefreshToken")}, "UnauthorizedException", "Invalid Refresh Token.")
	w.refused("RevokeToken", object{"ClientId": client, "Token": str(first, "AccessToken")}, "UnsupportedTokenTypeException", "Unsupported token type")
	w.clock.advance(30 * 24 * time.Hour)
	_, err = w.refresh(client, str(first, "RefreshToken"))
	wantError(t, "old", err, nae, "Refresh Token has expired")
	fresh := w.signedIn(client, ada)
	w.must("RevokeToken", object{"ClientId": client, "Token": str(fresh, "RefreshToken")})
	w.must("RevokeToken", object{"ClientId": client, "Token": str(fresh, "RefreshToken")})
	_, err = w.refresh(client, str(fresh, "RefreshToken"))
	wantError(t, "revoked", err, nae, "Refresh Token has been revoked")
}

// TestF12: rotation. Inside the grace period a used token gives the same
// generation again; outside the family ends; of ten at once without grace one
// wins.
func TestF12(t *testing.T) {
	w := newWorld(t)
	flows := []string{"ALLOW_USER_PASSWORD_AUTH"}
	pool, client := w.poolWith(nil, object{
		"ExplicitAuthFlows": flows, "RefreshTokenRotation": object{"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
	})
	w.user(pool, "ada")
	rotate := func(raw string) (string, error) {
		out, err := w.refresh(client, raw)
		if err != nil {
			return "", err
		}
		return str(result(t, out), "RefreshToken"), nil
	}
	zero := str(w.signedIn(client, "ada"), "RefreshToken")
	one, err := rotate(zero)
	if err != nil || one == zero || one == "" {
		t.Fatalf("rotation: %v", err)
	}
	w.clock.advance(30 * time.Second)
	child, err := rotate(zero)
	if err != nil {
		t.Fatalf("inside the grace period: %v", err)
	}
	two, err := rotate(child)
	if err != nil {
		t.Fatalf("the child of a retry: %v", err)
	}
	if _, err := rotate(one); err != nil {
		t.Fatalf("its twin inside the grace period: %v", err)
	}
	w.clock.advance(31 * time.Second)
	_, err = rotate(one)
	if wire.AsError(err).Code != "RefreshTokenReuseException" {
		t.Fatalf("outside the grace period: %v", err)
	}
	_, err = rotate(two)
	wantError(t, "the newest after a reuse", err, nae, "Refresh Token has been revoked")

	_, err = w.try("InitiateAuth", object{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": object{"REFRESH_TOKEN": two}})
	wantError(t, "REFRESH_TOKEN_AUTH", err, "InvalidParameterException", "REFRESH_TOKEN_AUTH is not enabled for the client.")

	client = str(w.client(pool, object{"ExplicitAuthFlows": flows, "RefreshTokenRotation": object{"Feature": "ENABLED"}}), "ClientId")
	zero = str(w.signedIn(client, "ada"), "RefreshToken")
	oks, codes := together(10, func(int) error { _, err := rotate(zero); return err })
	if oks != 1 {
		t.Errorf("ten at once: %d, %v", oks, codes)
	}
}

// TestD13: no attribute takes the place of a claim.
func TestD13(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	for name, want := range map[string]string{
		"sub": nae, "cognito:groups": nae, "identities": nae, "email_verified": nae,
		"aud": "InvalidParameterException", "iss": "InvalidParameterException", "custom:role": "InvalidParameterException",
	} {
		_, err := w.try("SignUp", object{"ClientId": client, "Username": ada, "Password": goodPassword, "UserAttributes": []object{{"Name": name, "Value": "x"}}})
		if err == nil || wire.AsError(err).Code != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.user(pool, ada)
	err := w.Store.Update(t.Context(), func(tx *store.Tx) error {
		u, err := tx.UserByName(t.Context(), pool, ada)
		if err != nil {
			return err
		}
		return tx.ModifyUser(pool, u.Sub, func(u *store.User) error { u.Attributes["sub"] = "someone"; u.Attributes["aud"] = "else"; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	c := w.claims(pool, str(w.signedIn(client, ada), "IdToken"), useID)
	if c.String("sub") == "someone" || c.String("aud") != client {
		t.Error("an attribute replaced a claim")
	}
}

// TestGroups: groups and roles by precedence; a tie of different roles has no
// preferred one.
func TestGroups(t *testing.T) {
	w := newWorld(t)
	pool, client := w.emailPool()
	w.user(pool, ada)
	put := func(name, role string, precedence int) {
		t.Helper()
		err := w.Store.Update(t.Context(), func(tx *store.Tx) error {
			u, err := tx.UserByName(t.Context(), pool, ada)
			if err != nil {
				return err
			}
			if err := tx.PutGroup(store.Group{PoolID: pool, Name: name, RoleARN: role, Precedence: precedence}); err != nil {
				return err
			}
			return tx.AddToGroup(pool, u.Sub, name)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put("admins", "arn:aws:iam::000000000000:role/admin", 2)
	put("writers", "arn:aws:iam::000000000000:role/writer", 1)
	put("plain", "", 0)
	c := w.claims(pool, str(w.signedIn(client, ada), "IdToken"), useID)
	if got := c.Strings("cognito:groups"); !reflect.DeepEqual(got, []string{"plain", "writers", "admins"}) {
		t.Errorf("groups: %v", got)
	}
	if got := c.String("cognito:preferred_role"); !strings.HasSuffix(got, "/writer") {
		t.Errorf("preferred role: %s", got)
	}
	put("admins", "arn:aws:iam::000000000000:role/admin", 1)
	c = w.claims(pool, str(w.signedIn(client, ada), "IdToken"), useID)
	if c.Has("cognito:preferred_role") || len(c.Strings("cognito:roles")) != 2 {
		t.Errorf("a tie: %v", c.Raw())
	}
}

// TestVerifyIDToken is what an identity pool hears of a login.
func TestVerifyIDToken(t *testing.T) {
	w := newWorld(t)
	w.Endpoint = func() string { return "http://localhost:4566" }
	pool, client := w.emailPool()
	otherPool, _ := w.emailPool()
	w.user(pool, ada)
	r := w.signedIn(client, ada)
	raw, host := str(r, "IdToken"), "cognito-idp.us-east-1.amazonaws.com/"
	for _, provider := range []string{host + pool, "issuer-" + host + pool, "localhost:4566/" + pool} {
		got, err := w.VerifyIDToken(t.Context(), raw, provider, true)
		if err != nil || got.ClientID != client || got.PoolID != pool || got.Sub == "" {
			t.Errorf("%s: %+v, %v", provider, got, err)
		}
	}
	signature := strings.LastIndexByte(raw, '.') + 5
	for name, c := range map[string]struct{ raw, provider, message string }{
		"other pool":    {raw, host + otherPool, "Issuer doesn't match providerName"},
		"access token":  {str(r, "AccessToken"), host + pool, "Missing a required claim: aud"},
		"bad signature": {flip(raw, signature), host + pool, "Couldn't verify signed token."},
		"access key":    {w.forge(pool, client, raw, useAccess, nil), host + pool, "Couldn't verify signed token."},
		"identity pool": {w.forge(pool, client, raw, useID, object{"iss": "https://cognito-identity.amazonaws.com"}), host + pool, "Can't pass in a Cognito token."},
		"garbage":       {"x", host + pool, "Not a valid OpenId Connect identity token."},
	} {
		_, err := w.VerifyIDToken(t.Context(), c.raw, c.provider, false)
		wantError(t, name, err, nae, "Invalid login token. "+c.message)
	}
	w.must("GlobalSignOut", object{"AccessToken": str(r, "AccessToken")})
	if _, err := w.VerifyIDToken(t.Context(), raw, host+pool, false); err != nil {
		t.Errorf("without the check on the server: %v", err)
	}
	_, err := w.VerifyIDToken(t.Context(), raw, host+pool, true)
	wantError(t, "signed out", err, nae, "Token is inactive")
	now := w.Now()
	w.clock.advance(2 * time.Hour)
	_, err = w.VerifyIDToken(t.Context(), raw, host+pool, false)
	wantError(t, "expired", err, nae, "Invalid login token. Token expired: "+itoa(now.Unix()+7200)+" >= "+itoa(now.Unix()+3600))
}

func itoa(n int64) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestIssuerEndpoint: tokens of a server that is its own issuer.
func TestIssuerEndpoint(t *testing.T) {
	w := newWorld(t)
	w.IssuerMode, w.Endpoint = IssuerEndpoint, func() string { return "http://127.0.0.1:4566" }
	pool, client := w.emailPool()
	w.user(pool, ada)
	r := w.signedIn(client, ada)
	if iss := w.claims(pool, str(r, "IdToken"), useID).String("iss"); iss != "http://127.0.0.1:4566/"+pool {
		t.Errorf("iss = %s", iss)
	}
	w.must("GetUser", object{"AccessToken": str(r, "AccessToken")})
	doc, err := w.OpenIDConfiguration(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	var m object
	if err := json.Unmarshal(doc, &m); err != nil || m["jwks_uri"] != "http://127.0.0.1:4566/"+pool+"/.well-known/jwks.json" || m["issuer"] != "http://127.0.0.1:4566/"+pool {
		t.Errorf("%s, %v", doc, err)
	}
}
