package cfn

import (
	"slices"
	"strings"
)

// roleName is the name in a role's ARN, which must be of this template.
func (t *template) roleName(path, arn string) string {
	if arn == "" {
		return ""
	}
	name, ok := strings.CutPrefix(arn, t.iamARN("role/"))
	if !ok || !slices.ContainsFunc(t.resources, func(r *resource) bool { return r.kind == "AWS::IAM::Role" && t.id(r, 0) == name }) {
		t.Fail(path, "the role %q is not in this template", arn)
	}
	return name
}

// role keeps a role that someone here can take. Those of functions and services
// are for who runs them.
func (t *template) role(r *resource) {
	o := r.props
	name := t.id(r, 0)
	trust := o.Take("AssumeRolePolicyDocument")
	text := string(trust.JSON())
	if !strings.Contains(text, `"Federated"`) && !strings.Contains(text, `"AWS"`) {
		t.notTaken[name] = true
		t.Note(o.Path, "only services may take this role: it is not needed here")
		return
	}
	out := Role{Name: name, Trust: text, Policies: map[string]string{}}
	for _, p := range o.Subs("Policies") {
		out.Policies[p.Text("PolicyName")] = string(p.Take("PolicyDocument").JSON())
		p.Done()
	}
	for _, arn := range o.Texts("ManagedPolicyArns") {
		if p := t.managed(arn); p != "" {
			out.Attached = append(out.Attached, p)
		} else {
			t.foreign(o.At("ManagedPolicyArns"), arn)
		}
	}
	if arn := o.Text("PermissionsBoundary"); arn != "" {
		if out.Boundary = t.managed(arn); out.Boundary == "" {
			t.Fail(o.At("PermissionsBoundary"), "the policy %s is not in this template", arn)
		}
	}
	if p := o.Text("Path"); p != "" && p != "/" {
		t.Fail(o.At("Path"), "roles have the path / here")
	}
	for _, tag := range o.Subs("Tags") {
		put(&out.Tags, tag.Text("Key"), tag.Text("Value"))
	}
	out.MaxSessionSeconds = o.Int("MaxSessionDuration")
	o.Ignore("RoleName", "Description")
	o.Done()
	t.out.Roles = append(t.out.Roles, out)
}

// managed is the name of a managed policy of this template, which it keeps, or
// the ARN of one that is there anyway; empty: the ARN is of none.
func (t *template) managed(arn string) string {
	if t.opts.KnowsPolicy != nil && t.opts.KnowsPolicy(arn) {
		return arn
	}
	for _, r := range t.resources {
		if r.kind == "AWS::IAM::ManagedPolicy" && t.id(r, 0) == arn {
			name := t.named(r, "ManagedPolicyName", 0)
			put(&t.out.Managed, name, string(r.props.Take("PolicyDocument").JSON()))
			return name
		}
	}
	return ""
}

// oidcProvider is an OpenID provider of IAM.
func (t *template) oidcProvider(r *resource) {
	o := r.props
	t.out.OIDCProviders = append(t.out.OIDCProviders, OIDCProvider{o.Text("Url"), o.Texts("ClientIdList")})
	o.Ignore("ThumbprintList", "Tags")
	o.Done()
}

// foreign is a policy whose text is not known. One of AWS's own grants what this
// server does not serve, unless it denies; another might deny.
func (t *template) foreign(path, arn string) {
	if strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") && !strings.Contains(arn, "Deny") || t.opts.AllowUnknown {
		t.Note(path, "the policy %s is not known: what it allows is not allowed", arn)
		return
	}
	t.Fail(path, "the policy %s is not in this template and may deny something; --allow-unknown leaves it out", arn)
}

// policy attaches a policy to the roles that it names.
func (t *template) policy(r *resource) {
	o := r.props
	name := r.name
	for _, key := range []string{"PolicyName", "ManagedPolicyName"} {
		if s := o.Text(key); s != "" {
			name = s
		}
	}
	doc := string(o.Take("PolicyDocument").JSON())
	roles := o.Texts("Roles")
	if one := o.Text("RoleName"); one != "" {
		roles = append(roles, one)
	}
	for _, role := range roles {
		i := slices.IndexFunc(t.out.Roles, func(x Role) bool { return x.Name == role })
		switch {
		case i >= 0:
			t.out.Roles[i].Policies[name] = doc
		case !t.notTaken[role]:
			t.Note(o.Path, "the role %s is not in this template", role)
		}
	}
	if o.Take("Users") != nil || o.Take("Groups") != nil {
		t.Note(o.Path, "users and groups of IAM are not made of templates")
	}
	o.Ignore("Description", "Path", "Tags")
	o.Done()
}
