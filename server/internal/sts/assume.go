package sts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const (
	actionTag       = "sts:TagSession"
	actionSource    = "sts:SetSourceIdentity"
	defaultDuration = time.Hour
	chainedDuration = time.Hour // "IAM User Guide", role chaining
	// maxPacked is how many bytes of a session token policies and tags may take, so that it fits the headers of a request.
	maxPacked = 4096
)

// assumption is what the operations that give a session of a role have in common.
type assumption struct {
	roleARN, name string
	duration      time.Duration // zero: not said
	policies      []string
	policyARNs    []string
	tags          map[string]string
	transitive    []string
	source        string // source identity
}

// readAssumption reads the parameters all of them have.
func readAssumption(p *params) assumption {
	return assumption{
		roleARN: p.roleARN(), name: p.pattern("RoleSessionName", true, 2, 64, "+=,.@-", sessionNamePattern),
		duration: p.duration(900, int(MaxDuration.Seconds())), policies: p.sessionPolicy(), policyARNs: p.policyARNs(),
	}
}

// facts are the condition keys that trust policies have of the request (Service Authorization Reference, "Condition keys
// for AWS Security Token Service").
func (a assumption) facts(from ...policy.Context) policy.Context {
	c := policy.NewContext(from...)
	c.Set("sts:RoleSessionName", a.name)
	if a.duration > 0 {
		c.Set("sts:DurationSeconds", fmt.Sprint(int(a.duration.Seconds())))
	}
	for key, value := range a.tags {
		c.Set("aws:RequestTag/"+key, value)
	}
	c.Set("aws:TagKeys", slices.Sorted(maps.Keys(a.tags))...)
	c.Set("sts:TransitiveTagKeys", a.transitive...)
	if a.source != "" {
		c.Set("sts:SourceIdentity", a.source)
	}
	return c
}

// actions are what the trust policy must allow beside the operation itself.
func (a assumption) actions(first string) []string {
	all := []string{first}
	if len(a.tags) > 0 {
		all = append(all, actionTag)
	}
	if a.source != "" {
		all = append(all, actionSource)
	}
	return all
}

// target reads the role anew: its trust policy is not one of the things that may be a few seconds old.
func (s *Service) target(ctx context.Context, arn string) (store.Role, *policy.Policy, error) {
	r, err := s.Store.Role(ctx, arn)
	if err != nil {
		return r, nil, err
	}
	if r.Trust == "" {
		return r, nil, store.ErrNotFound // it trusts nobody
	}
	trust, err := policy.Parse([]byte(r.Trust), policy.Trust)
	if err != nil {
		return r, nil, fmt.Errorf("%w: the trust policy of %s: %w", ErrUnavailable, r.Name, err)
	}
	return r, trust, nil
}

// lasts is how long the session will last, at most the role's maximum, and an hour if a session of a role asks.
func (a assumption) lasts(r store.Role, chained bool) (time.Duration, error) {
	most := max(time.Duration(r.MaxSessionSeconds)*time.Second, defaultDuration)
	switch {
	case a.duration == 0:
		return defaultDuration, nil
	case chained && a.duration > chainedDuration:
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case a.duration > most:
		return 0, wire.Errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return a.duration, nil
}

// made is a new session of a role.
type made struct {
	Credentials
	user   wire.AssumedRoleUser
	packed int // percent; zero if there are no policies and tags
}

// make issues the session. The principal has what is known of a web identity.
func (s *Service) make(ctx context.Context, a assumption, p policy.Principal, r store.Role, lasts time.Duration) (made, error) {
	if err := s.checkPolicyARNs(ctx, a.policyARNs); err != nil {
		return made{}, err
	}
	c := session{roleARN: r.ARN, userID: r.ID + ":" + a.name}
	p.Type, p.RoleARN, p.UserID, p.ARN, p.Account, p.Tags = assumedRole, r.ARN, c.userID, c.arn(), policy.AccountOf(r.ARN), a.tags
	p.SourceIdentity = a.source
	spec := Spec{Principal: p, Duration: lasts, policies: a.policies, policyARNs: a.policyARNs, transitive: a.transitive}
	percent, err := spec.packed()
	if err != nil {
		return made{}, err
	}
	issued, err := s.Issue(ctx, spec)
	return made{issued, wire.AssumedRoleUser{AssumedRoleId: p.UserID, Arn: p.ARN}, percent}, err
}

// packed is how much of the room for policies and tags a session takes, in percent.
func (spec Spec) packed() (int, error) {
	c := session{tags: spec.Principal.Tags, added: spec.added()}
	if c.added.empty() && len(c.tags) == 0 {
		return 0, nil
	}
	percent := (100*c.packed() + maxPacked - 1) / maxPacked
	if percent > 100 {
		return 0, wire.Errorf("PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)
	}
	return percent, nil
}

// noSuch says absent where a record is not there, and ErrUnavailable where nobody knows.
func noSuch(err, absent error) error {
	if errors.Is(err, store.ErrNotFound) {
		return absent
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// checkPolicyARNs refuses a managed policy that is not there: a session limited by nothing that exists could do nothing.
func (s *Service) checkPolicyARNs(ctx context.Context, arns []string) error {
	for _, arn := range arns {
		if _, err := s.loadManaged(ctx, arn, policy.Session); err != nil {
			return noSuch(err, wire.Errorf("ValidationError", "The managed policy %s does not exist.", shown(arn)))
		}
	}
	return nil
}
