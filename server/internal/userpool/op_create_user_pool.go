package userpool

import (
	"context"
	"regexp"
	"slices"
	"sync"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

var poolNamePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A[\w\s+=,.@-]{1,128}\z`) })

// createUserPool makes a pool. Its signing keys come later: see PrepareKeys.
func (s *Service) createUserPool(ctx context.Context, in *wire.CreateUserPoolInput) (*wire.CreateUserPoolOutput, error) {
	settings, err := poolSettings(in)
	if err != nil {
		return nil, err
	}
	suffix, err := s.randomText(upper+lower+digits, 9)
	if err != nil {
		return nil, err
	}
	p := store.UserPool{ID: s.Region + "_" + suffix, Name: in.PoolName, Created: s.Now(), Modified: s.Now(), Settings: settings}
	if err := s.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutUserPool(p) }); err != nil {
		return nil, err
	}
	return &wire.CreateUserPoolOutput{UserPool: s.describePool(&p)}, nil
}

// poolSettings refuses what gatepass would not hold.
func poolSettings(in *wire.CreateUserPoolInput) (store.UserPoolSettings, error) {
	out := store.UserPoolSettings{
		UsernameAttributes: in.UsernameAttributes, AliasAttributes: in.AliasAttributes,
		AutoVerifiedAttributes: in.AutoVerifiedAttributes, MFA: in.MfaConfiguration, CaseSensitive: true,
	}
	if out.MFA == "" {
		out.MFA = "OFF"
	}
	if in.UsernameConfiguration != nil {
		out.CaseSensitive = in.UsernameConfiguration.CaseSensitive
	}
	if in.AdminCreateUserConfig != nil {
		out.AdminCreateUserOnly = in.AdminCreateUserConfig.AllowAdminCreateUserOnly
	}
	switch {
	case in.PoolName == "":
		return out, missing("PoolName")
	case !poolNamePattern().MatchString(in.PoolName):
		return out, invalid("1 validation error detected: Value at 'poolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+")
	case !slices.Contains([]string{"OFF", "OPTIONAL", "ON"}, out.MFA):
		return out, invalid("1 validation error detected: Value '%s' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OFF, OPTIONAL, ON]", out.MFA)
	case len(out.UsernameAttributes) > 0 && len(out.AliasAttributes) > 0:
		return out, invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	for field, list := range map[string]struct{ given, known []string }{
		"UsernameAttributes":     {out.UsernameAttributes, []string{"email"}},
		"AliasAttributes":        {out.AliasAttributes, []string{"email", "preferred_username"}},
		"AutoVerifiedAttributes": {out.AutoVerifiedAttributes, []string{"email"}},
	} {
		for _, v := range list.given {
			if !slices.Contains(list.known, v) {
				return out, unsupported("value", v+" of the field "+field)
			}
		}
	}
	var err error
	out.PasswordPolicy, err = passwordPolicy(in.Policies)
	return out, err
}

func passwordPolicy(in *wire.PoolPolicies) (store.PasswordPolicy, error) {
	var out store.PasswordPolicy
	if in != nil && in.PasswordPolicy != nil {
		p := in.PasswordPolicy
		out = store.PasswordPolicy{
			MinimumLength: p.MinimumLength, RequireUppercase: p.RequireUppercase, RequireLowercase: p.RequireLowercase,
			RequireNumbers: p.RequireNumbers, RequireSymbols: p.RequireSymbols,
			TemporaryPasswordValidityDays: p.TemporaryPasswordValidityDays,
		}
		if out == (store.PasswordPolicy{}) {
			out.MinimumLength = 8 // a policy that asks for nothing is not no policy
		}
	}
	out = withDefaults(out)
	if out.MinimumLength < 6 || out.MinimumLength > 99 {
		return out, invalid("1 validation error detected: Value '%d' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must be between 6 and 99", out.MinimumLength)
	}
	if d := out.TemporaryPasswordValidityDays; d < 0 || d > 365 {
		return out, invalid("1 validation error detected: Value '%d' at 'policies.passwordPolicy.temporaryPasswordValidityDays' failed to satisfy constraint: Member must be between 0 and 365", d)
	}
	return out, nil
}

func (s *Service) describePool(p *store.UserPool) wire.UserPoolType {
	policy := p.Settings.PasswordPolicy
	return wire.UserPoolType{
		Id: p.ID, Arn: s.arn(p.ID), Name: p.Name, UsernameAttributes: p.Settings.UsernameAttributes,
		AliasAttributes: p.Settings.AliasAttributes, AutoVerifiedAttributes: p.Settings.AutoVerifiedAttributes,
		MfaConfiguration: p.Settings.MFA, CreationDate: wire.Epoch{Time: p.Created}, LastModifiedDate: wire.Epoch{Time: p.Modified},
		AdminCreateUserConfig: &wire.AdminCreateUserConfig{AllowAdminCreateUserOnly: p.Settings.AdminCreateUserOnly},
		UsernameConfiguration: &wire.UsernameConfiguration{CaseSensitive: p.Settings.CaseSensitive},
		Policies: &wire.PoolPolicies{PasswordPolicy: &wire.PasswordPolicy{
			MinimumLength: policy.MinimumLength, RequireUppercase: policy.RequireUppercase, RequireLowercase: policy.RequireLowercase,
			RequireNumbers: policy.RequireNumbers, RequireSymbols: policy.RequireSymbols,
			TemporaryPasswordValidityDays: policy.TemporaryPasswordValidityDays,
		}},
	}
}
