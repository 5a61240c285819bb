package iam

import (
	"cmp"
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// The session durations a role may have, in seconds (API Reference, CreateRole).
const (
	minSession     = 3600
	maxSession     = 43200
	maxDescription = 1000
)

// asksNew asks about what does not exist yet.
func asksNew(c *call, kind, field string) (Question, error) {
	path := c.in.form.Get("Path")
	if !isPath(path) {
		path = "/"
	}
	q := Question{c.arn(kind, path, c.in.form.Get(field)), policy.NewContext()}
	c.requested(&q)
	return q, nil
}

func askNewRole(c *call) (Question, error) { return asksNew(c, "role", "RoleName") }

func (c *call) createRole() (any, error) {
	role := store.Role{
		Name: c.in.name("RoleName", maxName), Path: c.in.path(), Trust: c.in.document("AssumeRolePolicyDocument"),
		Description: c.in.text("Description", maxDescription), MaxSessionSeconds: c.in.number("MaxSessionDuration", minSession, maxSession),
		Boundary: c.in.text("PermissionsBoundary", maxARN), Tags: c.in.tags(), Policies: map[string]string{}, Created: c.Now(), Declared: []string{},
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	err := CheckTrust(role.Trust)
	if err != nil {
		return nil, err
	}
	if role.Pins, err = c.pins(role.Trust); err != nil {
		return nil, err
	}
	if role.ID, err = c.NewID(c.Rand, "AROA"); err != nil {
		return nil, err
	}
	role.ARN = c.arn("role", role.Path, role.Name)
	err = c.update(func(tx *store.Tx) error {
		if err := checkBoundary(c.ctx, tx, role.Boundary); err != nil {
			return err
		}
		if err := taken(tx.CreateRole(role), "Role with name %s already exists.", role.Name); err != nil {
			return err
		}
		return c.within(tx.CountRoles, "Roles", maxRoles)
	})
	return wire.IAMRoleOutput{Role: roleShape(role)}, err
}

// roleShape is a role as CreateRole and GetRole answer; lists leave out boundary and tags.
func roleShape(role store.Role) wire.IAMRole {
	out := listedRole(role)
	out.PermissionsBoundary, out.Tags = boundaryShape(role.Boundary), tagShape(role.Tags)
	return out
}

func listedRole(role store.Role) wire.IAMRole {
	return wire.IAMRole{
		Path: cmp.Or(role.Path, "/"), RoleName: role.Name, RoleId: role.ID, Arn: role.ARN, CreateDate: wire.ISOTime(role.Created),
		AssumeRolePolicyDocument: wire.EncodeDocument(role.Trust), Description: role.Description,
		MaxSessionDuration: cmp.Or(role.MaxSessionSeconds, minSession),
	}
}

func (c *call) role(ctx context.Context, r reader, name string) (store.Role, error) {
	role, err := r.RoleNamed(ctx, name)
	return role, missing(err, "The role with name %s cannot be found.", name)
}

func (c *call) getRole() (any, error) {
	name := c.named(roles)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	role, err := c.role(c.ctx, c.Store, name)
	if err != nil {
		return nil, err
	}
	out := roleShape(role)
	out.RoleLastUsed = &struct{}{}
	return wire.IAMRoleOutput{Role: out}, nil
}

func (c *call) listRoles() (any, error) {
	prefix, in := c.in.prefix(), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	all, err := c.Store.ListRoles(c.ctx, in.after, everything)
	if err != nil {
		return nil, err
	}
	all, next := cut(in, under(prefix, all, func(r store.Role) string { return r.Path }), func(r store.Role) string { return r.Name })
	out := wire.IAMRolesOutput{IAMPage: next}
	for _, role := range all {
		out.Roles.Member = append(out.Roles.Member, listedRole(role))
	}
	return out, nil
}

func (c *call) listInstanceProfiles() (any, error) {
	name := c.named(roles)
	c.in.page()
	_, err := c.look(roles, name)
	return wire.IAMInstanceProfilesOutput{}, err
}

// deleteRole refuses while policies are there, as AWS does; the boundary goes with the role.
func (c *call) deleteRole() (any, error) {
	name := c.named(roles)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		role, err := c.role(c.ctx, tx, name)
		if err != nil {
			return err
		}
		if err := bare(role.Attached, role.Policies); err != nil {
			return err
		}
		return tx.DeleteRole(role.Name)
	})
}

// bare refuses to delete what has policies.
func bare(attached []string, inline map[string]string) error {
	switch {
	case len(attached) > 0:
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(inline) > 0:
		return deleteConflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}

// changeRole is change for what only roles have.
func (c *call) changeRole(name string, fn func(*store.Role)) (role store.Role, err error) {
	if err := c.in.done(); err != nil {
		return role, err
	}
	err = c.update(func(tx *store.Tx) (err error) {
		if role, err = c.role(c.ctx, tx, name); err != nil {
			return err
		}
		fn(&role)
		return tx.PutRole(role)
	})
	return role, err
}

func (c *call) updateRole() (any, error) {
	name, seconds := c.named(roles), c.in.number("MaxSessionDuration", minSession, maxSession)
	text, given := c.in.text("Description", maxDescription), c.in.form.Has("Description")
	_, err := c.changeRole(name, func(role *store.Role) {
		role.MaxSessionSeconds = cmp.Or(seconds, role.MaxSessionSeconds)
		if given {
			role.Description = text
		}
	})
	return struct{}{}, err
}

func (c *call) updateRoleDescription() (any, error) {
	name, text := c.named(roles), c.in.text("Description", maxDescription)
	role, err := c.changeRole(name, func(role *store.Role) { role.Description = text })
	return wire.IAMRoleOutput{Role: roleShape(role)}, err
}

func (c *call) updateTrust() (any, error) {
	name, doc := c.named(roles), c.in.document("PolicyDocument")
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if err := CheckTrust(doc); err != nil {
		return nil, err
	}
	pins, err := c.pins(doc)
	if err != nil {
		return nil, err
	}
	_, err = c.changeRole(name, func(role *store.Role) { role.Trust, role.Pins = doc, pins })
	return nil, err
}
