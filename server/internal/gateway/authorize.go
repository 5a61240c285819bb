package gateway

import (
	"errors"
	"strings"

	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/sigv4"
)

const actionInvoke = "execute-api:Invoke"

// verify authenticates and authorises a call of an AWS_IAM route: the claim, the
// key, the signature over what was received, the policies.
func (c *call) verify() (*sigv4.Verified, error) {
	claim, err := c.verifier().Parse(c.r, c.now)
	if err != nil {
		return nil, err
	}
	who, err := c.resolve(claim)
	if err != nil {
		return nil, err
	}
	v, err := claim.Verify(c.g.keys.Key(claim.AccessKeyID(), who.Secret, claim))
	if err != nil {
		return nil, err
	}
	c.identity = identityOf(who.Principal, claim.AccessKeyID(), c.identity.SourceIP)
	if err := c.follow(v.RawPath()); err != nil {
		return nil, err
	}
	return v, c.authorize(who)
}

// resolve asks Keys. Only the two refusals of sigv4 are the caller's fault;
// whatever else goes wrong decides nothing, so it is not a pass.
func (c *call) resolve(claim *sigv4.Claim) (Resolved, error) {
	if c.g.Keys == nil {
		return Resolved{}, errUnavailable(errors.New("gateway: Keys is not set"))
	}
	who, err := c.g.Keys(c.r.Context(), claim.AccessKeyID(), claim.SessionToken(), c.now)
	if err == nil || errors.Is(err, sigv4.ErrUnknownKey) || errors.Is(err, sigv4.ErrTokenExpired) {
		return who, err
	}
	return Resolved{}, errUnavailable(err)
}

// follow goes on with the path that verified, where that is the normalised form
// of the one that was sent: it must be of the same API and stage.
func (c *call) follow(path string) error {
	sent, _, _ := strings.Cut(c.r.RequestURI, "?")
	if path == sent {
		return nil
	}
	t, ok := c.g.current().locate(strings.ToLower(c.r.Host), path)
	if !ok || t.API != c.target.API || t.Stage != c.target.Stage {
		return errForbidden()
	}
	c.target = t
	return c.match()
}

// authorize asks the caller's policies and the API's.
func (c *call) authorize(who Resolved) error {
	d, resource, err := c.decide(who.Principal, who.Policies)
	if err != nil || d.Allowed {
		return err
	}
	return c.denied(who.Principal.ARN, resource, d)
}

// decide evaluates policies, with the API's own, for the path as sent and for
// every other way a backend may read it: a Deny that matches one of them denies.
func (c *call) decide(who policy.Principal, policies policy.Policies) (d policy.Decision, resource string, err error) {
	if resource = c.resource(c.target.Path); len(resource) > maxARN {
		return d, resource, errURI()
	}
	policies.Resource, policies.Account = c.api.policies, c.g.AccountID
	req := policy.Request{
		Principal: who, Action: c.action(), Resource: resource,
		Context: c.conditions(), Time: c.now, Namesake: who.Namesake(c.api.Pins),
	}
	alts := readings(c.target.Path)
	if c.socket != nil {
		alts = nil // a route key is no path
	}
	for first := true; first || len(alts) > 0; first = false {
		if len(alts) > 0 {
			req.AltResource, alts = c.resource(alts[0]), alts[1:]
		}
		d = policies.Evaluate(req)
		c.event.Decision = &d
		if c.g.ShowDecisions || !d.Allowed {
			c.event.Verdict = verdict(d, req, policies)
		}
		if !d.Allowed {
			c.asked = req
			break
		}
	}
	return d, resource, nil
}

// resource is the ARN of what is called, by its path. That of a WebSocket API's
// route has no method.
func (c *call) resource(path string) string {
	method := c.r.Method
	if c.socket != nil {
		method = ""
	}
	return c.g.arns + c.target.API + "/" + c.target.Stage + "/" + method + path
}

func (c *call) denied(arn, resource string, d policy.Decision) error {
	account := c.g.AccountID
	masked := "********" + account[max(0, len(account)-4):]
	resource = strings.Replace(resource, ":"+account+":", ":"+masked+":", 1)
	return errDenied("User: " + arn + " is not authorized to perform: " + c.action() + " on resource: " + resource + d.Suffix())
}

// conditions are the keys that the request itself fills ("AWS global condition
// context keys"), in lower case as policy wants them.
func (c *call) conditions() policy.Context {
	secure := "false"
	if c.r.TLS != nil {
		secure = "true"
	}
	v := [...]string{c.identity.SourceIP, secure, c.g.Region, "false", c.r.UserAgent(), c.r.Referer()}
	out := make(policy.Context, len(v))
	for i, key := range [len(v)]string{"aws:sourceip", "aws:securetransport", "aws:requestedregion", "aws:viaawsservice", "aws:useragent", "aws:referer"} {
		if v[i] != "" {
			out[key] = v[i : i+1 : i+1]
		}
	}
	return out
}

// partition begins the ARNs of this gateway's region and account.
func (g *Gateway) partition() string {
	name := "aws"
	switch {
	case strings.HasPrefix(g.Region, "cn-"):
		name = "aws-cn"
	case strings.HasPrefix(g.Region, "us-gov-"):
		name = "aws-us-gov"
	}
	return "arn:" + name + ":execute-api:" + g.Region + ":" + g.AccountID + ":"
}
