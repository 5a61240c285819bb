package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// apply brings the database to what the Config declares. What is there already
// is brought up to date, users and their passwords are left alone, and what was
// never declared stays.
func (s *Server) apply(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.applyManagedPolicies, s.applyRoles} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, p := range s.Config.UserPools {
		if err := s.applyUserPool(ctx, p); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{s.applyOIDCProviders, s.applyIdentityPools, s.applyAdmins, s.pinRoles, s.forgetIAM} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) applyUserPool(ctx context.Context, p UserPool) error {
	now := s.Now()
	pool := store.UserPool{ID: p.ID, Name: cmp.Or(p.Name, p.ID), Created: now, Modified: now, Settings: p.settings()}
	old, err := s.store.UserPool(ctx, p.ID)
	if err == nil {
		pool.Created = old.Created
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(s.applyGroups(ctx, tx, p), tx.PutUserPool(pool))
	})
	if err != nil {
		return err
	}
	for _, c := range p.Clients {
		if err := s.applyClient(ctx, p.ID, c); err != nil {
			return err
		}
	}
	for _, u := range p.Users {
		if err := s.applyUser(ctx, p.ID, u); err != nil {
			return fmt.Errorf("user %s of %s: %w", u.Username, p.ID, err)
		}
	}
	return s.applyMembers(ctx, p)
}

