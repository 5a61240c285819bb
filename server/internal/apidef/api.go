package apidef

import (
	"net/http"
	"time"
)

// Catalog is everything a gateway serves. The zero value is nothing.
type Catalog struct {
	APIs  []API
	Keys  []APIKey
	Plans []UsagePlan
	// Functions maps the name of a Lambda function to the http or https URL that
	// an invocation's event is posted to.
	Functions map[string]string
	// LambdaEndpoint is the base URL of a Lambda service for all other functions,
	// as http://127.0.0.1:9001; empty: there are none.
	LambdaEndpoint string
}

// Protocol is the kind of an API (protocolType of API Gateway V2).
type Protocol string

// The kinds of API. They differ in routing, refusals and events.
const (
	REST      Protocol = "REST"
	HTTP      Protocol = "HTTP"
	WebSocket Protocol = "WEBSOCKET"
)

// API is an API with the stages that serve these routes. A REST API whose stages
// have different deployments is several values of one ID with different Stages.
type API struct {
	ID          string // lower-case letters and digits; the first label of its host
	Name        string
	Description string   `json:",omitempty"`
	Protocol    Protocol // zero: REST
	Stages      []Stage
	Domains     []Domain     `json:",omitempty"` // hosts of its own, in addition to ID.execute-api.*
	CORS        *CORS        `json:",omitempty"` // nil: nothing is added and preflights are ordinary calls
	Authorizers []Authorizer `json:",omitempty"`
	Routes      []Route      `json:",omitempty"`
	Policy      string       `json:",omitempty"` // resource policy, JSON; REST APIs only
	// Pins are unique ids of roles and users that Policy names, by ARN: others of those
	// names are not meant. Who has none is meant by name.
	Pins map[string]string `json:",omitempty"`
	// Responses are the gateway responses by type, ACCESS_DENIED, DEFAULT_4XX, …;
	// REST APIs only.
	Responses map[string]GatewayResponse `json:",omitempty"`
	// Models are JSON Schemas by name, which RequestRules name; REST APIs only.
	Models map[string]string `json:",omitempty"`
	// IdentityToken is the audience of the identity token that backends get in
	// X-Gatepass-Identity; empty: they get none.
	IdentityToken    string   `json:",omitempty"`
	BinaryMediaTypes []string `json:",omitempty"` // "image/png", "*/*"; REST APIs only
	// APIKeySource is HEADER (zero: x-api-key) or AUTHORIZER; REST APIs only.
	APIKeySource string `json:",omitempty"`
	// RouteSelection picks a message's route, as $request.body.action; WebSocket
	// APIs only.
	RouteSelection  string            `json:",omitempty"`
	DisableEndpoint bool              `json:",omitempty"` // disableExecuteApiEndpoint
	Tags            map[string]string `json:",omitempty"`
}

// Stage is the first segment of a URL. Name is of [A-Za-z0-9_-]{1,128}, or
// $default for the HTTP API stage that is served without one.
type Stage struct {
	Name       string
	Deployment string            `json:",omitempty"` // id of what is served
	Variables  map[string]string `json:",omitempty"` // ${stageVariables.name} in URIs
	Throttle   *Throttle         `json:",omitempty"` // of each method that has none of its own; nil: the account's
	// RouteThrottles are by "GET /notes/{id}" (REST) or route key.
	RouteThrottles map[string]Throttle `json:",omitempty"`
	AccessLog      *AccessLog          `json:",omitempty"`
	// Flushes counts how often the kept answers of its authorizers were given up.
	Flushes int `json:",omitempty"`
}

// Throttle is a token bucket: Rate requests a second, Burst at once.
type Throttle struct {
	Rate  float64
	Burst int
}

// AccessLog writes a line for each call: Format with $context variables in it.
type AccessLog struct {
	Format string
	File   string // appended to; zero: the server's log
}

// Domain serves one stage of an API on a host, under a base path (API Gateway
// Developer Guide, "API mappings"): the longest matching base path wins.
type Domain struct {
	Host     string // host name; with a port it matches only that port
	BasePath string // segments without slashes around them, "v1" or "orders/v1"; empty: everything else on the host
	Stage    string
}

