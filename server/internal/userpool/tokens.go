package userpool

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/token"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// adminScope is the scope of access tokens that did not come through OAuth.
const adminScope = "aws.cognito.signin.user.admin"

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// signIn ends a sign-in: a refresh family and the first tokens. The tokens are
// signed first, so that a gate that is full leaves no family and no step taken.
func (s *Service) signIn(ctx context.Context, a *app, u *store.User, took inTx) (*wire.AuthOutput, error) {
	now := s.Now()
	f := store.RefreshFamily{
		ID: wire.NewRequestID(), PoolID: a.PoolID, ClientID: a.ID, Sub: u.Sub, AuthTime: now,
		Expires: now.Add(seconds(a.Settings.RefreshTokenSeconds)),
	}
	result, err := s.issue(ctx, a, u, &f)
	if err != nil {
		return nil, err
	}
	if result.RefreshToken, err = s.sealRefresh(a, &f); err != nil {
		return nil, err
	}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if took != nil {
			if err := took(tx); err != nil {
				return err
			}
		}
		if err := unchanged(ctx, tx, u); err != nil {
			return err
		}
		return tx.AddRefreshFamily(f)
	})
	if err != nil {
		return nil, err
	}
	return &wire.AuthOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

// unchanged refuses to end a sign-in that a disabling, deletion, sign-out or new
// password has overtaken since the user was read.
func unchanged(ctx context.Context, tx *store.Tx, u *store.User) error {
	now, err := tx.UserBySub(ctx, u.PoolID, u.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return errIncorrect()
	}
	if err == nil && (now.Enabled != u.Enabled || now.PasswordVersion != u.PasswordVersion || !now.SignedOut.Equal(u.SignedOut)) {
		return errIncorrect()
	}
	return err
}

// refreshClaim is what a refresh token holds, sealed for pool and client.
type refreshClaim struct {
	Family     string `json:"f"`
	Generation int64  `json:"g"`
}

func (s *Service) sealRefresh(a *app, f *store.RefreshFamily) (string, error) {
	doc, err := json.Marshal(refreshClaim{f.ID, f.Generation})
	if err != nil {
		return "", err
	}
	return s.boxes.refresh.Seal(s.Rand, doc, a.binding())
}

// issue signs an ID and an access token for a family.
func (s *Service) issue(ctx context.Context, a *app, u *store.User, f *store.RefreshFamily) (*wire.AuthenticationResult, error) {
	groups, err := s.Store.GroupsOf(ctx, a.PoolID, u.Sub)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(groups, func(x, y store.Group) int { return cmp.Compare(x.Precedence, y.Precedence) })
	idKey, err := s.key(ctx, a.PoolID, useID)
	if err != nil {
		return nil, err
	}
	accessKey, err := s.key(ctx, a.PoolID, useAccess)
	if err != nil {
		return nil, err
	}
	c := claimant{s: s, app: a, user: u, family: f, groups: groups, now: s.Now(), event: wire.NewRequestID()}
	result := &wire.AuthenticationResult{ExpiresIn: int(a.Settings.AccessTokenSeconds), TokenType: "Bearer"}
	err = s.Admit.do(ctx, func() error {
		var err1, err2 error
		result.IdToken, err1 = token.Sign(idKey, token.RS256, c.id())
		result.AccessToken, err2 = token.Sign(accessKey, token.RS256, c.access())
		return errors.Join(err1, err2)
	})
	return result, err
}

// claimant is what the claims of a pair of tokens are made of.
type claimant struct {
	s      *Service
	app    *app
	user   *store.User
	family *store.RefreshFamily
	groups []store.Group // by precedence
	now    time.Time
	event  string
}

func (c *claimant) common(lifetime int64) map[string]any {
	m := map[string]any{
		"sub": c.user.Sub, "iss": c.s.issuer(c.app.PoolID), "auth_time": c.family.AuthTime.Unix(), "iat": c.now.Unix(),
		"exp": c.now.Unix() + lifetime, "event_id": c.event,
	}
	if c.app.Settings.EnableTokenRevocation {
		m["jti"], m["origin_jti"] = wire.NewRequestID(), c.family.ID
	}
	if len(c.groups) > 0 {
		names := make([]string, len(c.groups))
		for i, g := range c.groups {
			names[i] = g.Name
		}
		m["cognito:groups"] = names
	}
	return m
}

// id has the attributes first: none of them takes the place of a claim.
func (c *claimant) id() map[string]any {
	m := map[string]any{}
	for name, value := range c.user.Attributes {
		if !c.app.reads(name) {
			continue
		}
		m[name] = value
		if strings.HasSuffix(name, "_verified") {
			m[name] = value == "true"
		}
	}
	for name, value := range c.common(c.app.Settings.IDTokenSeconds) {
		m[name] = value
	}
	m["aud"], m["token_use"], m["cognito:username"] = c.app.ID, useID, c.user.Username
	roles, preferred := rolesOf(c.groups)
	if len(roles) > 0 {
		m["cognito:roles"] = roles
	}
	if preferred != "" {
		m["cognito:preferred_role"] = preferred
	}
	return m
}

func (c *claimant) access() map[string]any {
	m := c.common(c.app.Settings.AccessTokenSeconds)
	m["client_id"], m["token_use"], m["username"], m["scope"] = c.app.ID, useAccess, c.user.Username, adminScope
	return m
}

// rolesOf lists the roles of groups that are sorted by precedence. The preferred
// one is the first's, unless another group of its precedence has another role.
func rolesOf(groups []store.Group) (roles []string, preferred string) {
	best, tie := 0, false
	for _, g := range groups {
		if g.RoleARN == "" {
			continue
		}
		if len(roles) == 0 {
			best, preferred = g.Precedence, g.RoleARN
		}
		tie = tie || g.Precedence == best && g.RoleARN != preferred
		if !slices.Contains(roles, g.RoleARN) {
			roles = append(roles, g.RoleARN)
		}
	}
	if tie {
		preferred = ""
	}
	return roles, preferred
}
