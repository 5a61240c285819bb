package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// kind is what a holder of policies is: a role or a user.
type kind struct {
	name, word string // role, Role
	most       int    // characters of a name
	inline     int    // characters of all inline policies
}

// reader is what a Store and a Tx have in common here.
type reader interface {
	RoleNamed(ctx context.Context, name string) (store.Role, error)
	IAMUser(ctx context.Context, name string) (store.IAMUser, error)
	Policy(ctx context.Context, arn string) (store.ManagedPolicy, error)
}

var (
	roles = &kind{"role", "Role", maxName, maxInlineRole}
	users = &kind{"user", "User", maxName, maxInlineUser}
)

const (
	maxName       = 64
	maxPolicyName = 128
)

// holder is a role or a user, as far as both are alike.
type holder struct {
	kind      *kind
	name, arn string
	policies  map[string]string
	attached  []string
	boundary  string
	tags      map[string]string
	put       func(tx *store.Tx, h *holder) error
}

// find reads a holder by name; NoSuchEntity.
func (k *kind) find(ctx context.Context, r reader, name string) (*holder, error) {
	if k == users {
		return findUser(ctx, r, name)
	}
	return findRole(ctx, r, name)
}

func findRole(ctx context.Context, r reader, name string) (*holder, error) {
	role, err := r.RoleNamed(ctx, name)
	if err != nil {
		return nil, missing(err, "The role with name %s cannot be found.", name)
	}
	has := parts{&role.Policies, &role.Attached, &role.Boundary, &role.Tags, &role.Declared}
	return roles.holder(role.Name, role.ARN, has, func(tx *store.Tx) error { return tx.PutRole(role) }), nil
}

func findUser(ctx context.Context, r reader, name string) (*holder, error) {
	user, err := r.IAMUser(ctx, name)
	if err != nil {
		return nil, missing(err, "The user with name %s cannot be found.", name)
	}
	has := parts{&user.Policies, &user.Attached, &user.Boundary, &user.Tags, &user.Declared}
	return users.holder(user.Name, user.ARN, has, func(tx *store.Tx) error { return tx.PutIAMUser(user) }), nil
}

// parts are where a record has what roles and users have.
type parts struct {
	policies *map[string]string
	attached *[]string
	boundary *string
	tags     *map[string]string
	declared *[]string
}

// holder takes the parts out of a record; its put gives them back and saves it.
func (k *kind) holder(name, arn string, of parts, save func(tx *store.Tx) error) *holder {
	*of.declared = declared(*of.declared, *of.policies, *of.attached)
	put := func(tx *store.Tx, h *holder) error {
		*of.policies, *of.attached, *of.boundary, *of.tags = h.policies, h.attached, h.boundary, h.tags
		return save(tx)
	}
	return &holder{k, name, arn, *of.policies, *of.attached, *of.boundary, *of.tags, put}
}

// declared spells out what a configuration file has declared of a record of schema 1, which is all it has: what is added now
// is not.
func declared(names []string, policies map[string]string, attached []string) []string {
	if names != nil {
		return names
	}
	return append(slices.AppendSeq([]string{}, maps.Keys(policies)), attached...)
}

// field is the parameter that names a holder.
func (k *kind) field() string { return k.word + "Name" }

// named reads whom a request is about.
func (c *call) named(k *kind) string {
	if k == users && c.in.form.Get(k.field()) == "" {
		c.in.read[k.field()] = true
		return c.self()
	}
	return c.in.name(k.field(), k.most)
}

// self is the user who calls, for operations about "me".
func (c *call) self() string {
	if c.caller.Type != "User" {
		c.in.fail(wire.Errorf("ValidationError", "Must specify userName when calling with non-User credentials"))
	}
	return c.caller.Username
}

// ask asks about the holder a request names, or who would have that name.
func (k *kind) ask(c *call) (Question, error) {
	name := c.in.form.Get(k.field())
	if name == "" && k == users {
		name = c.caller.Username
	}
	q := Question{c.arn(k.name, "/", name), policy.NewContext()}
	h, err := k.find(c.ctx, c.Store, name)
	switch {
	case err == nil:
		q.Resource = h.arn
		q.about(h.tags, h.boundary)
	case !isMissing(err):
		return q, err
	}
	c.requested(&q)
	return q, nil
}

// askList asks about all of a kind under a path.
func (k *kind) askList(c *call) (Question, error) {
	return Question{Resource: c.arn(k.name, "/", strings.TrimPrefix(c.in.form.Get("PathPrefix"), "/"))}, nil
}

func isMissing(err error) bool { return wire.AsError(err).Code == "NoSuchEntity" }

// about adds what is known of the thing itself (Service Authorization Reference, "Condition keys for AWS IAM").
func (q *Question) about(tags map[string]string, boundary string) {
	for key, value := range tags {
		q.Facts.Set("aws:ResourceTag/"+key, value)
		q.Facts.Set("iam:ResourceTag/"+key, value)
	}
	if boundary != "" {
		q.Facts.Set("iam:PermissionsBoundary", boundary)
	}
}

// requested adds what the request would make of it.
func (c *call) requested(q *Question) {
	if arn := c.in.form.Get("PermissionsBoundary"); arn != "" {
		q.Facts.Set("iam:PermissionsBoundary", arn)
	}
	if arn := c.in.form.Get("PolicyArn"); arn != "" {
		q.Facts.Set("iam:PolicyARN", arn)
	}
	var keys []string
	for key, value := range newParams(c.in.form).tags() {
		q.Facts.Set("aws:RequestTag/"+key, value)
		keys = append(keys, key)
	}
	keys = append(keys, newParams(c.in.form).list("TagKeys", maxTags, 128)...)
	if len(keys) > 0 {
		q.Facts.Set("aws:TagKeys", keys...)
	}
}

// change reads a holder, has it changed and writes it.
func (c *call) change(k *kind, name string, fn func(tx *store.Tx, h *holder) error) (any, error) {
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		h, err := k.find(c.ctx, tx, name)
		if err != nil {
			return err
		}
		if err := fn(tx, h); err != nil {
			return err
		}
		return h.put(tx, h)
	})
}

// look reads a holder.
func (c *call) look(k *kind, name string) (*holder, error) {
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return k.find(c.ctx, c.Store, name)
}
