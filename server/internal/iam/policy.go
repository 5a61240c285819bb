package iam

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

const maxVersions = 5

func askNewPolicy(c *call) (Question, error) { return asksNew(c, "policy", "PolicyName") }

// askPolicy asks about the policy a request names.
func askPolicy(c *call) (Question, error) {
	q := Question{c.in.form.Get("PolicyArn"), policy.NewContext()}
	if q.Resource == "" {
		q.Resource = c.arn("policy", "/", "")
	}
	p, err := findPolicy(c.ctx, c.Store, q.Resource)
	if err = missing(err, ""); err != nil && !isMissing(err) {
		return q, err
	}
	q.about(p.Tags, "")
	c.requested(&q)
	return q, nil
}

func askPolicies(c *call) (Question, error) {
	return Question{Resource: c.arn("policy", "/", "")}, nil
}

func askAnything(*call) (Question, error) { return Question{Resource: "*"}, nil }

func (c *call) createPolicy() (any, error) {
	now := c.Now()
	p := store.ManagedPolicy{
		Name: c.in.name("PolicyName", maxPolicyName), Path: c.in.path(), Description: c.in.text("Description", maxDescription), Tags: c.in.tags(),
		Versions: []store.PolicyVersion{{ID: "v1", Document: c.in.document("PolicyDocument"), Created: now}},
		Default:  "v1", Made: 1, Created: now, Modified: now,
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if err := CheckManaged(p.Versions[0].Document); err != nil {
		return nil, err
	}
	var err error
	if p.ID, err = c.NewID(c.Rand, "ANPA"); err != nil {
		return nil, err
	}
	p.ARN = c.arn("policy", p.Path, p.Name)
	err = c.update(func(tx *store.Tx) error {
		if err := taken(tx.CreatePolicy(p), "A policy called %s already exists. Duplicate names are not allowed.", p.Name); err != nil {
			return err
		}
		return c.within(tx.CountPolicies, "Policies", maxPolicies)
	})
	out := policyShape(p, usage{})
	out.Description = "" // as AWS answers here
	return wire.IAMPolicyOutput{Policy: out}, err
}

// usage says how many roles and users have a policy.
type usage struct{ attached, boundary int }

func (c *call) usage(arn string) (out usage, err error) {
	have, err := c.holders(c.ctx, c.Store, arn)
	for _, h := range have {
		if h.boundary == arn {
			out.boundary++
		}
		if slices.Contains(h.attached, arn) {
			out.attached++
		}
	}
	return out, err
}

// holderReader finds who has a policy.
type holderReader interface {
	RolesWith(ctx context.Context, policyARN string) ([]store.Role, error)
	IAMUsersWith(ctx context.Context, policyARN string) ([]store.IAMUser, error)
}

// has is a role or user that has a policy.
type has struct {
	kind     *kind
	name, id string
	path     string
	attached []string
	boundary string
}

func (c *call) holders(ctx context.Context, r holderReader, arn string) ([]has, error) {
	withRoles, err := r.RolesWith(ctx, arn)
	if err != nil {
		return nil, err
	}
	withUsers, err := r.IAMUsersWith(ctx, arn)
	var out []has
	for _, role := range withRoles {
		out = append(out, has{roles, role.Name, role.ID, cmp.Or(role.Path, "/"), role.Attached, role.Boundary})
	}
	for _, user := range withUsers {
		out = append(out, has{users, user.Name, user.ID, cmp.Or(user.Path, "/"), user.Attached, user.Boundary})
	}
	return out, err
}

// policyShape is a policy as GetPolicy answers; lists leave out description and tags.
func policyShape(p store.ManagedPolicy, u usage) wire.IAMPolicy {
	out := listedPolicy(p, u)
	out.Description, out.Tags = p.Description, tagShape(p.Tags)
	return out
}

func listedPolicy(p store.ManagedPolicy, u usage) wire.IAMPolicy {
	return wire.IAMPolicy{
		PolicyName: p.Name, PolicyId: p.ID, Arn: p.ARN, Path: cmp.Or(p.Path, "/"), DefaultVersionId: p.Default, IsAttachable: true,
		AttachmentCount: u.attached, PermissionsBoundaryUsageCount: u.boundary, CreateDate: wire.ISOTime(p.Created), UpdateDate: wire.ISOTime(p.Modified),
	}
}

// policy finds the policy a request names, AWS's or a customer's.
func (c *call) policy(arn string) (store.ManagedPolicy, error) {
	p, err := findPolicy(c.ctx, c.Store, arn)
	return p, missing(err, "Policy %s was not found.", arn)
}

func (c *call) getPolicy() (any, error) {
	arn := c.in.needed("PolicyArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	p, err := c.policy(arn)
	if err != nil {
		return nil, err
	}
	u, err := c.usage(arn)
	return wire.IAMPolicyOutput{Policy: policyShape(p, u)}, err
}

func (c *call) listPolicies() (any, error) {
	scope, attached := c.in.choice("Scope", "All", "AWS", "Local"), c.in.truth("OnlyAttached")
	filter := c.in.choice("PolicyUsageFilter", "", "PermissionsPolicy", "PermissionsBoundary")
	prefix, in := c.in.prefix(), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	all, err := c.policies(scope)
	if err != nil {
		return nil, err
	}
	all = under(prefix, all, func(p store.ManagedPolicy) string { return p.Path })
	uses, err := c.usages()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p store.ManagedPolicy) bool { return !uses[p.ARN].wanted(attached, filter) })
	all, next := cut(in, all, func(p store.ManagedPolicy) string { return p.Name + " " + p.ARN })
	out := wire.ListPoliciesOutput{IAMPage: next}
	for _, p := range all {
		out.Policies.Member = append(out.Policies.Member, listedPolicy(p, uses[p.ARN]))
	}
	return out, nil
}

