package sts

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

const (
	actionWeb   = "sts:AssumeRoleWithWebIdentity"
	cognito     = "cognito-identity.amazonaws.com"
	maxWebToken = 20000
)

// WebIdentity is what a verified token says.
type WebIdentity struct {
	// Principal has the FederatedProvider that trust policies name and, of an identity pool, who the identity is. It has
	// no ARN yet.
	Principal         policy.Principal
	Subject, Audience string
	Keys              policy.Context    // the provider's condition keys, such as PROVIDER:sub
	Tags              map[string]string // session tags the token asks for, as it asks
	Transitive        []string          // keys of those that go on
	Source            string            // source identity the token sets
}

// assumeRoleWithWebIdentity gives whoever a token is of a session of a role that trusts its issuer (AWS STS API Reference,
// AssumeRoleWithWebIdentity). The token is the only proof: the request is not signed.
func (s *Service) assumeRoleWithWebIdentity(ctx context.Context, c Caller, form url.Values) (any, error) {
	p := paramsOf(form)
	a := readAssumption(p)
	token := p.text("WebIdentityToken", true, 4, maxWebToken)
	if err := p.done(); err != nil {
		return nil, err
	}
	who, err := s.verifyToken(ctx, token)
	if err != nil {
		return nil, err
	}
	if a.tags, a.transitive, err = who.tags(); err != nil {
		return nil, err
	}
	if a.source = who.Source; a.source != "" && !isSessionName(a.source) {
		return nil, wire.Errorf("InvalidIdentityToken", "The source identity of the token is not 2 to 64 letters, digits and _+=,.@-")
	}
	denied := accessDenied("Not authorized to perform " + actionWeb)
	role, trust, err := s.target(ctx, a.roleARN)
	if err != nil {
		return nil, noSuch(err, denied)
	}
	if !s.trustsWeb(who.Principal, trust, a, a.facts(c.Context, who.Keys)) {
		return nil, denied
	}
	lasts, err := a.lasts(role, false)
	if err != nil {
		return nil, err
	}
	m, err := s.make(ctx, a, who.Principal, role, lasts)
	if err != nil {
		return nil, err
	}
	return wire.AssumeRoleWithWebIdentityResult{
		SubjectFromWebIdentityToken: who.Subject, Audience: who.Audience, Provider: who.Principal.FederatedProvider,
		AssumedRoleUser: m.user, Credentials: m.wire(), PackedPolicySize: m.packed, SourceIdentity: a.source,
	}, nil
}

func (s *Service) verifyToken(ctx context.Context, token string) (WebIdentity, error) {
	if s.VerifyToken == nil {
		return WebIdentity{}, wire.Errorf("InvalidIdentityToken", "No OpenIDConnect provider found in your account")
	}
	return s.VerifyToken(ctx, token)
}

// tags holds the token's tags to what session tags may be.
func (w WebIdentity) tags() (tags map[string]string, transitive []string, err error) {
	if len(w.Tags) > maxSessionTags {
		return nil, nil, wire.Errorf("InvalidIdentityToken", "The token has more than %d session tags.", maxSessionTags)
	}
	for _, key := range slices.Sorted(maps.Keys(w.Tags)) {
		if err := addTag(&tags, key, w.Tags[key]); err != nil {
			return nil, nil, err
		}
	}
	return tags, w.Transitive, checkTransitive(tags, w.Transitive)
}

// trustsWeb asks a role's trust policy. One that leaves open which pool, or whether guests, does not count as trust.
func (s *Service) trustsWeb(who policy.Principal, trust *policy.Policy, a assumption, facts policy.Context) bool {
	request := func(action string) policy.Request {
		return policy.Request{Principal: who, Action: action, Time: s.Now(), Context: facts}
	}
	for _, action := range a.actions(actionWeb) {
		if !policy.EvaluateTrust(request(action), trust).Allowed {
			return false
		}
	}
	if who.FederatedProvider != cognito {
		return true
	}
	anyPool, anyLogin := policy.OpenTrust(request(actionWeb), trust)
	return !anyPool && !anyLogin
}
