package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/internal/profile"
	"github.com/gatepass/gatepass/internal/vault"
	"github.com/gatepass/gatepass/internal/wire"
)

// checkProfile looks at where the settings come from and at their form.
func (d *doctor) checkProfile() {
	p := profile.Profile{
		Region: d.v.region, UserPoolID: d.v.userPool, ClientID: d.v.client, IdentityPoolID: d.v.identityPool,
		Endpoint: d.v.endpoint, APIs: d.v.apis,
	}
	if err := profile.Validate(p); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			d.fail("profile", "gatepass profile set, or gatepass api add, writes it anew", "%s", line)
		}
		return
	}
	from := "from flags and environment"
	if d.v.profile != "" {
		from = d.v.profile + " of " + shortPath(d.v.source)
	}
	missing := missingIn(p)
	switch {
	case len(missing) == 3:
		d.fail("profile", "gatepass import --discover, in a front-end project; or gatepass profile set", "there is none, and the environment names no pool")
	case len(missing) > 0:
		d.warn("profile", "gatepass profile set "+missing[0]+"=…", "%s; not set: %s", from, strings.Join(missing, ", "))
	default:
		d.ok("profile", "%s", from)
	}
}

// checkStore has a session kept and read back, under another directory, and says
// what protects it.
func (d *doctor) checkStore(ctx context.Context) {
	const check = "sessions"
	dir, err := os.MkdirTemp("", "gatepass-doctor-")
	if err != nil {
		d.warn(check, "check the directory for temporary files", "%v", err)
		return
	}
	defer os.RemoveAll(dir)
	v := &vault.Vault{Dir: dir, Passphrase: d.v.passphrase, NoKeyring: d.v.keyring == "off", SignIn: true}
	err = v.Save(ctx, "doctor", []byte("doctor"))
	if err == nil {
		_, err = v.Load(ctx, "doctor")
	}
	where := strings.Replace(v.Where(), dir, "the settings directory", 1)
	fallback := v.Fallback()
	err = errors.Join(err, v.Clear(context.WithoutCancel(ctx))) // nothing stays in the keyring
	switch {
	case err != nil:
		d.fail(check, "unlock the keyring; without one the key is kept in a file", "%v", err)
	case fallback != "":
		d.ok(check, "%s (%s)", where, fallback)
	default:
		d.ok(check, "%s", where)
	}
}

// checkSession says who is signed in, without asking a server.
func (d *doctor) checkSession(ctx context.Context) {
	const check = "signed in"
	s, err := d.a.session(ctx, d.v)
	switch {
	case err == nil && s.Username() == "":
		d.ok(check, "as a guest")
	case err == nil:
		d.ok(check, "as %s", s.Username())
	case errors.Is(err, gatepass.ErrNotSignedIn):
		d.warn(check, d.loginCommand(), "nobody")
	case isUsage(err): // the profile was found wanting before
	default:
		d.fail(check, hintOf(err), "%s", textOf(err))
	}
}

func (d *doctor) loginCommand() string {
	if d.v.userPool == "" {
		return "gatepass login --guest"
	}
	return "gatepass login"
}

// checkHost looks a host up, and connects to it, and reads its clock. It returns
// false if nothing can be asked of it.
func (d *doctor) checkHost(ctx context.Context, base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		d.fail("server", "give a base URL such as https://host:port", "%v", err)
		return false
	}
	if !d.checkDNS(ctx, u) {
		return false
	}
	start := d.now()
	resp, err := d.get(ctx, base)
	if err != nil {
		d.unreachable(u, err)
		return false
	}
	d.checkTLS(u, resp.TLS)
	d.checkClock(u, resp.Header, start)
	return true
}

