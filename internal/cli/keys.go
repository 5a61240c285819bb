package cli

import (
	"cmp"
	"context"

	"github.com/gatepass/gatepass"
)

// signingKeys are whose credentials sign: the session's, or those of an AWS
// profile.
type signingKeys struct {
	get    func(context.Context) (gatepass.Credentials, error)
	renew  func(context.Context, gatepass.Credentials) (gatepass.Credentials, error) // nil: get is all there is
	region string                                                                    // what an AWS profile says; "": nothing
}

// keysOf gives the keys of an AWS profile, or of the session if there is none.
func (a *app) keysOf(ctx context.Context, v settingValues, awsProfile string) (signingKeys, error) {
	if awsProfile != "" {
		k, err := a.awsProfile(awsProfile)
		return signingKeys{get: k.Get, region: k.Region}, err
	}
	s, err := a.session(ctx, v)
	if err != nil {
		return signingKeys{}, err
	}
	return signingKeys{get: s.Credentials, renew: s.RenewCredentials}, nil
}

// with is v with the region of an AWS profile where the settings have none.
func (k signingKeys) with(v settingValues) settingValues {
	v.region = cmp.Or(v.region, k.region)
	return v
}
