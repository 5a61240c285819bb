package iam

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/store"
)

func versionShape(p store.ManagedPolicy, v store.PolicyVersion) wire.IAMPolicyVersion {
	return wire.IAMPolicyVersion{VersionId: v.ID, IsDefaultVersion: v.ID == p.Default, CreateDate: wire.ISOTime(v.Created)}
}

func versionAt(p store.ManagedPolicy, id string) (int, error) {
	at := slices.IndexFunc(p.Versions, func(v store.PolicyVersion) bool { return v.ID == id })
	if at < 0 {
		return at, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return at, nil
}

func (c *call) createPolicyVersion() (any, error) {
	arn, doc, inForce := c.in.needed("PolicyArn", maxARN), c.in.document("PolicyDocument"), c.in.truth("SetAsDefault")
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if err := CheckManaged(doc); err != nil {
		return nil, err
	}
	var out wire.IAMPolicyVersion
	err := c.changePolicy(arn, func(_ *store.Tx, p *store.ManagedPolicy) error {
		if len(p.Versions) >= maxVersions {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		v := addVersion(p, doc, c.Now())
		if inForce {
			p.Default = v.ID
		}
		out = versionShape(*p, v)
		return nil
	})
	return wire.PolicyVersionOutput{PolicyVersion: out}, err
}

func addVersion(p *store.ManagedPolicy, doc string, now time.Time) store.PolicyVersion {
	p.Made++
	v := store.PolicyVersion{ID: fmt.Sprintf("v%d", p.Made), Document: doc, Created: now}
	p.Versions = append(p.Versions, v)
	return v
}

func (c *call) getPolicyVersion() (any, error) {
	arn, id := c.in.needed("PolicyArn", maxARN), c.in.needed("VersionId", 32)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	p, err := c.policy(arn)
	if err != nil {
		return nil, err
	}
	at, err := versionAt(p, id)
	if err != nil {
		return nil, err
	}
	out := versionShape(p, p.Versions[at])
	out.Document = wire.EncodeDocument(p.Versions[at].Document)
	return wire.PolicyVersionOutput{PolicyVersion: out}, nil
}

// listPolicyVersions lists the newest first, on one page: there are five at most.
func (c *call) listPolicyVersions() (any, error) {
	arn := c.in.needed("PolicyArn", maxARN)
	c.in.page()
	if err := c.in.done(); err != nil {
		return nil, err
	}
	p, err := c.policy(arn)
	out := wire.ListPolicyVersionsOutput{}
	for _, v := range slices.Backward(p.Versions) {
		out.Versions.Member = append(out.Versions.Member, versionShape(p, v))
	}
	return out, err
}

func (c *call) setDefaultPolicyVersion() (any, error) {
	arn, id := c.in.needed("PolicyArn", maxARN), c.in.needed("VersionId", 32)
	return nil, c.changePolicy(arn, func(_ *store.Tx, p *store.ManagedPolicy) error {
		_, err := versionAt(*p, id)
		p.Default = id
		return err
	})
}

func (c *call) deletePolicyVersion() (any, error) {
	arn, id := c.in.needed("PolicyArn", maxARN), c.in.needed("VersionId", 32)
	return nil, c.changePolicy(arn, func(_ *store.Tx, p *store.ManagedPolicy) error {
		at, err := versionAt(*p, id)
		if err != nil {
			return err
		}
		if id == p.Default {
			return deleteConflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.Delete(p.Versions, at, at+1)
		return nil
	})
}

// NewVersion puts a document in force as a policy's next version; the oldest of five goes, but for the one in force.
func NewVersion(p store.ManagedPolicy, doc string, now time.Time) store.ManagedPolicy {
	if len(p.Versions) >= maxVersions {
		oldest := slices.IndexFunc(p.Versions, func(v store.PolicyVersion) bool { return v.ID != p.Default })
		p.Versions = slices.Delete(p.Versions, oldest, oldest+1)
	}
	v := addVersion(&p, doc, now)
	p.Default, p.Modified = v.ID, now
	return p
}
