package sts

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/policy"
)

const (
	maxMessage    = 10240
	maxShown      = 4096 // bytes of the message in a header: proxies have little room for all headers
	maxConditions = 24
	maxCondition  = 128 // bytes of a value that is worth its room in a header
)

// items is how the message writes lists.
type items[T any] struct {
	Items []T `json:"items"`
}

// denial is the message (AWS STS API Reference, DecodeAuthorizationMessage). Statements have a number, from 0, and the
// policy's name besides what AWS says of them.
type denial struct {
	Allowed      bool             `json:"allowed"`
	ExplicitDeny bool             `json:"explicitDeny"`
	Matched      items[statement] `json:"matchedStatements"`
	Failures     items[string]    `json:"failures"`
	Context      struct {
		Principal  subject          `json:"principal"`
		Action     string           `json:"action"`
		Resource   string           `json:"resource"`
		Conditions items[condition] `json:"conditions"`
	} `json:"context"`
}

type statement struct {
	ID     string `json:"statementId"`
	Effect string `json:"effect"`
	Policy string `json:"policy"`
	Kind   string `json:"policyType"`
	Number int    `json:"statementNumber"`
}

type subject struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	ARN  string `json:"arn"`
}

type condition struct {
	Key    string       `json:"key"`
	Values items[value] `json:"values"`
}

type value struct {
	Value string `json:"value"`
}

// EncodeDenial seals why a request was denied, for the caller to show to somebody who may decode it: his own policies need
// not let him know. near says in words what came nearest; it may be empty. The result is fit for a header: the conditions are
// left out where they would make it too long; it is empty if it still is, or if no random bytes could be had.
func (s *Service) EncodeDenial(req policy.Request, d policy.Decision, near string) string {
	s.prepare()
	m := denial{Allowed: d.Allowed, ExplicitDeny: d.Reason == policy.ExplicitDeny, Matched: items[statement]{[]statement{}}, Failures: items[string]{[]string{}}}
	if st := d.Statement; st != nil {
		m.Matched.Items = []statement{{ID: st.Sid, Effect: string(st.Effect), Policy: d.Policy, Kind: d.Kind.String(), Number: st.Index}}
	}
	if near != "" {
		m.Failures.Items = []string{near}
	}
	p := req.Principal
	m.Context.Principal = subject{ID: p.UserID, Name: p.Username, ARN: p.ARN}
	m.Context.Action, m.Context.Resource = req.Action, req.Resource
	m.Context.Conditions.Items = conditions(policy.NewContext(req.Context, p.Context()))
	if message := s.sealDenial(m); message != "" {
		return message
	}
	m.Context.Conditions.Items = []condition{}
	return s.sealDenial(m)
}

// sealDenial is empty for a message that is too long.
func (s *Service) sealDenial(m denial) string {
	doc, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	message, err := s.messages.Seal(s.Rand, doc, nil)
	if err != nil || len(message) > maxShown {
		return ""
	}
	return message
}

// conditions lists the keys of a request, without long values.
func conditions(c policy.Context) []condition {
	out := []condition{}
	for _, key := range slices.Sorted(maps.Keys(c)) {
		size, one := 0, condition{Key: key}
		for _, v := range c[key] {
			size += len(v)
			one.Values.Items = append(one.Values.Items, value{v})
		}
		if size > 0 && size <= maxCondition && len(out) < maxConditions {
			out = append(out, one)
		}
	}
	return out
}

// decodeAuthorizationMessage opens what EncodeDenial sealed.
func (s *Service) decodeAuthorizationMessage(_ context.Context, _ Caller, form url.Values) (any, error) {
	p := paramsOf(form)
	message := p.text("EncodedMessage", true, 1, maxMessage)
	if err := p.done(); err != nil {
		return nil, err
	}
	doc, err := s.messages.Open(message, nil)
	if err != nil {
		return nil, wire.Errorf("InvalidAuthorizationMessageException", "The encoded message is not one of this service.")
	}
	return wire.DecodeAuthorizationMessageResult{DecodedMessage: string(doc)}, nil
}
