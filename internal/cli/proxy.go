package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/proxy"
	"github.com/gatepass/gatepass/sigv4"
)

type proxyOptions struct {
	door
	upstream, service  string
	awsProfile         string
	routes, set, strip []string
	hosts, origins     []string
	payload, maxBody   string
	retries            int
	keepAuth           bool
	logs               string
}

func newProxy(a *app) *cobra.Command {
	var o proxyOptions
	cmd := &cobra.Command{
		Use: "proxy",
		Long: `Sign requests that come to this machine with the credentials of the signed-in
user, and send them to an API: for Postman, browsers, load generators, sandboxed
agents. Whoever reaches the address acts as the user, so it is on loopback, and
pages of the web are refused unless --origin names theirs. Path and query pass
untouched; answers stream; WebSockets work. The address goes to stdout, the log,
one line a request, to stderr.`,
		Example: "  gatepass proxy\n  gatepass proxy --route /notes=$GATEPASS_API --admin 127.0.0.1:0",
		Args:    arguments(cobra.NoArgs),
	}
	read := a.settingsOf(cmd, clientFlags()...)
	f := cmd.Flags()
	f.StringVar(&o.upstream, "upstream", "", "`API` of the profile or URL that requests go to; empty: the default API")
	f.StringArrayVar(&o.routes, "route", nil, "`PREFIX=API`: paths below the prefix go to another API or URL, without it")
	f.StringVar(&o.service, "service", "", "`SERVICE` to sign for; empty: that of the host, else execute-api")
	f.StringVar(&o.awsProfile, "aws-profile", "", "sign with the keys of this `PROFILE` of the AWS CLI, or env")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`ADDR`, or unix:PATH; port 0 takes a free one")
	f.StringVar(&o.payload, "payload", "auto", "whether bodies are hashed: auto, signed or unsigned; `auto` does as the client")
	f.StringVar(&o.maxBody, "max-body", "10MiB", "largest `SIZE` of a request body; 0: no limit")
	f.IntVar(&o.retries, "retries", 2, "`times` that a request that is safe to repeat is sent again")
	f.StringArrayVar(&o.set, "set", nil, "`\"Name: value\"` that every request is sent with")
	f.StringArrayVar(&o.strip, "strip", nil, "`HEADER` of the client that is not sent on")
	f.BoolVar(&o.keepAuth, "preserve-authorization", false, "send the client's Authorization on as X-Original-Authorization")
	f.StringArrayVar(&o.hosts, "host", nil, "`NAME` that requests may have as Host, besides localhost and addresses")
	f.StringArrayVar(&o.origins, "origin", nil, "`ORIGIN` of pages that may use the proxy, such as http://localhost:5173; the CORS headers are the API's")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "listen beyond this machine: everyone there acts as the user")
	o.addFlags(f)
	f.StringVar(&o.logs, "log", "text", "how requests are logged: `text`, json or none")
	for name, complete := range map[string]cobra.CompletionFunc{
		"upstream": a.completeAPIs,
		"payload":  cobra.FixedCompletions([]string{"auto", "signed", "unsigned"}, cobra.ShellCompDirectiveNoFileComp),
		"log":      cobra.FixedCompletions([]string{"text", "json", "none"}, cobra.ShellCompDirectiveNoFileComp),
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, complete) // the flags are there
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v, err := read()
		if err != nil {
			return err
		}
		return a.proxy(cmd.Context(), v, o)
	}
	return cmd
}

func (a *app) proxy(ctx context.Context, v settingValues, o proxyOptions) error {
	log, err := a.logger(o.logs)
	if err != nil {
		return err
	}
	if err := o.checkListen(); err != nil {
		return err
	}
	if _, err := o.proxy(v, log); err != nil {
		return err // also for one who is not signed in
	}
	keys, err := a.keysOf(ctx, v, o.awsProfile)
	if err != nil {
		return err
	}
	p, err := o.proxy(keys.with(v), log)
	if err != nil {
		return err
	}
	p.Credentials, p.Renew = keys.get, keys.renew
	if err := startProxy(ctx, p); err != nil {
		return err
	}
	if a.env("GOGC") == "" {
		debug.SetGCPercent(300) // some 8 MiB for an eighth of the processor time
	}
	err = a.serveProxy(ctx, p, o, log)
	return errors.Join(err, p.Close())
}

// startProxy gets the first credentials, so that what is wrong shows now.
func startProxy(ctx context.Context, p *proxy.Proxy) error {
	err := p.Start(ctx)
	if e, ok := errors.AsType[*proxy.ConfigError](err); ok {
		bad := usageErrorf("%s: %s", strings.ToLower(e.Field), e.Text)
		if strings.Contains(e.Text, "region") {
			return hintf(bad, "--region, or the region of the API in the profile, says it")
		}
		return bad
	}
	return err
}

func (a *app) logger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.io.Err, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.io.Err, nil)), nil
	case "none":
		return slog.New(slog.DiscardHandler), nil
	}
	return nil, usageErrorf("--log %s: want text, json or none", format)
}

