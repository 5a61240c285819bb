package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is an IAM role. Names of roles, users and policies are kept as written
// and found in any letter case.
type Role struct {
	Name, ARN, ID     string            // ID is AROA...
	Path              string            `json:",omitempty"` // "" is "/"
	Description       string            `json:",omitempty"`
	Trust             string            // policy document
	Pins              map[string]string `json:",omitempty"` // unique ids of whom Trust names, by ARN
	Policies          map[string]string // inline policies: documents by name
	Attached          []string          `json:",omitempty"` // ARNs of managed policies
	Boundary          string            `json:",omitempty"` // ARN of a managed policy; "": none
	Tags              map[string]string `json:",omitempty"`
	MaxSessionSeconds int               `json:",omitempty"` // zero: 3600
	Created           time.Time
	// Declared holds what a configuration file declared: the names of the inline
	// policies, the ARNs of the attached ones and, after tag:, boundary: and key:, the
	// keys of the tags, the ARN of the boundary and a user's access key; made: says that
	// it made the record. Nil, as before schema 2: all policies.
	Declared []string
}

// UnmarshalJSON reads a role strictly. Schema 1 revoked sessions by a time of the
// role's own; that is now a policy as IAM's console makes it, which no file has
// declared.
func (role *Role) UnmarshalJSON(doc []byte) error {
	type record Role
	var old struct {
		record
		RevokedBefore time.Time
	}
	if err := strict(string(doc), &old); err != nil {
		return err
	}
	*role = Role(old.record)
	if !old.RevokedBefore.IsZero() {
		role.revoke(old.RevokedBefore)
	}
	return nil
}

func (role *Role) revoke(before time.Time) {
	if role.Declared == nil {
		role.Declared = append(slices.AppendSeq([]string{}, maps.Keys(role.Policies)), role.Attached...)
	}
	if role.Policies == nil {
		role.Policies = map[string]string{}
	}
	role.Policies["AWSRevokeOlderSessions"] = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",` +
		`"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + before.Add(time.Second-1).UTC().Format(time.RFC3339) + `"}}}}`
}

// IAMUser is an IAM user.
type IAMUser struct {
	Name, ARN, ID string            // ID is AIDA...
	Path          string            `json:",omitempty"` // "" is "/"
	Policies      map[string]string // inline policies: documents by name
	Attached      []string          `json:",omitempty"` // ARNs of managed policies
	Boundary      string            `json:",omitempty"` // ARN of a managed policy; "": none
	Tags          map[string]string `json:",omitempty"`
	Created       time.Time
	Declared      []string // as for a Role
}

// AccessKey is a long-term key of an IAM user.
type AccessKey struct {
	ID, UserName string
	SecretSealed []byte
	Active       bool
	Created      time.Time
}

// ManagedPolicy is a customer managed policy.
type ManagedPolicy struct {
	Name, ARN, ID     string            // ID is ANPA...
	Path              string            `json:",omitempty"` // "" is "/"
	Description       string            `json:",omitempty"`
	Versions          []PolicyVersion   // oldest first
	Default           string            // ID of the version in force
	Made              int               // how many versions there have been
	Tags              map[string]string `json:",omitempty"`
	Declared          bool              `json:",omitempty"` // a configuration file made it
	Created, Modified time.Time
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	ID, Document string // ID is v1, v2, ...
	Created      time.Time
}

const (
	kindRole      = "role"
	kindUser      = "iamuser"
	kindPolicy    = "policy"
	kindAccessKey = "accesskey"
)

// byName lists the documents of a kind that are kept by name.
const byName = "SELECT doc FROM documents WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3"

// nameKey is under which name a record is found: IAM's names differ by more than
// case (IAM User Guide, "IAM and AWS STS quotas", name requirements).
func nameKey(name string) string { return strings.ToLower(name) }

