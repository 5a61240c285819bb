// Package cfn reads SAM and CloudFormation templates: of their resources those
// that make the chain of user pool, identity pool, role and API.
//
// Names stand for ids: the user pool with the logical id Pool is
// <region>_Pool, so that the same template gives the same ids everywhere.
//
// Nothing is dropped silently: what is not understood is a note, and an error if
// it may guard something, unless Options.AllowUnknown.
package cfn

import (
	"errors"
	"fmt"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// ErrTemplate is what every error of Read is.
var ErrTemplate = errors.New("template")

// maxBytes is the size of a template that CloudFormation reads.
const maxBytes = 1 << 20

// Options say how a template is read. Region, Account and ReadAPI are required.
type Options struct {
	Region, Account string
	StackName       string            // AWS::StackName; zero: gatepass
	Parameters      map[string]string // in place of defaults, and of imported values by export name
	// AllowUnknown makes notes of what is an error because it may guard something.
	AllowUnknown bool
	// ReadAPI reads an OpenAPI document into an API.
	ReadAPI func(doc []byte, protocol apidef.Protocol, id, basePath string) (apidef.API, []tree.Note, error)
	// KnowsPolicy reports whether a managed policy that is not of the template is
	// there by its ARN; nil: none is.
	KnowsPolicy func(arn string) bool
	// ReadFile reads a file that a template names; nil: that is an error.
	ReadFile func(name string) ([]byte, error)
}

// Result is what a template declares.
type Result struct {
	UserPools     []UserPool
	IdentityPools []IdentityPool
	Roles         []Role
	Managed       map[string]string // managed policies that roles have, by name, JSON
	OIDCProviders []OIDCProvider
	APIs          []apidef.API
	Keys          []apidef.APIKey
	Plans         []apidef.UsagePlan
	Functions     []Function
	Outputs       []Output
	Notes         []tree.Note
}

// Output is a value for who uses the stack.
type Output struct{ Name, Value string }

// Function is a Lambda function, which runs elsewhere.
type Function struct{ LogicalID, Name string }

// UserPool is an AWS::Cognito::UserPool with what belongs to it.
type UserPool struct {
	LogicalID, ID, Name                                         string
	UsernameAttributes, AliasAttributes, AutoVerifiedAttributes []string
	CaseSensitive, AdminCreateUserOnly                          bool
	MFA                                                         string
	Password                                                    *PasswordPolicy
	Clients                                                     []Client
	Groups                                                      []Group
	Users                                                       []User
}

// PasswordPolicy is what a new password must satisfy.
type PasswordPolicy struct {
	MinimumLength, TemporaryDays   int
	Upper, Lower, Numbers, Symbols bool
}

// Client is an AWS::Cognito::UserPoolClient.
type Client struct {
	LogicalID, ID, Name                                  string
	Secret                                               bool // it has one
	AuthFlows                                            []string
	AccessTokenMinutes, IDTokenMinutes, RefreshTokenDays int
	RotateRefresh                                        bool
	ReadAttributes, WriteAttributes                      []string
}

// Group is an AWS::Cognito::UserPoolGroup; Role is a role's name or empty.
type Group struct {
	Name, Role string
	Precedence *int
}

// User is an AWS::Cognito::UserPoolUser.
type User struct {
	Name       string
	Attributes map[string]string
}

// IdentityPool is an AWS::Cognito::IdentityPool with its roles, by name.
type IdentityPool struct {
	LogicalID, ID, Name                    string
	AllowGuests, AllowClassic              bool
	Providers                              []Provider
	OIDCProviderARNs                       []string
	DeveloperProvider                      string
	AuthenticatedRole, UnauthenticatedRole string
	Mappings                               []Mapping
}

// Provider is a user pool client whose tokens an identity pool takes.
type Provider struct {
	UserPool, Client string
	ServerSideCheck  bool
}

// Mapping gives the users of a provider roles of their own.
type Mapping struct {
	UserPool, Client, Type, Otherwise string
	Rules                             []Rule
}

// Rule gives a role, by name, to users with a claim.
type Rule struct{ Claim, Match, Value, Role string }

// Role is an AWS::IAM::Role; documents are JSON.
// Policies are inline; Attached and Boundary are names of managed policies of the
// same template.
type Role struct {
	Name, Trust, Boundary string
	Policies              map[string]string
	Attached              []string
	MaxSessionSeconds     int
	Tags                  map[string]string
}

// OIDCProvider is an AWS::IAM::OIDCProvider.
type OIDCProvider struct {
	Issuer  string
	Clients []string
}

// resource is a resource whose condition holds.
type resource struct {
	name, kind string
	raw        *tree.Node   // its properties as written
	node       *tree.Node   // all of it
	props      *tree.Object // its properties, evaluated
}

// template reads one template.
type template struct {
	tree.Reader
	opts       Options
	root       *tree.Node
	params     map[string]*tree.Node
	conditions map[string]conditionState
	resources  []*resource
	byName     map[string]*resource
	steps      int // of evaluation
	size       int // of what functions gave
	out        Result
	apis       map[string]*apidef.API // by id
	order      []string               // ids of apis
	sam        map[string]samAuth     // of SAM's APIs, by id
	cors       map[string]samCORS     // of SAM's APIs, by id
	paths      map[string]string      // of AWS::ApiGateway::Resource, by id
	authNames  map[string]string      // of authorizers, by logical id
	checks     map[string]apidef.RequestRules
	targets    map[string]apidef.Integration // of API Gateway V2, by logical id
	notTaken   map[string]bool               // roles that no identity pool or user can take
}

// Read reads a template in YAML or JSON. Errors answer to ErrTemplate and name
// the place.
func Read(text []byte, o Options) (*Result, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrTemplate, len(text), maxBytes)
	}
	root, err := tree.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemplate, err)
	}
	t := &template{
		opts: o, root: root, params: map[string]*tree.Node{}, conditions: map[string]conditionState{}, byName: map[string]*resource{},
		apis: map[string]*apidef.API{}, sam: map[string]samAuth{}, cors: map[string]samCORS{}, paths: map[string]string{}, authNames: map[string]string{},
		checks: map[string]apidef.RequestRules{}, targets: map[string]apidef.Integration{}, notTaken: map[string]bool{},
	}
	t.Wrap, t.Guards = ErrTemplate, t.guards
	t.read()
	if t.Err != nil {
		return nil, t.Err
	}
	t.out.Notes = t.Notes
	return &t.out, nil
}

