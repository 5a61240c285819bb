package userpool

import (
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
)

// TestSubIsTaken: nobody takes another user's sub for a name, by which administrators and backends would mistake one for the
// other.
func TestSubIsTaken(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(object{"AliasAttributes": []string{"preferred_username"}}, nil)
	w.user(pool, "ada")
	ada, err := w.Store.UserByName(t.Context(), pool, "ada")
	if err != nil {
		t.Fatal(err)
	}
	taken := func(op string, in object, code string) {
		t.Helper()
		if _, err := w.try(op, in); err == nil || !strings.HasPrefix(err.Error(), code) {
			t.Errorf("%s: %v, want %s", op, err, code)
		}
	}
	taken("SignUp", object{"ClientId": client, "Username": ada.Sub, "Password": goodPassword}, "UsernameExistsException")
	taken("AdminCreateUser", object{"UserPoolId": pool, "Username": strings.ToUpper(ada.Sub), "MessageAction": "SUPPRESS"}, "UsernameExistsException")
	taken("AdminCreateUser", object{
		"UserPoolId": pool, "Username": "eve", "MessageAction": "SUPPRESS", "UserAttributes": []object{{"Name": "preferred_username", "Value": ada.Sub}},
	}, "AliasExistsException")
	w.must("AdminDisableUser", object{"UserPoolId": pool, "Username": ada.Sub})
	if _, err := w.password(client, "ada", goodPassword); err == nil {
		t.Error("the sub means another than ada")
	}
}

// TestNamesOfNewPassword: names that come with a new password are the user's alone, and an address that nobody has looked at
// is not verified, whatever an administrator said before there was one.
func TestNamesOfNewPassword(t *testing.T) {
	w := newWorld(t)
	pool, client := w.poolWith(object{"AliasAttributes": []string{"email", "preferred_username"}}, nil)
	w.user(pool, "ada", object{"Name": "email", "Value": "ada@example.com"}, verifiedEmail(), object{"Name": "preferred_username", "Value": "countess"})
	w.must("AdminCreateUser", object{
		"UserPoolId": pool, "Username": "eve", "MessageAction": "SUPPRESS", "TemporaryPassword": "Temporary-1!", "UserAttributes": []object{verifiedEmail()},
	})
	answer := func(attribute, value string) (object, error) {
		t.Helper()
		asked, err := w.password(client, "eve", "Temporary-1!")
		if err != nil {
			t.Fatal(err)
		}
		return w.try("RespondToAuthChallenge", object{
			"ClientId": client, "ChallengeName": challengeNewPassword, "Session": asked["Session"],
			"ChallengeResponses": object{"USERNAME": "eve", "NEW_PASSWORD": "New-Password-2!", "userAttributes." + attribute: value},
		})
	}
	_, err := answer("preferred_username", "countess")
	wantError(t, "another's name", err, "AliasExistsException", "An account with the preferred_username already exists.")
	if _, err := answer("email", "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	eve, err := w.Store.UserByName(t.Context(), pool, "eve")
	if err != nil || eve.Attributes["email_verified"] != "false" {
		t.Errorf("%v %v", eve.Attributes, err)
	}
	w.user(pool, "bob")
	w.must("AdminSetUserPassword", object{"UserPoolId": pool, "Username": "bob", "Password": "Temporary-2!"})
	asked, err := w.password(client, "bob", "Temporary-2!")
	if err != nil {
		t.Fatal(err)
	}
	w.must("RespondToAuthChallenge", object{
		"ClientId": client, "ChallengeName": challengeNewPassword, "Session": asked["Session"],
		"ChallengeResponses": object{"USERNAME": "bob", "NEW_PASSWORD": "New-Password-2!", "userAttributes.preferred_username": "baron"},
	})
	if _, err := w.password(client, "baron", "New-Password-2!"); err != nil {
		t.Errorf("the new name: %v", err)
	}
}

// TestOneCode: a code is good once, and only while no other has taken its place.
func TestOneCode(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.emailPool()
	now := w.Now()
	err := w.Store.Update(t.Context(), func(tx *store.Tx) error {
		return tx.PutCode(pool, "s", purposeForgot, []byte("mac"), now, now.Add(time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
	take := func(mac string) error {
		return w.Store.Update(t.Context(), func(tx *store.Tx) error { return tx.TakeCode(pool, "s", purposeForgot, []byte(mac)) })
	}
	for _, c := range []struct {
		mac  string
		lost bool
	}{{"other", true}, {"mac", false}, {"mac", true}} {
		if err := take(c.mac); isConflict(err) != c.lost || err != nil && !c.lost {
			t.Errorf("%s: %v", c.mac, err)
		}
	}
}

// TestNUL: what no database keeps is refused, not unavailable.
func TestNUL(t *testing.T) {
	w := newWorld(t)
	pool, _ := w.emailPool()
	w.refused("AdminCreateUser", object{"UserPoolId": pool, "Username": "a@example.com", "UserAttributes": []object{{"Name": "name", "Value": "a\x00b"}}},
		"InvalidParameterException", "Attributes did not conform to the schema: name: String must not have a NUL character")
}
