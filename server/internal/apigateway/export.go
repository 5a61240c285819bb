package apigateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
	"github.com/goccy/go-yaml"
)

// getExport gives what a stage of a REST API serves, as OpenAPI 3.
func getExport(s *Service, c *call) (any, error) {
	if kind := c.vars["type"]; kind != "oas30" {
		return nil, badRequest("gatepass does not support the export type %s; ask for oas30", kind)
	}
	a, err := s.restAPI(s.Store.APIRecord(c.ctx, store.KindRestAPI, c.vars["api"]))
	if err != nil {
		return nil, missing(err, s.apiNotFound(c.vars["api"]))
	}
	st, err := a.stage(c.vars["stage"])
	if err != nil {
		return nil, err
	}
	d, err := c.deployment(s.Store, a.ID, st.DeploymentID)
	if err != nil {
		return nil, err
	}
	name := a.ID + "-" + st.StageName
	return s.export(d.API, st.StageName, name, strings.Split(c.Query.Get("extensions"), ","), strings.Contains(c.Accept, "yaml"))
}

// exportAPI gives what a stage of an HTTP API serves, or its draft, as OpenAPI 3.
func exportAPI(s *Service, c *call) (any, error) {
	if spec := c.vars["spec"]; spec != "OAS30" {
		return nil, badRequest("Specification must be OAS30: %s", spec)
	}
	a, err := s.httpAPI(s.Store.APIRecord(c.ctx, store.KindHTTPAPI, c.vars["api"]))
	if err != nil {
		return nil, missing(err, s.apiNotFound(c.vars["api"]))
	}
	api, stage, err := s.exported(c, a)
	if err != nil {
		return nil, err
	}
	keep := []string{"apigateway"}
	if strings.EqualFold(c.Query.Get("includeExtensions"), "false") {
		keep = nil
	}
	return s.export(api, stage, a.APIID, keep, strings.EqualFold(c.Query.Get("outputType"), "YAML"))
}

func (s *Service) exported(c *call, a *httpAPI) (apidef.API, string, error) {
	name := c.Query.Get("stageName")
	if name == "" {
		api, err := a.render()
		return api, "", err
	}
	st, err := a.stage(name)
	if err != nil {
		return apidef.API{}, "", err
	}
	d, err := c.deployment(s.Store, a.APIID, st.DeploymentID)
	if err != nil {
		return apidef.API{}, "", missing(err, badRequest("The stage %s has no deployment", name))
	}
	return d.API, name, nil
}

// export writes a document with the extensions that were asked for: "apigateway"
// are all, "integrations" and "authorizers" those alone.
func (s *Service) export(api apidef.API, stage, name string, extensions []string, asYAML bool) (any, error) {
	if s.Write == nil {
		return nil, unsupported("exports")
	}
	doc, err := s.Write(api, stage)
	if err != nil {
		return nil, badRequest("The API cannot be exported: %v", err)
	}
	if !slices.Contains(extensions, "apigateway") {
		if doc, err = strip(doc, extensions); err != nil {
			return nil, err
		}
	}
	out := &Document{ContentType: "application/json", Disposition: `attachment; filename="` + name + `.json"`, Body: doc}
	if asYAML {
		out.ContentType, out.Disposition = "application/yaml", `attachment; filename="`+name+`.yaml"`
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

func stripValue(v any, keep []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if strings.HasPrefix(key, "x-amazon-apigateway-") && (extensionOf[key] == "" || !slices.Contains(keep, extensionOf[key])) {
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
