package sts

import (
	"context"
	"net/url"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

// getAccessKeyInfo says which account a key is of (AWS STS API Reference, GetAccessKeyInfo). AWS's temporary keys carry
// their account; ours are all of the caller's, as there is one.
func (s *Service) getAccessKeyInfo(ctx context.Context, c Caller, form url.Values) (any, error) {
	p := paramsOf(form)
	id := p.pattern("AccessKeyId", true, 16, 128, "", `[\w]*`)
	if err := p.done(); err != nil {
		return nil, err
	}
	if !wellFormed(id) {
		return nil, wire.Errorf("ValidationError", "Invalid Access Key")
	}
	if id[:len(prefixTemporary)] == prefixTemporary {
		return wire.GetAccessKeyInfoResult{Account: c.Principal.Account}, nil
	}
	key, err := s.Store.AccessKey(ctx, id)
	if err != nil {
		return nil, noSuch(err, wire.Errorf("ValidationError", "Invalid Access Key"))
	}
	u, err := s.Store.IAMUser(ctx, key.UserName)
	if err != nil {
		return nil, noSuch(err, wire.Errorf("ValidationError", "Invalid Access Key"))
	}
	return wire.GetAccessKeyInfoResult{Account: policy.AccountOf(u.ARN)}, nil
}
