package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// maxAuthorizerTime is how long the Lambda authorizer of an HTTP API may take.
const maxAuthorizerTime = 10 * time.Second

// maxAuthorizerResource is the quota of a resource in an authorizer's policy.
const maxAuthorizerResource = 512

const codeAuthorizer = "AuthorizerConfigurationException"

// errAuthorizer is E23: the authorizer did not answer, or not as it must.
func errAuthorizer(cause error) error {
	e := refusal(http.StatusInternalServerError, codeAuthorizer, "")
	e.Err = cause
	return e
}

// setFunction takes what a Lambda authorizer needs besides its sources.
func (a *api) setFunction(out *authorizer) error {
	named := out.Type == apidef.TokenAuthorizer || len(out.IdentitySource) > 0
	if a.isREST() && named {
		out.ttl = defaultTTL
	}
	if out.TTL != nil {
		out.ttl = time.Duration(*out.TTL) * time.Second
	}
	if out.ttl > 0 && !named { // what the function goes by is not known, so not whose an answer is
		return invalid("Authorizers."+out.Name+".IdentitySource", "answers are kept by it: name it, or set the TTL to 0")
	}
	out.uris = map[string]string{}
	for i := range a.Stages {
		st := &a.Stages[i]
		field := "Authorizers." + out.Name + ".URI"
		uri, err := withStage(field, out.URI, st)
		if err != nil {
			return err
		}
		if err := checkFunction(field, uri); err != nil {
			return err
		}
		out.uris[st.Name] = uri
	}
	return nil
}

// askFunction is TOKEN and REQUEST: a Lambda function says who the caller is and
// what he may do (API Gateway Developer Guide, "Use API Gateway Lambda
// authorizers").
func (c *call) askFunction(a *authorizer) error {
	key, complete := a.identity(c)
	if !complete && a.needsAll(c) || a.Type == apidef.TokenAuthorizer && a.refusesText(a.sources[0].in(c)) {
		return errUnauthorized()
	}
	got, err := c.answerOf(a, key)
	if err != nil {
		return err
	}
	c.auth.principalID, c.auth.context, c.auth.usageKey = got.principalID, got.context, got.usageKey
	if got.policy == nil {
		if !got.allowed {
			return errDenied(notAuthorized)
		}
		return nil
	}
	d, _, err := c.decide(policy.Principal{}, policy.Policies{Identity: []*policy.Policy{got.policy}})
	if err == nil && !d.Allowed {
		err = errDenied(notAuthorized + d.Suffix())
	}
	return err
}

// notAuthorized begins E20.
const notAuthorized = "User is not authorized to access this resource"

// identity is what answers are kept by: all that the sources have. It is
// incomplete where one has nothing.
func (a *authorizer) identity(c *call) (key string, complete bool) {
	complete = true
	out := strconv.Quote(c.target.Stage)
	for _, s := range a.sources {
		value := s.in(c)
		complete = complete && value != ""
		out += strconv.Quote(value)
	}
	return out, complete
}

// needsAll tells that a caller without one of the sources is refused unasked.
func (a *authorizer) needsAll(c *call) bool {
	return a.ttl > 0 || a.Type == apidef.TokenAuthorizer || !c.api.isREST() && len(a.IdentitySource) > 0
}

// answerOf gives the function's answer, one that was kept or one that others
// wait for too if there is one.
func (c *call) answerOf(a *authorizer, key string) (*answer, error) {
	ctx := c.r.Context()
	if a.ttl == 0 {
		event, err := c.authorizerEvent(a)
		if err != nil {
			return nil, err
		}
		return c.g.askOnce(ctx, a, c.target.Stage, event, c.authorizerTime())
	}
	k, mine := a.answers.claim(key, c.now)
	if k == nil {
		return nil, errThrottled()
	}
	if mine {
		event, err := c.authorizerEvent(a)
		until, stage, most := c.now.Add(a.ttl), c.target.Stage, c.authorizerTime()
		go func() { // not the caller's to give up: others wait for it
			var got *answer
			if err == nil {
				got, err = c.g.askOnce(context.WithoutCancel(ctx), a, stage, event, most)
			}
			a.answers.settle(key, k, until, got, err)
		}()
	}
	return k.wait(ctx)
}

func (c *call) authorizerTime() time.Duration {
	if c.api.isHTTP() {
		return maxAuthorizerTime
	}
	return maxTimeout
}

// askOnce invokes the function and reads its answer.
func (g *Gateway) askOnce(ctx context.Context, a *authorizer, stage string, event []byte, most time.Duration) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out, err := g.invoke(ctx, a.uris[stage], event)
	if failed := (*functionError)(nil); errors.As(err, &failed) && failed.message() == "Unauthorized" {
		return nil, errUnauthorized()
	}
	if err != nil {
		return nil, errAuthorizer(fmt.Errorf("the authorizer %q: %w", a.Name, err))
	}
	got, err := a.read(out)
	if err != nil {
		return nil, errAuthorizer(fmt.Errorf("the answer of the authorizer %q: %w", a.Name, err))
	}
	return got, nil
}