// applyGroups makes the groups of a pool those of the file: nothing else makes
// any, and a group that is taken out gives no role any more.
func (s *Server) applyGroups(ctx context.Context, tx *store.Tx, p UserPool) error {
	have, err := tx.Groups(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, g := range have {
		if slices.ContainsFunc(p.Groups, func(want Group) bool { return want.Name == g.Name }) {
			continue
		}
		if err := tx.DeleteGroup(p.ID, g.Name); err != nil {
			return err
		}
	}
	for _, g := range p.Groups {
		group := store.Group{PoolID: p.ID, Name: g.Name, RoleARN: s.roleARN(g.Role), Precedence: math.MaxInt32}
		if g.Precedence != nil {
			group.Precedence = *g.Precedence
		}
		if err := tx.PutGroup(group); err != nil {
			return err
		}
	}
	return nil
}

func (p UserPool) settings() store.UserPoolSettings {
	policy := store.PasswordPolicy{
		MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true, TemporaryPasswordValidityDays: 7,
	}
	if pp := p.PasswordPolicy; pp != nil {
		policy = store.PasswordPolicy{
			MinimumLength: cmp.Or(pp.MinimumLength, 8), RequireUppercase: pp.RequireUppercase, RequireLowercase: pp.RequireLowercase,
			RequireNumbers: pp.RequireNumbers, RequireSymbols: pp.RequireSymbols, TemporaryPasswordValidityDays: cmp.Or(pp.TemporaryDays, 7),
		}
	}
	return store.UserPoolSettings{
		PasswordPolicy: policy, UsernameAttributes: p.UsernameAttributes, AliasAttributes: p.AliasAttributes,
		AutoVerifiedAttributes: p.AutoVerifiedAttributes, CaseSensitive: p.CaseSensitive, MFA: cmp.Or(p.MFA, "OFF"),
		AdminCreateUserOnly: p.AdminCreateUserOnly,
	}
}

func (s *Server) applyClient(ctx context.Context, pool string, c Client) error {
	now := s.Now()
	flows := c.AuthFlows
	if len(flows) == 0 {
		flows = []string{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	}
	client := store.UserPoolClient{
		ID: c.ID, PoolID: pool, Name: cmp.Or(c.Name, c.ID), Created: now, Modified: now,
		Settings: store.ClientSettings{
			ExplicitAuthFlows: flows, PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: true,
			AccessTokenSeconds:  60 * int64(cmp.Or(c.AccessTokenMinutes, 60)),
			IDTokenSeconds:      60 * int64(cmp.Or(c.IDTokenMinutes, 60)),
			RefreshTokenSeconds: 86400 * int64(cmp.Or(c.RefreshTokenDays, 30)),
			ReadAttributes:      c.ReadAttributes, WriteAttributes: c.WriteAttributes, RotateRefreshTokens: c.RotateRefresh, AuthSessionSeconds: 180,
		},
	}
	if c.RotateRefresh {
		client.Settings.ExplicitAuthFlows = slices.DeleteFunc(slices.Clone(flows), func(f string) bool { return f == "ALLOW_REFRESH_TOKEN_AUTH" })
		client.Settings.RetryGraceSeconds = 10
	}
	if c.SecretEnv != "" || c.Secret != "" {
		secret := c.Secret.from(c.SecretEnv)
		if len(secret) < 16 {
			return fmt.Errorf("the client %s takes its secret from %s, which holds %d characters: set at least 16", c.ID, c.SecretEnv, len(secret))
		}
		var err error
		if client.SecretSealed, err = s.users.SealClientSecret(c.ID, secret); err != nil {
			return err
		}
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.PutUserPoolClient(client) })
}

// applyUser creates a user through the operations an administrator would call.
func (s *Server) applyUser(ctx context.Context, pool string, u User) error {
	password := u.Password.from(u.PasswordEnv)
	if u.PasswordEnv != "" && password == "" {
		return fmt.Errorf("the password comes from %s, which is empty", u.PasswordEnv)
	}
	in := wire.AdminCreateUserInput{UserPoolId: pool, Username: u.Username}
	for name, value := range u.Attributes {
		in.UserAttributes = append(in.UserAttributes, wire.Attribute{Name: name, Value: value})
	}
	if password != "" {
		in.MessageAction = "SUPPRESS"
	}
	var out wire.AdminCreateUserOutput
	err := s.run(ctx, "AdminCreateUser", in, &out)
	if e := wire.AsError(err); err != nil && e.Code != "UsernameExistsException" {
		return err
	}
	if password == "" {
		return nil
	}
	return s.giveFirstPassword(ctx, wire.AdminSetUserPasswordInput{UserPoolId: pool, Username: u.Username, Password: password, Permanent: true})
}

// giveFirstPassword gives a half-made user its password. Of nodes that start
// together one is first, and the others find it given.
func (s *Server) giveFirstPassword(ctx context.Context, set wire.AdminSetUserPasswordInput) error {
	for {
		begun, err := s.halfMade(ctx, set.UserPoolId, set.Username)
		if err != nil || !begun {
			return err
		}
		err = s.run(ctx, "AdminSetUserPassword", set, nil)
		if err == nil || wire.AsError(err).Code != "ConcurrentModificationException" {
			return err
		}
	}
}

// halfMade: the user waits for a first password, having been created just now
// or by a start that was cut off.
func (s *Server) halfMade(ctx context.Context, pool, name string) (bool, error) {
	var got wire.AdminGetUserOutput
	err := s.run(ctx, "AdminGetUser", wire.AdminGetUserInput{UserPoolId: pool, Username: name}, &got)
	return got.UserStatus == "FORCE_CHANGE_PASSWORD", err
}

// applyMembers makes the memberships of a pool those of the file.
func (s *Server) applyMembers(ctx context.Context, p UserPool) error {
	groups := map[string][]string{}
	for _, u := range p.Users {
		if len(u.Groups) == 0 {
			continue
		}
		sub, err := s.subOf(ctx, p.ID, u.Username)
		if err != nil {
			return fmt.Errorf("user %s of %s: %w", u.Username, p.ID, err)
		}
		groups[sub] = u.Groups
	}
	return s.store.Update(ctx, func(tx *store.Tx) error { return tx.SetMembers(p.ID, groups) })
}

func (s *Server) subOf(ctx context.Context, pool, name string) (string, error) {
	var got wire.AdminGetUserOutput
	if err := s.run(ctx, "AdminGetUser", wire.AdminGetUserInput{UserPoolId: pool, Username: name}, &got); err != nil {
		return "", err
	}
	for _, a := range got.UserAttributes {
		if a.Name == "sub" {
			return a.Value, nil
		}
	}
	return "", errors.New("it has no sub")
}

// run calls an operation of the user pool service in this process.
func (s *Server) run(ctx context.Context, name string, in, out any) error {
	op, known := s.users.Op(name)
	if !known {
		return fmt.Errorf("no operation %s", name)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	result, err := op.Run(ctx, body)
	if err != nil || out == nil {
		return err
	}
	reply, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return json.Unmarshal(reply, out)
}
