package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/store"
)

// source is a policy document of a simulation, and where it comes from.
type source struct {
	id, origin string // SourcePolicyId and SourcePolicyType
	doc        string
	kind       policy.Kind
	parsed     *policy.Policy
}

// sources are the policies of a simulation.
type sources []source

// add parses a document. Its name in decisions is its place: an inline policy and a managed one may have one id.
func (s *sources) add(id, origin, doc string, kind policy.Kind) error {
	p, err := parse(doc, kind)
	if err != nil {
		return err
	}
	p.Name = strconv.Itoa(len(*s))
	*s = append(*s, source{id, origin, doc, kind, p})
	return nil
}

// policies sorts them by kind.
func (s sources) policies() (out policy.Policies) {
	for _, src := range s {
		switch src.kind {
		case policy.Resource:
			out.Resource = append(out.Resource, src.parsed)
		case policy.Boundary:
			out.Boundary = append(out.Boundary, src.parsed)
		default:
			out.Identity = append(out.Identity, src.parsed)
		}
	}
	return out
}

// inputs reads the policies a request brings along.
func (c *call) inputs(s *sources) error {
	for _, list := range []struct {
		name string
		kind policy.Kind
	}{{"PolicyInputList", policy.Identity}, {"PermissionsBoundaryPolicyInputList", policy.Boundary}} {
		for i, doc := range c.in.list(list.name, maxInputs, maxDocument) {
			if err := s.add(fmt.Sprintf("%s.%d", list.name, i+1), "none", doc, list.kind); err != nil {
				return err
			}
		}
	}
	if doc := c.in.text("ResourcePolicy", maxDocument); doc != "" {
		return s.add("ResourcePolicy", "resource", doc, policy.Resource)
	}
	return nil
}

// held reads the policies of a role or user. One that cannot be read makes the whole answer unavailable.
func (c *call) held(s *sources, h *holder, withBoundary bool) error {
	for _, name := range slices.Sorted(maps.Keys(h.policies)) {
		if err := s.stored(name, h.kind.name, h.policies[name], policy.Identity); err != nil {
			return err
		}
	}
	for _, arn := range h.attached {
		if err := c.heldManaged(s, arn, policy.Identity); err != nil {
			return err
		}
	}
	if h.boundary == "" || !withBoundary {
		return nil
	}
	return c.heldManaged(s, h.boundary, policy.Boundary)
}

func (c *call) heldManaged(s *sources, arn string, kind policy.Kind) error {
	doc, err := Document(c.ctx, c.Store, arn)
	if err != nil {
		return fmt.Errorf("%w: the policy %s: %w", store.ErrUnavailable, arn, err)
	}
	origin := "user-managed"
	if strings.HasPrefix(arn, awsPrefix) {
		origin = "aws-managed"
	}
	_, name := nameOf(arn)
	return s.stored(name, origin, doc, kind)
}

// stored is add for a document that was checked when it was written.
func (s *sources) stored(id, origin, doc string, kind policy.Kind) error {
	if err := s.add(id, origin, doc, kind); err != nil {
		return fmt.Errorf("%w: the policy %s cannot be read: %w", store.ErrUnavailable, id, err)
	}
	return nil
}

// holderAt finds a role or user by ARN.
func (c *call) holderAt(ctx context.Context, arn string) (*holder, error) {
	for _, k := range []*kind{roles, users} {
		rest, of := strings.CutPrefix(arn, c.arn(k.name, "/", ""))
		if !of {
			continue
		}
		h, err := k.find(ctx, c.Store, rest[strings.LastIndexByte(rest, '/')+1:])
		if err == nil && h.arn != arn {
			err = noSuchEntity("The %s with ARN %s cannot be found.", k.name, arn)
		}
		return h, err
	}
	return nil, wire.Errorf("InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
}

// askSource asks about the role or user a simulation is of.
func askSource(c *call) (Question, error) {
	return Question{Resource: orAny(c.in.form.Get("PolicySourceArn"))}, nil
}

func orAny(arn string) string {
	if arn == "" {
		return "*"
	}
	return arn
}

// keysIn lists the condition keys of documents, in order, without those in variables.
func (s sources) keysIn() []string {
	found := map[string]string{}
	for _, src := range s {
		var whole struct {
			Statement []struct {
				Condition map[string]map[string]json.RawMessage
			}
		}
		if json.Unmarshal([]byte(src.parsed.String()), &whole) != nil {
			continue // the kernel wrote it: it is read
		}
		for _, st := range whole.Statement {
			for _, keys := range st.Condition {
				for key := range keys {
					found[strings.ToLower(key)] = key
				}
			}
		}
	}
	return slices.Sorted(maps.Values(found))
}

func (c *call) contextKeysCustom() (any, error) {
	var s sources
	if err := c.inputs(&s); err != nil {
		return nil, err
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	return wire.ContextKeysOutput{ContextKeyNames: wire.List(s.keysIn()...)}, nil
}

func (c *call) contextKeysPrincipal() (any, error) {
	var s sources
	arn := c.in.needed("PolicySourceArn", maxARN)
	if err := c.inputs(&s); err != nil {
		return nil, err
	}
	if err := c.in.done(); err != nil {
		return nil, err
	}
	h, err := c.holderAt(c.ctx, arn)
	if err != nil {
		return nil, err
	}
	if err := c.held(&s, h, false); err != nil {
		return nil, err
	}
	return wire.ContextKeysOutput{ContextKeyNames: wire.List(s.keysIn()...)}, nil
}
