package identity_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/internal/wire"
)

const notFound = "ResourceNotFoundException"

func (w *world) createPool(in wire.CreateIdentityPoolInput) (wire.IdentityPool, error) {
	w.t.Helper()
	return call[wire.IdentityPool](w, "CreateIdentityPool", in)
}

// settings are those of a pool that takes ada and guests.
func settings() wire.CreateIdentityPoolInput {
	return wire.CreateIdentityPoolInput{
		IdentityPoolName: "my pool", AllowUnauthenticatedIdentities: true, AllowClassicFlow: true,
		CognitoIdentityProviders: []wire.CognitoIdentityProvider{{ProviderName: provider, ClientId: client, ServerSideTokenCheck: true}},
		IdentityPoolTags:         map[string]string{"team": "x"},
	}
}

func (w *world) describe(id string) (wire.IdentityPool, error) {
	w.t.Helper()
	return call[wire.IdentityPool](w, "DescribeIdentityPool", wire.IdentityPoolInput{IdentityPoolId: id})
}

// TestPoolLife walks a pool from CreateIdentityPool to DeleteIdentityPool.
func TestPoolLife(t *testing.T) {
	w := newWorld(t)
	made, err := w.createPool(settings())
	if err != nil || made.IdentityPoolId[:10] != "us-east-1:" {
		t.Fatalf("%+v, %v", made, err)
	}
	if diff := cmp.Diff(settings(), made.Settings()); diff != "" {
		t.Error(diff)
	}
	if got, err := w.describe(made.IdentityPoolId); err != nil || cmp.Diff(made, got) != "" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = call[map[string]any](w, "SetIdentityPoolRoles", wire.IdentityPoolRoles{IdentityPoolId: made.IdentityPoolId, Roles: map[string]string{"authenticated": arn("users")}})
	if err != nil {
		t.Fatal(err)
	}
	ada := w.mustID(made.IdentityPoolId, login(w.idToken()))
	changed, err := call[wire.IdentityPool](w, "UpdateIdentityPool", wire.IdentityPool{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: "other"})
	want := wire.IdentityPool{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: "other", IdentityPoolTags: map[string]string{"team": "x"}}
	if diff := cmp.Diff(want, changed); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	_, err = w.getID(made.IdentityPoolId, login(w.idToken()))
	wantError(t, "a provider that was taken out", err, nae, unsupported)
	if roles, err := call[wire.IdentityPoolRoles](w, "GetIdentityPoolRoles", wire.IdentityPoolInput{IdentityPoolId: made.IdentityPoolId}); err != nil || len(roles.Roles) != 1 {
		t.Errorf("the update took the roles: %v, %v", roles, err)
	}
	if _, err := call[map[string]any](w, "DeleteIdentityPool", wire.IdentityPoolInput{IdentityPoolId: made.IdentityPoolId}); err != nil {
		t.Fatal(err)
	}
	gone := "IdentityPool '" + made.IdentityPoolId + "' not found."
	for _, op := range []string{"DescribeIdentityPool", "DeleteIdentityPool", "GetIdentityPoolRoles"} {
		_, err := call[map[string]any](w, op, wire.IdentityPoolInput{IdentityPoolId: made.IdentityPoolId})
		wantError(t, "5.1.01 "+op, err, notFound, gone)
	}
	_, err = call[map[string]any](w, "UpdateIdentityPool", made)
	wantError(t, "5.1.01 UpdateIdentityPool", err, notFound, gone)
	_, err = w.credentials(ada, login(w.idToken()))
	wantError(t, "5.1.02 an identity of the pool", err, notFound, "Identity '"+ada+"' not found.")
}

