package iam

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

const (
	maxInputs  = 100
	maxActions = 100
)

// simulation is what a simulation asks.
type simulation struct {
	sources            sources
	caller             policy.Principal
	actions, resources []string
	owner              string
	facts              policy.Context
	page               page
	shown              map[*policy.Statement]wire.IAMStatement // by what the kernel read
}

// simulateCustom tries the policies of the request and no others.
func (c *call) simulateCustom() (any, error) {
	sim, err := c.simulation()
	if err != nil {
		return nil, err
	}
	caller := c.in.text("CallerArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	if len(sim.policies().Identity) == 0 {
		return nil, wire.Errorf("ValidationError", "1 validation error detected: Value at 'policyInputList' failed to satisfy constraint: Member must not be null")
	}
	if err := c.as(&sim, caller); err != nil {
		return nil, err
	}
	return sim.run(), nil
}

func (s *simulation) policies() policy.Policies { return s.sources.policies() }

// simulatePrincipal tries the policies of a role or user, and those of the request beside them; a boundary of the request
// stands in the place of his own.
func (c *call) simulatePrincipal() (any, error) {
	sim, err := c.simulation()
	if err != nil {
		return nil, err
	}
	arn, caller := c.in.needed("PolicySourceArn", maxARN), c.in.text("CallerArn", maxARN)
	if err := c.in.done(); err != nil {
		return nil, err
	}
	h, err := c.holderAt(c.ctx, arn)
	if err != nil {
		return nil, err
	}
	if err := c.held(&sim.sources, h, len(sim.policies().Boundary) == 0); err != nil {
		return nil, err
	}
	if err := c.as(&sim, cmp.Or(caller, arn)); err != nil {
		return nil, err
	}
	if sim.caller.ARN == h.arn {
		sim.caller.Tags = h.tags
	}
	return sim.run(), nil
}

// simulation reads what both operations have.
func (c *call) simulation() (sim simulation, err error) {
	sim.page = c.in.page()
	sim.actions, sim.resources = c.in.list("ActionNames", maxActions, 128), c.in.list("ResourceArns", maxActions, maxARN)
	if len(sim.actions) == 0 {
		c.in.refuse("ActionNames", "Member must not be null")
	}
	if len(sim.resources) == 0 {
		sim.resources = []string{"*"}
	}
	sim.owner = c.in.text("ResourceOwner", maxARN)
	sim.owner = cmp.Or(policy.AccountOf(sim.owner), sim.owner)
	sim.facts = c.contextEntries()
	return sim, c.inputs(&sim.sources)
}

// contextEntries reads the facts of the request that is simulated. Values are texts; policies read in them what they need.
func (c *call) contextEntries() policy.Context {
	facts := policy.NewContext()
	for _, entry := range c.in.structs("ContextEntries", maxInputs) {
		name := entry.Get("ContextKeyName")
		var values []string
		list, err := wire.QueryList(entry, "ContextKeyValues", maxInputs)
		if err != nil || name == "" || entry.Get("ContextKeyType") == "" {
			c.in.refuse("ContextEntries", "an entry has a ContextKeyName, ContextKeyValues and a ContextKeyType")
		}
		for _, v := range list {
			values = append(values, v.Get(""))
		}
		if !strings.HasSuffix(entry.Get("ContextKeyType"), "List") && len(values) > 1 {
			c.in.refuse("ContextEntries", "a single value for the key %s of type %s", name, entry.Get("ContextKeyType"))
		}
		facts.Set(name, values...)
	}
	return facts
}

