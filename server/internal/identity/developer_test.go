package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const (
	devName    = "login.example"
	devKey     = "cognito-identity.amazonaws.com"
	invalidPar = "InvalidParameterException"
	conflictEx = "ResourceConflictException"
)

// newDeveloperWorld has a pool with a developer provider.
func newDeveloperWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.update(func(tx *store.Tx) error {
		for _, id := range []string{poolID, closedID} {
			p, err := tx.IdentityPool(t.Context(), id)
			if err != nil {
				return err
			}
			p.Name, p.DeveloperProvider = "test", devName
			if err := tx.PutIdentityPool(p); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) dev(in wire.GetOpenIdTokenForDeveloperIdentityInput) (wire.GetOpenIdTokenOutput, error) {
	w.t.Helper()
	if in.IdentityPoolId == "" {
		in.IdentityPoolId = poolID
	}
	return call[wire.GetOpenIdTokenOutput](w, "GetOpenIdTokenForDeveloperIdentity", in)
}

// user gets a token for a user of the developer.
func (w *world) user(name string) wire.GetOpenIdTokenOutput {
	w.t.Helper()
	out, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: name}})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func devLogin(raw string) map[string]string { return map[string]string{devKey: raw} }

func (w *world) lookup(id, user string) (wire.LookupDeveloperIdentityOutput, error) {
	w.t.Helper()
	return call[wire.LookupDeveloperIdentityOutput](w, "LookupDeveloperIdentity",
		wire.LookupDeveloperIdentityInput{IdentityPoolId: poolID, IdentityId: id, DeveloperUserIdentifier: user})
}

// TestDeveloperChain walks the developer's flow to credentials.
func TestDeveloperChain(t *testing.T) {
	w := newDeveloperWorld(t)
	out := w.user("ada:1")
	if again := w.user("ada:1"); again.IdentityId != out.IdentityId {
		t.Error("a user has two identities")
	}
	if w.user("bob").IdentityId == out.IdentityId {
		t.Error("two users have one identity")
	}
	says, err := token.Peek(out.Token)
	amr := []string{"authenticated", devName, devName + ":" + poolID + ":ada:1"}
	if err != nil || !slices.Equal(says.Claims.Strings("amr"), amr) || says.Claims.String("sub") != out.IdentityId ||
		says.Claims.String("aud") != poolID || says.Claims.Time("exp").Sub(start) != 15*time.Minute || says.Alg != token.RS512 {
		t.Errorf("%v, %v", says.Claims.Raw(), err)
	}
	creds, err := w.credentials(out.IdentityId, devLogin(out.Token))
	if err != nil {
		t.Fatal(err)
	}
	_, p, _, err := w.sts.Resolve(t.Context(), creds.Credentials.AccessKeyId, creds.Credentials.SessionToken, w.now)
	if err != nil || p.RoleARN != arn("users") || !slices.Equal(p.AMR, amr) || p.IdentityID != out.IdentityId {
		t.Errorf("%+v, %v", p, err)
	}
	if id := w.mustID(poolID, devLogin(out.Token)); id != out.IdentityId {
		t.Errorf("GetId: %s", id)
	}
	long, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "ada:1"}, TokenDuration: 86400})
	if says, perr := token.Peek(long.Token); err != nil || perr != nil || says.Claims.Time("exp").Sub(start) != 24*time.Hour {
		t.Errorf("a day: %v %v", err, perr)
	}
}

