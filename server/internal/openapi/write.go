package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/internal/tree"
)

// Write writes an API as an OpenAPI 3.0 document in JSON with all extensions;
// stage is its base path. Read makes the same API of it, but for stages, domains
// and routes of several methods, which become several. A WebSocket API or a
// backend in this process is an error that answers to ErrDocument.
func Write(a apidef.API, stage string) ([]byte, error) {
	w := &writer{api: a, missing: map[string]bool{}}
	doc := w.document(stage)
	if w.err != nil {
		return nil, w.err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, doc.JSON(), "", "  "); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return append(out.Bytes(), '\n'), nil
}

// writer makes the document of one API; the first error stays.
type writer struct {
	api        apidef.API
	err        error
	sigv4, key string // names of the schemes
	usesIAM    bool
	usesKeys   bool
	usesChecks map[string]apidef.RequestRules
	missing    map[string]bool // models that are referred to and not written yet
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("%w: %s", ErrDocument, fmt.Sprintf(format, args...))
	}
}

func obj(pairs ...any) *tree.Node {
	n := &tree.Node{Kind: tree.Map}
	for i := 0; i < len(pairs); i += 2 {
		key, _ := pairs[i].(string)
		n.Set(key, value(pairs[i+1]))
	}
	return n
}

// value makes a node of what the writer writes.
func value(v any) *tree.Node {
	switch v := v.(type) {
	case *tree.Node:
		return v
	case string:
		return tree.Text(v)
	case bool:
		return &tree.Node{Kind: tree.Bool, Text: strconv.FormatBool(v)}
	case int:
		return &tree.Node{Kind: tree.Number, Text: strconv.Itoa(v)}
	case []string:
		n := &tree.Node{Kind: tree.List}
		for _, s := range v {
			n.Items = append(n.Items, tree.Text(s))
		}
		return n
	case map[string]string:
		n := &tree.Node{Kind: tree.Map}
		for _, k := range sortedKeys(v) {
			n.Set(k, tree.Text(v[k]))
		}
		return n
	}
	return &tree.Node{}
}

// set leaves empty values out.
func set(n *tree.Node, key string, v any) {
	to := value(v)
	empty := to.Kind == tree.String && to.Text == "" || to.Kind == tree.Bool && to.Text == "false" ||
		to.Kind == tree.Number && to.Text == "0" || to.Kind == tree.Null ||
		(to.Kind == tree.List || to.Kind == tree.Map) && len(to.Items)+len(to.Fields) == 0
	if !empty {
		n.Set(key, to)
	}
}

func (w *writer) document(stage string) *tree.Node {
	a := &w.api
	if a.Protocol == apidef.WebSocket {
		w.fail("a WEBSOCKET API is not described by OpenAPI")
	}
	info := obj("title", a.Name)
	set(info, "description", a.Description)
	info.Set("version", tree.Text("1.0"))
	d := obj("openapi", "3.0.1", "info", info, "servers", servers(stage))
	w.nameSchemes()
	paths := w.allPaths()
	w.tags(d)
	d.Set("paths", paths)
	set(d, "components", w.components())
	w.extensions(d)
	return d
}

func servers(stage string) *tree.Node {
	base := obj("basePath", obj("default", stage))
	return &tree.Node{Kind: tree.List, Items: []*tree.Node{obj("url", "/{basePath}", "variables", base)}}
}

// nameSchemes picks names that no authorizer has.
func (w *writer) nameSchemes() {
	w.sigv4, w.key = "sigv4", "api_key"
	for _, a := range w.api.Authorizers {
		for a.Name == w.sigv4 || a.Name == w.key {
			w.sigv4, w.key = w.sigv4+"_", w.key+"_"
		}
	}
}

func (w *writer) tags(d *tree.Node) {
	list := &tree.Node{Kind: tree.List}
	for _, k := range sortedKeys(w.api.Tags) {
		list.Items = append(list.Items, obj("name", k, ext+"tag-value", w.api.Tags[k]))
	}
	set(d, "tags", list)
}

func (w *writer) components() *tree.Node {
	c := obj()
	set(c, "schemas", w.schemas())
	set(c, "securitySchemes", w.securitySchemes())
	return c
}

func (w *writer) schemas() *tree.Node {
	out := obj()
	for _, name := range sortedKeys(w.api.Models) {
		schema, err := tree.Parse([]byte(w.api.Models[name]))
		if err != nil {
			w.fail("the model %s: %v", name, err)
			return out
		}
		delete(w.missing, name)
		out.Set(name, mapRefs(schema, func(ref string) string {
			if rest, ok := strings.CutPrefix(ref, modelURL); ok {
				_, model, _ := strings.Cut(rest, "/models/")
				return schemaRef(model)
			}
			return ref
		}))
	}
	for _, name := range sortedKeys(w.missing) {
		if name != "Empty" && name != "Error" { // which every REST API has
			w.fail("there is no model %q", name)
		}
		out.Set(name, obj("type", "object", "title", name+" Schema"))
	}
	return out
}