func TestCreateIdentityPoolRefuses(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*wire.CreateIdentityPoolInput){
		"no name":           func(in *wire.CreateIdentityPoolInput) { in.IdentityPoolName = "" },
		"name with a slash": func(in *wire.CreateIdentityPoolInput) { in.IdentityPoolName = "a/b" },
		"name of 129":       func(in *wire.CreateIdentityPoolInput) { in.IdentityPoolName = strings.Repeat("a", 129) },
		"not a user pool":   func(in *wire.CreateIdentityPoolInput) { in.CognitoIdentityProviders[0].ProviderName = "evil.example/x" },
		"no client":         func(in *wire.CreateIdentityPoolInput) { in.CognitoIdentityProviders[0].ClientId = "" },
		"a provider twice": func(in *wire.CreateIdentityPoolInput) {
			in.CognitoIdentityProviders = append(in.CognitoIdentityProviders, in.CognitoIdentityProviders...)
		},
		"SAML": func(in *wire.CreateIdentityPoolInput) {
			in.SamlProviderARNs = []string{"arn:aws:iam::111122223333:saml-provider/x"}
		},
		"opaque tokens": func(in *wire.CreateIdentityPoolInput) {
			in.SupportedLoginProviders = map[string]string{"graph.facebook.com": "7346241598935555"}
		},
		"unknown OIDC": func(in *wire.CreateIdentityPoolInput) {
			in.OpenIdConnectProviderARNs = []string{"arn:aws:iam::111122223333:oidc-provider/evil.example"}
		},
		"a tag without name": func(in *wire.CreateIdentityPoolInput) { in.IdentityPoolTags = map[string]string{"": "x"} },
	} {
		in := settings()
		change(&in)
		_, err := w.createPool(in)
		wantError(t, name, err, "InvalidParameterException", "")
	}
}

