package proxy_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/proxy"
	"github.com/gatepass/gatepass/sigv4"
)

// TestScope holds what is signed for by the name of an upstream.
func TestScope(t *testing.T) {
	for url, want := range map[string]string{
		"https://abc.execute-api.eu-west-1.amazonaws.com/prod":               "eu-west-1/execute-api",
		"https://abc.execute-api.cn-north-1.amazonaws.com.cn":                "cn-north-1/execute-api",
		"wss://abc.execute-api.us-gov-west-1.amazonaws.com/prod":             "us-gov-west-1/execute-api",
		"https://abc-vpce-0f.execute-api.eu-west-1.amazonaws.com":            "eu-west-1/execute-api",
		"https://vpce-0f-1a.execute-api.us-east-1.vpce.amazonaws.com/prod":   "us-east-1/execute-api",
		"https://ABC.execute-api.eu-west-1.api.aws:443":                      "eu-west-1/execute-api",
		"https://xyz.lambda-url.ap-southeast-2.on.aws":                       "ap-southeast-2/lambda",
		"https://xyz.appsync-api.eu-central-1.amazonaws.com/graphql":         "eu-central-1/appsync",
		"wss://xyz.appsync-realtime-api.eu-central-1.amazonaws.com":          "eu-central-1/appsync",
		"https://search-x.eu-west-1.es.amazonaws.com":                        "eu-west-1/es",
		"https://x.eu-west-1.aoss.amazonaws.com":                             "eu-west-1/aoss",
		"https://svc-0.7d67968.vpc-lattice-svcs.us-west-2.on.aws":            "us-west-2/vpc-lattice-svcs",
		"https://sts.us-east-1.amazonaws.com":                                "us-east-1/sts",
		"http://127.0.0.1:8787/_aws/execute-api/abc/prod":                    "",
		"https://abc.execute-api.eu-west-1.amazonaws.com.evil.localhost:444": "",
	} {
		var got string
		p := newProxy(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			parts := strings.Split(r.Header.Get("Authorization"), "/")
			got = parts[2] + "/" + parts[3]
			return httptest.NewRecorder().Result(), nil
		}), func(p *proxy.Proxy) { p.Upstream.URL = url })
		err := p.Start(t.Context())
		bad, isConfig := errors.AsType[*proxy.ConfigError](err)
		if want == "" {
			if !isConfig || bad.Field != "Upstream" || !strings.Contains(bad.Text, "region") {
				t.Errorf("%s: %v, want the question for a region", url, err)
			}
			continue
		}
		p.ServeHTTP(httptest.NewRecorder(), incoming("GET", ""))
		if got != want || err != nil {
			t.Errorf("%s is signed for %s, want %s (%v)", url, got, want, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*proxy.Proxy)
	}{
		{"Credentials", func(p *proxy.Proxy) { p.Credentials = nil }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "" }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "abc.execute-api.eu-west-1.amazonaws.com" }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "https://u:p@abc.execute-api.eu-west-1.amazonaws.com" }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "https://abc.execute-api.eu-west-1.amazonaws.com/?a=1" }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "ftp://abc.execute-api.eu-west-1.amazonaws.com" }},
		{"Upstream", func(p *proxy.Proxy) { p.Upstream.URL = "http://abc.execute-api.eu-west-1.amazonaws.com" }},
		{`Routes["notes"]`, func(p *proxy.Proxy) { p.Routes = map[string]proxy.Upstream{"notes": p.Upstream} }},
		{`Routes["/notes/"]`, func(p *proxy.Proxy) { p.Routes = map[string]proxy.Upstream{"/notes/": p.Upstream} }},
		{`Routes["/a"]`, func(p *proxy.Proxy) { p.Routes = map[string]proxy.Upstream{"/a": {}} }},
		{"Set", func(p *proxy.Proxy) { p.Set = http.Header{"connection": {"close"}} }},
		{"Set", func(p *proxy.Proxy) { p.Set = http.Header{"authorization": {"x"}} }},
		{"Set", func(p *proxy.Proxy) { p.Set = http.Header{"host": {"x"}} }},
		{"Payload", func(p *proxy.Proxy) { p.Payload = 9 }},
	} {
		p := newProxy(t, nil, c.change)
		e, ok := errors.AsType[*proxy.ConfigError](p.Start(t.Context()))
		if !ok || e.Field != c.field {
			t.Errorf("want an error of %s, got %v", c.field, e)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, incoming("GET", ""))
		if w.Code != http.StatusInternalServerError {
			t.Errorf("%s: a request was answered %d", c.field, w.Code)
		}
	}
	http := newProxy(t, nil, func(p *proxy.Proxy) {
		p.AllowHTTP, p.Upstream.URL = true, "http://abc.execute-api.eu-west-1.amazonaws.com"
	})
	if err := http.Start(t.Context()); err != nil {
		t.Errorf("AllowHTTP: %v", err)
	}
}

