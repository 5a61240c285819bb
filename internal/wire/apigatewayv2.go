package wire

import "time"

// ItemsV2 is the answer of the Get calls of API Gateway V2 for several of a kind.
type ItemsV2[T any] struct {
	Items     []T    `json:"items"`
	NextToken string `json:"nextToken,omitempty"`
}

// Cors is the corsConfiguration of an HTTP API.
type Cors struct {
	AllowCredentials bool     `json:"allowCredentials,omitempty"`
	AllowHeaders     []string `json:"allowHeaders,omitempty"`
	AllowMethods     []string `json:"allowMethods,omitempty"`
	AllowOrigins     []string `json:"allowOrigins,omitempty"`
	ExposeHeaders    []string `json:"exposeHeaders,omitempty"`
	MaxAge           int      `json:"maxAge,omitempty"` // seconds
}

// APIV2Settings are what CreateApi and UpdateApi set.
type APIV2Settings struct {
	Name                      string `json:"name,omitempty"`
	Description               string `json:"description,omitempty"`
	Version                   string `json:"version,omitempty"`
	CorsConfiguration         *Cors  `json:"corsConfiguration,omitempty"`
	DisableExecuteAPIEndpoint bool   `json:"disableExecuteApiEndpoint"`
	APIKeySelectionExpression string `json:"apiKeySelectionExpression,omitempty"`
	RouteSelectionExpression  string `json:"routeSelectionExpression,omitempty"`
	IPAddressType             string `json:"ipAddressType,omitempty"`
}

// QuickCreate are the members of CreateApi and UpdateApi that make a route with
// an integration, and the default stage.
type QuickCreate struct {
	RouteKey string `json:"routeKey,omitempty"`
	Target   string `json:"target,omitempty"`
}

// CreateAPIInput is the body of CreateApi.
type CreateAPIInput struct {
	APIV2Settings
	QuickCreate
	ProtocolType string            `json:"protocolType"`
	Tags         map[string]string `json:"tags,omitempty"`
}

// UpdateAPIInput is the body of UpdateApi.
type UpdateAPIInput struct {
	*APIV2Settings
	QuickCreate
}

// APIV2 is an HTTP or WebSocket API.
type APIV2 struct {
	APIV2Settings
	APIID        string            `json:"apiId"`
	APIEndpoint  string            `json:"apiEndpoint,omitempty"`
	ProtocolType string            `json:"protocolType"`
	CreatedDate  time.Time         `json:"createdDate,omitzero"`
	Tags         map[string]string `json:"tags,omitempty"`
	ImportInfo   []string          `json:"importInfo,omitempty"`
	Warnings     []string          `json:"warnings,omitempty"`
}

// ImportAPIInput is the body of ImportApi and ReimportApi.
type ImportAPIInput struct {
	Body string `json:"body"`
}

// ParameterConstraints say whether a parameter is required.
type ParameterConstraints struct {
	Required bool `json:"required"`
}

// RouteSettings are what CreateRoute sets.
type RouteSettings struct {
	RouteKey                 string   `json:"routeKey,omitempty"`
	Target                   string   `json:"target,omitempty"`
	AuthorizationType        string   `json:"authorizationType,omitempty"`
	AuthorizerID             string   `json:"authorizerId,omitempty"`
	AuthorizationScopes      []string `json:"authorizationScopes,omitempty"`
	APIKeyRequired           bool     `json:"apiKeyRequired"`
	OperationName            string   `json:"operationName,omitempty"`
	ModelSelectionExpression string   `json:"modelSelectionExpression,omitempty"`
	RouteResponseSelection   string   `json:"routeResponseSelectionExpression,omitempty"`
}

// Route is a route of an HTTP or WebSocket API.
type Route struct {
	RouteSettings
	RouteID           string `json:"routeId"`
	APIGatewayManaged bool   `json:"apiGatewayManaged,omitempty"`
}

