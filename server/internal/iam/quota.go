package iam

import "context"

// The default quotas of an account (IAM User Guide, "IAM and AWS STS quotas").
const (
	maxRoles     = 1000
	maxUsers     = 5000
	maxPolicies  = 1500
	maxProviders = 100
)

// within refuses what was made beyond a quota, in the transaction that made it. Those that meet on PostgreSQL do not count
// each other: the quota is against things made without end, not for billing.
func (c *call) within(count func(context.Context) (int, error), what string, most int) error {
	n, err := count(c.ctx)
	if err == nil && n > most {
		err = limitExceeded("Cannot exceed quota for %sPerAccount: %d", what, most)
	}
	return err
}
