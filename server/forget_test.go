package server_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

// declaring starts a server again and again on one database: the configuration of withAdmin as change has it.
func declaring(t *testing.T) func(change func(c *server.Config), then func(d *desk)) {
	dsn := filepath.Join(t.TempDir(), "gate.db")
	return func(change func(c *server.Config), then func(d *desk)) {
		t.Helper()
		c := withAdmin()
		change(c)
		address, stop := running(t, &server.Server{DSN: dsn, Config: c, Handlers: server.SampleHandlers()})
		defer stop()
		then(&desk{t, address, adminCredentials})
	}
}

// there says which of a test's roles, users and policies are.
func there(d *desk, want string) {
	d.t.Helper()
	var have []string
	for action, tag := range map[string]string{"ListRoles": "RoleName", "ListUsers": "UserName", "ListPolicies": "PolicyName"} {
		body := d.do(action)
		for _, name := range []string{"file", "kept", "made"} {
			if strings.Contains(body, "<"+tag+">"+name+"</"+tag+">") {
				have = append(have, tag[:1]+name)
			}
		}
	}
	if got := strings.Join(slices.Sorted(slices.Values(have)), " "); got != want {
		d.t.Errorf("there are %s\nwant %s", got, want)
	}
}

// TestTakenOut: a role, an administrator and a managed policy that the configuration declared go when it declares them no
// more; what IAM calls made stays, even if it was declared between, but without what it was given so.
func TestTakenOut(t *testing.T) {
	trust := server.Document(trustRoot)
	start := declaring(t)
	declare := func(c *server.Config) {
		c.ManagedPolicies = map[string]server.Document{"file": readNotes, "kept": readNotes}
		for i, name := range []string{"file", "kept", "made"} {
			c.Roles = append(c.Roles, server.Role{Name: name, Trust: &trust, Attached: []string{"file"}, Policies: map[string]server.Document{"declared": readNotes}})
			c.Admins = append(c.Admins, server.Admin{
				Name: name, AccessKeyID: "AKIASERVERADMIN0001" + string(rune('0'+i)), Secret: adminKey,
				Policies: map[string]server.Document{"declared": everything},
			})
		}
	}
	start(func(*server.Config) {}, func(d *desk) {
		d.do("CreateRole", "RoleName=made", "AssumeRolePolicyDocument="+trustRoot)
		d.do("CreateUser", "UserName=made")
		d.do("CreatePolicy", "PolicyName=made", "PolicyDocument="+readNotes)
		there(d, "Pmade Rmade Umade")
	})
	var key sigv4.Credentials
	start(declare, func(d *desk) {
		there(d, "Pfile Pkept Pmade Rfile Rkept Rmade Ufile Ukept Umade")
		d.do("AttachRolePolicy", "RoleName=made", "PolicyArn="+iamAccount+"policy/kept")
		d.do("PutRolePolicy", "RoleName=file", "PolicyName=added", "PolicyDocument="+readNotes)
		key = d.key("kept")
		d.do("PutUserPermissionsBoundary", "UserName=kept", "PermissionsBoundary="+iamAccount+"policy/made")
	})
	start(declare, func(d *desk) { there(d, "Pfile Pkept Pmade Rfile Rkept Rmade Ufile Ukept Umade") })
	for range 2 {
		start(func(*server.Config) {}, func(d *desk) {
			there(d, "Pkept Pmade Rmade Ukept Umade")
			for _, ask := range []string{"ListRolePolicies RoleName=made", "ListUserPolicies UserName=made", "ListUserPolicies UserName=kept"} {
				action, of, _ := strings.Cut(ask, " ")
				if body := d.do(action, of); strings.Contains(body, "<member>") {
					t.Errorf("%s: %s", ask, body)
				}
			}
			if body := d.do("ListAttachedRolePolicies", "RoleName=made"); strings.Contains(body, "policy/file") || !strings.Contains(body, "policy/kept") {
				t.Errorf("attached: %s", body)
			}
			if body := d.do("ListAccessKeys", "UserName=kept"); !strings.Contains(body, key.AccessKeyID) || strings.Count(body, "<AccessKeyId>") != 1 {
				t.Errorf("keys: %s", body)
			}
			if body := d.do("GetUser", "UserName=kept"); !strings.Contains(body, "policy/made") {
				t.Errorf("a boundary: %s", body)
			}
		})
	}
	start(func(*server.Config) {}, func(d *desk) {
		d.do("DetachRolePolicy", "RoleName=made", "PolicyArn="+iamAccount+"policy/kept")
	})
	start(func(c *server.Config) { c.Admins = nil }, func(d *desk) { there(d, "Pkept Pmade Rmade Ukept Umade") }) // declares nobody at all
	start(func(*server.Config) {}, func(d *desk) { there(d, "Pmade Rmade Ukept Umade") })
}
