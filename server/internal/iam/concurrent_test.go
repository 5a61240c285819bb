package iam_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/server/store/storetest"
)

// together runs a function in as many goroutines as given, and counts those that get no error.
func together(n int, fn func(i int) error) (well int) {
	var wg sync.WaitGroup
	var count atomic.Int64
	for i := range n {
		wg.Go(func() {
			if fn(i) == nil {
				count.Add(1)
			}
		})
	}
	wg.Wait()
	return int(count.Load())
}

// onEach runs a test on a database in memory, and on PostgreSQL, where transactions really meet.
func onEach(t *testing.T, fn func(t *testing.T, o *office, id string)) {
	t.Run("memory", func(t *testing.T) { fn(t, newOffice(t), "x") })
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		o := newOffice(t)
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		o.s.Store = db
		for range 10 {
			fn(t, o, strings.ToLower(rand.Text()))
		}
	})
}

// TestMeetings: writers that meet keep each other's work, names and limits.
func TestMeetings(t *testing.T) {
	doc := "PolicyDocument=" + statement("Allow", "execute-api:Invoke", "*")
	onEach(t, func(t *testing.T, o *office, id string) {
		o.t = t
		made := together(8, func(i int) error {
			_, err := o.try("CreateRole", "RoleName=r"+id, fmt.Sprintf("Path=/p%d/", i), "AssumeRolePolicyDocument="+trust)
			return err
		})
		if made != 1 {
			t.Errorf("%d roles of one name", made)
		}
		put := together(8, func(i int) error {
			_, err := o.try("PutRolePolicy", "RoleName=r"+id, fmt.Sprintf("PolicyName=p%d", i), doc)
			return err
		})
		if body := o.do("ListRolePolicies", "RoleName=r"+id); put != 8 || strings.Count(body, "<member>") != 8 {
			t.Errorf("%d policies were put: %s", put, body)
		}
		o.do("CreateUser", "UserName=u"+id)
		keys := together(8, func(int) error {
			_, err := o.try("CreateAccessKey", "UserName=u"+id)
			return err
		})
		if keys != 2 {
			t.Errorf("%d keys", keys)
		}
	})
}

// TestAttachMeetsDelete: no role is left with a policy that is not there: that would refuse all its sessions.
func TestAttachMeetsDelete(t *testing.T) {
	onEach(t, func(t *testing.T, o *office, id string) {
		o.t = t
		o.do("CreateRole", "RoleName=r"+id, "AssumeRolePolicyDocument="+trust)
		arn := element(o.do("CreatePolicy", "PolicyName=p"+id, "PolicyDocument="+statement("Allow", "execute-api:Invoke", "*")), "Arn")
		together(4, func(i int) error {
			var err error
			switch i {
			case 0:
				_, err = o.try("AttachRolePolicy", "RoleName=r"+id, "PolicyArn="+arn)
			case 1:
				_, err = o.try("PutRolePermissionsBoundary", "RoleName=r"+id, "PermissionsBoundary="+arn)
			default:
				_, err = o.try("DeletePolicy", "PolicyArn="+arn)
			}
			if err != nil && wire.AsError(err).Code != "NoSuchEntity" && wire.AsError(err).Code != "DeleteConflict" {
				t.Error(err)
			}
			return err
		})
		role, err := o.s.Store.RoleNamed(context.Background(), "r"+id)
		if err != nil {
			t.Fatal(err)
		}
		_, gone := o.s.Store.Policy(context.Background(), arn)
		if has := len(role.Attached) > 0 || role.Boundary != ""; has == (gone != nil) {
			t.Errorf("attached: %v %q, the policy: %v", role.Attached, role.Boundary, gone)
		}
	})
}
