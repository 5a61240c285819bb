package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
	"github.com/google/go-cmp/cmp"
)

// version1 is what schema 1 had in it.
const version1 = `
INSERT INTO documents (kind, id, parent, doc) VALUES
	('role', 'arn:aws:iam::1:role/Notes_User', '', '{"Name":"Notes_User","ARN":"arn:aws:iam::1:role/Notes_User","ID":"AROA","Policies":{"p":"{}"},"RevokedBefore":"0001-01-01T00:00:00Z"}'),
	('iamuser', 'Root', '', '{"Name":"Root","ARN":"arn:aws:iam::1:user/Root","ID":"AIDA"}'),
	('accesskey', 'AKIA', 'Root', '{"ID":"AKIA","UserName":"Root","Active":true}');
INSERT INTO identities (id, pool, enabled, created) VALUES ('i1', 'ip', 1, 1772366400123456);`

// eachOld runs a test on a database of schema 1, open and by its address.
func eachOld(t *testing.T, fn func(t *testing.T, db *sql.DB, dsn string)) {
	t.Helper()
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.db")
		must(t, os.WriteFile(path, nil, 0o600))
		oldDatabase(t, "sqlite", "sqlite", path, fn)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		oldDatabase(t, "pgx", "postgres", dsn, fn)
	})
}

func oldDatabase(t *testing.T, driver, kind, dsn string, fn func(*testing.T, *sql.DB, string)) {
	t.Helper()
	tables, err := os.ReadFile(filepath.Join("testdata", "schema1_"+kind+".sql"))
	must(t, err)
	db, err := sql.Open(driver, dsn)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	_, err = db.Exec(string(tables) + version1)
	must(t, err)
	fn(t, db, dsn)
}

// K06: a database of schema 1 is brought up to date where it is, once.
func TestK06Upgrade(t *testing.T) {
	eachOld(t, func(t *testing.T, _ *sql.DB, dsn string) {
		role := store.Role{Name: "Notes_User", ARN: "arn:aws:iam::1:role/Notes_User", ID: "AROA", Policies: map[string]string{"p": "{}"}}
		user := store.IAMUser{Name: "Root", ARN: "arn:aws:iam::1:user/Root", ID: "AIDA"}
		for range 2 {
			s, err := store.Open(background, dsn)
			must(t, err)
			if s.Fresh() {
				t.Error("an old database counts as fresh")
			}
			check(t, role)(s.Role(background, role.ARN))
			check(t, role)(s.RoleNamed(background, "notes_user"))
			check(t, user)(s.IAMUser(background, "ROOT"))
			check(t, []store.AccessKey{{ID: "AKIA", UserName: "Root", Active: true}})(s.AccessKeys(background, "Root"))
			check(t, store.Identity{ID: "i1", PoolID: "ip", Enabled: true, Created: noon, Modified: noon})(s.Identity(background, "i1"))
			must(t, s.Close())
		}
	})
}

// K06: sessions that were revoked before the upgrade stay so, whatever a configuration file declares of the role.
func TestK06Revoked(t *testing.T) {
	eachOld(t, func(t *testing.T, db *sql.DB, dsn string) {
		_, err := db.Exec(`UPDATE documents SET doc = replace(doc, '0001-01-01T00', '2026-11-24T12') WHERE kind = 'role'`)
		must(t, err)
		s := open(t, dsn)
		role, err := s.RoleNamed(background, "Notes_User")
		must(t, err)
		want := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-24T12:00:00Z"}}}}`
		if role.Policies["AWSRevokeOlderSessions"] != want || role.Policies["p"] != "{}" || !slices.Equal(role.Declared, []string{"p"}) {
			t.Errorf("%+v", role)
		}
		update(t, s, func(tx *store.Tx) error { return tx.PutRole(role) })
		check(t, role)(s.Role(background, role.ARN))
	})
}

// K06: nodes that start together upgrade once.
func TestK06UpgradeTogether(t *testing.T) {
	oldDatabase(t, "pgx", "postgres", storetest.Postgres(t), func(t *testing.T, _ *sql.DB, dsn string) {
		failed := make(chan error, 5)
		for range cap(failed) {
			go func() {
				s, err := store.Open(background, dsn)
				if err == nil {
					_, err = s.RoleNamed(background, "Notes_User")
					err = errors.Join(err, s.Close())
				}
				failed <- err
			}()
		}
		for range cap(failed) {
			must(t, <-failed)
		}
	})
}

// K06: an upgrade that ends at any of its statements leaves the database as it
// was, and can be done again.
func TestK06UpgradeStopped(t *testing.T) {
	for name, c := range map[string]struct{ obstacle, away string }{
		"first statement": {
			`INSERT INTO documents (kind, id, parent, doc) VALUES ('role', 'x', '', '{"Name":"NOTES_user"}')`,
			`DELETE FROM documents WHERE id = 'x'`,
		},
		"third":        {`ALTER TABLE identities ADD COLUMN modified BIGINT`, `ALTER TABLE identities DROP COLUMN modified`},
		"last but one": {`CREATE INDEX identities_pool ON identities (id)`, `DROP INDEX identities_pool`},
	} {
		t.Run(name, func(t *testing.T) {
			eachOld(t, func(t *testing.T, db *sql.DB, dsn string) {
				_, err := db.Exec(c.obstacle)
				must(t, err)
				before := contents(t, db)
				_, err = store.Open(background, dsn)
				if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "is as it was") {
					t.Errorf("got %v", err)
				}
				if diff := cmp.Diff(before, contents(t, db)); diff != "" {
					t.Errorf("something was changed: %s", diff)
				}
				_, err = db.Exec(c.away)
				must(t, err)
				s, err := store.Open(background, dsn)
				must(t, err)
				_, err = s.RoleNamed(background, "Notes_User")
				must(t, errors.Join(err, s.Close()))
			})
		})
	}
}

