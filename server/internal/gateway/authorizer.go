package gateway

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// ErrToken is what VerifyToken's error is for a token that is not valid. What
// stands after it, as in "…: the token has expired", is told to the caller.
var ErrToken = errors.New("gateway: the token is refused")

// authorizer is an Authorizer ready to serve.
type authorizer struct {
	apidef.Authorizer
	sources []source
	valid   *regexp.Regexp    // what a token, or with user pools its aud, must be; nil: anything
	uris    map[string]string // of the function, by stage
	ttl     time.Duration
	deep    bool // its context may hold lists and objects: on HTTP APIs
	answers answers
}

// authorizeBy asks the route's authorizer. What it found is in c.auth.
func (c *call) authorizeBy(a *authorizer) error {
	if err := c.forbids(); err != nil {
		return err
	}
	start := time.Now()
	err := c.ask(a)
	c.auth.kind, c.auth.latency = a.Type, time.Since(start)
	return err
}

func (c *call) ask(a *authorizer) error {
	switch a.Type {
	case apidef.CognitoAuthorizer:
		return c.askUserPool(a)
	case apidef.JWTAuthorizer:
		return c.askIssuer(a)
	case apidef.TokenAuthorizer, apidef.RequestAuthorizer:
		return c.askFunction(a)
	}
	return errForbidden() // none is compiled
}

// source is where a caller's credentials are, or a part of what an answer about
// them is kept for.
type source struct{ kind, name string }

// The kinds of source.
const (
	sourceHeader  = "header"
	sourceQuery   = "querystring"
	sourceContext = "context"
	sourceStage   = "stageVariables"
)

// parseSource reads an identity source: method.request.header.NAME of REST APIs,
// $request.header.NAME of HTTP APIs, and the like.
func parseSource(text string) (source, error) {
	at := strings.TrimPrefix(strings.TrimSpace(text), "$")
	for _, prefix := range []string{"method.request.", "request.", "route.request."} {
		if rest, ok := strings.CutPrefix(at, prefix); ok {
			kind, name, _ := strings.Cut(rest, ".")
			if name == "" || kind != sourceHeader && kind != sourceQuery {
				break
			}
			return source{kind, name}, nil
		}
	}
	kind, name, _ := strings.Cut(at, ".")
	if kind == sourceStage && name != "" || kind == sourceContext && knownContext(name) {
		return source{kind, name}, nil
	}
	return source{}, invalid("IdentitySource", "%q is not method.request.header.NAME, $request.querystring.NAME or the like", text)
}

// in gives what a call has there; several values are joined, so that none of
// them passes for the one.
func (s source) in(c *call) string {
	switch s.kind {
	case sourceHeader:
		return strings.Join(c.r.Header[http.CanonicalHeaderKey(s.name)], ",")
	case sourceQuery:
		return strings.Join(queryValues(c.r.RequestURI, s.name), ",")
	case sourceStage:
		return c.stage.Variables[s.name]
	case sourceContext:
		value, _ := c.contextVar(s.name)
		return value
	}
	return ""
}

// queryValues are the values of a parameter in a raw request target.
func queryValues(target, name string) []string {
	var out []string
	_, query, _ := strings.Cut(target, "?")
	for param := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(param, "=")
		if plain, err := url.QueryUnescape(key); err != nil || plain != name {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			out = append(out, plain)
		}
	}
	return out
}

// bearer is the token at an authorizer's only source, without the scheme's name.
func (a *authorizer) bearer(c *call) string {
	text := strings.TrimSpace(a.sources[0].in(c))
	if scheme, rest, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest)
	}
	return text
}

// refusesText tells that the token at hand is none the authorizer is asked about.
func (a *authorizer) refusesText(text string) bool {
	return a.valid != nil && !a.valid.MatchString(text)
}

func errUnauthorized() error {
	return refusal(http.StatusUnauthorized, "UnauthorizedException", "Unauthorized")
}

// maxAuthorizers and the like are quotas of API Gateway.
const (
	maxAuthorizers = 10
	maxAudiences   = 50
	maxScopes      = 10
	maxTTL         = time.Hour
	defaultTTL     = 5 * time.Minute
)

// setAuthorizers makes the API's authorizers.
func (a *api) setAuthorizers() error {
	if len(a.Authorizers) > maxAuthorizers {
		return invalid("Authorizers", "an API has at most %d", maxAuthorizers)
	}
	a.authorizers = map[string]*authorizer{}
	for i := range a.Authorizers {
		ready, err := a.newAuthorizer(a.Authorizers[i])
		if err != nil {
			return err
		}
		if ready.Name == "" || a.authorizers[ready.Name] != nil {
			return invalid("Authorizers", "%d: the name %q is empty or taken", i, ready.Name)
		}
		a.authorizers[ready.Name] = ready
	}
	return nil
}

func (a *api) newAuthorizer(def apidef.Authorizer) (*authorizer, error) {
	out := &authorizer{Authorizer: def, deep: a.isHTTP()}
	if err := a.checkKind(&def); err != nil {
		return nil, err
	}
	if err := out.setSources(); err != nil {
		return nil, err
	}
	if def.Validation != "" {
		var err error
		if out.valid, err = regexp.Compile(`\A(?:` + def.Validation + `)\z`); err != nil {
			return nil, invalid("Authorizers."+def.Name+".Validation", "%v", err)
		}
	}
	if def.Type != apidef.TokenAuthorizer && def.Type != apidef.RequestAuthorizer {
		return out, nil
	}
	return out, a.setFunction(out)
}

