package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

const (
	maxARN      = 2048
	maxAttached = 10 // managed policies of a role or user ("IAM and AWS STS quotas")
)

// attach is AttachRolePolicy and AttachUserPolicy. The policy is read first, which locks it: who deletes it waits, and then
// finds it attached.
func (c *call) attach(k *kind) (any, error) {
	name, arn := c.named(k), c.in.needed("PolicyArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		if _, err := Document(c.ctx, tx, arn); err != nil {
			return missing(err, "Policy %s does not exist or is not attachable.", arn)
		}
		h, err := k.find(c.ctx, tx, name)
		if err != nil || slices.Contains(h.attached, arn) {
			return err
		}
		if len(h.attached) >= maxAttached {
			return limitExceeded("Cannot exceed quota for PoliciesPer%s: %d", k.word, maxAttached)
		}
		h.attached = append(h.attached, arn)
		return h.put(tx, h)
	})
}

func (c *call) detach(k *kind) (any, error) {
	name, arn := c.named(k), c.in.needed("PolicyArn", maxARN)
	return c.change(k, name, func(_ *store.Tx, h *holder) error {
		at := slices.Index(h.attached, arn)
		if at < 0 {
			return noSuchEntity("Policy %s was not found.", arn)
		}
		h.attached = slices.Delete(h.attached, at, at+1)
		return nil
	})
}

func (c *call) listAttached(k *kind) (any, error) {
	name, prefix, in := c.named(k), c.in.prefix(), c.in.page()
	h, err := c.look(k, name)
	if err != nil {
		return nil, err
	}
	all := make([]wire.IAMAttachedPolicy, 0, len(h.attached))
	for _, arn := range h.attached {
		path, policyName := nameOf(arn)
		if strings.HasPrefix(path, prefix) {
			all = append(all, wire.IAMAttachedPolicy{PolicyName: policyName, PolicyArn: arn})
		}
	}
	all, next := cut(in, all, func(p wire.IAMAttachedPolicy) string { return p.PolicyName + " " + p.PolicyArn })
	return wire.ListAttachedPoliciesOutput{AttachedPolicies: wire.List(all...), IAMPage: next}, nil
}

// nameOf gives path and name of a policy by its ARN.
func nameOf(arn string) (path, name string) {
	_, rest, _ := strings.Cut(arn, ":policy")
	at := strings.LastIndexByte(rest, '/') + 1
	return rest[:at], rest[at:]
}

func boundaryShape(arn string) *wire.IAMAttachedBoundary {
	if arn == "" {
		return nil
	}
	return &wire.IAMAttachedBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: arn}
}

// checkBoundary refuses a permissions boundary that is no managed policy; "" is none.
func checkBoundary(ctx context.Context, r reader, arn string) error {
	if arn == "" {
		return nil
	}
	_, err := Document(ctx, r, arn)
	return missing(err, "Scope ARN: %s does not exist or is not attachable.", arn)
}

// putBoundary is PutRolePermissionsBoundary and PutUserPermissionsBoundary.
func (c *call) putBoundary(k *kind) (any, error) {
	name, arn := c.named(k), c.in.needed("PermissionsBoundary", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return nil, c.update(func(tx *store.Tx) error {
		if err := checkBoundary(c.ctx, tx, arn); err != nil {
			return err
		}
		h, err := k.find(c.ctx, tx, name)
		if err != nil {
			return err
		}
		h.boundary = arn
		return h.put(tx, h)
	})
}

func (c *call) deleteBoundary(k *kind) (any, error) {
	return c.change(k, c.named(k), func(_ *store.Tx, h *holder) error {
		if h.boundary == "" {
			return noSuchEntity("The %s %s has no permissions boundary.", k.name, h.name)
		}
		h.boundary = ""
		return nil
	})
}