// TestKeysWithoutSecret holds that nothing is sent unsigned.
func TestKeysWithoutSecret(t *testing.T) {
	up := newUpstream(t, nil)
	for _, keys := range []sigv4.Credentials{{}, {AccessKeyID: "AK"}, {SecretAccessKey: "s"}, {AccessKeyID: "A K", SecretAccessKey: "s"}} {
		front := serve(t, up.URL, func(p *proxy.Proxy) {
			p.Credentials = func(context.Context) (gatepass.Credentials, error) {
				return gatepass.Credentials{Credentials: keys}, nil
			}
		})
		if resp, body := do(t, request(t, "GET", front.URL, "")); resp.StatusCode < 400 || up.n.Load() != 0 {
			t.Errorf("%v: %d %s", keys, resp.StatusCode, body)
		}
	}
}

// TestLogAndMetrics holds what is said of a request, and that no secret is.
func TestLogAndMetrics(t *testing.T) {
	var log bytes.Buffer
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Requestid", "id-1")
		w.WriteHeader(201)
		_, _ = w.Write([]byte("hello"))
	})
	p := &proxy.Proxy{
		Upstream: proxy.Upstream{URL: up.URL, Region: "us-east-1"}, Credentials: credentials, MaxBody: 100,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	send := func(body string) {
		r := httptest.NewRequest("POST", "/notes?key=sesame", strings.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Authorization", "Bearer sesame")
		p.ServeHTTP(httptest.NewRecorder(), r)
	}
	send("body")
	send(strings.Repeat("a", 101))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("two requests are %d lines:\n%s", len(lines), log.String())
	}
	for _, want := range []string{"level=INFO", "method=POST", "path=/notes ", "status=201", " in=4 ", " out=5 ", "request_id=id-1", " ms="} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("no %q in %s", want, lines[0])
		}
	}
	for _, want := range []string{"level=WARN", "status=413", "error="} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("no %q in %s", want, lines[1])
		}
	}
	text := metrics(t, p)
	for _, want := range []string{
		`gatepass_proxy_requests_total{code="201"} 1`, `gatepass_proxy_requests_total{code="413"} 1`, "gatepass_proxy_refused_total 1",
		"gatepass_proxy_in_flight_requests 0", "gatepass_proxy_received_bytes_total 4", "gatepass_proxy_sent_bytes_total 5",
		`gatepass_proxy_credentials_total{outcome="ok"} 1`, `gatepass_proxy_request_duration_seconds_bucket{le="+Inf"} 2`,
		"gatepass_proxy_request_duration_seconds_count 2", `gatepass_proxy_retries_total{cure="wait"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, secret := range []string{"sesame", testKeys.SecretAccessKey, testKeys.SessionToken, "Signature"} {
		if strings.Contains(log.String()+text, secret) {
			t.Errorf("the log or the metrics hold %q", secret)
		}
	}
}