// checkKind holds an authorizer to its type, and the type to the kind of API.
func (a *api) checkKind(def *apidef.Authorizer) error {
	field := "Authorizers." + def.Name
	rest := a.isREST()
	switch def.Type {
	case apidef.CognitoAuthorizer:
		if !rest || len(def.ProviderARNs) == 0 || slices.ContainsFunc(def.ProviderARNs, notUserPool) {
			return invalid(field, "COGNITO_USER_POOLS is of REST APIs and names the ARNs of its user pools")
		}
	case apidef.JWTAuthorizer:
		if !a.isHTTP() || def.Issuer == "" || len(def.Audience) == 0 || len(def.Audience) > maxAudiences {
			return invalid(field, "JWT is of HTTP APIs and names an issuer and 1 to %d audiences", maxAudiences)
		}
		if u, err := checkURL(field, def.Issuer); err != nil || u.Scheme != "https" && !loopback.Is(u.Hostname()) || u.RawQuery != "" {
			return invalid(field, "the issuer %q is not an https:// address", def.Issuer)
		}
	case apidef.TokenAuthorizer:
		if !rest {
			return invalid(field, "TOKEN is of REST APIs")
		}
	case apidef.RequestAuthorizer:
	default:
		return invalid(field, "%q is not a type of authorizer gatepass serves", string(def.Type))
	}
	return a.checkOptions(field, def)
}

// checkOptions refuses what an authorizer of the type does not look at.
func (a *api) checkOptions(field string, def *apidef.Authorizer) error {
	function := def.Type == apidef.TokenAuthorizer || def.Type == apidef.RequestAuthorizer
	validates := def.Type == apidef.CognitoAuthorizer || def.Type == apidef.TokenAuthorizer
	switch {
	case def.Validation != "" && !validates:
		return invalid(field, "Validation is of TOKEN and COGNITO_USER_POOLS")
	case (def.URI != "") != function:
		return invalid(field, "URI is of TOKEN and REQUEST, which need it")
	case (def.Payload != "" || def.Simple) && (def.Type != apidef.RequestAuthorizer || !a.isHTTP()):
		return invalid(field, "Payload and Simple are of REQUEST on HTTP APIs")
	case def.Payload != "" && def.Payload != "1.0" && def.Payload != "2.0":
		return invalid(field, "%q is not a Payload, 1.0 or 2.0", def.Payload)
	case def.Simple && def.Payload == "1.0":
		return invalid(field, "Simple needs the Payload 2.0")
	case def.TTL != nil && (*def.TTL < 0 || time.Duration(*def.TTL)*time.Second > maxTTL):
		return invalid(field, "a TTL is 0 to 3600 seconds")
	case len(def.ProviderARNs) > 0 && def.Type != apidef.CognitoAuthorizer,
		(def.Issuer != "" || len(def.Audience) > 0) && def.Type != apidef.JWTAuthorizer:
		return invalid(field, "ProviderARNs are of COGNITO_USER_POOLS, Issuer and Audience of JWT")
	}
	return nil
}

// notUserPool tells what is no ARN of a user pool.
func notUserPool(arn string) bool {
	part := strings.Split(arn, ":")
	return len(part) != 6 || part[0] != "arn" || part[2] != "cognito-idp" || !strings.HasPrefix(part[5], "userpool/")
}

// setSources reads the identity sources; without any it is the Authorization
// header.
func (a *authorizer) setSources() error {
	texts := a.IdentitySource
	if len(texts) == 0 {
		texts = []string{"request.header.Authorization"}
	}
	for _, list := range texts {
		for text := range strings.SplitSeq(list, ",") {
			s, err := parseSource(text)
			if err != nil {
				return err
			}
			a.sources = append(a.sources, s)
		}
	}
	one := len(a.sources) == 1 && (a.sources[0].kind == sourceHeader || a.Type == apidef.JWTAuthorizer && a.sources[0].kind == sourceQuery)
	if a.Type != apidef.RequestAuthorizer && !one {
		return invalid("Authorizers."+a.Name+".IdentitySource", "a token is in one header")
	}
	return nil
}

// authorizerOf finds the authorizer a route names; what it asks for must be of
// the authorizer's type.
func (a *api) authorizerOf(r *apidef.Route) (*authorizer, error) {
	types := map[apidef.Auth][]apidef.AuthorizerType{
		apidef.AuthCognito: {apidef.CognitoAuthorizer}, apidef.AuthJWT: {apidef.JWTAuthorizer},
		apidef.AuthCustom: {apidef.TokenAuthorizer, apidef.RequestAuthorizer},
	}[r.Auth]
	if types == nil {
		if r.Authorizer != "" || len(r.Scopes) > 0 {
			return nil, invalid("Authorizer", "a route of %s has no authorizer and no scopes", string(r.Auth))
		}
		return nil, nil
	}
	found := a.authorizers[r.Authorizer]
	switch {
	case found == nil || !slices.Contains(types, found.Type):
		return nil, invalid("Authorizer", "the API has no authorizer %q for %s", r.Authorizer, string(r.Auth))
	case len(r.Scopes) > maxScopes:
		return nil, invalid("Scopes", "a route has at most %d", maxScopes)
	case len(r.Scopes) > 0 && r.Auth == apidef.AuthCustom:
		return nil, invalid("Scopes", "a Lambda authorizer looks at no scopes")
	}
	return found, nil
}
