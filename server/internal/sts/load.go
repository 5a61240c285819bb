package sts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gatepass/gatepass/policy"
)

type role struct {
	id            string
	revokedBefore time.Time
	policies      policy.Policies
	tags          map[string]string
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
	policies, err := parsePolicies(r.Policies)
	if err != nil {
		return role{}, fmt.Errorf("role %s: %w", r.Name, err)
	}
	return role{id: r.ID, revokedBefore: r.RevokedBefore, policies: policy.Policies{Identity: policies}, tags: r.Tags}, nil
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
	policies, err := parsePolicies(u.Policies)
	if err != nil {
		return user{}, fmt.Errorf("user %s: %w", u.Name, err)
	}
	return user{
		policies:  policy.Policies{Identity: policies},
		principal: policy.Principal{Type: ofUser, ARN: u.ARN, Account: accountOf(u.ARN), UserID: u.ID, Username: u.Name, Tags: u.Tags},
	}, nil
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

// accountOf is the fifth field of an ARN.
func accountOf(arn string) string {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return ""
	}
	return fields[4]
}