// usages counts for all policies at once.
func (c *call) usages() (map[string]usage, error) {
	all := map[string]usage{}
	count := func(attached []string, boundary string) {
		for _, arn := range attached {
			u := all[arn]
			u.attached++
			all[arn] = u
		}
		if boundary != "" {
			u := all[boundary]
			u.boundary++
			all[boundary] = u
		}
	}
	withRoles, err := c.Store.ListRoles(c.ctx, "", everything)
	if err != nil {
		return nil, err
	}
	for _, r := range withRoles {
		count(r.Attached, r.Boundary)
	}
	withUsers, err := c.Store.ListIAMUsers(c.ctx, "", everything)
	for _, u := range withUsers {
		count(u.Attached, u.Boundary)
	}
	return all, err
}

// wanted: in the list that OnlyAttached and PolicyUsageFilter ask for.
func (u usage) wanted(onlyAttached bool, filter string) bool {
	switch filter {
	case "PermissionsPolicy":
		return u.attached > 0
	case "PermissionsBoundary":
		return u.boundary > 0
	}
	return !onlyAttached || u.attached > 0
}

func (c *call) policies(scope string) ([]store.ManagedPolicy, error) {
	var all []store.ManagedPolicy
	if scope != "Local" {
		for _, p := range awsPolicies {
			all = append(all, p.managed())
		}
	}
	if scope == "AWS" {
		return all, nil
	}
	own, err := c.Store.ListPolicies(c.ctx, "", everything)
	return append(all, own...), err
}

// changePolicy reads a customer's policy, has it changed and writes it; AWS's cannot be changed.
func (c *call) changePolicy(arn string, fn func(tx *store.Tx, p *store.ManagedPolicy) error) error {
	if err := c.in.done(); err != nil {
		return err
	}
	return c.update(func(tx *store.Tx) error {
		p, err := tx.Policy(c.ctx, arn)
		if err != nil {
			return missing(err, "Policy %s was not found.", arn)
		}
		if err := fn(tx, &p); err != nil {
			return err
		}
		p.Modified = c.Now()
		return tx.PutPolicy(p)
	})
}

// deletePolicy refuses while anybody has the policy. It is read first, which locks it: who attaches it waits.
func (c *call) deletePolicy() (any, error) {
	arn := c.in.needed("PolicyArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		p, err := tx.Policy(c.ctx, arn)
		if err != nil {
			return missing(err, "Policy %s was not found.", arn)
		}
		have, err := c.holders(c.ctx, tx, arn)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(have, func(h has) bool { return slices.Contains(h.attached, arn) }):
			return deleteConflict("Cannot delete a policy attached to entities.")
		case len(have) > 0:
			return deleteConflict("Cannot delete a policy used as a permissions boundary.")
		case len(p.Versions) > 1:
			return deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return tx.DeletePolicy(p.Name)
	})
}

func (c *call) listEntities() (any, error) {
	arn, filter := c.in.needed("PolicyArn", maxARN), c.in.choice("EntityFilter", "", "Role", "User", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
	as, prefix, in := c.in.choice("PolicyUsageFilter", "", "PermissionsPolicy", "PermissionsBoundary"), c.in.prefix(), c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if _, err := c.policy(arn); err != nil {
		return nil, err
	}
	have, err := c.holders(c.ctx, c.Store, arn)
	if err != nil {
		return nil, err
	}
	have = slices.DeleteFunc(have, func(h has) bool {
		return filter != "" && filter != h.kind.word || !h.as(arn, as)
	})
	have, next := cut(in, under(prefix, have, func(h has) string { return h.path }), func(h has) string { return fmt.Sprint(h.kind.name, " ", h.name) })
	out := wire.ListEntitiesOutput{IAMPage: next}
	for _, h := range have {
		if h.kind == roles {
			out.PolicyRoles.Member = append(out.PolicyRoles.Member, wire.IAMPolicyRole{RoleName: h.name, RoleId: h.id})
		} else {
			out.PolicyUsers.Member = append(out.PolicyUsers.Member, wire.IAMPolicyUser{UserName: h.name, UserId: h.id})
		}
	}
	return out, nil
}

// as: the policy is used in the way a filter names.
func (h has) as(arn, filter string) bool {
	switch filter {
	case "PermissionsPolicy":
		return slices.Contains(h.attached, arn)
	case "PermissionsBoundary":
		return h.boundary == arn
	}
	return true
}
