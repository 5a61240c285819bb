package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// functions is a Lambda service: what was posted where, and what it answers.
func functions(t *testing.T, answer http.HandlerFunc) (*Gateway, *httptest.Server, *[]string) {
	t.Helper()
	var seen []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Method+" "+r.RequestURI+" "+string(body))
		answer(w, r)
	}))
	g := &Gateway{Region: "us-east-1", AccountID: "111122223333"}
	t.Cleanup(func() { srv.Close(); _ = g.Close() })
	return g, srv, &seen
}

func answerWith(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestInvokeFindsTheFunction(t *testing.T) {
	g, srv, seen := functions(t, answerWith(`{"a":1}`))
	catalog := apidef.Catalog{LambdaEndpoint: srv.URL + "/", Functions: map[string]string{"own": srv.URL + "/own", "versioned:live": srv.URL + "/live"}}
	if err := g.Serve(catalog); err != nil {
		t.Fatal(err)
	}
	const arn, gatewayARN = "arn:aws:lambda:us-east-1:111122223333:function:", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
	for uri, want := range map[string]string{
		srv.URL + "/direct?x=1":                            "/direct?x=1",
		arn + "own":                                        "/own",
		arn + "versioned:live":                             "/live",
		arn + "notes":                                      "/2015-03-31/functions/notes/invocations",
		arn + "notes:$LATEST":                              "/2015-03-31/functions/notes/invocations?Qualifier=%24LATEST",
		gatewayARN + arn + "notes:v1/invocations":          "/2015-03-31/functions/notes/invocations?Qualifier=v1",
		gatewayARN + arn + "own/invocations":               "/own",
		strings.Replace(arn, "aws", "aws-cn", 1) + "notes": "/2015-03-31/functions/notes/invocations",
	} {
		got, err := g.invoke(context.Background(), uri, []byte("{}"))
		if err != nil || string(got) != `{"a":1}` {
			t.Errorf("%s: %s %v", uri, got, err)
		}
		if last := (*seen)[len(*seen)-1]; last != "POST "+want+" {}" {
			t.Errorf("%s: posted %s, want %s", uri, last, want)
		}
	}
	for _, uri := range []string{"", "notes", arn, arn + "../x", gatewayARN + arn + "notes", arn + "a/b", "arn:aws:states:us-east-1:1:function:x", arn + "x:", arn + "x:y:z"} {
		if got, err := g.invoke(context.Background(), uri, nil); err == nil {
			t.Errorf("%q: %s", uri, got)
		}
	}
	if err := g.Serve(apidef.Catalog{}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.invoke(context.Background(), arn+"notes", nil); !errors.Is(err, errNoFunction) {
		t.Errorf("nothing serves it: %v", err)
	}
}

func TestInvokeFailures(t *testing.T) {
	failed := func(kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Function-Error", kind)
			_, _ = io.WriteString(w, `{"errorMessage":"Unauthorized","errorType":"Error"}`)
		}
	}
	for name, answer := range map[string]http.HandlerFunc{
		"unhandled": failed("Unhandled"), "handled": failed("Handled"),
		"without the header": answerWith(`{"errorMessage":"Unauthorized","errorType":"Error","stackTrace":[]}`),
	} {
		g, srv, _ := functions(t, answer)
		_, err := g.invoke(context.Background(), srv.URL, []byte("{}"))
		if fe := (*functionError)(nil); !errors.As(err, &fe) || fe.message() != "Unauthorized" {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, srv, _ := functions(t, answerWith(`{"errorMessage":"mine","errorType":"mine","body":"x"}`))
	if _, err := g.invoke(context.Background(), srv.URL, nil); err != nil {
		t.Errorf("an answer that only has such keys: %v", err)
	}
	g, srv, seen := functions(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) })
	if _, err := g.invoke(context.Background(), srv.URL, []byte("{}")); err == nil || len(*seen) != 1 {
		t.Errorf("C17 redirect: %v, %q", err, *seen)
	}
	g, srv, _ = functions(t, answerWith(strings.Repeat("x", maxEvent+1)))
	if _, err := g.invoke(context.Background(), srv.URL, nil); !errors.As(err, new(*functionError)) {
		t.Errorf("large answer: %v", err)
	}
	_, err := g.invoke(context.Background(), srv.URL, make([]byte, maxEvent+1))
	if we := (*wire.Error)(nil); !errors.As(err, &we) || we.Status != 413 {
		t.Errorf("large event: %v", err)
	}
	if _, err := g.invoke(context.Background(), "http://169.254.169.254/latest", nil); err == nil || !strings.Contains(err.Error(), "link-local") {
		t.Errorf("C17 link-local: %v", err)
	}
}

func TestInvokeEndsInTime(t *testing.T) {
	g, srv, _ := functions(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.invoke(ctx, srv.URL, []byte("{}")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestC17FunctionAddresses(t *testing.T) {
	for name, c := range map[string]apidef.Catalog{
		"link-local":     {Functions: map[string]string{"f": "http://169.254.169.254/"}},
		"not http":       {Functions: map[string]string{"f": "file:///etc/passwd"}},
		"endpoint":       {LambdaEndpoint: "http://[fe80::1]:9001"},
		"name of a path": {Functions: map[string]string{"../f": "http://127.0.0.1/"}},
	} {
		if err := (&Gateway{}).Serve(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