// proxy makes the proxy that the flags describe, without credentials.
func (o proxyOptions) proxy(v settingValues, log *slog.Logger) (*proxy.Proxy, error) {
	p := &proxy.Proxy{
		Strip: o.strip, Hosts: o.hosts, Origins: o.origins, PreserveAuthorization: o.keepAuth, Set: make(http.Header), Log: log,
		Retries: o.retries,
	}
	if o.retries == 0 {
		p.Retries = -1
	}
	if strings.HasPrefix(o.listen, "unix:") {
		p.Hosts = []string{"*"} // no page of the web reaches a file
	}
	if err := curl.SetHeaders(p.Set, o.set); err != nil {
		return nil, curlError(err)
	}
	var err error
	if p.Payload, err = payloadOf(o.payload); err != nil {
		return nil, err
	}
	if p.RootCAs, err = curl.Authorities(curl.BundleVariable, os.Getenv(curl.BundleVariable)); err != nil {
		return nil, curlError(err)
	}
	if p.MaxBody, err = sizeOf(o.maxBody); err != nil {
		return nil, usageErrorf("--max-body %s: %w", o.maxBody, err)
	}
	if p.MaxBody == 0 {
		p.MaxBody = -1
	}
	return p, o.upstreams(v, p)
}

func payloadOf(name string) (proxy.Payload, error) {
	switch name {
	case "auto":
		return proxy.PayloadAuto, nil
	case "signed":
		return proxy.PayloadSigned, nil
	case "unsigned":
		return proxy.PayloadUnsigned, nil
	}
	return 0, usageErrorf("--payload %s: want auto, signed or unsigned", name)
}

// sizeOf reads 100, 64KiB, 10MiB or 1GiB.
func sizeOf(text string) (int64, error) {
	number, shift := text, 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			number, shift = n, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 0 {
		return 0, errors.New("want a number of bytes, or of KiB, MiB or GiB, such as 10MiB")
	}
	return n << shift, nil
}

func (o proxyOptions) upstreams(v settingValues, p *proxy.Proxy) error {
	var err error
	if o.upstream != "" || len(o.routes) == 0 {
		if p.Upstream, err = v.upstream(o.upstream, o.service); err != nil {
			return err
		}
	}
	p.Routes = make(map[string]proxy.Upstream, len(o.routes))
	for _, r := range o.routes {
		prefix, api, ok := strings.Cut(r, "=")
		if !ok || prefix == "" || api == "" {
			return hintf(usageErrorf("--route %s: want a prefix and an API", r), "for example --route /notes=notes")
		}
		if p.Routes[prefix], err = v.upstream(api, o.service); err != nil {
			return err
		}
	}
	return nil
}

// upstream finds an API of the profile by its name, or takes a URL; "" is the
// default API.
func (v settingValues) upstream(name, service string) (proxy.Upstream, error) {
	target := name
	if name != "" && !strings.Contains(name, ":") {
		target += ":"
	}
	if name == "" && v.api == "" && len(v.apis) == 0 {
		return proxy.Upstream{}, hintf(usageErrorf("no upstream"), "--upstream takes a URL, or the name of an API of the profile; GATEPASS_API is the default")
	}
	base, api, err := v.apiURL(target)
	if err != nil {
		return proxy.Upstream{}, err
	}
	up := proxy.Upstream{URL: base, Region: api.Region, Service: cmp.Or(service, api.Service)}
	if up.Region == "" {
		up.Region = v.regionAt(base)
	}
	return up, nil
}

// regionAt is the region to sign for where the name of a host does not say it:
// that of the settings, and for a gate on this machine that of the pools. Empty:
// the host says it, or nothing does.
func (v settingValues) regionAt(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	if region, _ := sigv4.ScopeOf(u.Hostname()); region != "" {
		return ""
	}
	if v.region != "" || !loopback.Is(u.Hostname()) {
		return v.region
	}
	return regionFor(v)
}

// checkListen refuses addresses that other machines reach, unless asked for.
func (o proxyOptions) checkListen() error {
	const why, instead = "whoever reaches the proxy acts as you", "listen on 127.0.0.1, or pass --allow-remote and let nobody else in"
	if strings.HasPrefix(o.listen, "unix:") {
		return o.mayListen("--admin", o.admin, why, instead)
	}
	return errors.Join(o.mayListen("--listen", o.listen, why, instead), o.mayListen("--admin", o.admin, why, instead))
}

// serveProxy listens, says where, and serves until ctx ends.
func (a *app) serveProxy(ctx context.Context, p *proxy.Proxy, o proxyOptions, log *slog.Logger) error {
	ln, base, err := o.open(log)
	if err != nil {
		return err
	}
	stopAdmin, err := o.serveAdmin(p.Admin(), log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer stopAdmin()
	_ = ctx.Done() // who reads that it is ready may end it: signals are heard from now on
	if _, err := fmt.Fprintln(a.io.Out, base); err != nil {
		return errors.Join(&writeError{err}, ln.Close())
	}
	log.InfoContext(ctx, "proxy is ready", "listen", base, "upstream", cmp.Or(p.Upstream.URL, "routes only"))
	hs := newHTTPServer(p, log)
	hs.Protocols.SetUnencryptedHTTP2(true)
	err = runHTTP(ctx, ln, hs)
	log.InfoContext(context.WithoutCancel(ctx), "proxy has stopped")
	return err
}
