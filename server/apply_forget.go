package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/store"
)

// forgetIAM removes the roles, administrators and managed policies that the file
// declared before and no longer does. What IAM calls made and the file declared
// later loses what the file gave it, and stays. A Config made in Go that has no
// administrators leaves all of them: gatepass serve declares its own with a new
// database alone, whose key it prints once.
func (s *Server) forgetIAM(ctx context.Context) error {
	if len(s.Config.Admins) == 0 && s.Config.lines == nil {
		return nil
	}
	for _, step := range []func(context.Context) error{s.forgetRoles, s.forgetAdmins, s.forgetPolicies} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) forgetRoles(ctx context.Context) error {
	roles, err := s.store.ListRoles(ctx, "", math.MaxInt32)
	if err != nil {
		return err
	}
	for _, role := range roles {
		declared := func(r Role) bool { return strings.EqualFold(r.Name, role.Name) }
		if len(role.Declared) == 0 || slices.ContainsFunc(s.Config.Roles, declared) {
			continue
		}
		if err := s.forgetOne(ctx, func(tx *store.Tx) error { return forgetRole(ctx, tx, role.Name) }); err != nil {
			return fmt.Errorf("role %s: %w", role.Name, err)
		}
	}
	return nil
}

// forgetOne is an Update about something that another node may have removed.
func (s *Server) forgetOne(ctx context.Context, fn func(tx *store.Tx) error) error {
	err := s.store.Update(ctx, fn)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func forgetRole(ctx context.Context, tx *store.Tx, name string) error {
	role, err := tx.RoleNamed(ctx, name)
	if err != nil {
		return err
	}
	have := held{role.Policies, role.Attached, role.Boundary, role.Tags, role.Declared}
	if len(have.mark()) > 0 {
		return tx.DeleteRole(name)
	}
	have.disown()
	role.Policies, role.Attached, role.Tags, role.Declared = have.policies, have.attached, have.tags, have.declared
	return tx.PutRole(role)
}

// disown takes away what was declared, but for a boundary: it limits what stays.
func (h *held) disown() {
	boundary := h.boundary
	h.forget()
	h.boundary, h.declared = boundary, []string{}
}

func (s *Server) forgetAdmins(ctx context.Context) error {
	users, err := s.store.ListIAMUsers(ctx, "", math.MaxInt32)
	if err != nil {
		return err
	}
	for _, u := range users {
		declared := func(a Admin) bool { return strings.EqualFold(a.Name, u.Name) }
		if len(u.Declared) == 0 || slices.ContainsFunc(s.Config.Admins, declared) {
			continue
		}
		if err := s.forgetOne(ctx, func(tx *store.Tx) error { return forgetAdmin(ctx, tx, u.Name) }); err != nil {
			return fmt.Errorf("administrator %s: %w", u.Name, err)
		}
	}
	return nil
}

// forgetAdmin leaves a user whom IAM calls gave a key, with what they gave him.
func forgetAdmin(ctx context.Context, tx *store.Tx, name string) error {
	user, err := tx.IAMUser(ctx, name)
	if err != nil {
		return err
	}
	if err := forgetKeys(ctx, tx, user, ""); err != nil {
		return err
	}
	others, err := tx.AccessKeys(ctx, user.Name)
	if err != nil {
		return err
	}
	have := held{user.Policies, user.Attached, user.Boundary, user.Tags, user.Declared}
	if len(have.mark()) > 0 && len(others) == 0 {
		return tx.DeleteIAMUser(name)
	}
	have.disown()
	user.Policies, user.Attached, user.Tags, user.Declared = have.policies, have.attached, have.tags, have.declared
	return tx.PutIAMUser(user)
}

// forgetKeys takes away the access key that was declared before another took its
// place.
func forgetKeys(ctx context.Context, tx *store.Tx, user store.IAMUser, but string) error {
	for _, name := range user.Declared {
		id, isKey := strings.CutPrefix(name, keyMark)
		if !isKey || id == but {
			continue
		}
		key, err := tx.AccessKey(ctx, id)
		if err == nil && key.UserName == user.Name {
			err = tx.DeleteAccessKey(id)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// forgetPolicies leaves a policy that somebody has still: it may deny, or be a
// boundary, and IAM does not delete it either.
func (s *Server) forgetPolicies(ctx context.Context) error {
	policies, err := s.store.ListPolicies(ctx, "", math.MaxInt32)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if _, declared := s.Config.ManagedPolicies[p.Name]; declared || !p.Declared {
			continue
		}
		if err := s.forgetOne(ctx, func(tx *store.Tx) error { return s.forgetPolicy(ctx, tx, p) }); err != nil {
			return fmt.Errorf("managed policy %s: %w", p.Name, err)
		}
	}
	return nil
}

func (s *Server) forgetPolicy(ctx context.Context, tx *store.Tx, p store.ManagedPolicy) error {
	roles, err := tx.RolesWith(ctx, p.ARN)
	if err != nil {
		return err
	}
	users, err := tx.IAMUsersWith(ctx, p.ARN)
	if err != nil {
		return err
	}
	if len(roles)+len(users) > 0 {
		s.Logger.WarnContext(ctx, "a managed policy that is declared no more stays: it is attached", "policy", p.ARN)
		return nil
	}
	return tx.DeletePolicy(p.Name)
}
