package store_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/store"
	"github.com/google/go-cmp/cmp"
)

func check[T any](t *testing.T, want T) func(got T, err error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%T: %v", want, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%T: %s", want, diff)
		}
	}
}

func TestDocuments(t *testing.T) {
	pool := store.UserPool{ID: "us-east-1_A", Name: "a", Created: noon, Modified: noon, Settings: store.UserPoolSettings{MFA: "ON", AliasAttributes: []string{"email"}}}
	app := store.UserPoolClient{ID: "c1", PoolID: pool.ID, SecretSealed: []byte{1, 2}, Settings: store.ClientSettings{AccessTokenSeconds: 3600}}
	group := store.Group{PoolID: pool.ID, Name: "admins", RoleARN: "arn", Precedence: 1}
	key := store.SigningKey{Scope: "userpool/" + pool.ID + "/id", ID: "a/b+c=", Sealed: []byte{3}, Created: noon}
	ids := store.IdentityPool{ID: "us-east-1:x", AllowUnauthenticated: true, Providers: []store.IdentityProvider{{ProviderName: "p", ClientID: "c"}}, Roles: map[string]string{"authenticated": "arn"}}
	role := store.Role{Name: "r", ARN: "arn:aws:iam::1:role/r", ID: "AROA", Trust: "{}", Policies: map[string]string{"p": "{}"}}
	user := store.IAMUser{Name: "root", ARN: "arn:aws:iam::1:user/root", ID: "AIDA", Policies: map[string]string{"p": "{}"}}
	access := store.AccessKey{ID: "AKIA", UserName: "root", SecretSealed: []byte{4}, Active: true, Created: noon}
	each(t, func(t *testing.T, s *store.Store) {
		for range 2 { // a second time replaces
			update(t, s, func(tx *store.Tx) error {
				return errors.Join(tx.PutUserPool(pool), tx.PutUserPoolClient(app), tx.PutGroup(group), tx.PutIdentityPool(ids),
					tx.PutRole(role), tx.PutIAMUser(user), tx.PutAccessKey(access))
			})
		}
		update(t, s, func(tx *store.Tx) error { return tx.AddSigningKey(key) })
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.AddSigningKey(key) })
		check(t, pool)(s.UserPool(background, pool.ID))
		check(t, app)(s.UserPoolClient(background, app.ID))
		check(t, []store.Group{group})(s.Groups(background, pool.ID))
		check(t, []store.SigningKey{key})(s.SigningKeys(background, key.Scope))
		check(t, ids)(s.IdentityPool(background, ids.ID))
		check(t, role)(s.Role(background, role.ARN))
		check(t, user)(s.IAMUser(background, user.Name))
		check(t, access)(s.AccessKey(background, access.ID))
		if _, err := s.AccessKey(background, "root"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown key: %v", err)
		}
		if keys, err := s.SigningKeys(background, "identity"); err != nil || len(keys) != 0 {
			t.Errorf("keys of another scope: %v, %v", keys, err)
		}
	})
}

func TestListUserPoolsPages(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.PutUserPool(store.UserPool{ID: "b"}), tx.PutUserPool(store.UserPool{ID: "a"}), tx.PutUserPool(store.UserPool{ID: "B"}))
		})
		var order string
		for after, more := "", true; more; {
			page, err := s.ListUserPools(background, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				order, after = order+p.ID, p.ID
			}
			more = len(page) > 0
		}
		if order != "Bab" {
			t.Errorf("the pages give %q", order)
		}
	})
}

func TestIdentities(t *testing.T) {
	login := store.Login{Provider: "cognito-idp.us-east-1.amazonaws.com/p", Subject: "ada"}
	ada := store.Identity{ID: "i1", PoolID: "ip", Enabled: true, Created: noon, Modified: noon, Logins: []store.Login{login}}
	guest := store.Identity{ID: "i2", PoolID: "ip", Enabled: true, Created: noon, Modified: noon}
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error { return errors.Join(tx.CreateIdentity(ada), tx.CreateIdentity(guest)) })
		check(t, ada)(s.Identity(background, "i1"))
		check(t, guest)(s.Identity(background, "i2"))
		check(t, ada)(s.IdentityByLogin(background, "ip", login))
		if _, err := s.IdentityByLogin(background, "other", login); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another pool's identity: %v", err)
		}
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.LinkLogin("ip", "i2", login, noon) })
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.CreateIdentity(guest) })
		eve := store.Identity{ID: "i3", PoolID: "ip", Logins: []store.Login{login}}
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.CreateIdentity(eve) })
		if _, err := s.Identity(background, "i3"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half an identity was kept: %v", err)
		}
	})
}

func TestMessages(t *testing.T) {
	m := store.Message{PoolID: "p", Sub: "s", Username: "ada", Destination: "ada@example.com", Medium: "EMAIL", Kind: "signup", Body: "code 123456", Created: noon}
	each(t, func(t *testing.T, s *store.Store) {
		for range 3 {
			update(t, s, func(tx *store.Tx) error { return tx.AddMessage(m) })
		}
		update(t, s, func(tx *store.Tx) error { return tx.AddMessage(store.Message{PoolID: "q", Username: "ada"}) })
		got, err := s.Messages(background, "p", "ada", 2)
		if err != nil || len(got) != 2 || got[0].ID <= got[1].ID || got[1].ID == 0 {
			t.Fatalf("%#v, %v", got, err)
		}
		got[0].ID = 0
		check(t, m)(got[0], nil)
		if all, err := s.Messages(background, "", "", 10); err != nil || len(all) != 4 {
			t.Errorf("%v, %v", all, err)
		}
	})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("sent", "message", m)
	if text := fmt.Sprintf("%v %+v %#v %s", m, m, m, log.String()); strings.Contains(text, "123456") {
		t.Errorf("a printed message tells its code: %s", text)
	}
}

// What no database can hold is not there; that is no fault of the database.
func TestK09NoText(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for _, key := range []string{"a\x00b", "\xff"} {
			for what, find := range map[string]func() error{
				"role":     func() error { _, err := s.Role(background, key); return err },
				"name":     func() error { _, err := s.RoleNamed(background, key); return err },
				"key":      func() error { _, err := s.AccessKey(background, key); return err },
				"client":   func() error { _, err := s.UserPoolClient(background, key); return err },
				"user":     func() error { _, err := s.UserByName(background, "p", key); return err },
				"identity": func() error { _, err := s.Identity(background, key); return err },
			} {
				if err := find(); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s %q: %v", what, key, err)
				}
			}
			if found, err := s.Groups(background, key); len(found) > 0 || err != nil {
				t.Errorf("%q: %v, %v", key, found, err)
			}
		}
	})
}
