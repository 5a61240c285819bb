package sts

import (
	"context"
	"net/url"

	"github.com/gatepass/gatepass/internal/wire"
)

// getCallerIdentity says who the caller is (AWS STS API Reference, GetCallerIdentity). No policy can deny it.
func (s *Service) getCallerIdentity(_ context.Context, c Caller, form url.Values) (any, error) {
	if err := paramsOf(form).done(); err != nil {
		return nil, err
	}
	return wire.GetCallerIdentityResult{Arn: c.Principal.ARN, UserId: c.Principal.UserID, Account: c.Principal.Account}, nil
}
