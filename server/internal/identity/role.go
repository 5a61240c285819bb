package identity

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const (
	federatedProvider = "cognito-identity.amazonaws.com"
	sessionName       = "CognitoIdentityCredentials"
	actionAssume      = "sts:AssumeRoleWithWebIdentity"
	actionTag         = "sts:TagSession"
	// signIn stands before the sub of a user pool's user where backends look for it. No other provider's subject may have it.
	signIn = ":CognitoSignIn:"
)

// amr is how the caller authenticated, as role trust policies and tokens name it (developer guide, "Role trust and
// permissions").
func (c caller) amr() []string {
	if len(c.logins) == 0 {
		return []string{"unauthenticated"}
	}
	amr := []string{"authenticated"}
	for _, l := range c.logins {
		how := l.clientID
		if l.kind == ofUserPool {
			how = "CognitoSignIn"
		}
		amr = append(amr, l.Provider, l.Provider+":"+how+":"+l.Subject)
	}
	return amr
}

// webIdentity is the caller before it has a role.
func (c caller) webIdentity() policy.Principal {
	amr := c.amr()
	return policy.Principal{
		FederatedProvider: federatedProvider, IdentityID: c.identity.ID, IdentityPoolID: c.pool.ID,
		AMR: amr, CognitoProvider: strings.Join(amr[1:], ","),
	}
}

// session is the principal of the credentials: the session of the role the pool gives to this caller.
func (s *Service) session(ctx context.Context, c caller, custom string) (policy.Principal, error) {
	p := c.webIdentity()
	arn, err := c.role(custom)
	if err != nil {
		return p, err
	}
	role, err := s.Store.Role(ctx, arn)
	if errors.Is(err, store.ErrNotFound) {
		return p, poolMisconfigured("the role " + arn + " does not exist")
	}
	if err != nil {
		return p, err
	}
	if p.Tags, err = c.tags(); err != nil {
		return p, err
	}
	if err := s.assume(p, role); err != nil {
		return p, err
	}
	fields := strings.SplitN(role.ARN, ":", 6)
	if len(fields) != 6 {
		return p, poolMisconfigured("the role " + arn + " has no ARN of a role")
	}
	p.Type, p.RoleARN, p.Account = "AssumedRole", role.ARN, fields[4]
	p.ARN = "arn:" + fields[1] + ":sts::" + p.Account + ":assumed-role/" + role.ARN[strings.LastIndexByte(role.ARN, '/')+1:] + "/" + sessionName
	p.UserID = role.ID + ":" + sessionName
	return p, nil
}

// assume asks the role's trust policy. One that leaves open which pool, or whether guests, is refused as well.
func (s *Service) assume(p policy.Principal, role store.Role) error {
	trust, err := policy.Parse([]byte(role.Trust), policy.Trust)
	if err != nil {
		return poolMisconfigured("the trust policy of " + role.ARN + " cannot be read: " + err.Error())
	}
	if !policy.EvaluateTrust(s.request(p, actionAssume), trust).Allowed {
		return poolMisconfigured("the trust policy of " + role.ARN + " does not allow " + actionAssume + " to this identity")
	}
	if len(p.Tags) > 0 && !policy.EvaluateTrust(s.request(p, actionTag), trust).Allowed {
		return poolMisconfigured("the trust policy of " + role.ARN + " does not allow " + actionTag + ", which principal tags need")
	}
	anyPool, anyLogin := policy.OpenTrust(s.request(p, actionAssume), trust)
	if anyPool {
		return poolMisconfigured("the trust policy of " + role.ARN + " names no identity pool: add a condition on " + federatedProvider + ":aud")
	}
	if anyLogin {
		return poolMisconfigured("the trust policy of " + role.ARN + " does not say authenticated or unauthenticated: add a condition on " + federatedProvider + ":amr")
	}
	return nil
}

// request asks a trust policy about a web identity. It has no tags before it has a session; those it will have are facts of
// the request, as is the session's name.
func (s *Service) request(p policy.Principal, action string) policy.Request {
	facts := policy.NewContext()
	facts.Set("sts:RoleSessionName", sessionName)
	for key, value := range p.Tags {
		facts.Set("aws:RequestTag/"+key, value)
	}
	facts.Set("aws:TagKeys", slices.Sorted(maps.Keys(p.Tags))...)
	p.Tags = nil
	return policy.Request{Principal: p, Action: action, Time: s.Now(), Context: facts}
}
