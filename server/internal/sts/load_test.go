package sts_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/sts"
	"github.com/gatepass/gatepass/server/store"
	"github.com/gatepass/gatepass/sigv4"
)

const policyARN = "arn:aws:iam::" + account + ":policy/team/notes"

// managedPolicy is a policy with one version.
func managedPolicy(doc string) store.ManagedPolicy {
	return store.ManagedPolicy{Name: "notes", ARN: policyARN, Default: "v1", Versions: []store.PolicyVersion{{ID: "v1", Document: doc}}}
}

// invokes asks whether a session may call the API.
func invokes(t *testing.T, s *sts.Service, c sts.Credentials, now time.Time) (policy.Decision, error) {
	t.Helper()
	p, policies, err := resolve(t, s, c, now)
	return policies.Evaluate(policy.Request{Principal: p, Action: "execute-api:Invoke", Resource: api + "GET/x", Time: now}), err
}

// TestAttached: managed policies count as inline ones do, a boundary only takes away.
func TestAttached(t *testing.T) {
	for name, c := range map[string]struct {
		role    store.Role
		doc     string
		allowed bool
		by      string
	}{
		"attached":          {store.Role{Attached: []string{policyARN}}, invokeGET, true, "notes"},
		"attached Deny":     {store.Role{Policies: map[string]string{"all": allowAll}, Attached: []string{policyARN}}, deny(allowAll), false, "notes"},
		"inside a boundary": {store.Role{Policies: map[string]string{"all": allowAll}, Boundary: policyARN}, invokeGET, true, "all"},
		"outside of it":     {store.Role{Policies: map[string]string{"all": allowAll}, Boundary: policyARN}, onlyAssume, false, ""},
		"a boundary alone":  {store.Role{Boundary: policyARN}, allowAll, false, ""},
	} {
		s := newService(t)
		r := role()
		r.Policies, r.Attached, r.Boundary = c.role.Policies, c.role.Attached, c.role.Boundary
		update(t, s, func(tx *store.Tx) error { return errors.Join(tx.PutPolicy(managedPolicy(c.doc)), tx.PutRole(r)) })
		if d, err := invokes(t, s, issue(t, s, session()), start); err != nil || d.Allowed != c.allowed || d.Policy != c.by {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func deny(doc string) string {
	const allow = `"Effect":"Allow"`
	i := len(`{"Version":"2012-10-17","Statement":{`)
	return doc[:i] + `"Effect":"Deny"` + doc[i+len(allow):]
}

// TestI16_Unreadable: a policy that is attached and cannot be read, or is not there, refuses everything with 503. It may have
// been a Deny.
func TestI16_Unreadable(t *testing.T) {
	for name, c := range map[string]struct {
		doc string // "": there is none
		set func(r *store.Role)
	}{
		"attached, not there":  {"", func(r *store.Role) { r.Attached = []string{policyARN} }},
		"attached, broken":     {`{"Version":"2012-10-17"`, func(r *store.Role) { r.Attached = []string{policyARN} }},
		"boundary, not there":  {"", func(r *store.Role) { r.Boundary = policyARN }},
		"boundary, broken":     {`{}`, func(r *store.Role) { r.Boundary = policyARN }},
		"of AWS, not there":    {"", func(r *store.Role) { r.Attached = []string{"arn:aws:iam::aws:policy/Nothing"} }},
		"no version in force":  {" ", func(r *store.Role) { r.Attached = []string{policyARN} }},
		"the inline one, half": {"", func(r *store.Role) { r.Policies["x"] = allowAll[:20] }},
	} {
		s := newService(t)
		s.ManagedPolicy = func(ctx context.Context, arn string) (string, error) {
			p, err := s.Store.Policy(ctx, arn)
			return p.DefaultDocument(), err
		}
		update(t, s, func(tx *store.Tx) error {
			r := role()
			c.set(&r)
			if c.doc != "" {
				return errors.Join(tx.PutPolicy(managedPolicy(c.doc)), tx.PutRole(r))
			}
			return tx.PutRole(r)
		})
		if _, err := invokes(t, s, issue(t, s, session()), start); !errors.Is(err, sts.ErrUnavailable) || errors.Is(err, sigv4.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestA26_Staleness: another node knows of a change after Staleness, the one that made it at once, even for what was being read
// at that moment.
func TestA26_Staleness(t *testing.T) {
	here := newService(t)
	there := &sts.Service{Store: here.Store, Ring: here.Ring, Rand: rand.Reader, Now: here.Now}
	c := issue(t, here, session())
	for _, s := range []*sts.Service{here, there} {
		if d, err := invokes(t, s, c, start); err != nil || !d.Allowed {
			t.Fatalf("%+v, %v", d, err)
		}
	}
	update(t, here, func(tx *store.Tx) error {
		r := role()
		r.Policies["no"] = deny(allowAll)
		return tx.PutRole(r)
	})
	here.Forget()
	now := start.Add(sts.Staleness - 1)
	if d, err := invokes(t, here, c, now); err != nil || d.Allowed {
		t.Errorf("here, at once: %+v, %v", d, err)
	}
	if d, err := invokes(t, there, c, now); err != nil || !d.Allowed {
		t.Errorf("there, within the bound: %+v, %v", d, err)
	}
	if d, err := invokes(t, there, c, now.Add(1)); err != nil || d.Allowed {
		t.Errorf("there, after the bound: %+v, %v", d, err)
	}
}

// TestA26_Race: what was read before a change and arrives after it is used once and not kept.
func TestA26_Race(t *testing.T) {
	s := newService(t)
	update(t, s, func(tx *store.Tx) error {
		r := role()
		r.Policies, r.Attached = nil, []string{policyARN}
		return errors.Join(tx.PutPolicy(managedPolicy(allowAll)), tx.PutRole(r))
	})
	changed := false
	s.ManagedPolicy = func(ctx context.Context, arn string) (string, error) {
		p, err := s.Store.Policy(ctx, arn)
		if !changed {
			changed = true
			update(t, s, func(tx *store.Tx) error { return tx.PutPolicy(managedPolicy(deny(allowAll))) })
			s.Forget()
		}
		return p.DefaultDocument(), err
	}
	c := issue(t, s, session())
	if d, err := invokes(t, s, c, start); err != nil || !d.Allowed {
		t.Fatalf("what was read before: %+v, %v", d, err)
	}
	if d, err := invokes(t, s, c, start); err != nil || d.Allowed {
		t.Errorf("what was read before was kept: %+v, %v", d, err)
	}
}
