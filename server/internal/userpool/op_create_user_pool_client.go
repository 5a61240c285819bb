package userpool

import (
	"context"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func (s *Service) createUserPoolClient(ctx context.Context, in *wire.CreateUserPoolClientInput) (*wire.CreateUserPoolClientOutput, error) {
	if _, err := s.pool(ctx, in.UserPoolId); err != nil {
		return nil, err
	}
	if !poolNamePattern().MatchString(in.ClientName) {
		return nil, missing("ClientName")
	}
	settings, err := clientSettings(in)
	if err != nil {
		return nil, err
	}
	c := store.UserPoolClient{PoolID: in.UserPoolId, Name: in.ClientName, Created: s.Now(), Modified: s.Now(), Settings: settings}
	if c.ID, err = s.randomText(lower+digits, 26); err != nil {
		return nil, err
	}
	secret := ""
	if in.GenerateSecret {
		if secret, err = s.randomText(lower+digits, 51); err != nil {
			return nil, err
		}
		if c.SecretSealed, err = s.SealClientSecret(c.ID, secret); err != nil {
			return nil, err
		}
	}
	if err := s.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutUserPoolClient(c) }); err != nil {
		return nil, err
	}
	return &wire.CreateUserPoolClientOutput{UserPoolClient: describeClient(&c, secret)}, nil
}

// clientFlows are the values of ExplicitAuthFlows gatepass acts on, the two old
// spellings last.
var clientFlows = []string{
	"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
	"USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH",
}

// defaultClient has the settings of an app client that says nothing: SRP and
// refresh, hidden users, tokens of one hour and sessions of thirty days.
func defaultClient() store.ClientSettings {
	return store.ClientSettings{
		ExplicitAuthFlows:          []string{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"},
		PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: true,
		AccessTokenSeconds: 3600, IDTokenSeconds: 3600, RefreshTokenSeconds: 30 * 86400, AuthSessionSeconds: 180,
	}
}

func clientSettings(in *wire.CreateUserPoolClientInput) (store.ClientSettings, error) {
	out := defaultClient()
	for _, f := range in.ExplicitAuthFlows {
		if !slices.Contains(clientFlows, f) {
			return out, unsupported("value", f+" of the field ExplicitAuthFlows")
		}
	}
	switch v := in.PreventUserExistenceErrors; v {
	case "":
	case "ENABLED", "LEGACY":
		out.PreventUserExistenceErrors = v
	default:
		return out, invalid("1 validation error detected: Value '%s' at 'preventUserExistenceErrors' failed to satisfy constraint: Member must satisfy enum value set: [LEGACY, ENABLED]", v)
	}
	if in.EnableTokenRevocation != nil {
		out.EnableTokenRevocation = *in.EnableTokenRevocation
	}
	if v := in.AuthSessionValidity; v != 0 {
		if v < 3 || v > 15 {
			return out, invalid("AuthSessionValidity is %d minutes; 3 to 15 are allowed", v)
		}
		out.AuthSessionSeconds = int64(v) * 60
	}
	out.ReadAttributes, out.WriteAttributes = in.ReadAttributes, in.WriteAttributes
	if err := rotation(&out, in.RefreshTokenRotation, in.ExplicitAuthFlows); err != nil {
		return out, err
	}
	return out, lifetimes(&out, in)
}

// rotation: a client that rotates has no REFRESH_TOKEN_AUTH, which does not.
func rotation(out *store.ClientSettings, in *wire.RefreshTokenRotation, flows []string) error {
	if len(flows) > 0 {
		out.ExplicitAuthFlows = flows
	}
	if in == nil || in.Feature == "DISABLED" {
		return nil
	}
	switch {
	case in.Feature != "ENABLED":
		return invalid("1 validation error detected: Value '%s' at 'refreshTokenRotation.feature' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]", in.Feature)
	case in.RetryGracePeriodSeconds < 0 || in.RetryGracePeriodSeconds > 60:
		return invalid("RetryGracePeriodSeconds is %d; 0 to 60 are allowed", in.RetryGracePeriodSeconds)
	case slices.Contains(flows, "ALLOW_REFRESH_TOKEN_AUTH"):
		return invalid("Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH.")
	case len(flows) == 0:
		out.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"}
	}
	out.RotateRefreshTokens, out.RetryGraceSeconds = true, int64(in.RetryGracePeriodSeconds)
	return nil
}

// lifetimes reads the validities in their units; AWS's defaults are hours for
// access and ID tokens, days for refresh tokens.
func lifetimes(out *store.ClientSettings, in *wire.CreateUserPoolClientInput) error {
	units := wire.TokenValidityUnits{}
	if in.TokenValidityUnits != nil {
		units = *in.TokenValidityUnits
	}
	for _, v := range []struct {
		field, unit, fallback string
		n                     int
		to                    *int64
		low, high             int64
	}{
		{"AccessTokenValidity", units.AccessToken, "hours", in.AccessTokenValidity, &out.AccessTokenSeconds, 300, 86400},
		{"IdTokenValidity", units.IdToken, "hours", in.IdTokenValidity, &out.IDTokenSeconds, 300, 86400},
		{"RefreshTokenValidity", units.RefreshToken, "days", in.RefreshTokenValidity, &out.RefreshTokenSeconds, 3600, 315360000},
	} {
		if v.unit == "" {
			v.unit = v.fallback
		}
		size, known := map[string]int64{"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}[v.unit]
		if !known {
			return invalid("TokenValidityUnits has %q; seconds, minutes, hours and days are allowed", v.unit)
		}
		if v.n == 0 {
			continue
		}
		if n := int64(v.n); n < 0 || n > v.high || n*size < v.low || n*size > v.high {
			return invalid("Invalid range for %s: %d to %d seconds are allowed", v.field, v.low, v.high)
		}
		*v.to = int64(v.n) * size
	}
	if max(out.AccessTokenSeconds, out.IDTokenSeconds) > out.RefreshTokenSeconds {
		return invalid("AccessTokenValidity and IdTokenValidity must not be longer than RefreshTokenValidity")
	}
	return nil
}

func describeClient(c *store.UserPoolClient, secret string) wire.UserPoolClientType {
	out := wire.UserPoolClientType{
		UserPoolId: c.PoolID, ClientId: c.ID, ClientName: c.Name, ClientSecret: secret,
		ExplicitAuthFlows: c.Settings.ExplicitAuthFlows, PreventUserExistenceErrors: c.Settings.PreventUserExistenceErrors,
		AccessTokenValidity: int(c.Settings.AccessTokenSeconds), IdTokenValidity: int(c.Settings.IDTokenSeconds),
		RefreshTokenValidity: int(c.Settings.RefreshTokenSeconds), EnableTokenRevocation: c.Settings.EnableTokenRevocation,
		TokenValidityUnits:  &wire.TokenValidityUnits{AccessToken: "seconds", IdToken: "seconds", RefreshToken: "seconds"},
		AuthSessionValidity: int(c.Settings.AuthSessionSeconds / 60),
		CreationDate:        wire.Epoch{Time: c.Created}, LastModifiedDate: wire.Epoch{Time: c.Modified},
	}
	if c.Settings.RotateRefreshTokens {
		out.RefreshTokenRotation = &wire.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: int(c.Settings.RetryGraceSeconds)}
	}
	return out
}
