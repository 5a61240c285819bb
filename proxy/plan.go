package proxy

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// An Upstream is where requests go, and what they are signed for.
type Upstream struct {
	// URL is the base, such as that of a stage: scheme https or wss (http and ws on
	// loopback), host, and a path that is put before the path of every request.
	URL string
	// Region is what is signed for. Zero: that of the host's name, or of the name
	// that the host is an alias of; if they do not say, Start fails.
	Region string
	// Service is what is signed for, such as "lambda". Zero: that of the host's
	// name, else execute-api.
	Service string
}

// plan is what the fields of a Proxy come to. It does not change, but for the
// clocks of the upstreams.
type plan struct {
	routes    []*route
	strip     map[string]bool
	set       http.Header
	names     []string
	origins   []string
	transport http.RoundTripper
	retries   int
	maxBody   int64
	payload   Payload
	keepAuth  bool
}

// route is an upstream behind a prefix; "" takes all.
type route struct {
	prefix       string
	scheme, host string
	base         string // raw path, without a slash at the end
	signer       *sigv4.Signer
	drift        wire.Drift // of the upstream's clock
}

func newPlan(ctx context.Context, p *Proxy) (*plan, error) {
	pl := &plan{
		strip: make(map[string]bool), set: make(http.Header), origins: p.Origins, transport: p.Transport,
		retries: max(0, cmp.Or(p.Retries, 2)), maxBody: cmp.Or(p.MaxBody, 10<<20), payload: p.Payload, keepAuth: p.PreserveAuthorization,
	}
	if pl.transport == nil {
		pl.transport = newTransport(p.RootCAs)
	}
	for _, name := range p.Hosts {
		pl.names = append(pl.names, strings.ToLower(name))
	}
	if p.Payload < PayloadAuto || p.Payload > PayloadUnsigned {
		return nil, &ConfigError{"Payload", "want one of the Payload constants"}
	}
	if err := pl.headers(p); err != nil {
		return nil, err
	}
	return pl, pl.upstreams(ctx, p)
}

func (pl *plan) headers(p *Proxy) error {
	for _, name := range p.Strip {
		pl.strip[http.CanonicalHeaderKey(name)] = true
	}
	for name, values := range p.Set {
		key := http.CanonicalHeaderKey(name)
		if hopByHop[key] || signature[key] || key == "Host" || key == "Content-Length" {
			return &ConfigError{"Set", key + " is not a header that can be set: the proxy, or the connection, sets it"}
		}
		pl.set[key] = values
	}
	return nil
}

func (pl *plan) upstreams(ctx context.Context, p *Proxy) error {
	for _, prefix := range slices.Sorted(maps.Keys(p.Routes)) {
		field := fmt.Sprintf("Routes[%q]", prefix)
		if !strings.HasPrefix(prefix, "/") || len(prefix) > 1 && strings.HasSuffix(prefix, "/") || strings.ContainsAny(prefix, "?#") {
			return &ConfigError{field, "a prefix begins with / and does not end with it, such as /notes"}
		}
		if err := pl.add(ctx, p, field, strings.TrimSuffix(prefix, "/"), p.Routes[prefix]); err != nil {
			return err
		}
	}
	if p.Upstream.URL != "" {
		if err := pl.add(ctx, p, "Upstream", "", p.Upstream); err != nil {
			return err
		}
	}
	if len(pl.routes) == 0 {
		return &ConfigError{"Upstream", "set its URL, or Routes"}
	}
	slices.SortStableFunc(pl.routes, func(a, b *route) int { return len(b.prefix) - len(a.prefix) })
	return nil
}

func (pl *plan) add(ctx context.Context, p *Proxy, field, prefix string, up Upstream) error {
	u, err := parseUpstream(up.URL, p.AllowHTTP)
	if err != nil {
		return &ConfigError{field, err.Error()}
	}
	region, service := sigv4.ScopeOf(u.Hostname())
	if region == "" && up.Region == "" {
		region, service = sigv4.ScopeOf(alias(ctx, u.Hostname()))
	}
	region, service = cmp.Or(up.Region, region), cmp.Or(up.Service, service, "execute-api")
	if region == "" {
		return &ConfigError{field, "the region is not known: neither the name " + u.Hostname() + " nor what it is an alias of says it; set Region"}
	}
	pl.routes = append(pl.routes, &route{
		prefix: prefix, scheme: u.Scheme, host: u.Host, base: strings.TrimSuffix(u.EscapedPath(), "/"),
		signer: &sigv4.Signer{Region: region, Profile: sigv4.ProfileFor(service)},
	})
	return nil
}

func parseUpstream(raw string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the base URL of an API, such as https://host/stage", raw)
	}
	switch u.Scheme {
	case "https", "wss":
		u.Scheme, u.Host = "https", strings.TrimSuffix(u.Host, ":443")
	case "http", "ws":
		if !allowHTTP && !loopback.Is(u.Hostname()) {
			return nil, fmt.Errorf("%s is plain http: the network could read the session token; use https", raw)
		}
		u.Scheme, u.Host = "http", strings.TrimSuffix(u.Host, ":80")
	default:
		return nil, fmt.Errorf("%q has no scheme that can be sent: use https", raw)
	}
	return u, nil
}

// alias is the name that a custom domain stands for; empty if there is none or it
// cannot be found out in time.
func alias(ctx context.Context, host string) string {
	if loopback.Is(host) || net.ParseIP(host) != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	name, err := net.DefaultResolver.LookupCNAME(ctx, host)
	if err != nil {
		return ""
	}
	return name
}
