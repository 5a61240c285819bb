package cfn

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

// ref is what Ref gives: a parameter, a pseudo parameter or a resource's id.
func (t *template) ref(path, name string, depth int) *tree.Node {
	if v := t.params[name]; v != nil {
		return v
	}
	if strings.HasPrefix(name, "AWS::") {
		return t.pseudo(path, name)
	}
	if api, part, ok := strings.Cut(name, "."); ok { // of SAM, as MyApi.Stage
		return t.attribute(path, api, part, depth)
	}
	r := t.find(path, name)
	if r == nil {
		return nil
	}
	return tree.Text(t.id(r, depth))
}

func (t *template) pseudo(path, name string) *tree.Node {
	stack := t.stack()
	switch name {
	case "AWS::Region":
		return tree.Text(t.opts.Region)
	case "AWS::AccountId":
		return tree.Text(t.opts.Account)
	case "AWS::Partition":
		return tree.Text("aws")
	case "AWS::URLSuffix":
		return tree.Text("amazonaws.com")
	case "AWS::StackName":
		return tree.Text(stack)
	case "AWS::StackId":
		return tree.Text(t.arn("cloudformation", "stack/"+stack+"/"+uuid(stack)))
	case "AWS::NotificationARNs":
		return list()
	case noValue:
		return &tree.Node{Tag: noValue}
	}
	t.Fail(path, "no pseudo parameter %s", name)
	return nil
}

func (t *template) stack() string {
	if t.opts.StackName != "" {
		return t.opts.StackName
	}
	return "gatepass"
}

func (t *template) arn(service, rest string) string {
	return "arn:aws:" + service + ":" + t.opts.Region + ":" + t.opts.Account + ":" + rest
}

func (t *template) iamARN(rest string) string { return "arn:aws:iam::" + t.opts.Account + ":" + rest }

// uuid is a version 5 style id that depends on s only.
func uuid(s string) string {
	h := sha256.Sum256([]byte(s))
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// find is the resource of a name, also of those that SAM makes.
func (t *template) find(path, name string) *resource {
	if r := t.byName[name]; r != nil {
		return r
	}
	if f, ok := strings.CutSuffix(name, "Role"); ok && t.byName[f] != nil && t.byName[f].kind == samFunction {
		return &resource{name: name, kind: "AWS::IAM::Role", raw: &tree.Node{}}
	}
	if kind := implicit(name); kind != "" {
		return &resource{name: name, kind: kind, raw: &tree.Node{}}
	}
	t.Fail(path, "no parameter or resource %s", name)
	return nil
}

func implicit(name string) string {
	return map[string]string{implicitRest: samRest, implicitHTTP: samHTTP}[name]
}

// named is a property that names a resource, or the logical id.
func (t *template) named(r *resource, property string, depth int) string {
	if n := r.raw.Get(property); n != nil {
		return t.text("Resources."+r.name+"."+property, n, depth+1)
	}
	return r.name
}

// id is what Ref gives for a resource.
func (t *template) id(r *resource, depth int) string {
	switch r.kind {
	case "AWS::Cognito::UserPool":
		return t.opts.Region + "_" + r.name
	case "AWS::Cognito::IdentityPool":
		return t.opts.Region + ":" + uuid(t.stack()+"/"+r.name)
	case "AWS::Cognito::UserPoolGroup":
		return t.named(r, "GroupName", depth)
	case "AWS::IAM::Role":
		return t.named(r, "RoleName", depth)
	case "AWS::IAM::ManagedPolicy":
		return t.iamARN("policy/" + t.named(r, "ManagedPolicyName", depth))
	case "AWS::IAM::OIDCProvider":
		return t.iamARN("oidc-provider/" + strings.TrimPrefix(t.named(r, "Url", depth), "https://"))
	case samFunction, "AWS::Lambda::Function":
		return t.named(r, "FunctionName", depth)
	case samRest, samHTTP, "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api":
		return strings.ToLower(r.name)
	case "AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName":
		return t.named(r, "DomainName", depth)
	case "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage":
		return t.named(r, "StageName", depth)
	case "AWS::ApiGateway::Model":
		return t.named(r, "Name", depth)
	}
	return r.name
}

func (t *template) getAtt(path string, arg *tree.Node, depth int) *tree.Node {
	name, attribute := "", ""
	if arg != nil && arg.Kind == tree.List && len(arg.Items) == 2 {
		name, attribute = t.text(path, arg.Items[0], depth), t.text(path, arg.Items[1], depth)
	} else {
		name, attribute, _ = strings.Cut(t.text(path, arg, depth), ".")
	}
	return t.attribute(path, name, attribute, depth)
}

func (t *template) attribute(path, name, attribute string, depth int) *tree.Node {
	r := t.find(path, name)
	if r == nil {
		return nil
	}
	id := t.id(r, depth)
	if v := t.known(r, id, attribute, depth); v != "" {
		return tree.Text(v)
	}
	service := "unknown"
	if parts := strings.Split(r.kind, "::"); len(parts) == 3 {
		service = strings.ToLower(parts[1])
	}
	if strings.HasSuffix(attribute, "Arn") {
		return tree.Text(t.arn(service, r.name)) // of a resource that is not here: policies may name it
	}
	return tree.Text(r.name + "." + attribute)
}

// known are the attributes of the resources that are served.
func (t *template) known(r *resource, id, attribute string, depth int) string {
	switch r.kind + "." + attribute {
	case "AWS::Cognito::UserPool.Arn":
		return t.arn("cognito-idp", "userpool/"+id)
	case "AWS::Cognito::UserPool.ProviderName":
		return t.providerPrefix() + id
	case "AWS::Cognito::UserPool.ProviderURL":
		return "https://" + t.providerPrefix() + id
	case "AWS::Cognito::UserPool.UserPoolId", "AWS::Cognito::UserPoolClient.ClientId", "AWS::Cognito::IdentityPool.Id",
		"AWS::ApiGateway::RestApi.RestApiId", "AWS::ApiGatewayV2::Api.ApiId", samRest + ".RestApiId":
		return id
	case "AWS::IAM::Role.Arn":
		return t.iamARN("role/" + id)
	case "AWS::IAM::OIDCProvider.Arn":
		return id
	case samFunction + ".Arn", "AWS::Lambda::Function.Arn":
		return t.arn("lambda", "function:"+id)
	case samFunction + ".Alias":
		return t.arn("lambda", "function:"+id)
	case "AWS::ApiGateway::RestApi.RootResourceId", samRest + ".RootResourceId":
		return id + "/"
	case "AWS::ApiGatewayV2::Api.ApiEndpoint", samHTTP + ".ApiEndpoint":
		return "https://" + id + ".execute-api." + t.opts.Region + ".amazonaws.com"
	case samRest + ".Stage", samHTTP + ".Stage":
		return t.stageName(r, depth)
	}
	return ""
}

func (t *template) providerPrefix() string { return "cognito-idp." + t.opts.Region + ".amazonaws.com/" }