// CORS is what browsers on other origins may do. A preflight is answered
// without authentication, what a backend says about CORS is replaced, and the
// gateway's own refusals carry the headers too.
type CORS struct {
	AllowOrigins     []string      // exact origins, or "*" (not with AllowCredentials)
	AllowMethods     []string      // empty: those the resource answers
	AllowHeaders     []string      // empty: what a signing browser sends; "*": whatever a preflight asks for
	ExposeHeaders    []string      // x-amzn-RequestId, x-amzn-ErrorType and Date are always exposed
	MaxAge           time.Duration // zero: the header is not sent
	AllowCredentials bool
}

// GatewayResponse is the answer to one kind of refusal. Parameters are by
// gatewayresponse.header.NAME; Templates by content type.
type GatewayResponse struct {
	Status     int               // zero: as it is without
	Parameters map[string]string `json:",omitempty"`
	Templates  map[string]string `json:",omitempty"`
}

// APIKey is a key of a usage plan. Value is 20 to 128 characters and a secret.
type APIKey struct {
	ID, Name string
	Value    Secret
	Enabled  bool
}

// UsagePlan limits the keys that belong to it.
type UsagePlan struct {
	ID, Name string
	Throttle *Throttle `json:",omitempty"` // of each key; nil: none
	Quota    *Quota    `json:",omitempty"`
	Stages   []PlanStage
	Keys     []string // ids of APIKeys
}

// PlanStage is a stage that a usage plan admits to.
type PlanStage struct {
	API, Stage string
	Throttles  map[string]Throttle `json:",omitempty"` // of each key, by "GET /notes/{id}"
}

// Auth says what a route asks of its caller, in API Gateway's words
// (authorizationType). There is no default: the zero value is refused.
type Auth string

// The authorization types. COGNITO_USER_POOLS and CUSTOM (a Lambda authorizer)
// are of REST APIs, JWT of HTTP APIs.
const (
	AuthIAM     Auth = "AWS_IAM" // a verified signature and an allowing policy
	AuthNone    Auth = "NONE"    // anyone
	AuthCognito Auth = "COGNITO_USER_POOLS"
	AuthJWT     Auth = "JWT"
	AuthCustom  Auth = "CUSTOM"
)

// Route is a resource path with the methods it answers, or a route of a
// WebSocket API.
//
// Path is made of segments: static text, {name} for one segment, {name+} for one
// or more, last. Static wins over {name}, that over {name+}, segment by segment,
// and a more general path answers the methods a more specific one lacks. An HTTP
// API may have the path $default, which answers everything else. On a WebSocket
// API Path is the route key ($connect, $disconnect, $default, sendmessage) and
// Methods is empty.
type Route struct {
	Path           string
	Methods        []string `json:",omitempty"` // GET, POST, …, or ANY for DELETE GET HEAD OPTIONS PATCH POST PUT
	Auth           Auth
	Authorizer     string           `json:",omitempty"` // name of one of API.Authorizers; of COGNITO_USER_POOLS, JWT and CUSTOM
	Scopes         []string         `json:",omitempty"` // one of which the access token must have
	APIKeyRequired bool             `json:",omitempty"`
	OperationName  string           `json:",omitempty"`
	Request        *RequestRules    `json:",omitempty"`
	Responses      []MethodResponse `json:",omitempty"` // declared; not checked
	Integration    Integration
	// EncodedSlash lets %2F pass in path variables; otherwise such a path is
	// refused, because backends disagree on what it means.
	EncodedSlash bool `json:",omitempty"`
}

// RequestRules are what a request is checked for before its integration.
type RequestRules struct {
	// Parameters are by method.request.{header,querystring,path}.NAME; the true
	// ones are required.
	Parameters map[string]bool   `json:",omitempty"`
	Models     map[string]string `json:",omitempty"` // name of a model by content type
	// CheckParameters and CheckBody are the request validator.
	CheckParameters, CheckBody bool
}

// MethodResponse is a status a method says it answers with.
type MethodResponse struct {
	Status     int
	Parameters map[string]bool   `json:",omitempty"` // by method.response.header.NAME
	Models     map[string]string `json:",omitempty"`
}

// IntegrationType is the type of an Integration, in API Gateway's words.
type IntegrationType string

// The integration types.
const (
	HTTPProxy    IntegrationType = "HTTP_PROXY" // the request goes on as it is and so does the answer
	HTTPCustom   IntegrationType = "HTTP"       // with mappings
	Lambda       IntegrationType = "AWS_PROXY"  // an event to a Lambda function
	LambdaCustom IntegrationType = "AWS"        // with mappings; no other service is called
	Mock         IntegrationType = "MOCK"       // no backend
)

