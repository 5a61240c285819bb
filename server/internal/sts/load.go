package sts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

type role struct {
	id       string
	policies policy.Policies
	tags     map[string]string
}

type user struct {
	active    bool
	secret    string
	principal policy.Principal
	policies  policy.Policies
}

func (s *Service) loadRole(ctx context.Context, arn string) (role, error) {
	r, err := s.Store.Role(ctx, arn)
	if err != nil {
		return role{}, err
	}
	policies, err := s.policiesOf(ctx, r.Policies, r.Attached, r.Boundary)
	if err != nil {
		return role{}, fmt.Errorf("role %s: %w", r.Name, err)
	}
	return role{id: r.ID, policies: policies, tags: r.Tags}, nil
}

func (s *Service) loadUser(ctx context.Context, accessKeyID string) (user, error) {
	key, err := s.Store.AccessKey(ctx, accessKeyID)
	if err != nil {
		return user{}, err
	}
	u, err := s.loadUserNamed(ctx, key.UserName)
	if err != nil {
		return user{}, err
	}
	secret, err := s.secrets.OpenBytes(key.SecretSealed, []byte(accessKeyID))
	if err != nil {
		return user{}, fmt.Errorf("access key %s: %w", accessKeyID, err)
	}
	u.active, u.secret = key.Active, string(secret)
	return u, nil
}

// loadUserNamed finds a user without any key.
func (s *Service) loadUserNamed(ctx context.Context, name string) (user, error) {
	u, err := s.Store.IAMUser(ctx, name)
	if err != nil {
		return user{}, err
	}
	policies, err := s.policiesOf(ctx, u.Policies, u.Attached, u.Boundary)
	if err != nil {
		return user{}, fmt.Errorf("user %s: %w", u.Name, err)
	}
	return user{
		policies:  policies,
		principal: policy.Principal{Type: ofUser, ARN: u.ARN, Account: policy.AccountOf(u.ARN), UserID: u.ID, Username: u.Name, Tags: u.Tags},
	}, nil
}

// policiesOf reads all policies of a role or user: inline, attached, and the permissions boundary. One that is attached and
// not there is as good as unreadable: that is no role without it.
func (s *Service) policiesOf(ctx context.Context, inline map[string]string, attached []string, boundary string) (out policy.Policies, err error) {
	if out.Identity, err = parsePolicies(inline); err != nil {
		return out, err
	}
	for _, arn := range attached {
		p, err := s.attached(ctx, arn, policy.Identity)
		if err != nil {
			return out, err
		}
		out.Identity = append(out.Identity, p)
	}
	if boundary == "" {
		return out, nil
	}
	p, err := s.attached(ctx, boundary, policy.Boundary)
	out.Boundary = []*policy.Policy{p}
	return out, err
}

func (s *Service) attached(ctx context.Context, arn string, kind policy.Kind) (*policy.Policy, error) {
	p, err := s.loadManaged(ctx, arn, kind)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: the policy %s is attached and not there", store.ErrUnavailable, arn)
	}
	return p, err
}

// loadManaged reads a managed policy, named after the end of its ARN.
func (s *Service) loadManaged(ctx context.Context, arn string, kind policy.Kind) (*policy.Policy, error) {
	find := s.ManagedPolicy
	if find == nil {
		find = s.ownPolicy
	}
	doc, err := find(ctx, arn)
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse([]byte(doc), kind)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", arn, err)
	}
	p.Name = arn[strings.LastIndexByte(arn, '/')+1:]
	return p, nil
}

func (s *Service) ownPolicy(ctx context.Context, arn string) (string, error) {
	p, err := s.Store.Policy(ctx, arn)
	return p.DefaultDocument(), err
}

// parsePolicies fails for the whole set if one cannot be read: the unreadable one may have been a Deny.
func parsePolicies(docs map[string]string) ([]*policy.Policy, error) {
	all := make([]*policy.Policy, 0, len(docs))
	for name, doc := range docs {
		p, err := policy.Parse([]byte(doc), policy.Identity)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
		p.Name = name
		all = append(all, p)
	}
	return all, nil
}

// SealSecret seals the secret of a long-term key for store.AccessKey.SecretSealed.
func (s *Service) SealSecret(accessKeyID, secret string) ([]byte, error) {
	s.prepare()
	return s.secrets.SealBytes(s.Rand, []byte(secret), []byte(accessKeyID))
}
