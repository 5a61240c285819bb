package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
	"github.com/google/go-cmp/cmp"
)

func TestUserRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := store.User{
			PoolID: "p", Sub: "s1", Username: "Ada", Status: "CONFIRMED", Enabled: true,
			Attributes:     map[string]string{"email": "ada@example.com", "custom:note": `quote " and \ and 'apostrophe' and ünïcode`},
			VerifierSealed: []byte{0, 1, 255}, Salt: []byte{7}, PasswordVersion: 3, PasswordExpires: noon.Add(time.Hour),
			TOTPSealed: []byte{9}, TOTPVerified: true, MFAPreferred: "SOFTWARE_TOKEN_MFA", SignedOut: noon, Created: noon, Modified: noon,
		}
		names := []store.Name{{Kind: "username", Value: "ada"}, {Kind: "email", Value: "ada@example.com"}}
		update(t, s, func(tx *store.Tx) error { return tx.CreateUser(u, names...) })
		for _, name := range names {
			got, err := s.UserByName(background, "p", name.Value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(u, got); diff != "" {
				t.Error(diff)
			}
		}
		if _, err := s.UserByName(background, "other", "ada"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another pool's user: %v", err)
		}
		if _, err := s.UserByName(background, "p", "Ada"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("names are compared byte by byte: %v", err)
		}
	})
}

func TestNamesAreUnique(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		createUser(t, s, "ada", nil)
		eve := store.User{PoolID: "p", Sub: "eve"}
		refused(t, s, store.ErrExists, func(tx *store.Tx) error {
			return tx.CreateUser(eve, store.Name{Kind: "email", Value: "ada"})
		})
		if _, err := s.UserBySub(background, "p", "eve"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("half a user was kept: %v", err)
		}
		refused(t, s, store.ErrExists, func(tx *store.Tx) error { return tx.CreateUser(store.User{PoolID: "p", Sub: "ada"}) })
		update(t, s, func(tx *store.Tx) error { return tx.AddName("p", "ada", store.Name{Kind: "email", Value: "a@x"}) })
		update(t, s, func(tx *store.Tx) error { return tx.AddName("p", "ada", store.Name{Kind: "email", Value: "a@x"}) })
		update(t, s, func(tx *store.Tx) error {
			eve.PoolID = "q"
			return tx.CreateUser(eve, store.Name{Kind: "username", Value: "ada"})
		})
	})
}

// A refusal must leave the transaction usable, on PostgreSQL as on SQLite.
func TestTransactionOutlivesARefusal(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		createUser(t, s, "ada", nil)
		update(t, s, func(tx *store.Tx) error {
			if err := tx.CreateUser(store.User{PoolID: "p", Sub: "ada"}); !errors.Is(err, store.ErrExists) {
				t.Errorf("a second ada: %v", err)
			}
			if err := tx.UseOnce("k", []byte("x"), noon); err != nil {
				return err
			}
			if err := tx.UseOnce("k", []byte("x"), noon); !errors.Is(err, store.ErrConflict) {
				t.Errorf("a second use: %v", err)
			}
			return tx.AddMessage(store.Message{PoolID: "p", Username: "ada", Created: noon})
		})
		if got, err := s.Messages(background, "p", "ada", 10); err != nil || len(got) != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestModifyUserLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		createUser(t, s, "ada", nil)
		const writers = 40
		parallel(writers, func(int) error {
			return s.Update(background, func(tx *store.Tx) error {
				return tx.ModifyUser("p", "ada", func(u *store.User) error { u.PasswordVersion++; return nil })
			})
		})
		if u, err := s.UserBySub(background, "p", "ada"); err != nil || u.PasswordVersion != writers {
			t.Errorf("%d of %d changes are there, %v", u.PasswordVersion, writers, err)
		}
		oops := errors.New("oops")
		refused(t, s, oops, func(tx *store.Tx) error {
			return tx.ModifyUser("p", "ada", func(u *store.User) error { u.Status = "lost"; return oops })
		})
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error {
			return tx.ModifyUser("p", "nobody", func(*store.User) error { return nil })
		})
	})
}