func TestListIdentityPools(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	in := wire.ListIdentityPoolsInput{MaxResults: 2}
	for {
		page, err := call[wire.ListIdentityPoolsOutput](w, "ListIdentityPools", in)
		if err != nil || len(page.IdentityPools) > 2 {
			t.Fatalf("%v, %v", page, err)
		}
		for _, p := range page.IdentityPools {
			seen[p.IdentityPoolId] = true
		}
		if in.NextToken = page.NextToken; in.NextToken == "" {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("%v", seen)
	}
	for _, bad := range []wire.ListIdentityPoolsInput{{MaxResults: 0}, {MaxResults: 61}, {MaxResults: 1, NextToken: "x"}} {
		_, err := call[map[string]any](w, "ListIdentityPools", bad)
		wantError(t, fmt.Sprint(bad), err, "InvalidParameterException", "")
	}
}

// TestIdentityLife lists, describes, unlinks and deletes identities.
func TestIdentityLife(t *testing.T) {
	w := newWorld(t)
	ada, guest := w.mustID(poolID, login(w.idToken())), w.mustID(poolID, nil)
	w.mustID(closedID, login(w.idToken()))
	list := func(hide bool) (ids []string) {
		in := wire.ListIdentitiesInput{IdentityPoolId: poolID, MaxResults: 1, HideDisabled: hide}
		for {
			page, err := call[wire.ListIdentitiesOutput](w, "ListIdentities", in)
			if err != nil || page.IdentityPoolId != poolID {
				t.Fatal(page, err)
			}
			for _, i := range page.Identities {
				ids = append(ids, i.IdentityId)
			}
			if in.NextToken = page.NextToken; in.NextToken == "" {
				return ids
			}
		}
	}
	if ids := list(false); len(ids) != 2 {
		t.Errorf("%v", ids)
	}
	got, err := call[wire.IdentityDescription](w, "DescribeIdentity", wire.IdentityInput{IdentityId: ada})
	if err != nil || got.IdentityId != ada || cmp.Diff(got.Logins, []string{provider}) != "" || !got.CreationDate.Equal(start) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := w.unlink(ada, login(w.idToken()), provider); err != nil {
		t.Fatal(err)
	}
	if all, shown := list(false), list(true); len(all) != 2 || len(shown) != 1 || shown[0] != guest {
		t.Errorf("with ada's disabled: %v, without %v", all, shown)
	}
	deleted, err := call[wire.DeleteIdentitiesOutput](w, "DeleteIdentities", wire.DeleteIdentitiesInput{IdentityIdsToDelete: []string{ada, guest, guest}})
	if err != nil || deleted.UnprocessedIdentityIds == nil || len(deleted.UnprocessedIdentityIds) != 0 || len(list(false)) != 0 {
		t.Errorf("%v, %v", deleted, err)
	}
	_, err = call[map[string]any](w, "DescribeIdentity", wire.IdentityInput{IdentityId: ada})
	wantError(t, "5.1.02", err, notFound, "Identity '"+ada+"' not found.")
	for name, ids := range map[string][]string{"none": nil, "61": make([]string, 61), "bad": {"x"}} {
		_, err := call[map[string]any](w, "DeleteIdentities", wire.DeleteIdentitiesInput{IdentityIdsToDelete: ids})
		wantError(t, name, err, "InvalidParameterException", "")
	}
}

func (w *world) unlink(id string, logins map[string]string, remove ...string) error {
	w.t.Helper()
	_, err := call[map[string]any](w, "UnlinkIdentity", wire.UnlinkIdentityInput{IdentityId: id, Logins: logins, LoginsToRemove: remove})
	return err
}

func TestUnlinkIdentity(t *testing.T) {
	w := newWorld(t)
	otherPool := "cognito-idp.us-east-1.amazonaws.com/" + other
	both := map[string]string{provider: w.idToken(), otherPool: w.idToken("iss", "https://"+otherPool, "sub", "ada2")}
	id := w.mustID(poolID, both)
	mallory := login(w.idToken("sub", "mallory"))
	wantError(t, "somebody else's", w.unlink(id, mallory, provider), nae, dontMatch)
	w.mustID(poolID, mallory)
	wantError(t, "somebody else's with an identity", w.unlink(id, mallory, provider), nae, dontMatch)
	wantError(t, "no login", w.unlink(id, nil, provider), "InvalidParameterException", "")
	wantError(t, "nothing to remove", w.unlink(id, both), "InvalidParameterException", "")
	wantError(t, "a guest's", w.unlink(w.mustID(poolID, nil), login(w.idToken()), provider), nae, dontMatch)
	// By the right of one login, the other goes, under another of its names.
	if err := w.unlink(id, login(w.idToken()), "issuer-"+otherPool); err != nil {
		t.Fatal(err)
	}
	second := map[string]string{otherPool: both[otherPool]}
	if fresh := w.mustID(poolID, second); fresh == id {
		t.Error("an unlinked login still has the identity")
	}
	if same := w.mustID(poolID, login(w.idToken())); same != id {
		t.Error("the login that stays lost the identity")
	}
	// The last one leaves an identity that is nobody's, not a guest's.
	if err := w.unlink(id, login(w.idToken()), provider); err != nil {
		t.Fatal(err)
	}
	for _, logins := range []map[string]string{nil, login(w.idToken()), mallory} {
		_, err := w.credentials(id, logins)
		wantError(t, "without logins", err, nae, "Access to Identity '"+id+"' is forbidden.")
	}
	if fresh := w.mustID(poolID, login(w.idToken())); fresh == id {
		t.Error("an unlinked login still has the identity")
	}
}

func TestResources(t *testing.T) {
	w := newWorld(t)
	pool := "arn:aws:cognito-identity:us-east-1:111122223333:identitypool/" + poolID
	for body, want := range map[string]string{
		`{"IdentityPoolId":"` + poolID + `"}`: pool,
		`{"ResourceArn":"` + pool + `"}`:      pool,
		`{"ResourceArn":"arn:aws:cognito-identity:eu-west-1:111122223333:identitypool/` + poolID + `"}`: "*",
		`{"IdentityPoolId":"*"}`: "*",
		`{}`:                     "*",
		`x`:                      "*",
	} {
		if got := w.Resource("DescribeIdentityPool", []byte(body)); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// TestSignedOperations: only what end users call with tokens needs no signature.
func TestSignedOperations(t *testing.T) {
	w := newWorld(t)
	public := regexp.MustCompile(`^(GetId|GetCredentialsForIdentity|GetOpenIdToken|UnlinkIdentity)$`)
	for _, name := range []string{
		"CreateIdentityPool", "DeleteIdentities", "DeleteIdentityPool", "DescribeIdentity", "DescribeIdentityPool", "GetCredentialsForIdentity",
		"GetId", "GetIdentityPoolRoles", "GetOpenIdToken", "ListIdentities", "ListIdentityPools", "SetIdentityPoolRoles", "UnlinkIdentity", "UpdateIdentityPool",
		"GetOpenIdTokenForDeveloperIdentity", "GetPrincipalTagAttributeMap", "ListTagsForResource", "LookupDeveloperIdentity",
		"MergeDeveloperIdentities", "SetPrincipalTagAttributeMap", "TagResource", "UnlinkDeveloperIdentity", "UntagResource",
	} {
		if op, found := w.Op(name); !found || op.Signed == public.MatchString(name) || op.Action != "cognito-identity:"+name {
			t.Errorf("%s: %+v", name, op)
		}
	}
}