// authorizerEvent is what the function is asked with.
func (c *call) authorizerEvent(a *authorizer) ([]byte, error) {
	arn := c.resource(c.target.Path)
	if len(arn) > maxARN {
		return nil, errURI()
	}
	if a.Type == apidef.TokenAuthorizer {
		return marshalEvent(map[string]string{"type": "TOKEN", "authorizationToken": a.sources[0].in(c), "methodArn": arn})
	}
	admitted := c.unadmitted()
	if c.socket != nil {
		event, err := marshalEvent(c.socketEvent(admitted))
		return c.authorizerExtras(a, event, err, map[string]any{"type": "REQUEST", "methodArn": arn})
	}
	if c.api.isHTTP() && a.Payload != "1.0" {
		event, err := c.event2(admitted)
		return c.authorizerExtras(a, event, err, map[string]any{"type": "REQUEST", "routeArn": arn})
	}
	event, err := c.event1(admitted, false)
	return c.authorizerExtras(a, event, err, map[string]any{"type": "REQUEST", "methodArn": arn})
}

// unadmitted is the request as an authorizer is told of it: no body, and none of
// the headers that never pass.
func (c *call) unadmitted() *admitted {
	h := c.r.Header.Clone()
	strip(h, c.r.Header)
	_, query, _ := strings.Cut(c.r.RequestURI, "?")
	return &admitted{method: c.r.Method, path: c.target.Path, query: sigv4.WithoutPresign(query), header: h}
}

// authorizerExtras makes a function's event that of an authorizer.
func (c *call) authorizerExtras(a *authorizer, event []byte, err error, extra map[string]any) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(event, &all); err != nil {
		return nil, err
	}
	delete(all, "body")
	delete(all, "isBase64Encoded")
	if c.api.isHTTP() {
		values := a.values(c)
		extra["identitySource"] = values
		if a.Payload == "1.0" {
			extra["identitySource"] = strings.Join(values, ",")
			extra["authorizationToken"] = strings.Join(values, ",")
		}
	}
	for name, value := range all {
		extra[name] = value
	}
	return marshalEvent(extra)
}

func (a *authorizer) values(c *call) []string {
	out := []string{}
	for _, s := range a.sources {
		if v := s.in(c); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// read takes a function's answer apart: keys are spelled exactly, and anything
// that would be guessed at is an error.
func (a *authorizer) read(out []byte) (*answer, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(out, &top); err != nil || top == nil {
		return nil, errors.New("it is not a JSON object")
	}
	got := &answer{}
	var err error
	if got.context, err = a.readContext(top["context"]); err != nil {
		return nil, err
	}
	if a.Simple {
		return got, readJSON(top, "isAuthorized", &got.allowed)
	}
	if err := readJSON(top, "principalId", &got.principalID); err != nil {
		return nil, err
	}
	if _, ok := top["usageIdentifierKey"]; ok {
		if err := readJSON(top, "usageIdentifierKey", &got.usageKey); err != nil {
			return nil, err
		}
	}
	if got.policy, err = policy.Parse(top["policyDocument"], policy.Identity); err != nil {
		return nil, fmt.Errorf("policyDocument: %w", err)
	}
	got.policy.Name = a.Name
	return got, tooLong(top["policyDocument"])
}

// readJSON reads a value that must be there and of the type.
func readJSON(top map[string]json.RawMessage, name string, into any) error {
	raw, ok := top[name]
	if !ok || bytes.Equal(raw, []byte("null")) {
		return fmt.Errorf("it has no %s", name)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("its %s is of another type", name)
	}
	return nil
}

// tooLong finds a text in a policy that is longer than a resource may be.
func tooLong(doc []byte) error {
	dec := json.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := dec.Token()
		if err != nil {
			return nil // the end; the parser of policies has read it all
		}
		if text, ok := tok.(string); ok && len(text) > maxAuthorizerResource {
			return fmt.Errorf("policyDocument has a resource of more than %d characters", maxAuthorizerResource)
		}
	}
}

// readContext takes what an integration and a log are told: texts, numbers and
// booleans, as text, on REST APIs; anything on HTTP APIs.
func (a *authorizer) readContext(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var all map[string]any
	if err := dec.Decode(&all); err != nil {
		return nil, errors.New("its context is not an object")
	}
	if a.deep {
		return all, nil
	}
	for name, value := range all {
		switch v := value.(type) {
		case string:
		case json.Number, bool:
			all[name] = fmt.Sprint(v)
		case nil:
			delete(all, name)
		default:
			return nil, fmt.Errorf("its context has a list or an object, %s", name)
		}
	}
	return all, nil
}
