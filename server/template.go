package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/cfn"
	"github.com/gatepass/gatepass/server/internal/iam"
	"github.com/gatepass/gatepass/server/internal/openapi"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// TemplateOptions say how a template is read. The zero value takes all defaults.
type TemplateOptions struct {
	Parameters map[string]string // in place of defaults, and of values imported from other stacks
	StackName  string            // AWS::StackName; zero: gatepass
	// AllowUnknown leaves out what is not understood even if it may guard something;
	// [Config.Notes] lists it.
	AllowUnknown bool
}

// Output is a value that a template gives to who uses its stack.
type Output struct{ Name, Value string }

// AddTemplate adds what a SAM or CloudFormation template declares: user pools,
// identity pools, roles and APIs, whose ids are made of the template's names. Its
// functions run elsewhere: Config.Functions and LambdaEndpoint say where, by
// function name or logical id, and must be set before. What the template says and
// gatepass does not serve is in [Config.Notes], and an error if it may guard
// something.
func (c *Config) AddTemplate(file string, o TemplateOptions) ([]Output, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	got, err := cfn.Read(text, cfn.Options{
		Region: c.region(), Account: c.account(), StackName: o.StackName, Parameters: o.Parameters, AllowUnknown: o.AllowUnknown,
		ReadAPI: readTemplateAPI, ReadFile: beside(file), KnowsPolicy: iam.Known,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, n := range got.Notes {
		c.note(file, n)
	}
	c.addIdentity(got)
	c.addAPIs(got)
	c.addFunctions(file, got.Functions)
	var out []Output
	for _, v := range got.Outputs {
		out = append(out, Output{v.Name, v.Value})
	}
	return out, nil
}

func readTemplateAPI(doc []byte, protocol apidef.Protocol, id, basePath string) (apidef.API, []tree.Note, error) {
	return openapi.Read(doc, openapi.Options{Protocol: protocol, ID: id, BasePath: basePath})
}

// beside reads files in the template's folder and below.
func beside(template string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		root, err := os.OpenRoot(filepath.Dir(template))
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return root.ReadFile(filepath.Clean(name))
	}
}

func (c *Config) addIdentity(got *cfn.Result) {
	for _, p := range got.UserPools {
		c.UserPools = append(c.UserPools, templateUserPool(p))
	}
	for _, o := range got.OIDCProviders {
		c.OIDCProviders = append(c.OIDCProviders, OIDCProvider{Issuer: o.Issuer, Clients: o.Clients})
	}
	for _, p := range got.IdentityPools {
		c.IdentityPools = append(c.IdentityPools, templateIdentityPool(p))
	}
	for name, doc := range got.Managed {
		put(&c.ManagedPolicies, name, Document(doc))
	}
	for _, r := range got.Roles {
		trust := Document(r.Trust)
		role := Role{
			Name: r.Name, Trust: &trust, Policies: map[string]Document{}, Attached: r.Attached, Boundary: r.Boundary,
			MaxSessionSeconds: r.MaxSessionSeconds, Tags: r.Tags,
		}
		for name, doc := range r.Policies {
			role.Policies[name] = Document(doc)
		}
		c.Roles = append(c.Roles, role)
	}
}

func templateUserPool(p cfn.UserPool) UserPool {
	out := UserPool{
		ID: p.ID, Name: p.Name, UsernameAttributes: p.UsernameAttributes, AliasAttributes: p.AliasAttributes, AutoVerifiedAttributes: p.AutoVerifiedAttributes,
		CaseSensitive: p.CaseSensitive, MFA: p.MFA, AdminCreateUserOnly: p.AdminCreateUserOnly,
	}
	if w := p.Password; w != nil {
		out.PasswordPolicy = &PasswordPolicy{
			MinimumLength: w.MinimumLength, RequireUppercase: w.Upper, RequireLowercase: w.Lower, RequireNumbers: w.Numbers,
			RequireSymbols: w.Symbols, TemporaryDays: w.TemporaryDays,
		}
	}
	for _, cl := range p.Clients {
		client := Client{
			ID: cl.ID, Name: cl.Name, AuthFlows: cl.AuthFlows, AccessTokenMinutes: cl.AccessTokenMinutes, IDTokenMinutes: cl.IDTokenMinutes,
			RefreshTokenDays: cl.RefreshTokenDays, RotateRefresh: cl.RotateRefresh, ReadAttributes: cl.ReadAttributes, WriteAttributes: cl.WriteAttributes,
		}
		if cl.Secret {
			client.SecretEnv = "GATEPASS_CLIENT_SECRET_" + cl.LogicalID
		}
		out.Clients = append(out.Clients, client)
	}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, Group{Name: g.Name, Role: g.Role, Precedence: g.Precedence})
	}
	for _, u := range p.Users {
		out.Users = append(out.Users, User{Username: u.Name, Attributes: u.Attributes})
	}
	return out
}

