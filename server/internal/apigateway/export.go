package apigateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/goccy/go-yaml"
)

// getExport gives what a stage of a REST API serves, as OpenAPI 3 or Swagger 2.
func getExport(c *call) (any, error) {
	kind := c.vars["type"]
	if kind != "oas30" && kind != "swagger" {
		return nil, badRequest("Invalid export type specified: %s, it is oas30 or swagger", kind)
	}
	a, err := findRestHead(c, c.s.Store)
	if err != nil {
		return nil, err
	}
	st, err := a.stage(c.vars["stage"])
	if err != nil {
		return nil, err
	}
	d, err := c.deployment(c.s.Store, a.ID, st.DeploymentID)
	if err != nil {
		return nil, err
	}
	return c.s.export(d.API, st.StageName, form{
		name: a.ID + "-" + st.StageName, extensions: strings.Split(c.Query.Get("extensions"), ","),
		yaml: strings.Contains(c.Accept, "yaml"), swagger: kind == "swagger",
	})
}

// exportAPI gives what a stage of an HTTP API serves, or its draft, as OpenAPI 3.
func exportAPI(c *call) (any, error) {
	if spec := c.vars["spec"]; spec != "OAS30" {
		return nil, badRequest("Specification must be OAS30: %s", spec)
	}
	a, err := findHTTPAPI(c, c.s.Store)
	if err != nil {
		return nil, err
	}
	api, stage, err := c.exported(a)
	if err != nil {
		return nil, err
	}
	keep := []string{"apigateway"}
	if strings.EqualFold(c.Query.Get("includeExtensions"), "false") {
		keep = nil
	}
	return c.s.export(api, stage, form{name: a.APIID, extensions: keep, yaml: strings.EqualFold(c.Query.Get("outputType"), "YAML")})
}

func (c *call) exported(a *httpAPI) (apidef.API, string, error) {
	name := c.Query.Get("stageName")
	if name == "" {
		api, err := a.render()
		return api, "", err
	}
	st, err := a.stage(name)
	if err != nil {
		return apidef.API{}, "", err
	}
	d, err := c.deployment(c.s.Store, a.APIID, st.DeploymentID)
	if err != nil {
		return apidef.API{}, "", missing(err, badRequest("The stage %s has no deployment", name))
	}
	return d.API, name, nil
}

// form is how a document is asked for.
type form struct {
	name          string   // of the file
	extensions    []string // "apigateway" for all, "integrations" and "authorizers" for those alone
	yaml, swagger bool
}

// export writes a document.
func (s *Service) export(api apidef.API, stage string, f form) (any, error) {
	if s.Write == nil {
		return nil, unsupported("exports")
	}
	doc, err := s.Write(api, stage)
	if err != nil {
		return nil, badRequest("The API cannot be exported: %v", err)
	}
	if f.swagger {
		if doc, err = toSwagger(doc, stage); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(f.extensions, "apigateway") {
		if doc, err = strip(doc, f.extensions); err != nil {
			return nil, err
		}
	}
	out := &Document{ContentType: "application/json", Disposition: `attachment; filename="` + f.name + `.json"`, Body: doc}
	if f.yaml {
		out.ContentType, out.Disposition = "application/yaml", `attachment; filename="`+f.name+`.yaml"`
		out.Body, err = yaml.JSONToYAML(doc)
	}
	return out, err
}

// extensionOf are the names that "extensions" has for keys of a document.
var extensionOf = map[string]string{
	"x-amazon-apigateway-integration": "integrations",
	"x-amazon-apigateway-authorizer":  "authorizers",
	"x-amazon-apigateway-authtype":    "authorizers",
}

func strip(doc []byte, keep []string) ([]byte, error) {
	var v map[string]any
	if err := json.Unmarshal(doc, &v); err != nil {
		return nil, err
	}
	stripValue(v, keep)
	return json.MarshalIndent(v, "", "  ")
}

// ours is an extension that may be left out; one is a method.
func ours(key string) bool {
	return (strings.HasPrefix(key, "x-amazon-apigateway-") && key != "x-amazon-apigateway-any-method") || strings.HasPrefix(key, "x-gatepass-")
}

func stripValue(v any, keep []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if ours(key) && !slices.Contains(keep, extensionOf[key]) {
				delete(v, key)
				continue
			}
			stripValue(inner, keep)
		}
	case []any:
		for _, inner := range v {
			stripValue(inner, keep)
		}
	}
}
