package wire

import "net/http"

// WriteREST answers in the REST-JSON protocol of API Gateway's control plane.
// Nil has no body.
func WriteREST(w http.ResponseWriter, status int, v any) {
	requestID(w)
	if v == nil {
		w.WriteHeader(status)
		return
	}
	send(w, status, TypeJSON, marshal(v))
}

// PatchOperation is one change of an Update call of API Gateway (Amazon API
// Gateway REST API Reference, PatchOperation).
type PatchOperation struct {
	Op    string  `json:"op"` // add, remove or replace
	Path  string  `json:"path"`
	Value *string `json:"value,omitempty"`
	From  string  `json:"from,omitempty"`
}

// PatchInput is the request of the Update calls.
type PatchInput struct {
	PatchOperations []PatchOperation `json:"patchOperations"`
}

// Items is the answer of the Get calls for several of a kind. The list is under
// "item", as the service model has it.
type Items[T any] struct {
	Item     []T    `json:"item"`
	Position string `json:"position,omitempty"`
}

// EndpointConfiguration says where an API is reached: EDGE, REGIONAL or PRIVATE.
type EndpointConfiguration struct {
	Types          []string `json:"types,omitempty"`
	IPAddressType  string   `json:"ipAddressType,omitempty"`
	VPCEndpointIDs []string `json:"vpcEndpointIds,omitempty"`
}

// RestAPISettings are what CreateRestApi sets.
type RestAPISettings struct {
	Name                      string                 `json:"name,omitempty"`
	Description               *string                `json:"description,omitempty"`
	Version                   string                 `json:"version,omitempty"`
	BinaryMediaTypes          []string               `json:"binaryMediaTypes,omitempty"`
	MinimumCompressionSize    *int                   `json:"minimumCompressionSize,omitempty"`
	APIKeySource              string                 `json:"apiKeySource,omitempty"` // HEADER or AUTHORIZER
	EndpointConfiguration     *EndpointConfiguration `json:"endpointConfiguration,omitempty"`
	Policy                    string                 `json:"policy,omitempty"`
	Tags                      map[string]string      `json:"tags,omitempty"`
	DisableExecuteAPIEndpoint bool                   `json:"disableExecuteApiEndpoint"`
}

// RestAPI is a REST API as it is described.
type RestAPI struct {
	RestAPISettings
	ID             string   `json:"id"`
	CreatedDate    Epoch    `json:"createdDate,omitzero"`
	RootResourceID string   `json:"rootResourceId,omitempty"`
	Warnings       []string `json:"warnings,omitempty"`
}

// Resource is a path of a REST API with its methods.
type Resource struct {
	ID       string             `json:"id"`
	ParentID string             `json:"parentId,omitempty"`
	PathPart string             `json:"pathPart,omitempty"`
	Path     string             `json:"path"`
	Methods  map[string]*Method `json:"resourceMethods,omitempty"`
}

// MethodSettings are what PutMethod sets.
type MethodSettings struct {
	AuthorizationType   string            `json:"authorizationType,omitempty"`
	AuthorizerID        string            `json:"authorizerId,omitempty"`
	APIKeyRequired      bool              `json:"apiKeyRequired"`
	RequestValidatorID  string            `json:"requestValidatorId,omitempty"`
	OperationName       string            `json:"operationName,omitempty"`
	RequestParameters   map[string]bool   `json:"requestParameters,omitempty"`
	RequestModels       map[string]string `json:"requestModels,omitempty"`
	AuthorizationScopes []string          `json:"authorizationScopes,omitempty"`
}

// Method is a method of a Resource.
type Method struct {
	MethodSettings
	HTTPMethod      string                     `json:"httpMethod"`
	MethodResponses map[string]*MethodResponse `json:"methodResponses,omitempty"`
	Integration     *Integration               `json:"methodIntegration,omitempty"`
}

// MethodResponse is a status that a Method answers with.
type MethodResponse struct {
	StatusCode         string            `json:"statusCode"`
	ResponseParameters map[string]bool   `json:"responseParameters,omitempty"`
	ResponseModels     map[string]string `json:"responseModels,omitempty"`
}

// TLSConfig is how an integration talks TLS.
type TLSConfig struct {
	InsecureSkipVerification bool   `json:"insecureSkipVerification,omitempty"`
	ServerNameToVerify       string `json:"serverNameToVerify,omitempty"`
}

// IntegrationSettings are what PutIntegration sets.
type IntegrationSettings struct {
	Type                string            `json:"type,omitempty"`
	HTTPMethod          string            `json:"httpMethod,omitempty"`
	URI                 string            `json:"uri,omitempty"`
	ConnectionType      string            `json:"connectionType,omitempty"`
	RequestParameters   map[string]string `json:"requestParameters,omitempty"`
	RequestTemplates    map[string]string `json:"requestTemplates,omitempty"`
	PassthroughBehavior string            `json:"passthroughBehavior,omitempty"`
	ContentHandling     string            `json:"contentHandling,omitempty"`
	TimeoutInMillis     int               `json:"timeoutInMillis,omitempty"`
	CacheNamespace      string            `json:"cacheNamespace,omitempty"`
	CacheKeyParameters  []string          `json:"cacheKeyParameters,omitempty"`
	TLSConfig           *TLSConfig        `json:"tlsConfig,omitempty"`
	TransferMode        string            `json:"responseTransferMode,omitempty"`
}

