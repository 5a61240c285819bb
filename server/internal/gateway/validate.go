package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// ErrConfig is what every error of Validate and Gateway.Serve is.
var ErrConfig = errors.New("gateway: configuration")

// methods are those ANY stands for, and the only ones served.
var methods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

const methodAny = "ANY"

// Limits of "Amazon API Gateway quotas"; sizes in bytes.
const (
	maxPayload = 10 << 20
	maxHeaders = 10240
	maxURL     = 10240
	maxARN     = 1600
	maxRoutes  = 300
	minTimeout = 50 * time.Millisecond
	maxTimeout = 29 * time.Second
)

var (
	apiForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]{1,64}$`) })
	stageForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`) })
	hostForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`) })
	baseForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9$_.+!*'()-]+(/[A-Za-z0-9$_.+!*'()-]+)*$`) })
	segmentForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9$_.+!*'(),:@~=-]+$`) })
	varForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\{([A-Za-z0-9_.-]+)(\+?)\}$`) })
	headerForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9-]+$`) })
	tokenForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") })
	originForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[a-z0-9.\[\]:-]+$`) })
)

func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrConfig, field, fmt.Sprintf(format, args...))
}

// validateProtocol refuses what this kind of API does not have.
func validateProtocol(a *apidef.API) error {
	switch a.Protocol {
	case "", apidef.REST:
		if a.RouteSelection != "" {
			return invalid("RouteSelection", "is of WebSocket APIs")
		}
		if a.APIKeySource != "" && a.APIKeySource != keyHeader && a.APIKeySource != keyAuthorizer {
			return invalid("APIKeySource", "%q is not HEADER or AUTHORIZER", a.APIKeySource)
		}
	case apidef.HTTP:
		if a.Policy != "" || len(a.Responses) > 0 || len(a.Models) > 0 || len(a.BinaryMediaTypes) > 0 || a.APIKeySource != "" {
			return invalid("Protocol", "HTTP APIs have no Policy, Responses, Models, BinaryMediaTypes and APIKeySource")
		}
		if a.RouteSelection != "" {
			return invalid("RouteSelection", "is of WebSocket APIs")
		}
	case apidef.WebSocket:
	default:
		return invalid("Protocol", "%q is not REST, HTTP or WEBSOCKET", string(a.Protocol))
	}
	return nil
}

// Validate reports the first thing wrong with a, naming the field; errors.Is
// ErrConfig.
func Validate(a apidef.API) error {
	ready, err := compile(a)
	if err != nil {
		return err
	}
	return ready.setPolicy("arn:aws:execute-api:us-east-1:000000000000:")
}

func validateNames(a *apidef.API) error {
	if !apiForm().MatchString(a.ID) {
		return invalid("ID", "%q is not 1 to 64 lower-case letters and digits", a.ID)
	}
	if len(a.Stages) == 0 {
		return invalid("Stages", "an API needs a stage, such as prod")
	}
	seen := map[string]bool{}
	for i, s := range a.Stages {
		if !stageForm().MatchString(s.Name) && (a.Protocol != apidef.HTTP || s.Name != defaultRoute) {
			return invalid(fmt.Sprintf("Stages[%d].Name", i), "%q is not 1 to 128 of letters, digits, _ and -", s.Name)
		}
		if seen[s.Name] {
			return invalid(fmt.Sprintf("Stages[%d].Name", i), "%q is declared twice", s.Name)
		}
		if err := validateVariables(&s); err != nil {
			return err
		}
		if err := errors.Join(validateThrottle("Stages."+s.Name, s.Throttle), validateThrottles("Stages."+s.Name, s.RouteThrottles)); err != nil {
			return err
		}
		seen[s.Name] = true
	}
	return validateDomains(a, seen)
}

func validateDomains(a *apidef.API, stages map[string]bool) error {
	for i, d := range a.Domains {
		field := fmt.Sprintf("Domains[%d]", i)
		switch {
		case !hostForm().MatchString(d.Host) || strings.Contains(d.Host, ".execute-api."):
			return invalid(field+".Host", "%q is not a lower-case host name of your own", d.Host)
		case d.BasePath != "" && (!baseForm().MatchString(d.BasePath) || len(d.BasePath) > 300):
			return invalid(field+".BasePath", "%q is not segments joined by /, such as v1 or orders/v1", d.BasePath)
		case !stages[d.Stage]:
			return invalid(field+".Stage", "the API declares no stage %q", d.Stage)
		}
	}
	return nil
}

func validateCORS(a *apidef.API) error {
	c := a.CORS
	if c == nil {
		return nil
	}
	if len(c.AllowOrigins) == 0 {
		return invalid("CORS.AllowOrigins", "name the origins, such as https://app.example")
	}
	for i, o := range c.AllowOrigins {
		field := fmt.Sprintf("CORS.AllowOrigins[%d]", i)
		if o == "*" && c.AllowCredentials {
			return invalid(field, "browsers refuse * together with AllowCredentials: name the origins")
		}
		if any := a.Protocol == apidef.HTTP && (o == "https://*" || o == "http://*"); o != "*" && !any && !originForm().MatchString(o) {
			return invalid(field, "%q is not an origin in lower case, scheme://host[:port]", o)
		}
	}
	lists := map[string][]string{"AllowMethods": c.AllowMethods, "AllowHeaders": c.AllowHeaders, "ExposeHeaders": c.ExposeHeaders}
	for name, list := range lists {
		for i, v := range list {
			if !tokenForm().MatchString(v) {
				return invalid(fmt.Sprintf("CORS.%s[%d]", name, i), "%q is not a name", v)
			}
		}
	}
	if c.MaxAge < 0 || c.MaxAge > 24*time.Hour {
		return invalid("CORS.MaxAge", "%s is not between 0 and 24 h", c.MaxAge)
	}
	return nil
}

func (a *api) validateRoute(r *apidef.Route) error {
	switch r.Auth {
	case apidef.AuthIAM, apidef.AuthNone, apidef.AuthCognito, apidef.AuthJWT, apidef.AuthCustom:
	default:
		return invalid("Auth", "%q is not an authorization type gatepass enforces; use AWS_IAM, COGNITO_USER_POOLS, JWT, CUSTOM or NONE", string(r.Auth))
	}
	if a.isHTTP() && r.Path == defaultRoute && len(r.Methods) == 0 {
		r.Methods = []string{methodAny}
	}
	if r.APIKeyRequired && a.isHTTP() {
		return invalid("APIKeyRequired", "HTTP APIs have no API keys")
	}
	if len(r.Methods) == 0 {
		return invalid("Methods", "name the methods, or ANY")
	}
	for i, m := range r.Methods {
		if m != methodAny && !slices.Contains(methods, m) {
			return invalid(fmt.Sprintf("Methods[%d]", i), "%q is not ANY or one of %v", m, methods)
		}
	}
	return nil
}