func schemaRef(model string) string {
	return "#/components/schemas/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(model)
}

func (w *writer) securitySchemes() *tree.Node {
	out := obj()
	for _, a := range w.api.Authorizers {
		out.Set(a.Name, authorizerScheme(a))
	}
	if w.usesIAM {
		out.Set(w.sigv4, obj("type", "apiKey", "name", "Authorization", "in", "header", ext+"authtype", "awsSigv4"))
	}
	if w.usesKeys {
		out.Set(w.key, obj("type", "apiKey", "name", "x-api-key", "in", "header"))
	}
	return out
}

func authorizerScheme(a apidef.Authorizer) *tree.Node {
	x := obj("type", strings.ToLower(string(a.Type)))
	set(x, "providerARNs", a.ProviderARNs)
	set(x, "authorizerUri", a.URI)
	set(x, "authorizerPayloadFormatVersion", a.Payload)
	set(x, "enableSimpleResponses", a.Simple)
	set(x, "identityValidationExpression", a.Validation)
	if a.TTL != nil {
		x.Set("authorizerResultTtlInSeconds", value(*a.TTL))
	}
	jwt := obj()
	set(jwt, "issuer", a.Issuer)
	set(jwt, "audience", a.Audience)
	set(x, "jwtConfiguration", jwt)
	header := "Authorization"
	if len(a.IdentitySource) == 1 && strings.HasPrefix(a.IdentitySource[0], headerSource) && a.Type != apidef.RequestAuthorizer {
		header = strings.TrimPrefix(a.IdentitySource[0], headerSource)
	} else {
		set(x, "identitySource", strings.Join(a.IdentitySource, ", "))
	}
	s := obj("type", "apiKey", "name", header, "in", "header")
	if a.Type == apidef.JWTAuthorizer {
		s = obj("type", "oauth2", "flows", obj())
	}
	s.Set(ext+"authtype", tree.Text(authtype(a.Type)))
	s.Set(ext+"authorizer", x)
	return s
}

func authtype(t apidef.AuthorizerType) string {
	switch t {
	case apidef.CognitoAuthorizer:
		return "cognito_user_pools"
	case apidef.JWTAuthorizer:
		return "oauth2"
	}
	return "custom"
}

func (w *writer) extensions(d *tree.Node) {
	a := &w.api
	set(d, "x-gatepass-identity-token", a.IdentityToken)
	set(d, ext+"binary-media-types", a.BinaryMediaTypes)
	set(d, ext+"api-key-source", a.APIKeySource)
	if a.Policy != "" {
		p, err := tree.Parse([]byte(a.Policy))
		if err != nil {
			w.fail("the resource policy: %v", err)
		}
		d.Set(ext+"policy", p)
	}
	if a.DisableEndpoint {
		d.Set(ext+"endpoint-configuration", obj("disableExecuteApiEndpoint", true))
	}
	responses := obj()
	for _, kind := range sortedKeys(a.Responses) {
		responses.Set(kind, gatewayResponse(a.Responses[kind]))
	}
	set(d, ext+"gateway-responses", responses)
	if a.CORS != nil {
		d.Set(ext+"cors", cors(a.CORS))
	}
	validators := obj()
	for _, name := range sortedKeys(w.usesChecks) {
		r := w.usesChecks[name]
		validators.Set(name, obj("validateRequestParameters", r.CheckParameters, "validateRequestBody", r.CheckBody))
	}
	set(d, ext+"request-validators", validators)
	if a.Protocol == apidef.HTTP {
		d.Set(ext+"importexport-version", tree.Text("1.0"))
	}
}

func gatewayResponse(g apidef.GatewayResponse) *tree.Node {
	n := obj()
	set(n, "statusCode", g.Status)
	set(n, "responseParameters", g.Parameters)
	set(n, "responseTemplates", g.Templates)
	return n
}

func cors(c *apidef.CORS) *tree.Node {
	n := obj()
	set(n, "allowOrigins", c.AllowOrigins)
	set(n, "allowMethods", c.AllowMethods)
	set(n, "allowHeaders", c.AllowHeaders)
	set(n, "exposeHeaders", c.ExposeHeaders)
	set(n, "maxAge", int(c.MaxAge/time.Second))
	set(n, "allowCredentials", c.AllowCredentials)
	return n
}
