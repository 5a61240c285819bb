package apigateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// part is a kind of things an API is made of, with the five operations that all
// of them have.
type part[A, T any] struct {
	all     func(a A) map[string]*T
	key     func(t *T) *string // the id, or the name where that is the key
	check   func(a A, t *T) error
	used    func(a A, t *T) error // before it goes; nil: may always go
	missing string                // the refusal of an unknown key
	paths   []string              // that Update may change
}

func (p part[A, T]) find(a A, key string) (*T, error) {
	if t := p.all(a)[key]; t != nil {
		return t, nil
	}
	return nil, notFound("%s", strings.ReplaceAll(p.missing, "$", key))
}

func (p part[A, T]) remove(a A, key string) error {
	t, err := p.find(a, key)
	if err == nil && p.used != nil {
		err = p.used(a, t)
	}
	if err == nil {
		delete(p.all(a), key)
	}
	return err
}

// restPart gives the operations of a part of REST APIs.
func restPart[T any](p part[*restAPI, T], name, path string) []entry {
	base := "/restapis/{api}/" + path
	one := base + "/{part}"
	create := func(e *edit, a *restAPI, in T) (any, error) { return p.create(e, a, in) }
	update := func(e *edit, a *restAPI, in wire.PatchInput) (any, error) {
		t, err := p.find(a, e.vars["part"])
		if err == nil {
			err = patch(t, in.PatchOperations, p.paths...)
		}
		if err != nil {
			return nil, err
		}
		return t, p.check(a, t)
	}
	return []entry{
		{"Create" + name, "POST " + base, 201, editAPI(create)},
		{"Get" + name + "s", "GET " + base, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return items(c, p.all(a), same) })},
		{"Get" + name, "GET " + one, 200, viewAPI(func(c *call, a *restAPI) (any, error) { return p.find(a, c.vars["part"]) })},
		{"Update" + name, "PATCH " + one, 200, editAPI(update)},
		{"Delete" + name, "DELETE " + one, 202, editAPI(func(e *edit, a *restAPI, _ struct{}) (any, error) {
			return nil, p.remove(a, e.vars["part"])
		})},
	}
}

func (p part[A, T]) create(e *edit, a A, in T) (*T, error) {
	key := p.key(&in)
	if *key == "" {
		id, err := e.s.newID(6)
		if err != nil {
			return nil, err
		}
		*key = id
	}
	if err := p.check(a, &in); err != nil {
		return nil, err
	}
	p.all(a)[*key] = &in
	return &in, nil
}

var authorizers = part[*restAPI, wire.Authorizer]{
	all: func(a *restAPI) map[string]*wire.Authorizer { return a.Authorizers }, key: func(t *wire.Authorizer) *string { return &t.ID },
	check: checkAuthorizer, used: authorizerUsed, missing: "Invalid Authorizer identifier specified",
	paths: []string{
		"/name", "/type", "/providerARNs/*", "/authType", "/authorizerUri", "/identitySource", "/identityValidationExpression",
		"/authorizerResultTtlInSeconds",
	},
}

func checkAuthorizer(a *restAPI, t *wire.Authorizer) error {
	for _, other := range a.Authorizers {
		if other.Name == t.Name && other.ID != t.ID {
			return badRequest("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", t.Name)
		}
	}
	switch {
	case t.Name == "":
		return badRequest("Authorizer name cannot be empty")
	case t.Type == "COGNITO_USER_POOLS" && len(t.ProviderARNs) == 0:
		return badRequest("Provider ARNs cannot be empty for authorizers of type COGNITO_USER_POOLS")
	case (t.Type == "TOKEN" || t.Type == "REQUEST") && t.AuthorizerURI == "":
		return badRequest("Authorizer URI cannot be empty for authorizers of type %s", t.Type)
	case !slices.Contains([]string{"COGNITO_USER_POOLS", "TOKEN", "REQUEST"}, t.Type):
		return badRequest("Invalid authorizer type specified: %s", t.Type)
	case t.TTL != nil && (*t.TTL < 0 || *t.TTL > 3600):
		return badRequest("Invalid value for authorizerResultTtlInSeconds: it is between 0 and 3600")
	case t.Type != "REQUEST" && t.IdentitySource == "":
		t.IdentitySource = "method.request.header.Authorization"
	}
	if t.TTL == nil && t.Type != "COGNITO_USER_POOLS" {
		ttl := 300
		t.TTL = &ttl
	}
	if t.Type == "REQUEST" && t.IdentitySource == "" && *t.TTL > 0 {
		return badRequest("Identity source is required for authorizers of type REQUEST when results are cached")
	}
	if t.AuthType == "" && t.Type == "COGNITO_USER_POOLS" {
		t.AuthType = "cognito_user_pools"
	}
	return nil
}

