package userpool

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

// refreshed is what a refresh token leads to.
type refreshed struct {
	claim  refreshClaim
	family store.RefreshFamily
	user   store.User
}

// openRefresh checks a refresh token: sealed for this client, the family alive,
// the user in good standing.
func (s *Service) openRefresh(ctx context.Context, a *app, text string) (refreshed, error) {
	r, err := s.openFamily(ctx, a, text)
	if err != nil {
		return r, err
	}
	switch {
	case r.family.Revoked:
		return r, notAuthorized("Refresh Token has been revoked")
	case !s.Now().Before(r.family.Expires):
		return r, notAuthorized("Refresh Token has expired")
	}
	r.user, err = s.Store.UserBySub(ctx, a.PoolID, r.family.Sub)
	if errors.Is(err, store.ErrNotFound) {
		return r, errRefresh()
	}
	if err != nil {
		return r, err
	}
	return r, s.standing(&r.user)
}

func (s *Service) openFamily(ctx context.Context, a *app, text string) (refreshed, error) {
	var r refreshed
	doc, err := s.boxes.refresh.Open(text, a.binding())
	if err != nil || json.Unmarshal(doc, &r.claim) != nil {
		return r, errRefresh()
	}
	r.family, err = s.Store.RefreshFamily(ctx, r.claim.Family)
	if errors.Is(err, store.ErrNotFound) || err == nil && (r.family.ClientID != a.ID || r.family.PoolID != a.PoolID) {
		return r, errRefresh()
	}
	return r, err
}

// refreshAuth is the flow REFRESH_TOKEN_AUTH, which never rotates and so is
// closed to clients that do.
func (s *Service) refreshAuth(ctx context.Context, a *app, params map[string]string) (*wire.AuthOutput, error) {
	if a.Settings.RotateRefreshTokens || !a.allows("ALLOW_REFRESH_TOKEN_AUTH") {
		return nil, invalid("REFRESH_TOKEN_AUTH is not enabled for the client.")
	}
	if params["REFRESH_TOKEN"] == "" {
		return nil, missing("REFRESH_TOKEN")
	}
	r, err := s.openRefresh(ctx, a, params["REFRESH_TOKEN"])
	if err != nil {
		return nil, err
	}
	if err := a.checkSecretHash(r.user.Username, params["SECRET_HASH"]); err != nil {
		return nil, err
	}
	result, err := s.issue(ctx, a, &r.user, &r.family)
	if err != nil {
		return nil, err
	}
	return &wire.AuthOutput{AuthenticationResult: result, ChallengeParameters: map[string]string{}}, nil
}

// rotate moves the family on by one generation. The token before the newest is
// good for the grace period, for clients that lost the answer; beyond that its
// use means that two parties hold it, and the family ends.
func (s *Service) rotate(ctx context.Context, a *app, r *refreshed) error {
	var reused, ended bool
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		reused, ended = false, false // it may run again
		f, err := tx.RefreshFamily(ctx, r.family.ID)
		if err != nil {
			return err
		}
		r.family = f
		grace := seconds(a.Settings.RetryGraceSeconds)
		switch {
		case f.Revoked:
			ended = true
			return nil
		case r.claim.Generation == f.Generation:
			r.family.Generation++
			return tx.AdvanceRefresh(f.ID, f.Generation, s.Now())
		case r.claim.Generation+1 == f.Generation && grace > 0 && !s.Now().After(f.Rotated.Add(grace)):
			return nil
		}
		reused = true // and the revocation must be kept
		return tx.RevokeRefresh(f.ID)
	})
	switch {
	case errors.Is(err, store.ErrNotFound): // the user was deleted
		return errRefresh()
	case err != nil:
		return err
	case ended:
		return notAuthorized("Refresh Token has been revoked")
	case reused:
		return wire.Errorf("RefreshTokenReuseException", "Refresh Token has been used already; the session is revoked.")
	}
	return nil
}