// TestG10_DeveloperToken: what is no login of a developer's user.
func TestG10_DeveloperToken(t *testing.T) {
	w := newDeveloperWorld(t)
	ada, bob := w.user("ada"), w.user("bob")
	basic, err := w.openID(w.mustID(poolID, login(w.idToken())), login(w.idToken()))
	if err != nil {
		t.Fatal(err)
	}
	guest, err := w.openID(w.mustID(poolID, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name, id, raw, text string) {
		t.Helper()
		_, err := w.credentials(id, devLogin(raw))
		wantError(t, name, err, nae, text)
	}
	refused("another user's", ada.IdentityId, bob.Token, dontMatch)
	refused("of the basic flow", basic.IdentityId, basic.Token, cognitoToken)
	refused("a guest's", guest.IdentityId, guest.Token, cognitoToken)
	refused("a user pool's", ada.IdentityId, w.idToken(), "")
	refused("its own, signed by another", ada.IdentityId, w.signed(userKeys()[0], "iss", "https://"+devKey, "aud", poolID), unverified)
	refused("nothing", ada.IdentityId, "", "")
	_, err = w.getID(closedID, devLogin(ada.Token))
	wantError(t, "of another pool", err, nae, unsupported)
	_, err = w.getID(poolID, map[string]string{provider: ada.Token})
	wantError(t, "5.1.11 as a user pool's", err, nae, cognitoToken)
	_, err = w.getID(rolelesID, devLogin(ada.Token))
	wantError(t, "a pool without a developer", err, nae, unsupported)
	w.now = w.now.Add(15 * time.Minute)
	refused("expired", ada.IdentityId, ada.Token, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", w.now.Unix(), w.now.Unix()))
}

func TestDeveloperRefuses(t *testing.T) {
	w := newDeveloperWorld(t)
	ada, bob := w.user("ada"), w.user("bob")
	for name, c := range map[string]struct {
		in   wire.GetOpenIdTokenForDeveloperIdentityInput
		code string
	}{
		"no user":                {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{}}, invalidPar},
		"another provider":       {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{"other": "ada"}}, invalidPar},
		"empty user":             {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: ""}}, invalidPar},
		"a user pool's words":    {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "x," + provider + ":CognitoSignIn:ada"}}, invalidPar},
		"user of 1025":           {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: strings.Repeat("a", 1025)}}, invalidPar},
		"a day and a second":     {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "a"}, TokenDuration: 86401}, invalidPar},
		"negative":               {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "a"}, TokenDuration: -1}, invalidPar},
		"pool without developer": {wire.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: rolelesID, Logins: map[string]string{devName: "a"}}, invalidPar},
		"another's identity":     {wire.GetOpenIdTokenForDeveloperIdentityInput{IdentityId: bob.IdentityId, Logins: map[string]string{devName: "ada"}}, "DeveloperUserAlreadyRegisteredException"},
		"another pool's":         {wire.GetOpenIdTokenForDeveloperIdentityInput{IdentityId: w.mustID(closedID, login(w.idToken())), Logins: map[string]string{devName: "eve"}}, notFound},
		"a bad login beside it":  {wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "ada", provider: "x"}}, nae},
	} {
		_, err := w.dev(c.in)
		wantError(t, name, err, c.code, "")
	}
	if got := w.user("ada"); got.IdentityId != ada.IdentityId {
		t.Error("the refusals moved ada")
	}
	in := settings()
	in.DeveloperProviderName = "accounts.google.com"
	_, err := w.createPool(in)
	wantError(t, "the name of a public provider", err, invalidPar, "")
	in.DeveloperProviderName = devKey
	_, err = w.createPool(in)
	wantError(t, "the name of identity pools", err, invalidPar, "")
	pool, err := w.describe(poolID)
	if err != nil || pool.DeveloperProviderName != devName {
		t.Fatal(pool, err)
	}
	pool.DeveloperProviderName = "other"
	_, err = call[map[string]any](w, "UpdateIdentityPool", pool)
	wantError(t, "another name later", err, invalidPar, "")
}

// TestDeveloperLinks: a backend links its user to an identity and to other logins.
func TestDeveloperLinks(t *testing.T) {
	w := newDeveloperWorld(t)
	public := w.mustID(poolID, login(w.idToken()))
	linked, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{IdentityId: public, Logins: map[string]string{devName: "ada"}})
	if err != nil || linked.IdentityId != public || w.user("ada").IdentityId != public {
		t.Fatalf("%s, %v", linked.IdentityId, err)
	}
	out, err := w.credentials(public, map[string]string{devKey: linked.Token, provider: w.idToken()})
	if err != nil || out.IdentityId != public {
		t.Errorf("both logins: %v", err)
	}
	// With a public login in the same call; the user's own identity stays.
	bob := w.user("bob").IdentityId
	out2, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "bob", provider: w.idToken("sub", "bob")}})
	if err != nil || out2.IdentityId != bob || w.mustID(poolID, login(w.idToken("sub", "bob"))) != bob {
		t.Errorf("%v %v", out2, err)
	}
	// Ada's public login is not bob's.
	_, err = w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "bob", provider: w.idToken()}})
	wantError(t, "two users of one provider", err, conflictEx, "")
}

