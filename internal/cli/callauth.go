package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/curl"
	"github.com/gatepass/gatepass/sigv4"
)

// authModes are what a request can be authorized with; the first is the default.
var authModes = []string{"iam", "id", "access", "none"}

// authOptions say how a request is authorized.
type authOptions struct {
	mode, awsProfile, service string
	regionGiven               bool // by a flag or its variable
}

func (o *authOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.mode, "auth", authModes[0], "`what` to send: iam (a signature), id or access (a token), none")
	f.StringVar(&o.awsProfile, "aws-profile", "", "sign with the keys of this `profile` of the AWS CLI; env: those of the environment")
	f.StringVar(&o.service, "service", "", "`service` to sign for; empty: that of the host, else execute-api")
	_ = cmd.RegisterFlagCompletionFunc("auth", cobra.FixedCompletions(authModes, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// An authorizer makes requests acceptable to an API.
type authorizer struct {
	sign func(*http.Request) error                      // sends nothing
	over func(base http.RoundTripper) http.RoundTripper // signs what it sends
	// keys and presign, which gives the URL with a signature, are nil where there is nothing to sign with.
	keys    func(context.Context) (gatepass.Credentials, error)
	presign func(*http.Request, time.Duration) (*url.URL, error)
}

// authorizer gives what --auth asks for, for the host of r only. It gets the
// credentials, so that what is wrong with them shows before anything is sent.
func (a *app) authorizer(ctx context.Context, v settingValues, o *callOptions, r *curl.Request) (*authorizer, error) {
	mode := o.auth.mode
	switch {
	case !slices.Contains(authModes, mode):
		return nil, hintf(usageErrorf("--auth %s is not known", mode), "one of %s", strings.Join(authModes, ", "))
	case mode == "none":
		return &authorizer{sign: func(*http.Request) error { return nil }, over: func(rt http.RoundTripper) http.RoundTripper { return rt }}, nil
	case r.Header.Get("Authorization") != "":
		return nil, hintf(usageErrorf("the header Authorization would stand in the place of the %s", what(mode)), "--auth none sends yours")
	case mode == "id" || mode == "access":
		return a.bearer(ctx, v, mode, r)
	}
	return a.signing(ctx, v, o, r)
}

func what(mode string) string {
	if mode == "iam" {
		return "signature"
	}
	return mode + " token"
}

// bearer sends a token.
func (a *app) bearer(ctx context.Context, v settingValues, use string, r *curl.Request) (*authorizer, error) {
	c, err := a.client(v)
	if err != nil {
		return nil, err
	}
	text, err := tokenOf(ctx, c, use)
	if err != nil {
		return nil, err
	}
	// A Transport knows where secrets may go; it is not what sends this one.
	guard := &gatepass.Transport{Hosts: []string{r.URL.Host}, Region: "none", Credentials: always(gatepass.Credentials{})}
	sign := func(out *http.Request) error {
		if err := guard.Allowed(out); err != nil {
			return err
		}
		out.Header.Set("Authorization", "Bearer "+text)
		return nil
	}
	return &authorizer{sign: sign, over: func(base http.RoundTripper) http.RoundTripper { return signed{sign, base} }}, nil
}

// signed sends what sign has made acceptable.
type signed struct {
	sign func(*http.Request) error
	base http.RoundTripper
}

// RoundTrip sends a copy of r.
func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	if err := s.sign(out); err != nil {
		if r.Body != nil {
			err = errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	return s.base.RoundTrip(out)
}

// signing signs with the session's credentials, or with those of --aws-profile.
func (a *app) signing(ctx context.Context, v settingValues, o *callOptions, r *curl.Request) (*authorizer, error) {
	t, keys, awsRegion, err := a.signingTransport(ctx, v, o.auth.awsProfile)
	if err != nil {
		return nil, err
	}
	t.Hosts = []string{r.URL.Host}
	if t.Region, t.Service, err = a.scopeFor(v, o, r, awsRegion); err != nil {
		return nil, err
	}
	if _, err := keys(ctx); err != nil {
		return nil, err
	}
	over := func(base http.RoundTripper) http.RoundTripper {
		t.Base = base
		return t
	}
	return &authorizer{sign: t.Sign, over: over, keys: keys, presign: t.Presign}, nil
}

func (a *app) signingTransport(ctx context.Context, v settingValues, awsProfile string) (t *gatepass.Transport, keys func(context.Context) (gatepass.Credentials, error), region string, err error) {
	if awsProfile != "" {
		k, err := a.awsProfile(awsProfile)
		return &gatepass.Transport{Credentials: k.Get}, k.Get, k.Region, err
	}
	s, err := a.session(ctx, v)
	if err != nil {
		return nil, nil, "", err
	}
	if err := needed(map[string]string{"GATEPASS_IDENTITY_POOL_ID": v.identityPool}); err != nil {
		return nil, nil, "", err
	}
	return s.Transport(), s.Credentials, "", nil
}

// scopeFor is what is signed for: what the host's name says, else a flag, the
// API, the profile, the AWS profile, the pools.
func (a *app) scopeFor(v settingValues, o *callOptions, r *curl.Request, awsRegion string) (region, service string, err error) {
	host := cmp.Or(r.Host, r.URL.Host)
	says, serves := sigv4.ScopeOf(hostName(host))
	told := cmp.Or(o.api.Region, v.region)
	if o.auth.regionGiven {
		told = v.region
	}
	if says != "" && told != "" && says != told && !o.Output.Silent {
		a.io.notef("signing for %s, as the host says, not for %s", says, told)
	}
	region = cmp.Or(says, told, awsRegion, regionFor(v))
	service = cmp.Or(o.auth.service, serves, o.api.Service, "execute-api")
	if region == "" {
		return "", "", hintf(usageErrorf("there is no region to sign for: neither the host %s nor a flag, the API or the profile says one", host), "--region REGION")
	}
	return region, service, nil
}

// hostName is host without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// redacted is --print-curl without a value.
const redacted = "redacted"

// printCall prints the signed request and sends nothing.
func (a *app) printCall(s *authorizer, r *curl.Request, o *callOptions) error {
	if o.printCurl != "" && o.printCurl != redacted && o.printCurl != "with-secrets" {
		return usageErrorf("--print-curl takes no value, or with-secrets")
	}
	if err := s.sign(r.Request); err != nil {
		return callError(r, err)
	}
	secrets := o.printCurl == "with-secrets"
	if !secrets && !o.Output.Silent {
		defer a.io.notef("secrets are withheld: --print-curl=with-secrets shows them")
	}
	if o.printCurl == "" {
		text, err := httpText(r, secrets)
		if err != nil {
			return err
		}
		return a.print(text)
	}
	text, err := r.Print(secrets)
	if err != nil {
		return curlError(err)
	}
	return a.print(text + "\n")
}

// httpText is the request as HTTP/1.1 sends it; a body that is not text is named.
func httpText(r *curl.Request, secrets bool) (string, error) {
	u := r.URL
	show := func(_, v string) string { return v }
	if !secrets {
		u, show = curl.RedactURL(u), curl.Redact
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\nHost: %s\n", r.Method, u.RequestURI(), cmp.Or(r.Host, u.Host))
	for _, key := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[key] {
			fmt.Fprintf(&b, "%s: %s\n", key, show(key, v))
		}
	}
	if n := r.Payload.Size(); n > 0 {
		fmt.Fprintf(&b, "Content-Length: %d\n", n)
	}
	text, err := r.Payload.Text()
	return b.String() + "\n" + text, err
}
