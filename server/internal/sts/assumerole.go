package sts

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const actionAssume = "sts:AssumeRole"

// assumeRole gives a user or a session of a role a session of a role (AWS STS API Reference, AssumeRole).
func (s *Service) assumeRole(ctx context.Context, c Caller, form url.Values) (any, error) {
	p := paramsOf(form)
	a := readAssumption(p)
	a.tags, a.transitive = p.tags()
	a.source = p.pattern("SourceIdentity", false, 2, 64, "+=,.@-", sessionNamePattern)
	externalID := p.pattern("ExternalId", false, 2, 1224, `+=,.@:\/-`, externalIDPattern)
	if err := p.done(); err != nil {
		return nil, err
	}
	facts := a.facts(c.Context)
	if externalID != "" {
		facts.Set("sts:ExternalId", externalID)
	}
	a.source = cmp.Or(a.source, c.Principal.SourceIdentity)
	if err := s.inherit(c, &a); err != nil {
		return nil, err
	}
	role, err := s.permitted(ctx, c, a, facts)
	if err != nil {
		return nil, err
	}
	lasts, err := a.lasts(role, c.Principal.Type == assumedRole)
	if err != nil {
		return nil, err
	}
	m, err := s.make(ctx, a, policy.Principal{}, role, lasts)
	if err != nil {
		return nil, err
	}
	return wire.AssumeRoleResult{Credentials: m.wire(), AssumedRoleUser: m.user, PackedPolicySize: m.packed, SourceIdentity: a.source}, nil
}

// permitted finds the role and asks whether the caller may have it, with these tags.
func (s *Service) permitted(ctx context.Context, c Caller, a assumption, facts policy.Context) (store.Role, error) {
	denied := func(action string) error {
		return accessDenied("User: %s is not authorized to perform: %s on resource: %s", c.Principal.ARN, action, a.roleARN)
	}
	role, trust, err := s.target(ctx, a.roleARN)
	if err != nil {
		return role, noSuch(err, denied(actionAssume))
	}
	if have := c.Principal.SourceIdentity; have != "" && have != a.source {
		return role, denied(actionSource) // it stays as it was first said
	}
	for _, action := range a.actions(actionAssume) {
		req := policy.Request{Principal: c.Principal, Action: action, Resource: role.ARN, Time: s.Now(), Context: facts, Namesake: c.Principal.Namesake(role.Pins)}
		if !s.trusted(c, trust, req) {
			return role, denied(action)
		}
	}
	return role, nil
}

// trusted asks the role's trust policy and the caller's own policies. A trust policy that names the caller, or the role he
// has a session of, does without a word of his identity policies, but it does not lift a Deny, nor what limits him: a session
// with session policies makes no session that these do not allow.
func (s *Service) trusted(c Caller, trust *policy.Policy, req policy.Request) bool {
	d, own := policy.EvaluateTrust(req, trust), c.Policies.Evaluate(req)
	switch {
	case !d.Allowed || own.Reason == policy.ExplicitDeny:
		return false
	case own.Allowed:
		return true
	case d.Delegated:
		return false
	}
	limits := c.Policies
	limits.Identity = append(slices.Clip(limits.Identity), s.allow)
	return limits.Evaluate(req).Allowed
}

// inherit adds the transitive tags of the caller's session, which the new one must not change (IAM User Guide, "Chaining
// roles with session tags").
func (s *Service) inherit(c Caller, a *assumption) error {
	if c.SessionToken == "" {
		return nil
	}
	parent, err := s.open(c.AccessKeyID, c.SessionToken)
	if err != nil {
		return err
	}
	for _, key := range parent.transitive {
		if _, set := tagOf(a.tags, key); set {
			return wire.Errorf("InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		as, _ := tagOf(parent.tags, key)
		if err := addTag(&a.tags, as, parent.tags[as]); err != nil {
			return err
		}
		a.transitive = append(a.transitive, as)
	}
	if len(a.tags) > maxSessionTags {
		return wire.Errorf("ValidationError", "more than %d session tags with those of the calling session", maxSessionTags)
	}
	return nil
}
