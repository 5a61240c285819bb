package sts

import (
	"context"
	"net/url"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// GetCallerIdentity says who the caller is (AWS STS API Reference, GetCallerIdentity). No policy can deny it.
func GetCallerIdentity(p policy.Principal) wire.GetCallerIdentityResult {
	return wire.GetCallerIdentityResult{Arn: p.ARN, UserId: p.UserID, Account: p.Account}
}

func getCallerIdentity(_ context.Context, p policy.Principal, _ url.Values) (any, error) {
	return GetCallerIdentity(p), nil
}
