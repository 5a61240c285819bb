package iam

import (
	"maps"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// putInline is PutRolePolicy and PutUserPolicy. AWSRevokeOlderSessions, which ends sessions of a role by
// aws:TokenIssueTime, is a policy like any other.
func (c *call) putInline(k *kind) (any, error) {
	name, policyName, doc := c.named(k), c.in.name("PolicyName", maxPolicyName), c.in.document("PolicyDocument")
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if _, err := parse(doc, policy.Identity); err != nil {
		return nil, err
	}
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		if h.policies == nil {
			h.policies = map[string]string{}
		}
		h.policies[policyName] = doc
		return k.fits(h.name, h.policies)
	})
}

func noInline(k *kind, name string) error {
	return noSuchEntity("The %s policy with name %s cannot be found.", k.name, name)
}

func (c *call) getInline(k *kind) (any, error) {
	name, policyName := c.named(k), c.in.name("PolicyName", maxPolicyName)
	h, err := c.look(k, name)
	if err != nil {
		return nil, err
	}
	doc, found := h.policies[policyName]
	if !found {
		return nil, noInline(k, policyName)
	}
	out := wire.InlinePolicyOutput{PolicyName: policyName, PolicyDocument: wire.EncodeDocument(doc)}
	if k == roles {
		out.RoleName = h.name
	} else {
		out.UserName = h.name
	}
	return out, nil
}

func (c *call) listInline(k *kind) (any, error) {
	name, in := c.named(k), c.in.page()
	h, err := c.look(k, name)
	if err != nil {
		return nil, err
	}
	names, next := cut(in, slices.Collect(maps.Keys(h.policies)), itself)
	return wire.ListInlinePoliciesOutput{PolicyNames: wire.List(names...), IAMPage: next}, nil
}

func (c *call) deleteInline(k *kind) (any, error) {
	name, policyName := c.named(k), c.in.name("PolicyName", maxPolicyName)
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		if _, found := h.policies[policyName]; !found {
			return noInline(k, policyName)
		}
		delete(h.policies, policyName)
		return nil
	})
}