func TestDeleteUserTakesEverything(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		createUser(t, s, "ada", nil)
		update(t, s, func(tx *store.Tx) error {
			family := store.RefreshFamily{ID: "f", PoolID: "p", ClientID: "c", Sub: "ada", Expires: noon}
			return errors.Join(tx.AddRefreshFamily(family), tx.PutCode("p", "ada", "forgot", []byte("m"), noon, noon.Add(time.Hour)),
				tx.PutGroup(store.Group{PoolID: "p", Name: "g"}), tx.AddToGroup("p", "ada", "g"))
		})
		update(t, s, func(tx *store.Tx) error { return tx.DeleteUser("p", "ada") })
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteUser("p", "ada") })
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error {
			_, err := tx.ReserveCodeTry("p", "ada", "forgot", 5)
			return err
		})
		if _, err := s.RefreshFamily(background, "f"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the refresh family: %v", err)
		}
		createUser(t, s, "ada", nil) // the name is free again
		if groups, err := s.GroupsOf(background, "p", "ada"); err != nil || len(groups) != 0 {
			t.Errorf("groups of the new ada: %v, %v", groups, err)
		}
	})
}

func TestF18ListUsers(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for i := range 7 {
			createUser(t, s, fmt.Sprintf("u%d", i), map[string]string{"email": fmt.Sprintf("u%d@example.com", i), "name": `O"Neil' OR '1'='1`})
		}
		update(t, s, func(tx *store.Tx) error {
			return tx.ModifyUser("p", "u3", func(u *store.User) error { u.Enabled = false; return nil })
		})
		for _, c := range []struct {
			filter store.Filter
			want   int
		}{
			{store.Filter{Attribute: "email", Value: "u2@example.com"}, 1},
			{store.Filter{Attribute: "email", Value: "u", Prefix: true}, 7},
			{store.Filter{Attribute: "email", Value: "U", Prefix: true}, 0},
			{store.Filter{Attribute: "email", Value: "%", Prefix: true}, 0},
			{store.Filter{Attribute: "email", Value: "", Prefix: true}, 7},
			{store.Filter{Attribute: "email", Value: `x" or "1"="1`}, 0},
			{store.Filter{Attribute: "name", Value: `O"Neil' OR '1'='1`}, 7},
			{store.Filter{Attribute: "status", Value: "Disabled"}, 1},
			{store.Filter{Attribute: "status", Value: "Enabled"}, 6},
			{store.Filter{Attribute: "cognito:user_status", Value: "CONFIRMED"}, 7},
			{store.Filter{Attribute: "username", Value: "u5"}, 1},
			{store.Filter{Attribute: "sub", Value: "u5"}, 1},
			{store.Filter{Attribute: "given_name", Value: ""}, 0},
		} {
			got, err := s.ListUsers(background, "p", "", 60, c.filter)
			if err != nil || len(got) != c.want {
				t.Errorf("%+v: %d users, %v; want %d", c.filter, len(got), err, c.want)
			}
		}
		for _, attribute := range []string{"", "custom:x", "email' OR 1=1 --", "doc", "Email"} {
			if _, err := s.ListUsers(background, "p", "", 60, store.Filter{Attribute: attribute}); err == nil || store.Searchable(attribute) {
				t.Errorf("a filter by %q passed", attribute)
			}
		}
	})
}

func TestListUsersPages(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for _, sub := range []string{"b", "a", "Z", "ä", "_"} {
			createUser(t, s, sub, nil)
		}
		var order, after string
		for {
			page, err := s.ListUsers(background, "p", after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, u := range page {
				order, after = order+u.Sub, u.Sub
			}
		}
		if want := "Z_abä"; order != want { // by bytes, on every database
			t.Errorf("the pages give %q, want %q", order, want)
		}
	})
}
