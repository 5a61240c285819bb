package cfn

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// harmless are resources of this chain's services that guard nothing.
var harmless = []string{
	"AWS::ApiGateway::Account", "AWS::ApiGateway::DocumentationPart", "AWS::ApiGateway::DocumentationVersion", "AWS::ApiGateway::VpcLink",
	"AWS::ApiGateway::ClientCertificate", "AWS::ApiGatewayV2::VpcLink",
	"AWS::ApiGatewayV2::RouteResponse", "AWS::ApiGatewayV2::IntegrationResponse", "AWS::ApiGatewayV2::Model",
	"AWS::Cognito::UserPoolDomain", "AWS::Cognito::UserPoolUICustomizationAttachment", "AWS::Cognito::UserPoolResourceServer",
	"AWS::IAM::InstanceProfile", "AWS::IAM::ServiceLinkedRole", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::AccessKey",
}

// unknown says that a resource is not served: a note, or an error if it may
// guard something that is.
func (t *template) unknown(path, kind string) {
	guarding := []string{"AWS::ApiGateway", "AWS::Cognito::", "AWS::IAM::", "AWS::WAF"}
	guards := slices.ContainsFunc(guarding, func(p string) bool { return strings.HasPrefix(kind, p) })
	switch {
	case kind == "":
		t.Fail(path, "a resource needs a Type")
	case kind == "AWS::Lambda::Permission", kind == "AWS::Lambda::Version", kind == "AWS::Lambda::Alias", kind == "AWS::ApiGatewayV2::Deployment":
	case !guards || slices.Contains(harmless, kind):
		t.Note(path, "%s is not served", kind)
	case t.opts.AllowUnknown:
		t.Note(path, "%s is not understood, left out although it may guard something", kind)
	default:
		t.Fail(path, "%s is not understood and may guard something; --allow-unknown leaves it out", kind)
	}
}

// guards tells the properties whose loss could open something.
func (t *template) guards(_, key string) bool {
	words := []string{"Authoriz", "Policy", "Boundary", "Throttl", "Tls", "Validat", "LambdaConfig", "list", "History", "AddOns", "Required", "Quota", "Vpc"}
	return !t.opts.AllowUnknown && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) })
}

// reader reads the resources of a kind.
type reader struct {
	kind string
	read func(*template, *resource)
}

// readers are in the order in which resources need each other.
func readers() []reader {
	return []reader{
		{"AWS::Cognito::UserPool", (*template).userPool},
		{"AWS::Cognito::UserPoolClient", (*template).client},
		{"AWS::Cognito::UserPoolGroup", (*template).group},
		{"AWS::Cognito::UserPoolUser", (*template).user},
		{"AWS::IAM::OIDCProvider", (*template).oidcProvider},
		{"AWS::IAM::Role", (*template).role},
		{"AWS::IAM::Policy", (*template).policy},
		{"AWS::IAM::ManagedPolicy", (*template).policy},
		{"AWS::IAM::RolePolicy", (*template).policy},
		{"AWS::Cognito::IdentityPool", (*template).identityPool},
		{"AWS::Cognito::IdentityPoolRoleAttachment", (*template).attachment},
		{"AWS::Lambda::Function", (*template).function},
		{"AWS::ApiGateway::RestApi", (*template).restAPI},
		{"AWS::ApiGateway::Resource", (*template).declarePath},
		{"AWS::ApiGateway::Authorizer", (*template).authorizer},
		{"AWS::ApiGateway::Model", (*template).model},
		{"AWS::ApiGateway::RequestValidator", (*template).validator},
		{"AWS::ApiGateway::GatewayResponse", (*template).gatewayResponse},
		{"AWS::ApiGateway::Method", (*template).method},
		{"AWS::ApiGateway::Deployment", (*template).deployment},
		{"AWS::ApiGateway::Stage", (*template).stage},
		{"AWS::ApiGatewayV2::Api", (*template).apiV2},
		{"AWS::ApiGatewayV2::Authorizer", (*template).authorizerV2},
		{"AWS::ApiGatewayV2::Integration", (*template).integrationV2},
		{"AWS::ApiGatewayV2::Route", (*template).routeV2},
		{"AWS::ApiGatewayV2::Stage", (*template).stageV2},
		{"AWS::ApiGateway::DomainName", (*template).domainName},
		{"AWS::ApiGatewayV2::DomainName", (*template).domainName},
		{"AWS::ApiGateway::BasePathMapping", (*template).mapDomain},
		{"AWS::ApiGatewayV2::ApiMapping", (*template).mapDomain},
		{samRest, (*template).serverlessAPI},
		{samHTTP, (*template).serverlessHTTP},
		{samFunction, (*template).serverlessFunction},
		{"AWS::ApiGateway::ApiKey", (*template).apiKey},
		{"AWS::ApiGateway::UsagePlan", (*template).usagePlan},
		{"AWS::ApiGateway::UsagePlanKey", (*template).usagePlanKey},
	}
}

// reduced is of a function only what is read of it: the rest of it is evaluated
// by who runs it.
func (t *template) reduced(r *resource) *tree.Node {
	if r.kind != samFunction && r.kind != "AWS::Lambda::Function" {
		return r.raw
	}
	out := &tree.Node{Kind: tree.Map}
	for _, key := range []string{"FunctionName", "Events"} {
		if v := r.raw.Get(key); v != nil {
			out.Set(key, v)
		}
	}
	return out
}
