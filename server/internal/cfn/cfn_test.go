package cfn

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/openapi"
	"github.com/gatepass/gatepass/server/internal/tree"
)

func options() Options {
	return Options{
		Region: "us-east-1", Account: "000000000000",
		ReadAPI: func(doc []byte, protocol apidef.Protocol, id, basePath string) (apidef.API, []tree.Note, error) {
			return openapi.Read(doc, openapi.Options{Protocol: protocol, ID: id, BasePath: basePath})
		},
	}
}

func read(t *testing.T, text string) *Result {
	t.Helper()
	r, err := Read([]byte(text), options())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const arnOf = "arn:aws:lambda:us-east-1:000000000000:function:"

func lambda(path, method string, auth apidef.Auth) apidef.Route {
	return apidef.Route{Path: path, Methods: []string{method}, Auth: auth, Integration: apidef.Integration{Type: apidef.Lambda, URI: arnOf + "NotesFunction"}}
}

func TestReadsTheExample(t *testing.T) {
	text, err := os.ReadFile("../../../examples/notes-sam.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, string(text))
	pool := "us-east-1:" + uuid("gatepass/IdentityPool")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",` +
		`"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`
	want := &Result{
		UserPools: []UserPool{{
			LogicalID: "UserPool", ID: "us-east-1_UserPool", Name: "gatepass-users", AliasAttributes: []string{"email"}, AutoVerifiedAttributes: []string{"email"},
			Password: &PasswordPolicy{MinimumLength: 10, Upper: true, Lower: true, Numbers: true},
			Clients:  []Client{{LogicalID: "WebClient", ID: "WebClient", AuthFlows: []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}},
		}},
		IdentityPools: []IdentityPool{{LogicalID: "IdentityPool", ID: pool, Providers: []Provider{{UserPool: "us-east-1_UserPool", Client: "WebClient"}}, AuthenticatedRole: "NotesUserRole"}},
		Roles: []Role{{Name: "NotesUserRole", Trust: trust, Policies: map[string]string{
			"call-notes": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:000000000000:notesapi/prod/*/notes"}]}`,
		}}},
		APIs: []apidef.API{{
			ID: "notesapi", Name: "NotesApi", Protocol: apidef.REST, Stages: []apidef.Stage{{Name: "prod"}},
			Routes: []apidef.Route{
				lambda("/notes", "GET", apidef.AuthIAM), lambda("/notes", "POST", apidef.AuthIAM),
				lambda("/admin", "GET", apidef.AuthIAM), lambda("/health", "GET", apidef.AuthNone),
			},
		}},
		Functions: []Function{{"NotesFunction", "NotesFunction"}},
		Outputs: []Output{
			{"Api", "https://notesapi.execute-api.us-east-1.amazonaws.com/prod"}, {"UserPoolId", "us-east-1_UserPool"}, {"ClientId", "WebClient"}, {"IdentityPoolId", pool},
		},
		Notes: []tree.Note{{Path: "Resources.NotesTable", Reason: "AWS::Serverless::SimpleTable is not served"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestIntrinsics evaluates functions in an output, short and long.
func TestIntrinsics(t *testing.T) {
	const head = `
Parameters:
  Name: {Type: String, Default: n}
  Many: {Type: CommaDelimitedList, Default: "a,b,c"}
Mappings: {M: {us-east-1: {v: east}}}
Conditions:
  Yes: !Equals [!Ref Name, n]
  No: !Not [{Condition: Yes}]
  Both: !And [!Condition Yes, !Or [!Condition No, !Condition Yes]]
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: !If [No, x, !Ref AWS::NoValue]}}
  Off: {Type: AWS::Cognito::UserPool, Condition: No}
  Table: {Type: AWS::DynamoDB::Table}
  Fn: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub "${Name}-fn"}}
Outputs: {V: {Value: `
	for in, want := range map[string]string{
		"!Ref Name":           "n",
		"{Ref: Name}":         "n",
		"!Ref AWS::Region":    "us-east-1",
		"!Ref Pool":           "us-east-1_Pool",
		"!GetAtt Pool.Arn":    "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Pool",
		"!GetAtt [Pool, Arn]": "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Pool",
		"!GetAtt Fn.Arn":      arnOf + "n-fn",
		"!GetAtt FnRole.Arn":  "arn:aws:iam::000000000000:role/FnRole",
		"!GetAtt Table.Arn":   "arn:aws:dynamodb:us-east-1:000000000000:Table",
		`!Sub "${Name}/${AWS::AccountId}/${Pool.ProviderName}/${!Name}"`: "n/000000000000/cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool/${Name}",
		`!Sub ["${A}${Name}", {A: !Ref Pool}]`:                           "us-east-1_Pooln",
		"{'Fn::Sub': '${Name}'}":                                         "n",
		`!Join ["-", [a, !Ref Name, {Ref: Pool}]]`:                       "a-n-us-east-1_Pool",
		"!Select [1, !Ref Many]":                                         "b",
		`!Select ["0", !Split ["/", "x/y"]]`:                             "x",
		"!FindInMap [M, !Ref AWS::Region, v]":                            "east",
		"!If [Both, 1, 2]":                                               "1",
		"!If [No, 1, 2]":                                                 "2",
		"!Base64 abc":                                                    "YWJj",
		"!ToJsonString {a: !Ref Name}":                                   `{"a":"n"}`,
	} {
		t.Run(in, func(t *testing.T) {
			if got := read(t, head+in+"}}\n").Outputs[0].Value; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestParameters(t *testing.T) {
	const text = "Parameters: {P: {Type: String}}\nResources: {R: {Type: AWS::SQS::Queue}}\nOutputs: {V: {Value: !Ref P}, W: {Value: !ImportValue other-stack-Id}}\n"
	if _, err := Read([]byte(text), options()); err == nil || !strings.Contains(err.Error(), "give P=VALUE") {
		t.Errorf("a parameter without a value: %v", err)
	}
	o := options()
	o.Parameters = map[string]string{"P": "v", "other-stack-Id": "w"}
	got, err := Read([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Output{{"V", "v"}, {"W", "w"}}, got.Outputs); diff != "" {
		t.Error(diff)
	}
	o.Parameters["Typo"] = "x"
	if _, err := Read([]byte(text), o); err == nil {
		t.Error("a parameter that the template does not have was accepted")
	}
}

// TestRefuses: what may guard something, and what cannot be evaluated, is an
// error.
func TestRefuses(t *testing.T) {
	api := "  Api: {Type: AWS::ApiGateway::RestApi}\n"
	for name, c := range map[string]struct{ resources, want string }{
		"web firewall":          {"  W: {Type: AWS::WAFv2::WebACLAssociation}\n", "may guard something"},
		"triggers":              {"  P: {Type: AWS::Cognito::UserPool, Properties: {LambdaConfig: {PreSignUp: a}}}\n", "LambdaConfig"},
		"recovery":              {"  P: {Type: AWS::Cognito::UserPool, Properties: {AccountRecoverySetting: {RecoveryMechanisms: [{Name: admin_only, Priority: 1}]}}}\n", "ForgotPassword"},
		"old passwords":         {"  P: {Type: AWS::Cognito::UserPool, Properties: {Policies: {PasswordPolicy: {PasswordHistorySize: 3}}}}\n", "PasswordHistorySize"},
		"boundary":              {"  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Principal: {AWS: '*'}}}, PermissionsBoundary: x}}\n", "not in this template"},
		"policy elsewhere":      {"  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Principal: {AWS: '*'}}}, ManagedPolicyArns: ['arn:aws:iam::000000000000:policy/p']}}\n", "may deny"},
		"policy that denies":    {"  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Principal: {AWS: '*'}}}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSDenyAll']}}\n", "may deny"},
		"client certificates":   {"  D: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: a.example, MutualTlsAuthentication: {TruststoreUri: s3://b/k}}}\n", "MutualTls"},
		"private API":           {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {EndpointConfiguration: {Types: [PRIVATE]}}}\n", "private APIs"},
		"authorizer of nowhere": {api + "  M: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: CUSTOM, AuthorizerId: x, Integration: {Type: MOCK}}}\n", "no authorizer"},
		"SAM authorizer":        {"  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Api, Properties: {Path: /, Method: get, Auth: {Authorizer: Gone}}}}}}\n", "no authorizer"},
		"SAM address list":      {"  A: {Type: AWS::Serverless::Api, Properties: {StageName: p, Auth: {ResourcePolicy: {IpRangeWhitelist: [10.0.0.0/8]}}}}\n", "IpRangeWhitelist"},
		"unknown reference":     {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {Name: !Ref Gone}}\n", "no parameter or resource"},
		"unknown function":      {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {Name: !Cidr [a, 1, 2]}}\n", "not supported"},
		"unknown tag":           {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {Name: !Include a}}\n", "not supported"},
		"own name":              {"  F: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub '${F}${F}'}}\n", "refers to itself"},
		"S3":                    {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {BodyS3Location: {Bucket: b}}}\n", "S3"},
		"no type":               {"  A: {}\n", "Type"},
		"a broken document":     {"  A: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {openapi: 3.0.0, paths: {/: {get: {security: [{x: []}]}}}}}}\n", "no security scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte("Resources:\n"+c.resources), options())
			if !errors.Is(err, ErrTemplate) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestGrowthIsBounded: a small template cannot become a large one.
func TestGrowthIsBounded(t *testing.T) {
	text := "Parameters: {P: {Type: String, Default: " + strings.Repeat("x", 300_000) + "}}\n" +
		"Resources: {A: {Type: AWS::ApiGateway::RestApi, Properties: {Body: [" + strings.Repeat("!Ref P, ", 60_000) + "1]}}}\n"
	if _, err := Read([]byte(text), options()); err == nil || !strings.Contains(err.Error(), "when evaluated") {
		t.Errorf("got %v", err)
	}
}

func TestAllowUnknown(t *testing.T) {
	o := options()
	o.AllowUnknown = true
	got, err := Read([]byte("Resources:\n  P: {Type: AWS::Cognito::UserPool, Properties: {LambdaConfig: {PreSignUp: a}}}\n  W: {Type: AWS::WAFv2::WebACL}\n"), o)
	if err != nil || len(got.Notes) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

const v1 = `
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a, BinaryMediaTypes: [image~1png]}}
  Item: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Notes, PathPart: "{id}"}}
  Notes: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: notes}}
  Users: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: !Ref Api, Name: users, Type: COGNITO_USER_POOLS, ProviderARNs: [!GetAtt Pool.Arn], IdentitySource: method.request.header.Authorization}}
  Check: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api, ValidateRequestParameters: true}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Item
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Users
      ApiKeyRequired: true
      RequestValidatorId: !Ref Check
      RequestParameters: {method.request.path.id: true}
      Integration: {Type: HTTP_PROXY, IntegrationHttpMethod: GET, Uri: "http://127.0.0.1:9/{id}", RequestParameters: {integration.request.path.id: method.request.path.id}}
  Root: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: ANY, AuthorizationType: AWS_IAM, Integration: {Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}}}
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "!Ref not evaluated"}}}
  Deploy: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      DeploymentId: !Ref Deploy
      StageName: v1
      Variables: {host: x}
      MethodSettings: [{ResourcePath: "/*", HttpMethod: "*", ThrottlingRateLimit: 5, ThrottlingBurstLimit: 2}, {ResourcePath: "/~1notes", HttpMethod: GET, ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}]
      AccessLogSetting: {DestinationArn: arn, Format: $context.requestId}
  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Name: k, Value: "01234567890123456789", Enabled: true}}
  Plan: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: !Ref Api, Stage: !Ref Stage}], Throttle: {RateLimit: 1.5, BurstLimit: 3}, Quota: {Limit: 10, Period: DAY}}}
  Host: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: Api.Example, SecurityPolicy: TLS_1_2, RegionalCertificateArn: x}}
  Mapping: {Type: AWS::ApiGateway::BasePathMapping, Properties: {DomainName: !Ref Host, RestApiId: !Ref Api, Stage: !Ref Stage, BasePath: notes}}
  PlanKey: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
`

func TestReadsRESTResources(t *testing.T) {
	got := read(t, v1)
	id := map[string]bool{"method.request.path.id": true}
	want := []apidef.API{{
		ID: "api", Name: "a", Protocol: apidef.REST, BinaryMediaTypes: []string{"image/png"},
		Authorizers: []apidef.Authorizer{{Name: "users", Type: apidef.CognitoAuthorizer, ProviderARNs: []string{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Pool"}, IdentitySource: []string{"method.request.header.Authorization"}}},
		Routes: []apidef.Route{{
			Path: "/notes/{id}", Methods: []string{"GET"}, Auth: apidef.AuthCognito, Authorizer: "users", APIKeyRequired: true, Request: &apidef.RequestRules{Parameters: id, CheckParameters: true},
			Integration: apidef.Integration{Type: apidef.HTTPProxy, Method: "GET", URI: "http://127.0.0.1:9/{id}", Parameters: map[string]string{"integration.request.path.id": "method.request.path.id"}},
		}, {
			Path: "/", Methods: []string{"ANY"}, Auth: apidef.AuthIAM,
			Integration: apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + arnOf + "Fn/invocations"},
		}},
		Stages: []apidef.Stage{{
			Name: "v1", Variables: map[string]string{"host": "x"}, Throttle: &apidef.Throttle{Rate: 5, Burst: 2},
			RouteThrottles: map[string]apidef.Throttle{"GET /notes": {Rate: 1, Burst: 1}}, AccessLog: &apidef.AccessLog{Format: "$context.requestId"},
		}},
		Domains: []apidef.Domain{{Host: "api.example", BasePath: "notes", Stage: "v1"}},
	}}
	if diff := cmp.Diff(want, got.APIs); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	plans := []apidef.UsagePlan{{ID: "Plan", Throttle: &apidef.Throttle{Rate: 1.5, Burst: 3}, Quota: &apidef.Quota{Limit: 10, Period: "DAY"}, Stages: []apidef.PlanStage{{API: "api", Stage: "v1"}}, Keys: []string{"Key"}}}
	if diff := cmp.Diff(plans, got.Plans); diff != "" || len(got.Keys) != 1 || got.Keys[0].Value != "01234567890123456789" || len(got.Notes) != 0 {
		t.Errorf("%s\n%v\n%v", diff, got.Keys, got.Notes)
	}
}

const v2 = `
Resources:
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: h, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ["*"], AllowMethods: ["*"], MaxAge: 60}}}
  Jwt: {Type: AWS::ApiGatewayV2::Authorizer, Properties: {ApiId: !Ref Api, Name: jwt, AuthorizerType: JWT, IdentitySource: [$request.header.Authorization], JwtConfiguration: {Issuer: https://i, Audience: [a]}}}
  To: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationMethod: ANY, IntegrationUri: "http://127.0.0.1:9", PayloadFormatVersion: "1.0", ResponseParameters: {"200": {ResponseParameters: [{Destination: "overwrite:statuscode", Source: "201"}]}}}}
  Iam: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /a, AuthorizationType: AWS_IAM, Target: !Sub "integrations/${To}"}}
  Rest: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $default, AuthorizationType: JWT, AuthorizerId: !Ref Jwt, AuthorizationScopes: [s], Target: !Join ["/", [integrations, !Ref To]]}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true, DefaultRouteSettings: {ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0}}}
`

// TestReadsLambdaCustom: a method whose integration invokes a function by mappings
// is served, one of another service answers 501.
func TestReadsLambdaCustom(t *testing.T) {
	got := read(t, `
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a}}
  Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: .}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: AWS_IAM
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"
        RequestTemplates: {application/json: "{}"}
        IntegrationResponses: [{StatusCode: "200"}, {StatusCode: "400", SelectionPattern: "Malformed.*"}]
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: POST
      AuthorizationType: AWS_IAM
      Integration: {Type: AWS, IntegrationHttpMethod: POST, Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/q"}
`)
	want := []apidef.Route{{Path: "/", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{
		Type: apidef.LambdaCustom, URI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + arnOf + "Fn/invocations",
		Templates: map[string]string{"application/json": "{}"}, Responses: []apidef.IntegrationResponse{{Status: 200}, {Status: 400, Selection: "Malformed.*"}},
	}}, {Path: "/", Methods: []string{"POST"}, Auth: apidef.AuthIAM, Integration: apidef.NotBuilt()}}
	if diff := cmp.Diff(want, got.APIs[0].Routes); diff != "" || len(got.Notes) != 1 || !strings.Contains(got.Notes[0].Reason, "other than Lambda functions") {
		t.Errorf("-want +got\n%s\n%v", diff, got.Notes)
	}
}

func TestReadsHTTPResources(t *testing.T) {
	got := read(t, v2)
	to := apidef.Integration{Type: apidef.HTTPProxy, URI: "http://127.0.0.1:9", Payload: "1.0", ResponseParameters: map[string]map[string]string{"200": {"overwrite:statuscode": "201"}}}
	want := []apidef.API{{
		ID: "api", Name: "h", Protocol: apidef.HTTP, CORS: &apidef.CORS{AllowOrigins: []string{"*"}, MaxAge: time.Minute},
		Authorizers: []apidef.Authorizer{{Name: "jwt", Type: apidef.JWTAuthorizer, Issuer: "https://i", Audience: []string{"a"}, IdentitySource: []string{"$request.header.Authorization"}}},
		Routes: []apidef.Route{
			{Path: "/a", Methods: []string{"GET"}, Auth: apidef.AuthIAM, Integration: to},
			{Path: "$default", Methods: []string{"ANY"}, Auth: apidef.AuthJWT, Authorizer: "jwt", Scopes: []string{"s"}, Integration: to},
		},
		Stages: []apidef.Stage{{Name: "$default", Throttle: &apidef.Throttle{}}},
	}}
	if diff := cmp.Diff(want, got.APIs); diff != "" || len(got.Notes) != 0 {
		t.Errorf("-want +got\n%s\n%v", diff, got.Notes)
	}
}

const webSocket = `
Resources:
  Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}}
  Join: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Chat, RouteKey: $connect, AuthorizationType: AWS_IAM, Target: !Sub "integrations/${To}"}}
  Say: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Chat, RouteKey: say, Target: !Sub "integrations/${To}"}}
  To: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Chat, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}}
  Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: .}}
  Out: {Type: AWS::ApiGatewayV2::Deployment, DependsOn: [Join, Say], Properties: {ApiId: !Ref Chat}}
  Live: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Chat, StageName: live, DeploymentId: !Ref Out}}
`

func TestReadsWebSocketResources(t *testing.T) {
	to := apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + arnOf + "Fn/invocations"}
	want := []apidef.API{{
		ID: "chat", Name: "chat", Protocol: apidef.WebSocket, RouteSelection: "$request.body.action", Stages: []apidef.Stage{{Name: "live"}},
		Routes: []apidef.Route{{Path: "$connect", Auth: apidef.AuthIAM, Integration: to}, {Path: "say", Auth: apidef.AuthNone, Integration: to}},
	}}
	got := read(t, webSocket)
	if diff := cmp.Diff(want, got.APIs); diff != "" || len(got.Notes) != 0 {
		t.Errorf("-want +got\n%s\n%v", diff, got.Notes)
	}
}

// TestReadsCognito reads what belongs to user pools and identity pools.
func TestReadsCognito(t *testing.T) {
	got := read(t, `
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {MfaConfiguration: OPTIONAL, UsernameConfiguration: {CaseSensitive: true}, AdminCreateUserConfig: {AllowAdminCreateUserOnly: "true"}, UsernameAttributes: [email], Schema: [{Name: tenant}]}}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, GenerateSecret: true, ExplicitAuthFlows: [ADMIN_NO_SRP_AUTH, ALLOW_CUSTOM_AUTH], AccessTokenValidity: 30, RefreshTokenValidity: 48, TokenValidityUnits: {AccessToken: minutes, RefreshToken: hours}, WriteAttributes: [email], RefreshTokenRotation: {Feature: ENABLED}}}
  Admins: {Type: AWS::Cognito::UserPoolGroup, Properties: {GroupName: admins, UserPoolId: !Ref Pool, RoleArn: !GetAtt Role.Arn, Precedence: 1}}
  Ada: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: ada, UserAttributes: [{Name: email, Value: a@b.c}]}}
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: admin-role, AssumeRolePolicyDocument: {Statement: {Principal: {Federated: cognito-identity.amazonaws.com}}}, ManagedPolicyArns: [!Ref Managed], PermissionsBoundary: !Ref Managed, MaxSessionDuration: 7200, Tags: [{Key: a, Value: b}]}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Statement: []}}}
  More: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, PolicyDocument: {Statement: []}, Roles: [!Ref Role]}}
  Ids: {Type: AWS::Cognito::IdentityPool, Properties: {AllowUnauthenticatedIdentities: false, AllowClassicFlow: true, CognitoIdentityProviders: [{ClientId: !Ref App, ProviderName: !GetAtt Pool.ProviderName, ServerSideTokenCheck: true}]}}
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Ids
      Roles: {authenticated: !GetAtt Role.Arn}
      RoleMappings:
        users: {IdentityProvider: !Sub "${Pool.ProviderName}:${App}", Type: Rules, AmbiguousRoleResolution: AuthenticatedRole, RulesConfiguration: {Rules: [{Claim: c, MatchType: Equals, Value: v, RoleARN: !GetAtt Role.Arn}]}}
`)
	id := "us-east-1:" + uuid("gatepass/Ids")
	want := &Result{
		UserPools: []UserPool{{
			LogicalID: "Pool", ID: "us-east-1_Pool", MFA: "OPTIONAL", CaseSensitive: true, AdminCreateUserOnly: true, UsernameAttributes: []string{"email"},
			Clients: []Client{{LogicalID: "App", ID: "App", Secret: true, AuthFlows: []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH"}, AccessTokenMinutes: 30, RefreshTokenDays: 2, RotateRefresh: true, WriteAttributes: []string{"email"}}},
			Groups:  []Group{{Name: "admins", Role: "admin-role", Precedence: new(1)}}, Users: []User{{Name: "ada", Attributes: map[string]string{"email": "a@b.c"}}},
		}},
		IdentityPools: []IdentityPool{{
			LogicalID: "Ids", ID: id, AllowClassic: true, AuthenticatedRole: "admin-role", Providers: []Provider{{UserPool: "us-east-1_Pool", Client: "App", ServerSideCheck: true}},
			Mappings: []Mapping{{UserPool: "us-east-1_Pool", Client: "App", Type: "rules", Otherwise: "authenticated_role", Rules: []Rule{{Claim: "c", Match: "Equals", Value: "v", Role: "admin-role"}}}},
		}},
		Roles: []Role{{
			Name: "admin-role", Trust: `{"Statement":{"Principal":{"Federated":"cognito-identity.amazonaws.com"}}}`, Boundary: "m", Attached: []string{"m"},
			Policies: map[string]string{"p": `{"Statement":[]}`}, MaxSessionSeconds: 7200, Tags: map[string]string{"a": "b"},
		}},
		Managed: map[string]string{"m": `{"Statement":[]}`},
		Notes: []tree.Note{
			{Path: "Resources.Pool.Schema[0]", Reason: "the attribute tenant: there are the standard ones, none of them required, and no others"},
			{Path: "Resources.App.ExplicitAuthFlows", Reason: "there are no custom challenges"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzRead(f *testing.F) {
	example, err := os.ReadFile("../../../examples/notes-sam.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(example), v1, v2, webSocket, "Resources: {A: {Type: AWS::Serverless::Api, Properties: {Cors: \"'*'\", Auth: {DefaultAuthorizer: AWS_IAM}, DefinitionBody: {openapi: 3.0.0, paths: {/a: {get: {}}}}}}}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Read(text, options())
		if err != nil {
			return
		}
		for _, a := range got.APIs {
			for _, rt := range a.Routes {
				if rt.Auth == "" || rt.Auth != apidef.AuthNone && rt.Auth != apidef.AuthIAM && rt.Authorizer == "" {
					t.Fatalf("a route without a guard: %+v", rt)
				}
			}
		}
	})
}

// Sign-in pages that an app client asks for are not there, which is said.
func TestNotesOAuth(t *testing.T) {
	const head = "Resources:\n  Pool: {Type: AWS::Cognito::UserPool}\n  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, AllowedOAuthFlowsUserPoolClient: "
	for value, want := range map[string]int{"true": 1, "false": 0} {
		if got := read(t, head+value+"}}\n"); len(got.Notes) != want {
			t.Errorf("%s: notes %v, want %d", value, got.Notes, want)
		}
	}
}