func templateIdentityPool(p cfn.IdentityPool) IdentityPool {
	out := IdentityPool{
		ID: p.ID, Name: p.Name, AllowGuests: p.AllowGuests, AllowClassic: p.AllowClassic, DeveloperProvider: p.DeveloperProvider,
		AuthenticatedRole: p.AuthenticatedRole, UnauthenticatedRole: p.UnauthenticatedRole,
	}
	for _, pr := range p.Providers {
		out.Providers = append(out.Providers, Provider{UserPool: pr.UserPool, Client: pr.Client, ServerSideCheck: pr.ServerSideCheck})
	}
	for _, arn := range p.OIDCProviderARNs {
		_, issuer, _ := strings.Cut(arn, ":oidc-provider/")
		out.OIDCProviders = append(out.OIDCProviders, "https://"+issuer)
	}
	for _, m := range p.Mappings {
		mapping := RoleMapping{UserPool: m.UserPool, Client: m.Client, Type: m.Type, Otherwise: m.Otherwise}
		for _, r := range m.Rules {
			mapping.Rules = append(mapping.Rules, MappingRule{Claim: r.Claim, Match: r.Match, Value: r.Value, Role: r.Role})
		}
		out.RoleMappings = append(out.RoleMappings, mapping)
	}
	return out
}

func (c *Config) addAPIs(got *cfn.Result) {
	for i := range got.APIs {
		def := &got.APIs[i]
		api := API{ID: def.ID, Name: def.Name, Protocol: string(def.Protocol), def: def}
		for _, s := range def.Stages {
			api.Stages = append(api.Stages, templateStage(s))
		}
		def.Stages = nil
		c.APIs = append(c.APIs, api)
	}
	for _, k := range got.Keys {
		c.APIKeys = append(c.APIKeys, APIKey{ID: k.ID, Name: k.Name, Value: Secret(k.Value), Disabled: !k.Enabled})
	}
	for _, p := range got.Plans {
		plan := UsagePlan{ID: p.ID, Name: p.Name, Throttle: templateThrottle(p.Throttle), Keys: p.Keys}
		if q := p.Quota; q != nil {
			plan.Quota = &Quota{Limit: q.Limit, Offset: q.Offset, Period: q.Period}
		}
		for _, s := range p.Stages {
			plan.Stages = append(plan.Stages, PlanStage{API: s.API, Stage: s.Stage, Throttles: templateThrottles(s.Throttles)})
		}
		c.UsagePlans = append(c.UsagePlans, plan)
	}
}

func templateStage(s apidef.Stage) Stage {
	out := Stage{Name: s.Name, Variables: s.Variables, Throttle: templateThrottle(s.Throttle), RouteThrottles: templateThrottles(s.RouteThrottles)}
	if s.AccessLog != nil {
		out.AccessLog = &AccessLog{Format: s.AccessLog.Format}
	}
	return out
}

func templateThrottle(t *apidef.Throttle) *Throttle {
	if t == nil {
		return nil
	}
	return &Throttle{Rate: t.Rate, Burst: t.Burst}
}

func templateThrottles(m map[string]apidef.Throttle) map[string]Throttle {
	var out map[string]Throttle
	for key, t := range m {
		put(&out, key, Throttle{Rate: t.Rate, Burst: t.Burst})
	}
	return out
}

// addFunctions gives functions the addresses of their logical ids, and says which
// have none.
func (c *Config) addFunctions(file string, list []cfn.Function) {
	for _, f := range list {
		to, known := c.Functions[f.Name]
		if !known {
			to, known = c.Functions[f.LogicalID]
		}
		switch {
		case known:
			put(&c.Functions, f.Name, to)
		case c.LambdaEndpoint == "":
			c.note(file, tree.Note{Path: "Resources." + f.LogicalID, Reason: "no address is known: give --function " + f.LogicalID + "=URL or --lambda-endpoint URL"})
		}
	}
}
