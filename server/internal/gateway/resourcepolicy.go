package gateway

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/gatepass/gatepass/policy"
)

// maxPolicy is the quota of a resource policy's length, in characters.
const maxPolicy = 8192

// shorthand begins a resource of an API's own policy without region, account and
// API: execute-api:/stage/METHOD/path.
const shorthand = "execute-api:/"

// setPolicy reads the API's resource policy. Prefix begins the ARNs of the
// gateway's APIs.
func (a *api) setPolicy(prefix string) error {
	if a.Policy == "" {
		return nil
	}
	doc := expand(a.Policy, prefix+a.ID+"/")
	if utf8.RuneCount(doc) > maxPolicy {
		return invalid("Policy", "is longer than %d characters", maxPolicy)
	}
	p, err := policy.Parse(doc, policy.Resource)
	if err != nil {
		return invalid("Policy", "%v", err)
	}
	p.Name = a.ID
	a.policies = []*policy.Policy{p}
	return nil
}

// expand writes resources of the form execute-api:/… in full, as API Gateway
// keeps them. Everything else stays as it is, byte for byte, for the parser of
// policies to judge.
func expand(doc, full string) []byte {
	dec := json.NewDecoder(strings.NewReader(doc))
	out, done := []byte(nil), 0
	var at place
	for {
		before := int(dec.InputOffset())
		tok, err := dec.Token()
		if err != nil {
			return append(out, doc[done:]...) // the parser says it better
		}
		text, isText := tok.(string)
		if at.step(tok); !isText || !at.isResource() || !strings.HasPrefix(text, shorthand) || strings.ContainsRune(text, utf8.RuneError) {
			continue // bad UTF-8 is left for the parser to refuse
		}
		begin := before + strings.IndexByte(doc[before:], '"')
		out = append(append(out, doc[done:begin]...), jsonString(full+text[len(shorthand):])...)
		done = int(dec.InputOffset())
	}
}

// place follows a walk over the tokens of a JSON document.
type place struct{ open []level }

// level is an open object or array.
type level struct {
	object bool
	key    string // of the value that comes or that was read last
	named  bool   // the key was read, its value was not
}

func (p *place) step(tok json.Token) {
	switch tok {
	case json.Delim('{'), json.Delim('['):
		next := level{object: tok == json.Delim('{')}
		if top := p.top(); top != nil && !next.object {
			next.key = top.key // the values of a list stand for the list
		}
		p.open = append(p.open, next)
		return
	case json.Delim('}'), json.Delim(']'):
		p.open = p.open[:len(p.open)-1]
		if top := p.top(); top != nil {
			top.named = false
		}
		return
	}
	top := p.top()
	switch {
	case top == nil || !top.object:
	case top.named:
		top.named = false
	default:
		top.key, _ = tok.(string)
		top.named = true
	}
}

func (p *place) top() *level {
	if len(p.open) == 0 {
		return nil
	}
	return &p.open[len(p.open)-1]
}

// isResource tells that the token last read is a value of a statement's Resource
// or NotResource.
func (p *place) isResource() bool {
	top := p.top()
	return top != nil && !(top.object && top.named) && (top.key == "Resource" || top.key == "NotResource") && !p.inCondition()
}

// inCondition tells a place below a Condition, where keys are not elements.
func (p *place) inCondition() bool {
	for _, l := range p.open[:len(p.open)-1] {
		if l.object && l.key == "Condition" {
			return true
		}
	}
	return false
}

// permitAnyone asks the API's resource policy about a call whose caller is not
// known: without one anybody may call, with one it must allow.
func (c *call) permitAnyone() error {
	if c.api.policies == nil {
		return nil
	}
	d, resource, err := c.decide(policy.Principal{}, policy.Policies{})
	if err != nil || d.Allowed {
		return err
	}
	return c.denied("anonymous", resource, d)
}

// forbids asks before an authorizer does whether the API's resource policy has a
// Deny for the call, which no answer of the authorizer could lift (API Gateway
// Developer Guide, "How API Gateway resource policies affect authorization
// workflow").
func (c *call) forbids() error {
	if c.api.policies == nil {
		return nil
	}
	d, resource, err := c.decide(policy.Principal{}, policy.Policies{})
	if err != nil || d.Reason != policy.ExplicitDeny {
		c.event.Decision, c.event.Verdict, c.asked = nil, "", policy.Request{} // it is not made yet
		return err
	}
	return c.denied("anonymous", resource, d)
}
