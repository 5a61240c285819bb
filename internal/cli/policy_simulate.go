package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/policy"
)

// simulateOptions are the policies and the question.
type simulateOptions struct {
	identity, resourcePolicy, boundary, session, scp []string

	action, resource, principal string
	context                     []string
	json                        bool
}

func newPolicySimulate(a *app) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use: "simulate --policy FILE... --resource ARN", Short: "ask what policies decide about a request, and why",
		Long: `Ask what policies decide about a request: which statement allows or denies it,
and for every other one what in it does not fit. The one that almost allowed is
marked.

A caller of another account than the resource needs an Allow in its own policies
and in the resource policy. Without --principal the caller is somebody of the
resource's account who has only what --context says. The resource policy of an
API without authorizer, or with a user pool, is asked alone: without --policy.

The exit code is 0 if the request is allowed and 1 if it is denied.`,
		Example: `  gatepass policy simulate --policy notes-policy.json \
    --resource arn:aws:execute-api:us-east-1:111122223333:notes/prod/GET/notes
  gatepass policy simulate --policy notes-policy.json --boundary boundary.json \
    --resource arn:aws:execute-api:us-east-1:111122223333:notes/prod/GET/notes \
    --principal arn:aws:iam::111122223333:role/NotesUser \
    --context aws:PrincipalTag/team=blue`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.simulate(o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.identity, "policy", nil, "`FILE` with an identity policy; again for more; - for stdin")
	f.StringArrayVar(&o.resourcePolicy, "resource-policy", nil, "`FILE` with the policy of the resource")
	f.StringArrayVar(&o.boundary, "boundary", nil, "`FILE` with the permissions boundary")
	f.StringArrayVar(&o.session, "session-policy", nil, "`FILE` with a session policy; again for more: one must allow")
	f.StringArrayVar(&o.scp, "scp", nil, "`FILE` with a service control policy; again for more: one must allow")
	f.StringVar(&o.action, "action", "execute-api:Invoke", "`ACTION` that is asked for")
	f.StringVar(&o.resource, "resource", "", "`ARN` that it is asked for")
	f.StringVar(&o.principal, "principal", "", "`ARN` of the session, role, user or account that asks")
	f.StringArrayVar(&o.context, "context", nil, "condition key of the request, `KEY=VALUE`; again for more")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	withoutVariables(f, nil)
	return cmd
}

// errDenied is the answer no: why is on stdout.
var errDenied = errors.New("the request is denied")

func (a *app) simulate(o simulateOptions) error {
	ps, err := a.readPolicies(o)
	if err != nil {
		return err
	}
	req, err := o.request(time.Now())
	if err != nil {
		return err
	}
	d, steps := ps.Trace(req)
	if o.json {
		err = a.printJSON(simulated(d, steps))
	} else {
		w := reportWriter{color: a.color(a.io.Out)}
		w.simulation(req, d, steps)
		err = a.print(w.b.String())
	}
	if err != nil || d.Allowed {
		return err
	}
	if owner := accountIn(req.Resource); d.Reason == policy.ImplicitDeny && req.Principal.Account != "" && owner != "" && req.Principal.Account != owner {
		return hintf(errDenied, "the caller is of another account than the resource: its own policies and the resource policy must both allow")
	}
	return errDenied
}

// accountIn is the account of an ARN, "" where it has none.
func accountIn(arn string) string {
	return append(strings.SplitN(arn, ":", 6), "", "", "", "", "")[4]
}

// readPolicies reads the files of every kind.
func (a *app) readPolicies(o simulateOptions) (policy.Policies, error) {
	var ps policy.Policies
	var scps []*policy.Policy
	given := 0
	for _, k := range []struct {
		kind  policy.Kind
		files []string
		into  *[]*policy.Policy
	}{
		{policy.Identity, o.identity, &ps.Identity},
		{policy.Resource, o.resourcePolicy, &ps.Resource},
		{policy.Boundary, o.boundary, &ps.Boundary},
		{policy.Session, o.session, &ps.Session},
		{policy.SCP, o.scp, &scps},
	} {
		for _, file := range k.files {
			p, err := a.parsePolicy(file, k.kind)
			if err != nil {
				return ps, err
			}
			*k.into = append(*k.into, p)
		}
		given += len(k.files)
	}
	if len(scps) > 0 {
		ps.SCPs = [][]*policy.Policy{scps}
	}
	if given == 0 {
		return ps, hintf(usageErrorf("there is no policy to ask"), "gatepass policy simulate --policy FILE --resource ARN")
	}
	return ps, nil
}

func (a *app) parsePolicy(file string, kind policy.Kind) (*policy.Policy, error) {
	doc, err := a.readPolicy(file)
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(doc, kind)
	if e, ok := errors.AsType[*policy.SyntaxError](err); ok {
		return nil, hintf(usageErrorf("%s:%d:%d: %s", file, e.Line, e.Column, strings.TrimSuffix(e.Message, ".")), "%s", e.Detail)
	}
	if err != nil {
		return nil, err
	}
	p.Name = file
	return p, nil
}

// request is the question. The time is now, unless the context says another.
func (o simulateOptions) request(now time.Time) (policy.Request, error) {
	req := policy.Request{Action: o.action, Resource: o.resource, Context: policy.NewContext(), Time: now}
	if o.resource == "" {
		return req, hintf(usageErrorf("--resource is missing"), "--resource arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH")
	}
	for _, kv := range o.context {
		key, value, ok := strings.Cut(kv, "=")
		if !ok || !strings.Contains(key, ":") {
			return req, hintf(usageErrorf("--context %s is not of the form KEY=VALUE", kv), "for example --context aws:SourceIp=192.0.2.1")
		}
		if strings.EqualFold(key, "aws:CurrentTime") || strings.EqualFold(key, "aws:EpochTime") {
			req.Time = time.Time{}
		}
		req.Context.Set(key, append(req.Context.Get(key), value)...)
	}
	var err error
	req.Principal, err = principalOf(o.principal)
	return req, err
}

// principalOf is who an ARN names. A role asks through a session of it.
func principalOf(arn string) (policy.Principal, error) {
	if arn == "" {
		return policy.Principal{}, nil
	}
	f := strings.SplitN(arn, ":", 6)
	if len(f) < 6 || f[0] != "arn" || len(f[4]) != 12 {
		return policy.Principal{}, hintf(usageErrorf("--principal %s names nobody", arn), "arn:aws:iam::ACCOUNT:role/NAME, or user/NAME, or the ARN of a session")
	}
	p := policy.Principal{ARN: arn, Account: f[4]}
	kind, name, _ := strings.Cut(f[5], "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	switch {
	case f[2] == "iam" && f[5] == "root":
		p.Type = "Account"
	case f[2] == "iam" && kind == "user" && name != "":
		p.Type, p.Username = "User", last
	case f[2] == "iam" && kind == "role" && name != "":
		p.Type, p.RoleARN = "AssumedRole", arn
		p.ARN = strings.Join([]string{"arn", f[1], "sts", "", f[4], "assumed-role/" + last + "/session"}, ":")
	case f[2] == "sts" && kind == "assumed-role" && name != "":
		role, _, _ := strings.Cut(name, "/")
		p.Type, p.RoleARN = "AssumedRole", strings.Join([]string{"arn", f[1], "iam", "", f[4], "role/" + role}, ":")
	case f[2] == "sts" && kind == "federated-user" && name != "":
		p.Type = "FederatedUser"
	default:
		return p, usageErrorf("--principal %s is no user, role, session or account", arn)
	}
	return p, nil
}
