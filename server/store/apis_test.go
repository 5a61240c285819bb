package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/gatepass/gatepass/server/store"
)

func TestAPIRecords(t *testing.T) {
	rec := func(id, parent string) store.APIRecord {
		return store.APIRecord{ID: id, Parent: parent, Doc: json.RawMessage(`{"x":1}`)}
	}
	each(t, func(t *testing.T, s *store.Store) {
		if mark, err := s.APIMark(background); err != nil || mark != "" {
			t.Errorf("%q, %v", mark, err)
		}
		update(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.LockAPIs(), tx.PutAPIRecord(store.KindRestAPI, rec("a", "")), tx.PutAPIRecord(store.KindRestAPI, rec("b", "")),
				tx.PutAPIRecord(store.KindAPIDraft, rec("a", "a")), tx.PutAPIRecord(store.KindAPIDraft, rec("b", "b")),
				tx.PutAPIRecord(store.KindAPIDeployment, rec("a/1", "a")), tx.PutAPIRecord(store.KindAPIDeployment, rec("b/1", "b")), tx.MarkAPIs("m1"))
		})
		check(t, rec("a/1", "a"))(s.APIRecord(background, store.KindAPIDeployment, "a/1"))
		check(t, []store.APIRecord{rec("a", ""), rec("b", "")})(s.APIRecords(background, store.KindRestAPI, ""))
		check(t, "m1")(s.APIMark(background))
		update(t, s, func(tx *store.Tx) error { return tx.DeleteAPIRecord(store.KindRestAPI, "a") })
		refused(t, s, store.ErrNotFound, func(tx *store.Tx) error { return tx.DeleteAPIRecord(store.KindRestAPI, "a") })
		for kind, id := range map[store.APIKind]string{store.KindAPIDeployment: "a/1", store.KindAPIDraft: "a"} {
			if _, err := s.APIRecord(background, kind, id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the %s outlived its API: %v", kind, err)
			}
		}
		check(t, rec("b", "b"))(s.APIRecord(background, store.KindAPIDraft, "b"))
		check(t, []store.APIRecord{rec("b/1", "b")})(s.APIRecords(background, store.KindAPIDeployment, "b"))
	})
}

// LockAPIs: of transactions that read, decide and write none loses what another
// wrote.
func TestLockAPIs(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		update(t, s, func(tx *store.Tx) error {
			return tx.PutAPIRecord(store.KindRestAPI, store.APIRecord{ID: "a", Doc: json.RawMessage("0")})
		})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				err := s.Update(background, func(tx *store.Tx) error {
					if err := tx.LockAPIs(); err != nil {
						return err
					}
					rec, err := tx.APIRecord(background, store.KindRestAPI, "a")
					if err != nil {
						return err
					}
					var n int
					if err := json.Unmarshal(rec.Doc, &n); err != nil {
						return err
					}
					rec.Doc = json.RawMessage(fmt.Sprint(n + 1))
					return tx.PutAPIRecord(store.KindRestAPI, rec)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		rec, err := s.APIRecord(background, store.KindRestAPI, "a")
		if err != nil || string(rec.Doc) != "20" {
			t.Errorf("%s, %v", rec.Doc, err)
		}
	})
}
