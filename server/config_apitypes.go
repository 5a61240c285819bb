package server

import (
	"fmt"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// API declares an API: what API Gateway calls a REST API, an HTTP API or a
// WebSocket API.
type API struct {
	ID          string `yaml:"id"` // letters and digits, lower case
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Protocol    string `yaml:"protocol"` // REST (default), HTTP or WEBSOCKET
	// OpenAPI is the file of an OpenAPI 3 or Swagger 2 document with API Gateway's
	// extensions, relative to the gate.yaml. What is declared beside it replaces
	// what the document says; a route of the same path and method, field by field.
	OpenAPI string `yaml:"openapi"`
	// URI is the backend of routes of the document that have no integration.
	URI            string                     `yaml:"uri"`
	Stages         []Stage                    `yaml:"stages"`
	Domains        []APIDomain                `yaml:"domains"`
	CORS           *CORS                      `yaml:"cors"`
	Authorizers    []Authorizer               `yaml:"authorizers"`
	Policy         *Document                  `yaml:"policy"`            // resource policy; REST APIs only
	Responses      map[string]GatewayResponse `yaml:"gateway_responses"` // by type: ACCESS_DENIED, DEFAULT_4XX, …; REST APIs only
	Models         map[string]Document        `yaml:"models"`            // JSON Schemas by name; REST APIs only
	BinaryTypes    []string                   `yaml:"binary_media_types"`
	APIKeySource   string                     `yaml:"api_key_source"`  // HEADER (default) or AUTHORIZER
	RouteSelection string                     `yaml:"route_selection"` // of a WebSocket API, as $request.body.action
	// IdentityToken is the audience of a signed token that tells backends who calls;
	// zero: they get none.
	IdentityToken   string  `yaml:"identity_token"`
	DisableEndpoint bool    `yaml:"disable_execute_api_endpoint"` // only Domains lead to it
	Routes          []Route `yaml:"routes"`

	def *apidef.API // of a template
}

// Stage is the first segment of an API's URLs. In a gate.yaml a name alone
// stands for a Stage.
type Stage struct {
	Name           string              `yaml:"name"`
	Variables      map[string]string   `yaml:"variables"`
	Throttle       *Throttle           `yaml:"throttle"`        // of each method; nil: none
	RouteThrottles map[string]Throttle `yaml:"route_throttles"` // by "GET /notes/{id}"
	AccessLog      *AccessLog          `yaml:"access_log"`
}

// UnmarshalYAML reads a name or a mapping.
func (s *Stage) UnmarshalYAML(read func(any) error) error {
	if read(&s.Name) == nil {
		return nil
	}
	type plain Stage
	return read((*plain)(s))
}

// Throttle is a token bucket: Rate requests a second, Burst at once.
type Throttle struct {
	Rate  float64 `yaml:"rate"`
	Burst int     `yaml:"burst"`
}

// AccessLog writes a line for each call: Format with $context variables in it, to
// File or, zero, the server's log.
type AccessLog struct {
	Format string `yaml:"format"`
	File   string `yaml:"file"`
}

// APIDomain serves a stage of an API on a host of its own.
type APIDomain struct {
	Host     string `yaml:"host"`
	BasePath string `yaml:"base_path"` // zero: the stage is served at /
	Stage    string `yaml:"stage"`
}

// CORS is what browsers of other origins may do. Preflights are answered
// without authentication, and the gate's own refusals carry the headers too.
type CORS struct {
	AllowOrigins     []string `yaml:"allow_origins"`
	AllowMethods     []string `yaml:"allow_methods"`
	AllowHeaders     []string `yaml:"allow_headers"`
	ExposeHeaders    []string `yaml:"expose_headers"`
	MaxAgeSeconds    int      `yaml:"max_age_seconds"`
	AllowCredentials bool     `yaml:"allow_credentials"`
}

// Authorizer decides who may call the routes that name it.
type Authorizer struct {
	Name string `yaml:"name"`
	// Type is COGNITO_USER_POOLS, TOKEN or REQUEST (REST APIs), JWT or REQUEST (HTTP
	// APIs), REQUEST (WebSocket APIs). Zero: by the other fields, user_pools, issuer
	// or function, which is TOKEN on REST APIs and else REQUEST.
	Type      string   `yaml:"type"`
	UserPools []string `yaml:"user_pools"` // ids of this file, or ARNs
	Issuer    string   `yaml:"issuer"`
	Audience  []string `yaml:"audience"`
	Function  string   `yaml:"function"` // name of a Lambda function, its ARN or a URL
	// IdentitySource is where the credentials are, zero: the header Authorization;
	// as method.request.header.X (REST), $request.header.X (HTTP).
	IdentitySource []string `yaml:"identity_source"`
	Validation     string   `yaml:"validation"`  // regular expression that the credentials fit
	TTLSeconds     *int     `yaml:"ttl_seconds"` // nil: 300 on REST, 0 on HTTP APIs
	Payload        string   `yaml:"payload"`     // of REQUEST on HTTP APIs, 1.0 or 2.0
	Simple         bool     `yaml:"simple"`      // of REQUEST on HTTP APIs: {"isAuthorized": true}
}

// GatewayResponse is the answer to one kind of refusal.
type GatewayResponse struct {
	Status     int               `yaml:"status"`     // zero: as it is without
	Headers    map[string]string `yaml:"headers"`    // fixed values by name
	Parameters map[string]string `yaml:"parameters"` // in API Gateway's words, by gatewayresponse.header.X
	Templates  map[string]string `yaml:"templates"`  // by content type
}

// Route is one resource path with the methods it answers, or a route of a
// WebSocket API, whose key is in Path.
type Route struct {
	Path    string   `yaml:"path"`    // /notes, /notes/{id}, /{proxy+}; $default of an HTTP API
	Methods []string `yaml:"methods"` // GET, POST, … or ANY
	Auth    string   `yaml:"auth"`    // AWS_IAM, NONE, or zero with an Authorizer; there is no default
	// Authorizer is the name of one of the API's.
	Authorizer     string        `yaml:"authorizer"`
	Scopes         []string      `yaml:"scopes"` // one of which the access token must have
	APIKeyRequired bool          `yaml:"api_key_required"`
	Request        *RequestRules `yaml:"request"`
	EncodedSlash   bool          `yaml:"encoded_slash"` // let %2F pass in path variables
	TwoWay         bool          `yaml:"two_way"`       // of a WebSocket API: the client gets what the backend answers to a message
	// One of URI, Handler, Function and Integration is the backend.
	URI         string       `yaml:"uri"`     // {name} placeholders allowed
	Timeout     Seconds      `yaml:"timeout"` // zero: the longest, 29 s or 30 s
	Handler     string       `yaml:"handler"` // one of Server.Handlers
	Function    string       `yaml:"function"`
	Integration *Integration `yaml:"integration"`
}

// RequestRules are what a request is checked for before its integration.
type RequestRules struct {
	Parameters map[string]bool   `yaml:"parameters"` // by method.request.header.X; true: required
	Models     map[string]string `yaml:"models"`     // name of a model by content type
	// CheckParameters and CheckBody say what is checked; both false: nothing.
	CheckParameters bool `yaml:"check_parameters"`
	CheckBody       bool `yaml:"check_body"`
}

// Integration is a backend with everything API Gateway can do on the way to it.
type Integration struct {
	Type               string                       `yaml:"type"` // HTTP_PROXY (default), HTTP, AWS_PROXY, AWS (a Lambda function, with mappings) or MOCK
	URI                string                       `yaml:"uri"`
	Method             string                       `yaml:"method"`  // zero: the caller's
	Headers            []string                     `yaml:"headers"` // unsigned request headers to forward besides the usual ones
	Payload            string                       `yaml:"payload"` // of a Lambda event, 1.0 or 2.0
	Parameters         map[string]string            `yaml:"parameters"`
	Templates          map[string]string            `yaml:"templates"`
	Passthrough        string                       `yaml:"passthrough"`
	ContentHandling    string                       `yaml:"content_handling"`
	Responses          []IntegrationResponse        `yaml:"responses"`
	ResponseParameters map[string]map[string]string `yaml:"response_parameters"` // HTTP APIs, by status
}

// IntegrationResponse maps the answers whose status Selection matches.
type IntegrationResponse struct {
	Status          int               `yaml:"status"`
	Selection       string            `yaml:"selection"` // regular expression; zero: the default
	Parameters      map[string]string `yaml:"parameters"`
	Templates       map[string]string `yaml:"templates"`
	ContentHandling string            `yaml:"content_handling"`
}

// APIKey is a key that usage plans admit. Its value, 20 to 128 characters, comes
// from the environment variable that ValueEnv names.
type APIKey struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	ValueEnv string `yaml:"value_env"`
	Value    Secret `yaml:"-"` // in place of ValueEnv, for a Config made in Go
	Disabled bool   `yaml:"disabled"`
}

// UsagePlan limits the keys that belong to it.
type UsagePlan struct {
	ID       string      `yaml:"id"`
	Name     string      `yaml:"name"`
	Throttle *Throttle   `yaml:"throttle"` // of each key; nil: none
	Quota    *Quota      `yaml:"quota"`
	Stages   []PlanStage `yaml:"stages"`
	Keys     []string    `yaml:"keys"` // ids of api_keys
}

// Quota is how many calls a key has in a DAY, WEEK or MONTH; the first period has
// Offset fewer.
type Quota struct {
	Limit  int    `yaml:"limit"`
	Offset int    `yaml:"offset"`
	Period string `yaml:"period"`
}

// PlanStage is a stage that a usage plan admits to.
type PlanStage struct {
	API       string              `yaml:"api"`
	Stage     string              `yaml:"stage"`
	Throttles map[string]Throttle `yaml:"throttles"` // of each key, by "GET /notes/{id}"
}

// String names a route in errors.
func (r Route) String() string { return fmt.Sprint(r.Methods, " ", r.Path) }