// methods calls fn for each method until it says no.
func (a *restAPI) methods(fn func(path string, m *wire.Method) error) error {
	for _, r := range a.Resources {
		for _, m := range r.Methods {
			if err := fn(r.Path, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func authorizerUsed(a *restAPI, t *wire.Authorizer) error {
	return a.methods(func(path string, m *wire.Method) error {
		if m.AuthorizerID == t.ID {
			return conflict("Cannot delete authorizer '%s', is referenced in method: %s/%s", t.Name, path, m.HTTPMethod)
		}
		return nil
	})
}

var validators = part[*restAPI, wire.RequestValidator]{
	all: func(a *restAPI) map[string]*wire.RequestValidator { return a.Validators }, key: func(t *wire.RequestValidator) *string { return &t.ID },
	check: func(_ *restAPI, t *wire.RequestValidator) error {
		if t.Name == "" {
			return badRequest("Request Validator name cannot be blank")
		}
		return nil
	},
	used: func(a *restAPI, t *wire.RequestValidator) error {
		return a.methods(func(path string, m *wire.Method) error {
			if m.RequestValidatorID == t.ID {
				return conflict("Cannot delete request validator '%s', is referenced in method: %s/%s", t.Name, path, m.HTTPMethod)
			}
			return nil
		})
	},
	missing: "Invalid Request Validator identifier specified", paths: []string{"/name", "/validateRequestParameters", "/validateRequestBody"},
}

var models = part[*restAPI, wire.Model]{
	all: func(a *restAPI) map[string]*wire.Model { return a.Models }, key: func(t *wire.Model) *string { return &t.Name },
	check: checkModel, missing: "Invalid model name specified: $", paths: []string{"/description", "/schema"},
	used: func(a *restAPI, t *wire.Model) error {
		return a.methods(func(path string, m *wire.Method) error {
			for _, name := range m.RequestModels {
				if name == t.Name {
					return conflict("Cannot delete model '%s', is referenced in method request: %s/%s", t.Name, path, m.HTTPMethod)
				}
			}
			return nil
		})
	},
}

// defaultModels are those that every API begins with.
func defaultModels() map[string]*wire.Model {
	const draft = `"$schema":"http://json-schema.org/draft-04/schema#","type":"object"`
	return map[string]*wire.Model{
		"Empty": {ID: "empty", Name: "Empty", ContentType: "application/json", Schema: `{` + draft + `,"title":"Empty Schema"}`},
		"Error": {
			ID: "error", Name: "Error", ContentType: "application/json",
			Schema: `{` + draft + `,"title":"Error Schema","properties":{"message":{"type":"string"}}}`,
		},
	}
}

func checkModel(_ *restAPI, t *wire.Model) error {
	var schema map[string]any
	if json.Unmarshal([]byte(t.Schema), &schema) != nil || len(schema) == 0 {
		return badRequest("Model schema must have at least 1 property or array items defined")
	}
	return nil
}

func createModel(e *edit, a *restAPI, in wire.Model) (any, error) {
	switch {
	case in.Name == "":
		return nil, badRequest("Model name must be non-empty")
	case a.Models[in.Name] != nil:
		return nil, conflict("Model name already exists for this REST API")
	}
	id, err := e.s.newID(6)
	if err != nil {
		return nil, err
	}
	in.ID = id
	return models.create(e, a, in)
}

// The ids of new parts are ours to choose.
func createAuthorizer(e *edit, a *restAPI, in wire.Authorizer) (any, error) {
	in.ID = ""
	return authorizers.create(e, a, in)
}

func createValidator(e *edit, a *restAPI, in wire.RequestValidator) (any, error) {
	in.ID = ""
	return validators.create(e, a, in)
}

func partOperations() []entry {
	auth, check, model := restPart(authorizers, "Authorizer", "authorizers"), restPart(validators, "RequestValidator", "requestvalidators"), restPart(models, "Model", "models")
	auth[0].run, check[0].run, model[0].run = editAPI(createAuthorizer), editAPI(createValidator), editAPI(createModel)
	return slices.Concat(auth, check, model, responseOperations())
}