// named reads a record by its name; in a transaction it stays locked, because it
// is read to be changed.
func named[T interface{ keys() (name, arn string) }](ctx context.Context, r reader, kind, name string) (T, error) {
	is := func(v T) bool { own, _ := v.keys(); return nameKey(own) == nameKey(name) }
	return one(ctx, r, is, "SELECT doc FROM documents WHERE kind = $1 AND id = $2", kind, nameKey(name))
}

// byARN reads a record that is kept by name by its ARN.
func byARN[T interface{ keys() (name, arn string) }](ctx context.Context, r reader, kind, arn string) (T, error) {
	is := func(v T) bool { _, own := v.keys(); return own == arn }
	return one(ctx, r, is, "SELECT doc FROM documents WHERE kind = $1 AND parent = $2", kind, arn)
}

func (role Role) keys() (name, arn string)       { return role.Name, role.ARN }
func (u IAMUser) keys() (name, arn string)       { return u.Name, u.ARN }
func (p ManagedPolicy) keys() (name, arn string) { return p.Name, p.ARN }

// one reads a record that says what somebody may do. One that is not the record
// it is kept as, or that has a field nobody knows, which may be a limit, cannot be
// read: ErrUnavailable.
func one[T any](ctx context.Context, r reader, is func(T) bool, query string, args ...any) (T, error) {
	var v T
	var doc string
	if err := r.row(ctx, query+r.lock, args, &doc); err != nil {
		return v, err
	}
	if err := strict(doc, &v); err != nil {
		return v, fmt.Errorf("%w: a record cannot be read: %w", ErrUnavailable, err)
	}
	if !is(v) {
		return v, fmt.Errorf("%w: a record is not the one it is kept as", ErrUnavailable)
	}
	return v, nil
}

