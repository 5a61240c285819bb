package wire

import (
	"fmt"
	"log/slog"
)

// APIKey is a key of usage plans. Its value is a secret.
type APIKey struct {
	ID              string            `json:"id"`
	Value           string            `json:"value,omitempty"`
	Name            string            `json:"name,omitempty"`
	CustomerID      string            `json:"customerId,omitempty"`
	Description     string            `json:"description,omitempty"`
	Enabled         bool              `json:"enabled"`
	CreatedDate     Epoch             `json:"createdDate,omitzero"`
	LastUpdatedDate Epoch             `json:"lastUpdatedDate,omitzero"`
	StageKeys       []string          `json:"stageKeys"`
	Tags            map[string]string `json:"tags,omitempty"`
}

// Format hides the value.
func (k APIKey) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "api key ", k.ID) }

// LogValue hides the value.
func (k APIKey) LogValue() slog.Value { return slog.StringValue("api key " + k.ID) }

// String hides the value.
func (k APIKey) String() string { return "api key " + k.ID }

// GoString hides the value.
func (k APIKey) GoString() string { return k.String() }

// CreateAPIKeyInput is the body of CreateApiKey.
type CreateAPIKeyInput struct {
	redacted
	Name               string            `json:"name"`
	Description        string            `json:"description"`
	Enabled            bool              `json:"enabled"`
	GenerateDistinctID bool              `json:"generateDistinctId"`
	Value              string            `json:"value"`
	CustomerID         string            `json:"customerId"`
	Tags               map[string]string `json:"tags"`
}

// ThrottleSettings are a token bucket.
type ThrottleSettings struct {
	BurstLimit int     `json:"burstLimit"`
	RateLimit  float64 `json:"rateLimit"`
}

// QuotaSettings are how many calls a key has in a DAY, WEEK or MONTH.
type QuotaSettings struct {
	Limit  int    `json:"limit"`
	Offset int    `json:"offset"`
	Period string `json:"period"`
}

// APIStage is a stage that a usage plan admits to. Throttle is by "/path/METHOD".
type APIStage struct {
	APIID    string                       `json:"apiId"`
	Stage    string                       `json:"stage"`
	Throttle map[string]*ThrottleSettings `json:"throttle,omitempty"`
}

// UsagePlanSettings are what CreateUsagePlan sets.
type UsagePlanSettings struct {
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"`
	APIStages   []APIStage        `json:"apiStages"`
	Throttle    *ThrottleSettings `json:"throttle,omitempty"`
	Quota       *QuotaSettings    `json:"quota,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// UsagePlan limits the keys that belong to it.
type UsagePlan struct {
	UsagePlanSettings
	ID string `json:"id"`
}

// CreateUsagePlanKeyInput is the body of CreateUsagePlanKey.
type CreateUsagePlanKeyInput struct {
	KeyID   string `json:"keyId"`
	KeyType string `json:"keyType"`
}

// UsagePlanKey is a key of a usage plan.
type UsagePlanKey struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Value string `json:"value,omitempty"`
	Name  string `json:"name,omitempty"`
}

// LogValue hides the value.
func (k UsagePlanKey) LogValue() slog.Value { return slog.StringValue("api key " + k.ID) }

// String hides the value.
func (k UsagePlanKey) String() string { return "api key " + k.ID }

// GoString hides the value.
func (k UsagePlanKey) GoString() string { return k.String() }

// Usage is what the keys of a usage plan used of its quota, day by day.
type Usage struct {
	UsagePlanID string                `json:"usagePlanId"`
	StartDate   string                `json:"startDate"` // 2006-01-02, like EndDate, which counts too
	EndDate     string                `json:"endDate"`
	Values      map[string][][2]int64 `json:"values"` // by id of the key: used and remaining, for each day
	Position    string                `json:"position,omitempty"`
}

// CreateDomainNameInput is the body of CreateDomainName of the first API.
type CreateDomainNameInput struct {
	DomainName             string                 `json:"domainName"`
	CertificateName        string                 `json:"certificateName"`
	CertificateARN         string                 `json:"certificateArn"`
	RegionalCertificateARN string                 `json:"regionalCertificateArn"`
	EndpointConfiguration  *EndpointConfiguration `json:"endpointConfiguration"`
	SecurityPolicy         string                 `json:"securityPolicy"`
	Tags                   map[string]string      `json:"tags"`
}

// DomainName is a host name of its own for APIs.
type DomainName struct {
	DomainName             string                 `json:"domainName"`
	DomainNameARN          string                 `json:"domainNameArn,omitempty"`
	CertificateARN         string                 `json:"certificateArn,omitempty"`
	RegionalCertificateARN string                 `json:"regionalCertificateArn,omitempty"`
	RegionalDomainName     string                 `json:"regionalDomainName,omitempty"`
	EndpointConfiguration  *EndpointConfiguration `json:"endpointConfiguration,omitempty"`
	DomainNameStatus       string                 `json:"domainNameStatus"`
	SecurityPolicy         string                 `json:"securityPolicy,omitempty"`
	Tags                   map[string]string      `json:"tags,omitempty"`
}

// BasePathMapping serves a stage under a base path of a DomainName.
type BasePathMapping struct {
	BasePath  string `json:"basePath"` // (none): everything else on the host
	RestAPIID string `json:"restApiId"`
	Stage     string `json:"stage,omitempty"`
}