func (w *world) merge(from, to string) (string, error) {
	w.t.Helper()
	out, err := call[wire.MergeDeveloperIdentitiesOutput](w, "MergeDeveloperIdentities", wire.MergeDeveloperIdentitiesInput{
		SourceUserIdentifier: from, DestinationUserIdentifier: to, DeveloperProviderName: devName, IdentityPoolId: poolID,
	})
	return out.IdentityId, err
}

func TestMergeDeveloperIdentities(t *testing.T) {
	w := newDeveloperWorld(t)
	a, b := w.user("a"), w.user("b")
	got, err := w.merge("a", "b")
	if err != nil || got != b.IdentityId || w.user("a").IdentityId != b.IdentityId {
		t.Fatalf("%s, %v", got, err)
	}
	if again, err := w.merge("a", "b"); err != nil || again != b.IdentityId {
		t.Errorf("again: %s, %v", again, err)
	}
	_, err = w.credentials(a.IdentityId, devLogin(a.Token))
	wantError(t, "the merged identity", err, nae, "Access to Identity '"+a.IdentityId+"' is forbidden.")
	if out, err := w.credentials(b.IdentityId, devLogin(a.Token)); err != nil || out.IdentityId != b.IdentityId {
		t.Errorf("the merged user: %v", err)
	}
	users, err := w.lookup(b.IdentityId, "")
	if err != nil || !slices.Equal(users.DeveloperUserIdentifierList, []string{"a", "b"}) {
		t.Errorf("%v, %v", users, err)
	}
	_, err = w.merge("a", "nobody")
	wantError(t, "unknown user", err, notFound, "")
	_, err = call[map[string]any](w, "MergeDeveloperIdentities", wire.MergeDeveloperIdentitiesInput{
		SourceUserIdentifier: "a", DestinationUserIdentifier: "b", DeveloperProviderName: "other", IdentityPoolId: poolID,
	})
	wantError(t, "another provider", err, invalidPar, "")
	for _, name := range []string{"c", "d"} {
		_, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: name, provider: w.idToken("sub", name)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.merge("c", "d")
	wantError(t, "two users of a public provider", err, conflictEx, "")
}

func TestLookupDeveloperIdentity(t *testing.T) {
	w := newDeveloperWorld(t)
	a, b := w.user("a"), w.user("b")
	for _, c := range []struct {
		id, user, want, code string
	}{
		{"", "a", a.IdentityId, ""},
		{a.IdentityId, "", a.IdentityId, ""},
		{a.IdentityId, "a", a.IdentityId, ""},
		{b.IdentityId, "a", "", conflictEx},
		{"", "x", "", notFound},
		{"", "", "", invalidPar},
		{w.mustID(closedID, login(w.idToken())), "", "", notFound},
	} {
		got, err := w.lookup(c.id, c.user)
		if c.code != "" {
			wantError(t, c.id+" "+c.user, err, c.code, "")
		} else if err != nil || got.IdentityId != c.want || !slices.Equal(got.DeveloperUserIdentifierList, []string{"a"}) {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if _, err := w.merge("a", "b"); err != nil {
		t.Fatal(err)
	}
	in := wire.LookupDeveloperIdentityInput{IdentityPoolId: poolID, DeveloperUserIdentifier: "a", MaxResults: 1}
	var all []string
	for range 3 {
		page, err := call[wire.LookupDeveloperIdentityOutput](w, "LookupDeveloperIdentity", in)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.DeveloperUserIdentifierList...)
		if in.NextToken = page.NextToken; in.NextToken == "" {
			break
		}
	}
	if !slices.Equal(all, []string{"a", "b"}) {
		t.Errorf("%v", all)
	}
}

func TestUnlinkDeveloperIdentity(t *testing.T) {
	w := newDeveloperWorld(t)
	unlink := func(id, user string) error {
		_, err := call[map[string]any](w, "UnlinkDeveloperIdentity", wire.UnlinkDeveloperIdentityInput{
			IdentityId: id, IdentityPoolId: poolID, DeveloperProviderName: devName, DeveloperUserIdentifier: user,
		})
		return err
	}
	a, b := w.user("a"), w.user("b")
	wantError(t, "another's", unlink(b.IdentityId, "a"), conflictEx, "")
	wantError(t, "unknown", unlink(b.IdentityId, "x"), notFound, "")
	if err := unlink(a.IdentityId, "a"); err != nil {
		t.Fatal(err)
	}
	_, err := w.credentials(a.IdentityId, devLogin(a.Token))
	wantError(t, "inaccessible", err, nae, "Access to Identity '"+a.IdentityId+"' is forbidden.")
	_, err = w.getID(poolID, devLogin(a.Token))
	wantError(t, "the token of before", err, nae, dontMatch)
	if w.user("a").IdentityId == a.IdentityId {
		t.Error("an unlinked user still has the identity")
	}
	// End users unlink public logins only.
	if err := w.unlink(b.IdentityId, devLogin(b.Token), devName); err != nil || w.user("b").IdentityId != b.IdentityId {
		t.Errorf("UnlinkIdentity took a developer's user: %v", err)
	}
}

// TestConcurrentDevelopers: a user gets one identity from any number of backends.
func TestConcurrentDevelopers(t *testing.T) {
	w := newDeveloperWorld(t)
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			out, err := w.dev(wire.GetOpenIdTokenForDeveloperIdentityInput{Logins: map[string]string{devName: "ada"}})
			if err != nil {
				t.Error(err)
			}
			ids[i] = out.IdentityId
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("%v", ids)
	}
}

func TestTagOperations(t *testing.T) {
	w := newWorld(t)
	pool := "arn:aws:cognito-identity:us-east-1:111122223333:identitypool/" + poolID
	tags := func() map[string]string {
		t.Helper()
		out, err := call[wire.ListTagsForResourceOutput](w, "ListTagsForResource", wire.ListTagsForResourceInput{ResourceArn: pool})
		if err != nil {
			t.Fatal(err)
		}
		return out.Tags
	}
	add := func(arn string, m map[string]string) error {
		_, err := call[map[string]any](w, "TagResource", wire.TagResourceInput{ResourceArn: arn, Tags: m})
		return err
	}
	if got := tags(); got == nil || len(got) != 0 {
		t.Errorf("%v", got)
	}
	if err := add(pool, map[string]string{"a": "1", "b": "2"}); err != nil {
		t.Fatal(err)
	}
	if err := add(pool, map[string]string{"a": "3"}); err != nil {
		t.Fatal(err)
	}
	if _, err := call[map[string]any](w, "UntagResource", wire.UntagResourceInput{ResourceArn: pool, TagKeys: []string{"b", "c"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "3"}, tags()); diff != "" {
		t.Error(diff)
	}
	wantError(t, "a long key", add(pool, map[string]string{strings.Repeat("ä", 129): ""}), invalidPar, "")
	wantError(t, "a long value", add(pool, map[string]string{"a": strings.Repeat("ä", 257)}), invalidPar, "")
	if err := add(pool, map[string]string{"a": strings.Repeat("ä", 256)}); err != nil {
		t.Errorf("characters, not bytes: %v", err)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	wantError(t, "51 tags", add(pool, many), invalidPar, "")
	wantError(t, "another account", add(strings.Replace(pool, account, "000000000000", 1), nil), invalidPar, "")
	wantError(t, "unknown pool", add(strings.Replace(pool, poolID, "us-east-1:99999999-9999-4999-8999-999999999999", 1), nil), notFound, "")
}