// RouteResponse says that a route of a WebSocket API answers.
type RouteResponse struct {
	RouteResponseID          string `json:"routeResponseId,omitempty"`
	RouteResponseKey         string `json:"routeResponseKey"`
	ModelSelectionExpression string `json:"modelSelectionExpression,omitempty"`
}

// IntegrationV2Settings are what CreateIntegration of API Gateway V2 sets.
type IntegrationV2Settings struct {
	IntegrationType      string                       `json:"integrationType,omitempty"`
	IntegrationMethod    string                       `json:"integrationMethod,omitempty"`
	IntegrationURI       string                       `json:"integrationUri,omitempty"`
	ConnectionType       string                       `json:"connectionType,omitempty"`
	ContentHandling      string                       `json:"contentHandlingStrategy,omitempty"`
	Description          string                       `json:"description,omitempty"`
	PassthroughBehavior  string                       `json:"passthroughBehavior,omitempty"`
	PayloadFormatVersion string                       `json:"payloadFormatVersion,omitempty"`
	RequestParameters    map[string]string            `json:"requestParameters,omitempty"`
	RequestTemplates     map[string]string            `json:"requestTemplates,omitempty"`
	ResponseParameters   map[string]map[string]string `json:"responseParameters,omitempty"`
	TemplateSelection    string                       `json:"templateSelectionExpression,omitempty"`
	TimeoutInMillis      int                          `json:"timeoutInMillis,omitempty"`
	TLSConfig            *TLSConfig                   `json:"tlsConfig,omitempty"`
}

// IntegrationV2 is where the calls of routes go.
type IntegrationV2 struct {
	IntegrationV2Settings
	IntegrationID     string `json:"integrationId"`
	APIGatewayManaged bool   `json:"apiGatewayManaged,omitempty"`
}

// IntegrationResponseV2 maps the answers of an integration of a WebSocket API.
type IntegrationResponseV2 struct {
	IntegrationResponseID  string            `json:"integrationResponseId,omitempty"`
	IntegrationResponseKey string            `json:"integrationResponseKey"` // /200/, $default
	ContentHandling        string            `json:"contentHandlingStrategy,omitempty"`
	ResponseParameters     map[string]string `json:"responseParameters,omitempty"`
	ResponseTemplates      map[string]string `json:"responseTemplates,omitempty"`
	TemplateSelection      string            `json:"templateSelectionExpression,omitempty"`
}

// JWTConfiguration is what a JWT authorizer checks.
type JWTConfiguration struct {
	Audience []string `json:"audience,omitempty"`
	Issuer   string   `json:"issuer,omitempty"`
}

// AuthorizerV2 is an authorizer of an HTTP or WebSocket API.
type AuthorizerV2 struct {
	AuthorizerID                 string            `json:"authorizerId,omitempty"`
	Name                         string            `json:"name,omitempty"`
	AuthorizerType               string            `json:"authorizerType,omitempty"` // REQUEST or JWT
	AuthorizerURI                string            `json:"authorizerUri,omitempty"`
	PayloadFormatVersion         string            `json:"authorizerPayloadFormatVersion,omitempty"`
	TTL                          *int              `json:"authorizerResultTtlInSeconds,omitempty"`
	EnableSimpleResponses        bool              `json:"enableSimpleResponses,omitempty"`
	IdentitySource               []string          `json:"identitySource,omitempty"`
	IdentityValidationExpression string            `json:"identityValidationExpression,omitempty"`
	JWTConfiguration             *JWTConfiguration `json:"jwtConfiguration,omitempty"`
}

// ModelV2 is a JSON Schema of an HTTP or WebSocket API.
type ModelV2 struct {
	ModelID     string `json:"modelId,omitempty"`
	Name        string `json:"name,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Description string `json:"description,omitempty"`
	Schema      string `json:"schema,omitempty"`
}

// StageRouteSettings are what a stage sets for a route, or for all.
type StageRouteSettings struct {
	DataTraceEnabled       bool    `json:"dataTraceEnabled,omitempty"`
	DetailedMetricsEnabled bool    `json:"detailedMetricsEnabled"`
	LoggingLevel           string  `json:"loggingLevel,omitempty"`
	ThrottlingBurstLimit   int     `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit    float64 `json:"throttlingRateLimit,omitempty"`
}

