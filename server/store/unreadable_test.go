package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/gatepass/gatepass/server/store"
)

// I16: a record that was broken cannot be read: it is neither missing nor one without what it lost, least of all a limit.
func TestI16BrokenRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s := open(t, path)
	update(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.CreateIAMUser(store.IAMUser{Name: "U", ARN: "arn:u", Boundary: "arn:p"}),
			tx.CreateRole(store.Role{Name: "R", ARN: "arn:r", Boundary: "arn:p"}),
			tx.CreatePolicy(store.ManagedPolicy{Name: "P", ARN: "arn:p"}),
			tx.PutAccessKey(store.AccessKey{ID: "AKIA", UserName: "U"}),
			tx.PutIdentityPool(store.IdentityPool{ID: "ip"}),
			tx.CreateOIDCProvider(store.OIDCProvider{ARN: "arn:o"}),
		)
	})
	db, err := sql.Open("sqlite", path)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	finders := map[string]func() error{
		"user":     func() error { _, err := s.IAMUser(background, "u"); return err },
		"role":     func() error { _, err := s.RoleNamed(background, "r"); return err },
		"role ARN": func() error { _, err := s.Role(background, "arn:r"); return err },
		"policy":   func() error { _, err := s.Policy(background, "arn:p"); return err },
		"key":      func() error { _, err := s.AccessKey(background, "AKIA"); return err },
		"pool":     func() error { _, err := s.IdentityPool(background, "ip"); return err },
		"provider": func() error { _, err := s.OIDCProvider(background, "arn:o"); return err },
	}
	for what, find := range finders {
		if err := find(); err != nil {
			t.Errorf("%s while it is whole: %v", what, err)
		}
	}
	for _, change := range []string{"substr(doc, 1, length(doc) - 3)", "'null'", "'{}'", "'[]'", `replace(doc, '"Boundary"', '"Boundery"')`, `replace(doc, '{', '{"Limit":true,')`} {
		_, err := db.Exec("CREATE TEMP TABLE whole AS SELECT * FROM documents")
		must(t, err)
		_, err = db.Exec("UPDATE documents SET doc = " + change)
		must(t, err)
		for what, find := range finders {
			spelt := change == `replace(doc, '"Boundary"', '"Boundery"')` && what != "user" && what != "role" && what != "role ARN"
			if err := find(); !spelt && !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s, %s: %v", what, change, err)
			}
		}
		_, err = db.Exec("UPDATE documents SET doc = (SELECT doc FROM whole w WHERE w.kind = documents.kind AND w.id = documents.id); DROP TABLE whole")
		must(t, err)
	}
}
