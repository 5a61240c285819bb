package identity_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (w *world) tagMap(provider string, defaults bool, tags map[string]string) (wire.PrincipalTagAttributeMap, error) {
	w.t.Helper()
	return call[wire.PrincipalTagAttributeMap](w, "SetPrincipalTagAttributeMap", wire.PrincipalTagAttributeMap{
		IdentityPoolId: poolID, IdentityProviderName: provider, UseDefaults: defaults, PrincipalTags: tags,
	})
}

// allowTags lets the users' role take session tags.
func (w *world) allowTags() {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		both := strings.Replace(trust("authenticated", poolID), `"sts:AssumeRoleWithWebIdentity"`, `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, 1)
		return tx.PutRole(store.Role{Name: "users", ARN: arn("users"), ID: "AROAUSERS0000000000AA", Trust: both})
	})
}

func TestPrincipalTags(t *testing.T) {
	w := newWorld(t)
	if _, err := w.tagMap(provider, true, nil); err != nil {
		t.Fatal(err)
	}
	got, err := call[wire.PrincipalTagAttributeMap](w, "GetPrincipalTagAttributeMap",
		wire.GetPrincipalTagAttributeMapInput{IdentityPoolId: poolID, IdentityProviderName: provider})
	want := wire.PrincipalTagAttributeMap{
		IdentityPoolId: poolID, IdentityProviderName: provider, UseDefaults: true, PrincipalTags: map[string]string{"username": "sub", "client": "aud"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	_, err = w.as(login(w.idToken()), "")
	wantError(t, "a role that does not allow sts:TagSession", err, misconfig, misconfigMsg)
	w.allowTags()
	p, err := w.as(login(w.idToken()), "")
	if diff := cmp.Diff(map[string]string{"username": "ada", "client": client}, p.Tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if guest, err := w.as(nil, ""); err != nil || len(guest.Tags) != 0 {
		t.Errorf("a guest: %v, %v", guest.Tags, err)
	}
	if _, err := w.tagMap(provider, false, map[string]string{"team": "custom:team", "ok": "email_verified", "none": "missing"}); err != nil {
		t.Fatal(err)
	}
	logins := login(w.idToken("custom:team", "red", "email_verified", true))
	p, err = w.as(logins, "")
	if diff := cmp.Diff(map[string]string{"team": "red", "ok": "true"}, p.Tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	out, err := w.openID(w.mustID(poolID, logins), logins)
	says, perr := token.Peek(out.Token)
	claim := map[string]any{"principal_tags": map[string]any{"team": []any{"red"}, "ok": []any{"true"}}}
	if diff := cmp.Diff(any(claim), says.Claims.Raw()["https://aws.amazon.com/tags"]); err != nil || perr != nil || diff != "" {
		t.Errorf("%v %v %s", err, perr, diff)
	}
}

// TestG09: tags that would act as something else are refused.
func TestG09(t *testing.T) {
	w := newWorld(t)
	w.allowTags()
	for name, tags := range map[string]map[string]string{
		"key of 129":   {strings.Repeat("a", 129): "sub"},
		"claim of 257": {"a": strings.Repeat("b", 257)},
		"empty claim":  {"a": ""},
		"empty key":    {"": "sub"},
		"aws:":         {"aws:x": "sub"},
		"AWS:":         {"AWS:x": "sub"},
		"control":      {"a\n": "sub"},
		"wildcard":     {"*": "sub"},
		"two cases":    {"team": "sub", "Team": "sub"},
		"variable":     {"${aws:userid}": "sub"},
	} {
		_, err := w.tagMap(provider, false, tags)
		wantError(t, "G09 "+name, err, invalidPar, "")
	}
	_, err := w.tagMap("cognito-idp.us-east-1.amazonaws.com/"+stranger, true, nil)
	wantError(t, "a provider of nobody", err, invalidPar, "")
	if _, err := w.tagMap(provider, false, map[string]string{"team": "custom:team"}); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"wildcard": "*", "part": "re?", "variable": "${aws:userid}", "control": "a\x00", "257": strings.Repeat("a", 257)} {
		_, err := w.as(login(w.idToken("custom:team", value)), "")
		wantError(t, "G09 "+name, err, nae, "")
	}
	if _, err := w.as(login(w.idToken("custom:team", strings.Repeat("é", 228))), ""); err != nil {
		t.Errorf("460 bytes with the key: %v", err)
	}
	_, err = w.as(login(w.idToken("custom:team", strings.Repeat("é", 228)+"a")), "")
	wantError(t, "G09 461 bytes", err, nae, "The principal tags of this identity have 461 bytes, more than 460.")
	d := newDeveloperWorld(t)
	_, err = d.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "ada"}, PrincipalTags: map[string]string{"a": "*"}})
	wantError(t, "G09 a developer's", err, invalidPar, "")
}

// TestDeveloperTags: what the backend says of its user.
func TestDeveloperTags(t *testing.T) {
	w := newDeveloperWorld(t)
	w.allowTags()
	out, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "ada"}, PrincipalTags: map[string]string{"team": "red"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.as(devLogin(out.Token), "")
	if diff := cmp.Diff(map[string]string{"team": "red"}, p.Tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// TestTrustedTags: a trust policy may say which tags it takes.
func TestTrustedTags(t *testing.T) {
	w := newWorld(t)
	if _, err := w.tagMap(provider, false, map[string]string{"team": "custom:team"}); err != nil {
		t.Fatal(err)
	}
	condition := `"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + poolID + `","aws:RequestTag/Team":"red"},"ForAllValues:StringEquals":{"aws:TagKeys":"team"},` +
		`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}`
	w.update(func(tx *store.Tx) error {
		both := strings.Replace(trustWith(condition), `"sts:AssumeRoleWithWebIdentity"`, `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, 1)
		return tx.PutRole(store.Role{Name: "users", ARN: arn("users"), ID: "AROAUSERS0000000000AA", Trust: both})
	})
	if _, err := w.as(login(w.idToken("custom:team", "red")), ""); err != nil {
		t.Error(err)
	}
	_, err := w.as(login(w.idToken("custom:team", "blue")), "")
	wantError(t, "another value", err, misconfig, misconfigMsg)
	_, err = w.as(login(w.idToken()), "")
	wantError(t, "no tag", err, misconfig, misconfigMsg)
}
