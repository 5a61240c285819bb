package iam

import (
	"cmp"
	"context"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func askNewUser(c *call) (Question, error) { return asksNew(c, "user", "UserName") }

func (c *call) createUser() (any, error) {
	user := store.IAMUser{
		Name: c.in.name("UserName", maxName), Path: c.in.path(), Boundary: c.in.text("PermissionsBoundary", maxARN), Tags: c.in.tags(),
		Policies: map[string]string{}, Created: c.Now(), Declared: []string{},
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	var err error
	if user.ID, err = c.NewID(c.Rand, "AIDA"); err != nil {
		return nil, err
	}
	user.ARN = c.arn("user", user.Path, user.Name)
	err = c.update(func(tx *store.Tx) error {
		if err := checkBoundary(c.ctx, tx, user.Boundary); err != nil {
			return err
		}
		if err := taken(tx.CreateIAMUser(user), "User with name %s already exists.", user.Name); err != nil {
			return err
		}
		return c.within(tx.CountIAMUsers, "Users", maxUsers)
	})
	return wire.IAMUserOutput{User: userShape(user)}, err
}

func userShape(user store.IAMUser) wire.IAMUser {
	out := listedUser(user)
	out.PermissionsBoundary, out.Tags = boundaryShape(user.Boundary), tagShape(user.Tags)
	return out
}

func listedUser(user store.IAMUser) wire.IAMUser {
	return wire.IAMUser{
		Path: cmp.Or(user.Path, "/"), UserName: user.Name, UserId: user.ID, Arn: user.ARN, CreateDate: wire.ISOTime(user.Created),
	}
}

func (c *call) user(ctx context.Context, r reader, name string) (store.IAMUser, error) {
	user, err := r.IAMUser(ctx, name)
	return user, missing(err, "The user with name %s cannot be found.", name)
}

func (c *call) getUser() (any, error) {
	name := c.named(users)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	user, err := c.user(c.ctx, c.Store, name)
	return wire.IAMUserOutput{User: userShape(user)}, err
}

func (c *call) listUsers() (any, error) {
	prefix, in := c.in.prefix(), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	all, err := c.Store.ListIAMUsers(c.ctx, in.after, everything)
	if err != nil {
		return nil, err
	}
	all, next := cut(in, under(prefix, all, func(u store.IAMUser) string { return u.Path }), func(u store.IAMUser) string { return u.Name })
	out := wire.IAMUsersOutput{IAMPage: next}
	for _, user := range all {
		out.Users.Member = append(out.Users.Member, listedUser(user))
	}
	return out, nil
}

func (c *call) listGroups() (any, error) {
	name := c.named(users)
	c.in.page()
	_, err := c.look(users, name)
	return wire.IAMGroupsOutput{}, err
}

// deleteUser refuses while policies or keys are there, as AWS does.
func (c *call) deleteUser() (any, error) {
	name := c.in.name("UserName", maxName)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		user, err := c.user(c.ctx, tx, name)
		if err != nil {
			return err
		}
		if err := bare(user.Attached, user.Policies); err != nil {
			return err
		}
		keys, err := tx.AccessKeys(c.ctx, user.Name)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			return deleteConflict("Cannot delete entity, must delete access keys first.")
		}
		return tx.DeleteIAMUser(user.Name)
	})
}
