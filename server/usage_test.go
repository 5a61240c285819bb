package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apigateway"
)

// usageWorld is a server whose clock the test has, with an API that wants a key of
// a plan of ten calls a month.
type usageWorld struct {
	t         *testing.T
	s         *Server
	now       time.Time
	api, plan string
	key       string // its id
}

const usageKey = "0123456789-0123456789"

func newUsageWorld(t *testing.T) *usageWorld {
	t.Helper()
	w := &usageWorld{t: t, now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}
	w.s = &Server{Now: func() time.Time { return w.now }}
	if err := w.s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.s.Close() })
	api := w.call("POST", "/restapis", `{"name":"n"}`).(wire.RestAPI)
	w.api = api.ID
	at := "/restapis/" + api.ID
	root := at + "/resources/" + api.RootResourceID + "/methods/GET"
	w.call("PUT", root, `{"authorizationType":"NONE","apiKeyRequired":true}`)
	w.call("PUT", root+"/integration", `{"type":"MOCK","requestTemplates":{"application/json":"{\"statusCode\":200}"}}`)
	w.call("PUT", root+"/responses/200", `{}`)
	w.call("PUT", root+"/integration/responses/200", `{}`)
	w.call("POST", at+"/deployments", `{"stageName":"prod"}`)
	w.key = w.call("POST", "/apikeys", `{"name":"k","enabled":true,"value":"`+usageKey+`"}`).(wire.APIKey).ID
	w.plan = w.call("POST", "/usageplans", `{"name":"p","quota":{"limit":10,"period":"MONTH"},"apiStages":[{"apiId":"`+api.ID+`","stage":"prod"}]}`).(wire.UsagePlan).ID
	w.call("POST", "/usageplans/"+w.plan+"/keys", `{"keyId":"`+w.key+`","keyType":"API_KEY"}`)
	return w
}

// try runs an operation of the control plane.
func (w *usageWorld) try(method, target, body string) (any, error) {
	w.t.Helper()
	path, query, _ := strings.Cut(target, "?")
	op, known := w.s.control.Find(method, path)
	if !known {
		w.t.Fatalf("no operation %s %s", method, path)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := op.Run(context.Background(), apigateway.Request{Query: values, Body: []byte(body)})
	return out.Value, err
}

func (w *usageWorld) call(method, target, body string) any {
	w.t.Helper()
	out, err := w.try(method, target, body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, target, err)
	}
	return out
}

// get calls the API with the key.
func (w *usageWorld) get(want int) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/_aws/execute-api/"+w.api+"/prod/", nil)
	r.Header.Set("X-Api-Key", usageKey)
	got := httptest.NewRecorder()
	if w.s.ServeHTTP(got, r); got.Code != want {
		w.t.Errorf("%s: %d %s, want %d", w.now, got.Code, got.Body, want)
	}
}

func (w *usageWorld) usage(from, to, want string) {
	w.t.Helper()
	got := w.call("GET", "/usageplans/"+w.plan+"/usage?startDate="+from+"&endDate="+to, "").(wire.Usage)
	text, err := json.Marshal(got.Values[w.key])
	if err != nil || string(text) != want || got.StartDate != from || got.EndDate != to {
		w.t.Errorf("%s to %s: %+v, %v, want %s", from, to, got, err, want)
	}
}

// What each day used and left of a month's quota; what an administrator grants and
// takes away.
func TestUsage(t *testing.T) {
	w := newUsageWorld(t)
	for range 3 {
		w.get(200)
	}
	w.now = w.now.AddDate(0, 0, 2)
	w.get(200)
	w.get(200)
	w.usage("2026-01-04", "2026-01-31", "[[0,10],[3,7],[0,7],[2,5]]")
	w.usage("2026-01-06", "2026-01-06", "[[0,7]]")
	w.usage("2025-12-31", "2026-01-01", "[[0,10],[0,10]]")
	w.usage("2026-02-01", "2026-02-02", "[]")

	usage := "/usageplans/" + w.plan + "/keys/" + w.key + "/usage"
	if got := w.call("PATCH", usage, `{"patchOperations":[{"op":"replace","path":"/remaining","value":"1"}]}`).(wire.Usage); got.Values[w.key][0] != [2]int64{2, 1} {
		t.Errorf("%+v", got)
	}
	w.get(200)
	w.get(429)
	w.usage("2026-01-07", "2026-01-07", "[[3,0]]")
	w.call("PATCH", usage, `{"patchOperations":[{"op":"replace","path":"/remaining","value":"12"}]}`)
	w.usage("2026-01-07", "2026-01-07", "[[3,12]]")
	w.now = w.now.Add(5 * time.Second)
	for range 12 {
		w.get(200)
	}
	w.get(429)
	w.now = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	w.get(200)
	w.usage("2026-01-31", "2026-02-01", "[[0,0],[1,9]]")
}

func TestUsageRefusals(t *testing.T) {
	w := newUsageWorld(t)
	free := w.call("POST", "/usageplans", `{"name":"free"}`).(wire.UsagePlan).ID
	if got := w.call("GET", "/usageplans/"+free+"/usage?startDate=2026-01-01&endDate=2026-01-01", "").(wire.Usage); len(got.Values) != 0 {
		t.Errorf("a plan without a quota: %+v", got)
	}
	w.call("POST", "/usageplans/"+free+"/keys", `{"keyId":"`+w.key+`","keyType":"API_KEY"}`)
	usage, update := "/usageplans/"+w.plan+"/usage", "/usageplans/"+w.plan+"/keys/"+w.key+"/usage"
	patch := func(op, path, value string) string {
		return `{"patchOperations":[{"op":"` + op + `","path":"` + path + `","value":"` + value + `"}]}`
	}
	for _, c := range [][4]string{
		{"GET", usage + "?endDate=2026-01-01", "", "startDate"},
		{"GET", usage + "?startDate=2026-01-01", "", "endDate"},
		{"GET", usage + "?startDate=2026-01-01&endDate=tomorrow", "", "endDate"},
		{"GET", usage + "?startDate=2026-01-02&endDate=2026-01-01", "", "date range"},
		{"GET", usage + "?startDate=2026-01-01&endDate=2026-04-01", "", "90 days"},
		{"GET", usage + "?startDate=2026-01-01&endDate=2026-01-01&keyId=nothere", "", "Usage Plan Key"},
		{"GET", "/usageplans/nothere/usage?startDate=2026-01-01&endDate=2026-01-01", "", "Usage Plan ID"},
		{"PATCH", update, patch("replace", "/used", "1"), "patch path"},
		{"PATCH", update, patch("remove", "/remaining", ""), "[replace]"},
		{"PATCH", update, patch("replace", "/remaining", "-1"), "at least 0"},
		{"PATCH", update, `{}`, "at least 0"},
		{"PATCH", "/usageplans/" + w.plan + "/keys/nothere/usage", patch("replace", "/remaining", "1"), "Usage Plan Key"},
		{"PATCH", "/usageplans/" + free + "/keys/" + w.key + "/usage", patch("replace", "/remaining", "1"), "does not have a quota"},
	} {
		_, err := w.try(c[0], c[1], c[2])
		var refused *wire.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Message, c[3]) {
			t.Errorf("%s %s %s: %v, want %q", c[0], c[1], c[2], err, c[3])
		}
	}
	w.get(200)
}