func (d *doctor) get(ctx context.Context, target string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.http.Do(r)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

// viaProxy is the proxy that a URL is asked through; "" if it is asked directly.
func viaProxy(u *url.URL) string {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

func (d *doctor) checkDNS(ctx context.Context, u *url.URL) bool {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if proxy := viaProxy(u); proxy != "" {
		d.ok("dns", "%s is reached through the proxy %s", host, proxy)
		return true
	}
	if loopback.Is(host) {
		d.ok("dns", "%s is this machine", host)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, host)
	switch e, isDNS := errors.AsType[*net.DNSError](err); {
	case err == nil:
		d.ok("dns", "%s is %s", host, addrs[0])
		return true
	case isDNS && e.IsNotFound:
		d.fail("dns", "check the region, the endpoint and the URL of the API; a VPN may be needed", "there is no %s", host)
	default:
		d.fail("dns", "check the network and the name server", "%s", reason(err))
	}
	return false
}

// distrusted is what to do about a certificate that no known authority signed.
const distrusted = "let AWS_CA_BUNDLE or SSL_CERT_FILE name the authority that signed it; a proxy that inspects TLS has one of its own"

// unreachable words why there was no answer.
func (d *doctor) unreachable(u *url.URL, err error) {
	switch exitCode(err) {
	case exitCertificate:
		d.fail("tls", distrusted, "%s: %s", u.Host, reason(err))
	case exitTLS:
		d.fail("tls", "is it https? is a proxy in the way?", "%s: %s", u.Host, reason(err))
	case exitTimeout:
		d.fail("connection", "check the network, a firewall, HTTPS_PROXY", "%s: %s", u.Host, reason(err))
	default:
		d.fail("connection", "is the server running? check endpoint and port", "%s: %s", u.Host, reason(err))
	}
}

// reason is why there was no answer, in few words.
func reason(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return "there is no " + e.Name
	}
	if isTimeout(err) {
		return fmt.Sprintf("no answer within %s", checkTimeout)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

func (d *doctor) checkTLS(u *url.URL, state *tls.ConnectionState) {
	if state == nil || len(state.PeerCertificates) == 0 {
		d.ok("tls", "%s is asked over plain http, on this machine", u.Host)
		return
	}
	leaf := state.PeerCertificates[0]
	left := leaf.NotAfter.Sub(d.now())
	text := fmt.Sprintf("%s, %s, certificate until %s", u.Host, tls.VersionName(state.Version), leaf.NotAfter.Format(time.DateOnly))
	if left < 7*24*time.Hour {
		d.warn("tls", "whoever runs the server should renew it", "%s", text)
		return
	}
	d.ok("tls", "%s", text)
}

// Signature Version 4 allows five minutes.
const (
	farOff = 5 * time.Minute
	off    = time.Minute
)

// checkClock compares this clock with the server's, which has whole seconds.
func (d *doctor) checkClock(u *url.URL, h http.Header, start time.Time) {
	there := wire.DateOf(h)
	if there.IsZero() {
		d.warn("clock", "", "%s does not say its time", u.Host)
		return
	}
	skew := start.Sub(there).Round(time.Second)
	if skew < 0 {
		skew = -skew
	}
	word := "behind"
	if start.After(there) {
		word = "ahead of"
	}
	const fix = "set the clock: timedatectl set-ntp true, or the date settings of the system"
	switch {
	case skew >= farOff:
		d.fail("clock", fix, "%s %s %s: signatures are refused", skew, word, u.Host)
	case skew >= off:
		d.warn("clock", fix, "%s %s %s; at 5 minutes signatures are refused", skew, word, u.Host)
	case skew <= 2*time.Second:
		d.ok("clock", "that of %s", u.Host)
	default:
		d.ok("clock", "%s %s %s", skew, word, u.Host)
	}
}

// checkAPIs asks every API of the profile for its root, unsigned, all at a time.
// Any answer of the gateway will do.
func (d *doctor) checkAPIs(ctx context.Context) {
	names, urls := []string{}, []string{}
	if strings.Contains(d.v.api, "://") {
		names, urls = append(names, "api"), append(urls, d.v.api)
	}
	for _, name := range sortedNames(d.v.apis) {
		names, urls = append(names, "api "+name), append(urls, d.v.apis[name].URL)
	}
	each := make([]doctor, len(names))
	var all sync.WaitGroup
	for i := range names {
		each[i] = *d
		each[i].findings = nil
		all.Go(func() { each[i].checkAPI(ctx, names[i], urls[i]) })
	}
	all.Wait()
	for i := range each {
		d.findings = append(d.findings, each[i].findings...)
	}
}

func (d *doctor) checkAPI(ctx context.Context, check, target string) {
	if rest, ok := strings.CutPrefix(target, "ws"); ok { // a WebSocket API answers http as well
		target = "http" + rest
	}
	resp, err := d.get(ctx, target)
	switch {
	case err != nil && exitCode(err) == exitCertificate:
		d.fail(check, distrusted, "%s", reason(err))
	case err != nil:
		d.fail(check, "check the URL: gatepass api add replaces it", "%s", reason(err))
	case resp.StatusCode >= 500:
		d.warn(check, "see the log of the API", "answers %s", resp.Status)
	case resp.Header.Get("x-amzn-errortype") == "ForbiddenException":
		d.warn(check, "check the stage at the end of the URL, or the base path of the domain", "the gateway knows no such API or stage")
	default:
		d.ok(check, "answers (%s to a request without a signature)", resp.Status)
	}
}