// contents is all that an upgrade changes.
func contents(t *testing.T, db *sql.DB) (all []string) {
	t.Helper()
	rows, err := db.Query(`SELECT kind || ' ' || id || ' ' || parent || ' ' || doc FROM documents UNION ALL
		SELECT name || ' ' || value FROM meta ORDER BY 1`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		all = append(all, line)
	}
	must(t, rows.Err())
	return all
}

// Names of roles, users and policies are unique whatever their letter case, and
// records are found by ARN too.
func TestIAMRecords(t *testing.T) {
	const arn = "arn:aws:iam::1:policy/a/P_1"
	role := store.Role{Name: "R", ARN: "arn:aws:iam::1:role/x/R", Attached: []string{arn}, Created: noon, Declared: []string{}}
	other := store.Role{Name: "S", ARN: "arn:aws:iam::1:role/S", Boundary: "arn:aws:iam::1:policy/a/PX1"}
	user := store.IAMUser{Name: "U", ARN: "arn:aws:iam::1:user/U", Boundary: arn}
	pol := store.ManagedPolicy{Name: "P_1", ARN: arn, Default: "v2", Versions: []store.PolicyVersion{{ID: "v1", Document: "a"}, {ID: "v2", Document: "b"}}}
	oidc := store.OIDCProvider{ARN: "arn:oidc", Issuer: "https://a"}
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.CreateRole(other), tx.CreateRole(role), tx.CreateIAMUser(user), tx.CreatePolicy(pol), tx.CreateOIDCProvider(oidc))
		})
		for _, fn := range []func(tx *store.Tx) error{
			func(tx *store.Tx) error { return tx.CreateRole(store.Role{Name: "r", ARN: "arn:aws:iam::1:role/r"}) },
			func(tx *store.Tx) error { return tx.CreateIAMUser(store.IAMUser{Name: "u"}) },
			func(tx *store.Tx) error { return tx.CreatePolicy(store.ManagedPolicy{Name: "p_1"}) },
			func(tx *store.Tx) error { return tx.CreateOIDCProvider(oidc) },
		} {
			refused(t, s, store.ErrExists, fn)
		}
		check(t, role)(s.Role(background, role.ARN))
		check(t, pol)(s.Policy(background, arn))
		check(t, []store.Role{role, other})(s.ListRoles(background, "", 9))
		check(t, []store.Role{other})(s.ListRoles(background, "R", 9))
		check(t, []store.Role{role})(s.RolesWith(background, arn))
		check(t, []store.IAMUser{user})(s.IAMUsersWith(background, arn))
		check(t, []store.OIDCProvider{oidc})(s.OIDCProviders(background))
		if pol.DefaultDocument() != "b" {
			t.Errorf("the default document is %q", pol.DefaultDocument())
		}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.DeleteRole("r"), tx.DeleteIAMUser("u"), tx.DeletePolicy("p_1"), tx.DeleteOIDCProvider(oidc.ARN))
		})
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteRole("R") })
		if _, err := s.Role(background, role.ARN); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the role is there: %v", err)
		}
	})
}

// eight runs updates that meet.
func eight(t *testing.T, s *store.Store, fn func(tx *store.Tx, i int) error) {
	t.Helper()
	results := make(chan error, 8)
	for i := range 8 {
		go func() { results <- s.Update(background, func(tx *store.Tx) error { return fn(tx, i) }) }()
	}
	for range 8 {
		must(t, <-results)
	}
}

// Two who change one record after another both find what the other wrote.
func TestIAMRecordsLock(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error { return tx.CreateRole(store.Role{Name: "R", ARN: "arn"}) })
		eight(t, s, func(tx *store.Tx, i int) error {
			role, err := tx.RoleNamed(background, "R")
			if err != nil {
				return err
			}
			role.Attached = append(role.Attached, time.Duration(i).String())
			return tx.PutRole(role)
		})
		role, err := s.RoleNamed(background, "R")
		if err != nil || len(role.Attached) != 8 {
			t.Errorf("%v, %v", role.Attached, err)
		}
	})
}

// Who turns guests off and who sets roles at the same time both have their way.
func TestIdentityPoolsLock(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error { return tx.PutIdentityPool(store.IdentityPool{ID: "ip"}) })
		eight(t, s, func(tx *store.Tx, i int) error {
			pool, err := tx.IdentityPool(background, "ip")
			if err != nil {
				return err
			}
			pool.OIDCProviders = append(pool.OIDCProviders, time.Duration(i).String())
			return tx.PutIdentityPool(pool)
		})
		pool, err := s.IdentityPool(background, "ip")
		if err != nil || len(pool.OIDCProviders) != 8 {
			t.Errorf("%v, %v", pool.OIDCProviders, err)
		}
	})
}