// as makes the caller of a simulation: a user, or a session of a role.
func (c *call) as(sim *simulation, arn string) error {
	fields := strings.SplitN(arn, ":", 6)
	kind, name, _ := strings.Cut(fields[len(fields)-1], "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	p := policy.Principal{ARN: arn, Account: policy.AccountOf(arn)}
	switch {
	case arn == "" && len(sim.policies().Resource) > 0:
		return wire.Errorf("InvalidInput", "CallerArn is required when a ResourcePolicy is given.")
	case arn == "":
		p = policy.Principal{}
	case len(fields) == 6 && kind == "user":
		p.Type, p.Username = "User", name
	case len(fields) == 6 && kind == "role":
		p.Type, p.RoleARN = "AssumedRole", arn
	default:
		return wire.Errorf("InvalidInput", "Invalid CallerArn: %s is neither a user nor a role.", arn)
	}
	sim.caller = p
	return nil
}

// maxTries is how many questions one call answers, whatever MaxItems says: each asks every statement of the policies.
const maxTries = 100

// maxMatched is how many statements a page shows before it ends.
const maxMatched = 2000

// run tries every action on every resource, a page of them.
func (s *simulation) run() wire.SimulationOutput {
	s.shown = map[*policy.Statement]wire.IAMStatement{}
	s.page.most = min(s.page.most, maxTries)
	questions := make([]int, len(s.actions)*len(s.resources))
	for i := range questions {
		questions[i] = i
	}
	key := func(i int) string { return fmt.Sprintf("%06d", i) }
	part, next := cut(s.page, questions, key)
	out := wire.SimulationOutput{IAMPage: next}
	missing, matched := wire.List(s.missing()...), 0
	for at, i := range part {
		e := s.try(s.actions[i/len(s.resources)], s.resources[i%len(s.resources)])
		e.MissingContextValues = missing
		out.EvaluationResults.Member = append(out.EvaluationResults.Member, e)
		if matched += len(e.MatchedStatements.Member); matched > maxMatched && at < len(part)-1 {
			out.IAMPage = truncated(key(i))
			break
		}
	}
	return out
}

func (s *simulation) try(action, resource string) wire.IAMEvaluation {
	policies := s.policies()
	policies.Account = s.owner
	if policies.Account == "" && len(policy.AccountOf(resource)) != len("123456789012") {
		policies.Account = s.caller.Account // a resource without account is the caller's own
	}
	req := policy.Request{Principal: s.caller, Action: action, Resource: resource, Context: s.facts}
	d, steps := policies.Trace(req)
	out := wire.IAMEvaluation{EvalActionName: action, EvalResourceName: resource, EvalDecision: decisionWord(d.Reason)}
	for _, step := range steps {
		if step.Applies() && (d.Reason == policy.ExplicitDeny) == (step.Statement.Effect == policy.EffectDeny) {
			out.MatchedStatements.Member = append(out.MatchedStatements.Member, s.statement(step))
		}
	}
	if len(policies.Boundary) > 0 {
		out.PermissionsBoundaryDecision = &wire.IAMBoundaryDecision{AllowedByPermissionsBoundary: inside(policies.Boundary, req)}
	}
	return out
}

// inside asks the boundary alone.
func inside(boundary []*policy.Policy, req policy.Request) bool {
	_, steps := policy.Policies{Boundary: boundary}.Trace(req)
	allowed := false
	for _, step := range steps {
		if step.Applies() && step.Statement.Effect == policy.EffectDeny {
			return false
		}
		allowed = allowed || step.Applies()
	}
	return allowed
}

func decisionWord(r policy.Reason) string {
	switch r {
	case policy.Allow:
		return "allowed"
	case policy.ExplicitDeny:
		return "explicitDeny"
	}
	return "implicitDeny"
}

// missing lists the condition keys that policies ask for and nobody gave.
func (s *simulation) missing() []string {
	own := s.caller.Context()
	return slices.DeleteFunc(s.sources.keysIn(), func(key string) bool {
		return len(s.facts.Get(key)) > 0 || len(own.Get(key)) > 0
	})
}

// statement finds the place of a statement once, however many questions it matches.
func (s *simulation) statement(step policy.Step) wire.IAMStatement {
	if have, there := s.shown[step.Statement]; there {
		return have
	}
	at, _ := strconv.Atoi(step.Policy) // as sources.add named it
	src := s.sources[at]
	start := wire.IAMPosition{Line: step.Statement.Line, Column: step.Statement.Column}
	s.shown[step.Statement] = wire.IAMStatement{SourcePolicyId: src.id, SourcePolicyType: src.origin, StartPosition: start, EndPosition: endOf(src.doc, start)}
	return s.shown[step.Statement]
}

// endOf is the place after the object that begins at a place of a document.
func endOf(doc string, start wire.IAMPosition) wire.IAMPosition {
	offset := 0
	for range start.Line - 1 {
		offset += strings.IndexByte(doc[offset:], '\n') + 1
	}
	offset += start.Column - 1
	dec := json.NewDecoder(strings.NewReader(doc[offset:]))
	var object json.RawMessage
	if dec.Decode(&object) != nil {
		return start // the parser has read it
	}
	before := doc[:offset+int(dec.InputOffset())]
	return wire.IAMPosition{Line: strings.Count(before, "\n") + 1, Column: len(before) - strings.LastIndexByte(before, '\n')}
}