// Integration is where a call goes. HTTP types have either URI or Handler.
type Integration struct {
	Type IntegrationType `json:",omitempty"` // zero: HTTP_PROXY
	// URI of an HTTP backend. Without a path ("http://10.0.0.7:8080") the
	// backend sees the path after the stage. With one it sees exactly that
	// path, {name} and {proxy} in it replaced by the bytes the caller sent.
	// ${stageVariables.x} is replaced by the stage's variable. For AWS_PROXY and
	// AWS it is the function's ARN, API Gateway's invocation ARN or a URL to post events to.
	URI    string `json:",omitempty"`
	Method string `json:",omitempty"` // of the request to the backend; zero: the caller's
	// Handler answers in this process; it receives the request a backend
	// without a path would, path variables also as PathValue (decoded).
	Handler http.Handler `json:"-"`
	// Timeout until the whole answer is there; 50 ms to 29 s (30 s on HTTP APIs),
	// zero: the longest. For a Handler it is the deadline of the request's context.
	Timeout time.Duration `json:",omitempty"`
	// Headers names unsigned request headers to forward besides the usual ones.
	Headers []string `json:",omitempty"`
	// Payload is the version of a Lambda event, "1.0" or "2.0"; zero: 1.0 on REST,
	// 2.0 on HTTP APIs.
	Payload string `json:",omitempty"`
	// Parameters map the request: integration.request.header.X to
	// method.request.…, context.…, stageVariables.… or 'text' (REST);
	// append:header.X and the like to $request.…, $context.… (HTTP APIs).
	Parameters      map[string]string `json:",omitempty"`
	Templates       map[string]string `json:",omitempty"` // of the request body, by content type
	Passthrough     string            `json:",omitempty"` // WHEN_NO_MATCH (zero), WHEN_NO_TEMPLATES or NEVER
	ContentHandling string            `json:",omitempty"` // CONVERT_TO_BINARY, CONVERT_TO_TEXT or empty
	// Responses map the answers of HTTP, AWS and MOCK.
	Responses []IntegrationResponse `json:",omitempty"`
	// ResponseParameters change the answers of an HTTP API, by status code.
	ResponseParameters map[string]map[string]string `json:",omitempty"`
}

// IntegrationResponse maps the answers whose status (or, for Lambda, error)
// Selection matches; the one without Selection is the default.
type IntegrationResponse struct {
	Status          int               // of the answer to the caller
	Selection       string            `json:",omitempty"` // regular expression over the backend's status, or a function's errorMessage
	Parameters      map[string]string `json:",omitempty"` // method.response.header.X to integration.response.header.Y or 'text'
	Templates       map[string]string `json:",omitempty"`
	ContentHandling string            `json:",omitempty"`
}

// AuthorizerType is the type of an Authorizer, in API Gateway's words.
type AuthorizerType string

// The authorizer types. TOKEN and REQUEST are Lambda authorizers; HTTP APIs
// have REQUEST and JWT.
const (
	CognitoAuthorizer AuthorizerType = "COGNITO_USER_POOLS"
	JWTAuthorizer     AuthorizerType = "JWT"
	TokenAuthorizer   AuthorizerType = "TOKEN"
	RequestAuthorizer AuthorizerType = "REQUEST"
)

// Authorizer decides who may call the routes that name it.
type Authorizer struct {
	Name         string
	Type         AuthorizerType
	ProviderARNs []string `json:",omitempty"` // user pools of COGNITO_USER_POOLS
	Issuer       string   `json:",omitempty"` // of JWT
	Audience     []string `json:",omitempty"` // of JWT
	// IdentitySource is where the credentials are: method.request.header.Authorization
	// (REST), $request.header.Authorization (HTTP). Zero: that header.
	IdentitySource []string `json:",omitempty"`
	Validation     string   `json:",omitempty"` // identityValidationExpression, a regular expression
	URI            string   `json:",omitempty"` // of TOKEN and REQUEST: as Integration.URI of AWS_PROXY
	TTL            *int     `json:",omitempty"` // seconds an answer is kept, 0 to 3600; nil: 300 on REST, 0 on other APIs
	Payload        string   `json:",omitempty"` // of REQUEST on HTTP APIs: "1.0" or "2.0" (zero)
	Simple         bool     `json:",omitempty"` // of REQUEST on HTTP APIs: {"isAuthorized": true} answers
}
