package apigateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/seal"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/server/store"
)

// service is a control plane in memory that believes every API.
func service(t testing.TB) *Service {
	t.Helper()
	db, err := store.Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ring, err := seal.NewRing(bytes.Repeat([]byte{7}, seal.RootSize))
	if err != nil {
		t.Fatal(err)
	}
	return &Service{
		Store: db, Ring: ring, Region: "us-east-1", AccountID: "111122223333", Now: time.Now, Rand: rand.Reader,
		Validate: func(apidef.API) error { return nil },
	}
}

func do(s *Service, method, target, body string) (any, error) {
	path, query, _ := strings.Cut(target, "?")
	op, known := s.Find(method, path)
	if !known {
		return nil, fmt.Errorf("no operation %s %s", method, path)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	out, err := op.Run(context.Background(), Request{Query: q, Body: []byte(body)})
	return out.Value, err
}

func must(t testing.TB, s *Service, method, target, body string) any {
	t.Helper()
	out, err := do(s, method, target, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return out
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// deployed is the only API of the catalog.
func deployed(t testing.TB, s *Service) apidef.API {
	t.Helper()
	all, refused, err := s.Catalog(context.Background())
	if err != nil || len(refused) > 0 || len(all.APIs) != 1 {
		t.Fatalf("%d APIs, refused %v, %v", len(all.APIs), refused, err)
	}
	return all.APIs[0]
}

// What a document describes is what is served: nothing is lost on the way through
// the draft.
func TestImportKeepsAllOfREST(t *testing.T) {
	ttl := 60
	want := apidef.API{
		Name: "n", Description: "d", Protocol: apidef.REST, Policy: `{"Version":"2012-10-17"}`, BinaryMediaTypes: []string{"*/*"},
		APIKeySource: "AUTHORIZER", DisableEndpoint: true, Tags: map[string]string{"team": "x"},
		Models:    map[string]string{"Note": `{"type":"object"}`},
		Responses: map[string]apidef.GatewayResponse{"DEFAULT_4XX": {Status: 418, Parameters: map[string]string{"gatewayresponse.header.X": "'1'"}, Templates: map[string]string{"application/json": "{}"}}},
		Authorizers: []apidef.Authorizer{
			{Name: "fn", Type: apidef.RequestAuthorizer, URI: "arn:aws:lambda:us-east-1:111122223333:function:f", TTL: &ttl, IdentitySource: []string{"method.request.header.A", "method.request.querystring.b"}},
		},
		Routes: []apidef.Route{
			{Path: "/", Methods: []string{"GET"}, Auth: apidef.AuthNone, Integration: apidef.Integration{Type: apidef.Mock, Templates: map[string]string{"application/json": `{"statusCode":200}`}, Responses: []apidef.IntegrationResponse{{Status: 200, Templates: map[string]string{"application/json": "x"}}}}, Responses: []apidef.MethodResponse{{Status: 200, Models: map[string]string{"application/json": "Note"}}}},
			{Path: "/a/{id}", Methods: []string{"ANY"}, Auth: apidef.AuthIAM, APIKeyRequired: true, OperationName: "Do", Integration: apidef.Integration{Type: apidef.HTTPProxy, URI: "https://b.example/x/{id}", Timeout: 5 * time.Second, Parameters: map[string]string{"integration.request.path.id": "method.request.path.id"}}, Request: &apidef.RequestRules{Parameters: map[string]bool{"method.request.path.id": true}, CheckParameters: true}},
			{Path: "/a/{id}", Methods: []string{"POST"}, Auth: apidef.AuthCustom, Authorizer: "fn", Integration: apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:lambda:us-east-1:111122223333:function:g"}, Request: &apidef.RequestRules{Models: map[string]string{"application/json": "Note"}, CheckBody: true}},
			{Path: "/b/{proxy+}", Methods: []string{"PUT"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{Type: apidef.HTTPCustom, URI: "http://b.example/y", Method: "POST", Passthrough: "NEVER", ContentHandling: "CONVERT_TO_TEXT", Responses: []apidef.IntegrationResponse{{Status: 200}, {Status: 500, Selection: "5.."}}}, Responses: []apidef.MethodResponse{{Status: 200}, {Status: 500}}},
		},
	}
	s := service(t)
	s.Read = func([]byte, apidef.Protocol, string) (apidef.API, []string, error) { return want, nil, nil }
	id := must(t, s, "POST", "/restapis?mode=import", "{}").(wire.RestAPI).ID
	must(t, s, "POST", "/restapis/"+id+"/deployments", `{"stageName":"prod"}`)
	got := deployed(t, s)
	want.ID, want.Stages = id, got.Stages
	want.Models = map[string]string{"Note": want.Models["Note"], "Empty": defaultModels()["Empty"].Schema, "Error": defaultModels()["Error"].Schema}
	if a, b := asJSON(t, got), asJSON(t, want); a != b {
		t.Errorf("served\n%s\nwant\n%s", a, b)
	}
}

func TestImportKeepsAllOfHTTP(t *testing.T) {
	ttl := 0
	want := apidef.API{
		Name: "n", Description: "d", Protocol: apidef.HTTP, DisableEndpoint: true, Tags: map[string]string{"team": "x"},
		CORS: &apidef.CORS{AllowOrigins: []string{"https://app.example"}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"a"}, ExposeHeaders: []string{"b"}, MaxAge: time.Minute, AllowCredentials: true},
		Authorizers: []apidef.Authorizer{
			{Name: "fn", Type: apidef.RequestAuthorizer, URI: "arn:aws:lambda:us-east-1:111122223333:function:f", TTL: &ttl, Payload: "2.0", Simple: true, IdentitySource: []string{"$request.header.A"}},
			{Name: "jwt", Type: apidef.JWTAuthorizer, Issuer: "https://issuer.example", Audience: []string{"c"}, IdentitySource: []string{"$request.header.Authorization"}},
		},
		Routes: []apidef.Route{
			{Path: "$default", Methods: []string{"ANY"}, Auth: apidef.AuthIAM, Integration: apidef.Integration{Type: apidef.HTTPProxy, URI: "https://b.example", Parameters: map[string]string{"overwrite:path": "/x"}, ResponseParameters: map[string]map[string]string{"200": {"append:header.X": "1"}}}},
			{Path: "/b", Methods: []string{"GET"}, Auth: apidef.AuthJWT, Authorizer: "jwt", Scopes: []string{"read"}, OperationName: "B", Integration: apidef.Integration{Type: apidef.Lambda, URI: "arn:aws:lambda:us-east-1:111122223333:function:g", Payload: "1.0", Timeout: time.Second}},
			{Path: "/b", Methods: []string{"POST"}, Auth: apidef.AuthCustom, Authorizer: "fn", Integration: apidef.Integration{Type: apidef.HTTPProxy, URI: "https://b.example/{proxy}", Method: "PUT"}},
		},
	}
	s := service(t)
	s.Read = func([]byte, apidef.Protocol, string) (apidef.API, []string, error) { return want, nil, nil }
	id := must(t, s, "PUT", "/v2/apis", `{"body":"x"}`).(wire.APIV2).APIID
	must(t, s, "POST", "/v2/apis/"+id+"/stages", `{"stageName":"$default","autoDeploy":true}`)
	got := deployed(t, s)
	want.ID, want.Stages = id, got.Stages
	for i, r := range got.Routes { // one method, which an integration then names
		if r.Integration.Method == r.Methods[0] {
			got.Routes[i].Integration.Method = ""
		}
	}
	slices.SortFunc(got.Authorizers, func(x, y apidef.Authorizer) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(got.Routes, func(x, y apidef.Route) int { return strings.Compare(x.Path+x.Methods[0], y.Path+y.Methods[0]) })
	if a, b := asJSON(t, got), asJSON(t, want); a != b {
		t.Errorf("served\n%s\nwant\n%s", a, b)
	}
}

// Every operation is found by its own path alone, and what is an API call is none.
func TestFind(t *testing.T) {
	s := service(t)
	seen := map[string]bool{}
	for _, r := range routes() {
		path := "/" + strings.ReplaceAll(strings.ReplaceAll(strings.Join(r.segments, "/"), "{", "x"), "}", "y")
		op, known := s.Find(r.method, path)
		if !known || op.Name != r.name || seen[r.method+path] || !Owns(path) {
			t.Errorf("%s %s: found %q, seen %v", r.method, path, op.Name, seen[r.method+path])
		}
		seen[r.method+path] = true
	}
	if len(seen) < 140 {
		t.Errorf("only %d operations", len(seen))
	}
	for _, path := range []string{
		"/restapis/abc/prod/_user_request_/notes", "/restapis/abc/prod/_user_request_", "/_aws/execute-api/abc/prod/x", "/restapis//x", "/restapis/%zz", "/", "/v2",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if op, known := s.Find(method, path); known {
				t.Errorf("%s %s is %s", method, path, op.Name)
			}
		}
	}
	for path, want := range map[string]string{
		"/restapis/a%62c/stages/%24default": "/restapis/abc/stages/$default", "/v2/apis/abc/routes": "/apis/abc/routes",
		"/v2/tags/arn%3Aaws%3Aapigateway%3Ar%3A%3A%2Fapis%2Fa": "/tags/arn%3Aaws%3Aapigateway%3Ar%3A%3A%2Fapis%2Fa",
		"/restapis/a%2Fb/stages":                               "/restapis/a%2Fb/stages",
	} {
		if op, _ := s.Find("GET", path); op.Resource != want {
			t.Errorf("%s is the resource %s, want %s", path, op.Resource, want)
		}
	}
}

// K: a database that does not answer is 503, never "not found".
func TestUnavailable(t *testing.T) {
	s := service(t)
	id := must(t, s, "POST", "/restapis", `{"name":"n"}`).(wire.RestAPI).ID
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, call := range [][3]string{
		{"GET", "/restapis/" + id, ""},
		{"GET", "/restapis", ""},
		{"DELETE", "/restapis/" + id, ""},
		{"POST", "/restapis", `{"name":"n"}`},
		{"GET", "/v2/apis/x", ""},
		{"GET", "/apikeys", ""},
		{"GET", "/usageplans/x", ""},
		{"GET", "/domainnames/x", ""},
		{"GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fx", ""},
	} {
		if _, err := do(s, call[0], call[1], call[2]); !errors.Is(err, wire.ErrUnavailable) {
			t.Errorf("%s %s: %v", call[0], call[1], err)
		}
	}
	if _, _, err := s.Catalog(context.Background()); err == nil {
		t.Error("a catalog without a database")
	}
}

// A draft is read by those who look into it or change it, and by nobody else: one
// that cannot be read stops no other API.
func TestDraftsApart(t *testing.T) {
	s := service(t)
	bad := must(t, s, "POST", "/restapis", `{"name":"bad","tags":{"a":"b"}}`).(wire.RestAPI).ID
	api := must(t, s, "POST", "/restapis", `{"name":"good"}`).(wire.RestAPI)
	at := "/restapis/" + api.ID
	must(t, s, "PUT", at+"/resources/"+api.RootResourceID+"/methods/GET", `{"authorizationType":"NONE"}`)
	must(t, s, "PUT", at+"/resources/"+api.RootResourceID+"/methods/GET/integration", `{"type":"MOCK"}`)
	keepRecord(t, s, store.KindAPIDraft, bad, `"damaged"`)
	must(t, s, "POST", at+"/deployments", `{"stageName":"prod"}`)
	if got := deployed(t, s); got.ID != api.ID {
		t.Errorf("%s is served", got.ID)
	}
	must(t, s, "GET", "/restapis", "")
	must(t, s, "GET", "/restapis/"+bad+"/stages", "")
	must(t, s, "GET", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F"+bad, "")
	for _, call := range [][2]string{{"GET", "/resources"}, {"POST", "/deployments"}, {"PUT", "/gatewayresponses/DEFAULT_4XX"}} {
		if _, err := do(s, call[0], "/restapis/"+bad+call[1], ""); !errors.Is(err, wire.ErrUnavailable) {
			t.Errorf("%v: %v", call, err)
		}
	}
	must(t, s, "DELETE", "/restapis/"+bad, "")
}

// keepRecord keeps a record as it is.
func keepRecord(t *testing.T, s *Service, kind store.APIKind, id, doc string) {
	t.Helper()
	err := s.Store.Update(context.Background(), func(tx *store.Tx) error {
		return tx.PutAPIRecord(kind, store.APIRecord{ID: id, Doc: json.RawMessage(doc)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A record that holds the draft too, as there were before, is read whole, and
// parted when it changes; its tags change it in place.
func TestRecordOfOneDocument(t *testing.T) {
	s := service(t)
	keepRecord(t, s, store.KindRestAPI, "old", `{"name":"n","id":"old","rootResourceId":"r","Resources":{"r":{"id":"r","path":"/","resourceMethods":{"GET":{"httpMethod":"GET","authorizationType":"NONE","methodIntegration":{"type":"MOCK"}}}}},"Models":{},"Stages":{"prod":{"stageName":"prod"}}}`)
	must(t, s, "PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fold%2Fstages%2Fprod", `{"tags":{"team":"x"}}`)
	must(t, s, "DELETE", "/restapis/old/stages/prod", "")
	must(t, s, "POST", "/restapis/old/deployments", `{"stageName":"live"}`)
	if got := deployed(t, s); len(got.Routes) != 1 || got.Stages[0].Name != "live" {
		t.Errorf("%s", asJSON(t, got))
	}
	rec, err := s.Store.APIRecord(context.Background(), store.KindRestAPI, "old")
	if err != nil || bytes.Contains(rec.Doc, []byte("resourceMethods")) {
		t.Errorf("%s, %v", rec.Doc, err)
	}
}

// Calls at the same time lose nothing of each other.
func TestConcurrentEdits(t *testing.T) {
	s := service(t)
	api := must(t, s, "POST", "/restapis", `{"name":"n"}`).(wire.RestAPI)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := do(s, "POST", "/restapis/"+api.ID+"/resources/"+api.RootResourceID, fmt.Sprintf(`{"pathPart":"r%d"}`, i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got := must(t, s, "GET", "/restapis/"+api.ID+"/resources", "").(wire.Items[wire.Resource])
	if len(got.Item) != 21 {
		t.Errorf("%d resources, want 21", len(got.Item))
	}
}

// FuzzPatch: operations of any kind change what they may or are refused, and a
// value that was set is read back.
func FuzzPatch(f *testing.F) {
	f.Add("replace", "/description", "x")
	f.Add("add", "/variables/a~1b", "x")
	f.Add("remove", "/accessLogSettings", "")
	f.Add("replace", "/~1a/GET/throttling/rateLimit", "1e3")
	f.Add("move", "/", "")
	f.Fuzz(func(t *testing.T, op, path, value string) {
		st := &wire.Stage{}
		err := patch(st, []wire.PatchOperation{{Op: op, Path: path, Value: &value}}, "/description", "/variables/*", "/accessLogSettings", "/accessLogSettings/format", "/tracingEnabled")
		var refused *wire.Error
		if err != nil {
			if !errors.As(err, &refused) || refused.Code != "BadRequestException" {
				t.Fatalf("%v", err)
			}
			if st.Description != "" || len(st.Variables) > 0 {
				t.Fatalf("refused, and changed all the same: %+v", st)
			}
			return
		}
		if keys := pointer(path); op != "remove" && keys[0] == "variables" && st.Variables[keys[1]] != value {
			t.Fatalf("%q is %q, want %q", keys[1], st.Variables[keys[1]], value)
		}
		if _, err := patchMethod(&wire.Stage{}, wire.PatchOperation{Op: op, Path: path, Value: &value}); err != nil && !errors.As(err, &refused) {
			t.Fatal(err)
		}
	})
}