// StageV2Settings are what CreateStage and UpdateStage of API Gateway V2 set.
type StageV2Settings struct {
	Description          string                         `json:"description,omitempty"`
	AutoDeploy           bool                           `json:"autoDeploy,omitempty"`
	DeploymentID         string                         `json:"deploymentId,omitempty"`
	StageVariables       map[string]string              `json:"stageVariables,omitempty"`
	DefaultRouteSettings *StageRouteSettings            `json:"defaultRouteSettings,omitempty"`
	RouteSettings        map[string]*StageRouteSettings `json:"routeSettings,omitempty"`
	AccessLogSettings    *AccessLogSettings             `json:"accessLogSettings,omitempty"`
}

// CreateStageV2Input is the body of CreateStage of API Gateway V2.
type CreateStageV2Input struct {
	StageV2Settings
	StageName string            `json:"stageName"`
	Tags      map[string]string `json:"tags,omitempty"`
}

// StageV2 is a stage of an HTTP or WebSocket API.
type StageV2 struct {
	StageV2Settings
	StageName                   string            `json:"stageName"`
	APIGatewayManaged           bool              `json:"apiGatewayManaged,omitempty"`
	CreatedDate                 time.Time         `json:"createdDate,omitzero"`
	LastUpdatedDate             time.Time         `json:"lastUpdatedDate,omitzero"`
	LastDeploymentStatusMessage string            `json:"lastDeploymentStatusMessage,omitempty"`
	Tags                        map[string]string `json:"tags,omitempty"`
}

// CreateDeploymentV2Input is the body of CreateDeployment of API Gateway V2.
type CreateDeploymentV2Input struct {
	Description string `json:"description"`
	StageName   string `json:"stageName"`
}

// DeploymentV2 is a snapshot of an HTTP or WebSocket API.
type DeploymentV2 struct {
	DeploymentID     string    `json:"deploymentId"`
	AutoDeployed     bool      `json:"autoDeployed"`
	CreatedDate      time.Time `json:"createdDate,omitzero"`
	DeploymentStatus string    `json:"deploymentStatus"`
	Description      string    `json:"description,omitempty"`
}

// DomainNameConfiguration is an endpoint of a domain name.
type DomainNameConfiguration struct {
	APIGatewayDomainName string `json:"apiGatewayDomainName,omitempty"`
	CertificateARN       string `json:"certificateArn,omitempty"`
	CertificateName      string `json:"certificateName,omitempty"`
	DomainNameStatus     string `json:"domainNameStatus,omitempty"`
	EndpointType         string `json:"endpointType,omitempty"`
	HostedZoneID         string `json:"hostedZoneId,omitempty"`
	IPAddressType        string `json:"ipAddressType,omitempty"`
	SecurityPolicy       string `json:"securityPolicy,omitempty"`
}

// DomainNameV2 is a host name of its own for APIs, as API Gateway V2 describes it.
type DomainNameV2 struct {
	DomainName     string                    `json:"domainName"`
	DomainNameARN  string                    `json:"domainNameArn,omitempty"`
	Configurations []DomainNameConfiguration `json:"domainNameConfigurations,omitempty"`
	Selection      string                    `json:"apiMappingSelectionExpression,omitempty"`
	Tags           map[string]string         `json:"tags,omitempty"`
}

// CreateDomainNameV2Input is the body of CreateDomainName of API Gateway V2.
type CreateDomainNameV2Input struct {
	DomainName     string                    `json:"domainName"`
	Configurations []DomainNameConfiguration `json:"domainNameConfigurations"`
	Tags           map[string]string         `json:"tags"`
}

// APIMapping serves a stage under a base path of a domain name.
type APIMapping struct {
	APIMappingID  string `json:"apiMappingId,omitempty"`
	APIID         string `json:"apiId,omitempty"`
	APIMappingKey string `json:"apiMappingKey"`
	Stage         string `json:"stage,omitempty"`
}
