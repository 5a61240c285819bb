package gateway

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// TestC01Lambda holds the property for events: what a function is told is what
// was verified, on both kinds of API.
func TestC01Lambda(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 300
	}
	for _, protocol := range []apidef.Protocol{apidef.REST, apidef.HTTP} {
		t.Run(string(protocol), func(t *testing.T) { lambdaProperty(t, protocol, n) })
	}
}

func lambdaProperty(t *testing.T, protocol apidef.Protocol, n int) {
	s := newStand(t)
	in := apidef.Integration{Type: apidef.Lambda, URI: "BACKEND"}
	s.serve(apidef.API{ID: "abc123", Protocol: protocol, Stages: []apidef.Stage{{Name: "prod"}}, Routes: []apidef.Route{
		{Path: "/{proxy+}", Methods: []string{"ANY"}, Auth: apidef.AuthIAM, EncodedSlash: true, Integration: in},
		{Path: "/", Methods: []string{"ANY"}, Auth: apidef.AuthIAM, Integration: in},
	}})
	s.answer = answerWith(`{"statusCode":200}`)
	s.signer.SignHeaders = []string{"X-One", "X-Two", "Accept"}
	seed := seedC01()
	w := wild{rand.New(rand.NewPCG(seed, 2))}
	passed := 0
	keep := &keepAlive{s: s}
	defer keep.close()
	for i := range n {
		r, body, ok := s.wildRequest(w, w.path(), w.query())
		if !ok {
			continue
		}
		raw := text(t, r)
		switch got := keep.send(raw); got.status {
		case 200:
			passed++
			if diff := told(r, body, s.forwarded().body, protocol); diff != "" {
				t.Fatalf("seed %d, request %d: %s\nsent\n%s", seed, i, diff, raw)
			}
		case 400, 403, 404: // an HTTP API says Forbidden of a request that cannot be verified
			s.nothingForwarded()
		default:
			t.Fatalf("seed %d, request %d: %d %s\nsent\n%s", seed, i, got.status, got.body, raw)
		}
	}
	if passed < n/5 {
		t.Errorf("of %d requests only %d passed: the generator is off", n, passed)
	}
}

// told names the first difference between what was signed and what the event
// says.
func told(sent *http.Request, body string, event []byte, protocol apidef.Protocol) string {
	if protocol == apidef.HTTP {
		return told2(sent, body, event)
	}
	var e events.APIGatewayProxyRequest
	if err := json.Unmarshal(event, &e); err != nil {
		return err.Error()
	}
	got := e.Body
	if e.IsBase64Encoded {
		plain, _ := decode64([]byte(got))
		got = string(plain)
	}
	path, _, _ := strings.Cut(sent.URL.RequestURI(), "?")
	if e.HTTPMethod != sent.Method || e.RequestContext.Path != path || !strings.HasSuffix(path, strings.TrimLeft(e.Path, "/")) || got != body {
		return fmt.Sprintf("event of %s %s %q", e.HTTPMethod, e.RequestContext.Path, got)
	}
	want := parseQuery(sent.URL.RawQuery)
	for name, values := range e.MultiValueQueryStringParameters {
		if !slices.Equal(values, want[name]) {
			return fmt.Sprintf("%q is %q, want %q", name, values, want[name])
		}
	}
	if len(want) != len(e.MultiValueQueryStringParameters) {
		return fmt.Sprintf("query %q, want %q", e.MultiValueQueryStringParameters, want)
	}
	for _, name := range []string{"X-One", "X-Two", "Accept", "Content-Type", "X-Amz-Date", "X-Unsigned", "Authorization", "X-Gatepass-User-Sub"} {
		if diff := headerDiff(name, sent, e.MultiValueHeaders[name]); diff != "" {
			return diff
		}
	}
	return ""
}

func told2(sent *http.Request, body string, event []byte) string {
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event, &e); err != nil {
		return err.Error()
	}
	got := e.Body
	if e.IsBase64Encoded {
		plain, _ := decode64([]byte(got))
		got = string(plain)
	}
	path, _, _ := strings.Cut(sent.URL.RequestURI(), "?")
	if e.RequestContext.HTTP.Method != sent.Method || e.RawPath != path || e.RawQueryString != sent.URL.RawQuery || got != body {
		return fmt.Sprintf("event of %s %s?%s %q", e.RequestContext.HTTP.Method, e.RawPath, e.RawQueryString, got)
	}
	for _, name := range []string{"X-One", "X-Two", "Accept", "Content-Type", "X-Amz-Date", "X-Unsigned", "Authorization", "X-Gatepass-User-Sub"} {
		var values []string
		if v, there := e.Headers[strings.ToLower(name)]; there {
			values = []string{v}
		}
		sent := &http.Request{Header: http.Header{name: {strings.Join(trimmed(sent.Header[name]), ",")}}}
		if len(values) == 0 && sent.Header[name][0] == "" {
			continue
		}
		if diff := headerDiff(name, sent, values); diff != "" {
			return diff
		}
	}
	return ""
}

func trimmed(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, strings.Trim(v, " \t"))
	}
	return out
}

// headerDiff tells whether a header arrived as it was signed, or not at all if it
// is one that does not go on.
func headerDiff(name string, sent *http.Request, got []string) string {
	want := trimmed(sent.Header[name])
	if name == "X-Unsigned" || name == "Authorization" || name == "X-Gatepass-User-Sub" {
		want = nil
	}
	if !slices.Equal(got, want) {
		return fmt.Sprintf("%s: %q, want %q", name, got, want)
	}
	return ""
}