// Integration is where a Method's calls go.
type Integration struct {
	IntegrationSettings
	IntegrationResponses map[string]*IntegrationResponse `json:"integrationResponses,omitempty"`
}

// IntegrationResponse maps the answers of an Integration.
type IntegrationResponse struct {
	StatusCode         string            `json:"statusCode"`
	SelectionPattern   string            `json:"selectionPattern,omitempty"`
	ResponseParameters map[string]string `json:"responseParameters,omitempty"`
	ResponseTemplates  map[string]string `json:"responseTemplates,omitempty"`
	ContentHandling    string            `json:"contentHandling,omitempty"`
}

// Authorizer is an authorizer of a REST API.
type Authorizer struct {
	ID                           string   `json:"id,omitempty"`
	Name                         string   `json:"name"`
	Type                         string   `json:"type"` // TOKEN, REQUEST or COGNITO_USER_POOLS
	ProviderARNs                 []string `json:"providerARNs,omitempty"`
	AuthType                     string   `json:"authType,omitempty"`
	AuthorizerURI                string   `json:"authorizerUri,omitempty"`
	IdentitySource               string   `json:"identitySource,omitempty"`
	IdentityValidationExpression string   `json:"identityValidationExpression,omitempty"`
	TTL                          *int     `json:"authorizerResultTtlInSeconds,omitempty"`
}

// Model is a JSON Schema of a REST API.
type Model struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Schema      string `json:"schema,omitempty"`
	ContentType string `json:"contentType,omitempty"`
}

// RequestValidator says what methods that name it check.
type RequestValidator struct {
	ID                        string `json:"id,omitempty"`
	Name                      string `json:"name,omitempty"`
	ValidateRequestBody       bool   `json:"validateRequestBody"`
	ValidateRequestParameters bool   `json:"validateRequestParameters"`
}

// GatewayResponse is the answer of a REST API to one kind of refusal.
type GatewayResponse struct {
	ResponseType       string            `json:"responseType"`
	StatusCode         string            `json:"statusCode,omitempty"`
	ResponseParameters map[string]string `json:"responseParameters"`
	ResponseTemplates  map[string]string `json:"responseTemplates"`
	DefaultResponse    bool              `json:"defaultResponse"`
}

// PutGatewayResponseInput is the body of PutGatewayResponse.
type PutGatewayResponseInput struct {
	StatusCode         string            `json:"statusCode"`
	ResponseParameters map[string]string `json:"responseParameters"`
	ResponseTemplates  map[string]string `json:"responseTemplates"`
}

// Deployment is a snapshot of a REST API.
type Deployment struct {
	ID          string `json:"id"`
	Description string `json:"description,omitempty"`
	CreatedDate Epoch  `json:"createdDate,omitzero"`
}

// CreateDeploymentInput is the body of CreateDeployment of REST APIs.
type CreateDeploymentInput struct {
	StageName           string            `json:"stageName"`
	StageDescription    string            `json:"stageDescription"`
	Description         string            `json:"description"`
	Variables           map[string]string `json:"variables"`
	CacheClusterEnabled bool              `json:"cacheClusterEnabled"`
	TracingEnabled      bool              `json:"tracingEnabled"`
}

// MethodSetting is what a stage sets for a method, "notes/GET", or for all, "*/*".
type MethodSetting struct {
	ThrottlingBurstLimit int     `json:"throttlingBurstLimit"`
	ThrottlingRateLimit  float64 `json:"throttlingRateLimit"`
}

// AccessLogSettings say how a stage logs its calls.
type AccessLogSettings struct {
	Format         string `json:"format,omitempty"`
	DestinationARN string `json:"destinationArn,omitempty"`
}

// StageSettings are what CreateStage of REST APIs sets.
type StageSettings struct {
	StageName           string            `json:"stageName,omitempty"`
	DeploymentID        string            `json:"deploymentId,omitempty"`
	Description         string            `json:"description,omitempty"`
	Variables           map[string]string `json:"variables,omitempty"`
	CacheClusterEnabled bool              `json:"cacheClusterEnabled"`
	TracingEnabled      bool              `json:"tracingEnabled"`
	Tags                map[string]string `json:"tags,omitempty"`
}

// Stage is a stage of a REST API.
type Stage struct {
	StageSettings
	MethodSettings    map[string]*MethodSetting `json:"methodSettings,omitempty"`
	AccessLogSettings *AccessLogSettings        `json:"accessLogSettings,omitempty"`
	CreatedDate       Epoch                     `json:"createdDate,omitzero"`
	LastUpdatedDate   Epoch                     `json:"lastUpdatedDate,omitzero"`
}

// Account is the answer of GetAccount.
type Account struct {
	ThrottleSettings ThrottleSettings `json:"throttleSettings"`
	Features         []string         `json:"features"`
	APIKeyVersion    string           `json:"apiKeyVersion"`
}

// TagsInput is the body of TagResource.
type TagsInput struct {
	Tags map[string]string `json:"tags"`
}