func (t *template) read() {
	top := t.Object("", t.root)
	t.parameters(top.Sub("Parameters"))
	t.declare(top.Sub("Resources"))
	t.globals(top.Sub("Globals"))
	if t.Err != nil {
		return
	}
	t.evaluateAll()
	t.readAll()
	t.preflights()
	for _, id := range t.order {
		t.out.APIs = append(t.out.APIs, *t.apis[id])
	}
	t.outputs(top.Sub("Outputs"))
	for _, name := range t.texts(top.Take("Transform")) {
		if name != "AWS::Serverless-2016-10-31" && name != "AWS::LanguageExtensions" {
			t.Fail("Transform", "%q is not known", name)
		}
	}
	top.Ignore("AWSTemplateFormatVersion", "Description", "Metadata", "Mappings", "Conditions", "Rules")
	top.Done()
}

func (t *template) texts(n *tree.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind != tree.List {
		n = &tree.Node{Kind: tree.List, Items: []*tree.Node{n}}
	}
	var out []string
	for _, item := range n.Items {
		s, _ := item.Scalar()
		out = append(out, s)
	}
	return out
}

// declare finds the resources that exist.
func (t *template) declare(all *tree.Object) {
	if len(all.Fields()) == 0 {
		t.Fail("Resources", "the template declares none")
	}
	for _, f := range all.Fields() {
		o := all.Sub(f.Key)
		r := &resource{name: f.Key, kind: o.Text("Type"), node: o.Node, raw: o.Node.Get("Properties")}
		if c := o.Text("Condition"); c != "" && !t.condition(c, 0) {
			continue
		}
		if r.raw == nil {
			r.raw = &tree.Node{Kind: tree.Map}
		}
		if !validName(f.Key) {
			t.Fail("Resources."+f.Key, "a logical id has letters and digits, at most 255")
		}
		t.resources, t.byName[f.Key] = append(t.resources, r), r
		o.Ignore("DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy", "Properties", "Connectors")
		o.Done()
	}
}

func validName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

// evaluateAll evaluates the properties of what is read; of other resources only
// what Ref and GetAtt ask for.
func (t *template) evaluateAll() {
	read := map[string]bool{}
	for _, s := range readers() {
		read[s.kind] = true
	}
	for _, r := range t.resources {
		path := "Resources." + r.name
		if !read[r.kind] {
			t.unknown(path, r.kind)
			continue
		}
		r.props = t.Object(path, t.eval(path, t.reduced(r), 0))
	}
}

func (t *template) readAll() {
	for _, s := range readers() {
		for _, r := range t.resources {
			if r.kind == s.kind && t.Err == nil {
				s.read(t, r)
			}
		}
	}
}

func (t *template) outputs(all *tree.Object) {
	for _, f := range all.Fields() {
		o := all.Sub(f.Key)
		if c := o.Text("Condition"); c != "" && !t.condition(c, 0) {
			continue
		}
		v := t.eval(o.At("Value"), o.Take("Value"), 0)
		s, ok := v.Scalar()
		if !ok {
			s = string(v.JSON())
		}
		t.out.Outputs = append(t.out.Outputs, Output{f.Key, s})
	}
}