func strict(doc string, v any) error {
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// naming lists the records of a kind that hold an ARN; the text of one may merely
// look as if.
func naming[T any](ctx context.Context, r reader, kind, arn string, holds func(T) bool) ([]T, error) {
	all, err := list[T](ctx, r, "SELECT doc FROM documents WHERE kind = $1 AND doc LIKE $2 ORDER BY id", kind, `%"`+arn+`"%`)
	return slices.DeleteFunc(all, func(v T) bool { return !holds(v) }), err
}

func count(ctx context.Context, r reader, kind string) (n int, err error) {
	err = r.row(ctx, "SELECT count(*) FROM documents WHERE kind = $1", []any{kind}, &n)
	return n, err
}

// CountRoles counts all roles.
func (r reader) CountRoles(ctx context.Context) (int, error) { return count(ctx, r, kindRole) }

// CountIAMUsers counts all users.
func (r reader) CountIAMUsers(ctx context.Context) (int, error) { return count(ctx, r, kindUser) }

// CountPolicies counts all customer managed policies.
func (r reader) CountPolicies(ctx context.Context) (int, error) { return count(ctx, r, kindPolicy) }

// PutRole creates or replaces a role, by its name.
func (tx *Tx) PutRole(role Role) error { return put(tx, kindRole, nameKey(role.Name), role.ARN, role) }

// CreateRole keeps a new role; ErrExists if the name is taken.
func (tx *Tx) CreateRole(role Role) error {
	return create(tx, kindRole, nameKey(role.Name), role.ARN, role)
}

// DeleteRole removes a role; ErrNotFound.
func (tx *Tx) DeleteRole(name string) error { return remove(tx, kindRole, nameKey(name)) }

// Role finds a role by ARN; ErrNotFound.
func (r reader) Role(ctx context.Context, arn string) (Role, error) {
	return byARN[Role](ctx, r, kindRole, arn)
}

// RoleNamed finds a role by name; ErrNotFound.
func (r reader) RoleNamed(ctx context.Context, name string) (Role, error) {
	return named[Role](ctx, r, kindRole, name)
}

// ListRoles lists roles by name, after a name ("" for the first).
func (r reader) ListRoles(ctx context.Context, after string, limit int) ([]Role, error) {
	return list[Role](ctx, r, byName, kindRole, nameKey(after), limit)
}

// RolesWith lists the roles that have a managed policy attached or as their
// boundary.
func (r reader) RolesWith(ctx context.Context, policyARN string) ([]Role, error) {
	return naming(ctx, r, kindRole, policyARN, func(role Role) bool {
		return role.Boundary == policyARN || slices.Contains(role.Attached, policyARN)
	})
}

// PutIAMUser creates or replaces a user, by name.
func (tx *Tx) PutIAMUser(u IAMUser) error { return put(tx, kindUser, nameKey(u.Name), u.ARN, u) }

// CreateIAMUser keeps a new user; ErrExists if the name is taken.
func (tx *Tx) CreateIAMUser(u IAMUser) error { return create(tx, kindUser, nameKey(u.Name), u.ARN, u) }

// DeleteIAMUser removes a user; ErrNotFound.
func (tx *Tx) DeleteIAMUser(name string) error { return remove(tx, kindUser, nameKey(name)) }

// IAMUser finds a user by name; ErrNotFound.
func (r reader) IAMUser(ctx context.Context, name string) (IAMUser, error) {
	return named[IAMUser](ctx, r, kindUser, name)
}

// ListIAMUsers lists users by name, after a name ("" for the first).
func (r reader) ListIAMUsers(ctx context.Context, after string, limit int) ([]IAMUser, error) {
	return list[IAMUser](ctx, r, byName, kindUser, nameKey(after), limit)
}

// IAMUsersWith is RolesWith for users.
func (r reader) IAMUsersWith(ctx context.Context, policyARN string) ([]IAMUser, error) {
	return naming(ctx, r, kindUser, policyARN, func(u IAMUser) bool {
		return u.Boundary == policyARN || slices.Contains(u.Attached, policyARN)
	})
}

// PutAccessKey creates or replaces an access key.
func (tx *Tx) PutAccessKey(k AccessKey) error { return put(tx, kindAccessKey, k.ID, k.UserName, k) }

// DeleteAccessKey removes an access key; ErrNotFound.
func (tx *Tx) DeleteAccessKey(id string) error { return remove(tx, kindAccessKey, id) }

// AccessKey finds an access key; ErrNotFound.
func (r reader) AccessKey(ctx context.Context, id string) (AccessKey, error) {
	is := func(k AccessKey) bool { return k.ID == id }
	return one(ctx, r, is, "SELECT doc FROM documents WHERE kind = $1 AND id = $2", kindAccessKey, id)
}

// AccessKeys lists the access keys of a user by id; the name is as the user has
// it.
func (r reader) AccessKeys(ctx context.Context, user string) ([]AccessKey, error) {
	return list[AccessKey](ctx, r, byParent, kindAccessKey, user, "", everything)
}

// PutPolicy replaces a managed policy, by its name.
func (tx *Tx) PutPolicy(p ManagedPolicy) error {
	return put(tx, kindPolicy, nameKey(p.Name), p.ARN, p)
}

// CreatePolicy keeps a new managed policy; ErrExists if the name is taken.
func (tx *Tx) CreatePolicy(p ManagedPolicy) error {
	return create(tx, kindPolicy, nameKey(p.Name), p.ARN, p)
}

// DeletePolicy removes a managed policy; ErrNotFound.
func (tx *Tx) DeletePolicy(name string) error { return remove(tx, kindPolicy, nameKey(name)) }

// Policy finds a managed policy by ARN; ErrNotFound.
func (r reader) Policy(ctx context.Context, arn string) (ManagedPolicy, error) {
	return byARN[ManagedPolicy](ctx, r, kindPolicy, arn)
}

// ListPolicies lists managed policies by name, after a name ("" for the first).
func (r reader) ListPolicies(ctx context.Context, after string, limit int) ([]ManagedPolicy, error) {
	return list[ManagedPolicy](ctx, r, byName, kindPolicy, nameKey(after), limit)
}

// DefaultDocument is the document of the version in force, "" if the record is
// broken.
func (p ManagedPolicy) DefaultDocument() string {
	for _, v := range p.Versions {
		if v.ID == p.Default {
			return v.Document
		}
	}
	return ""
}
