package curl

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
)

const defaultConnectTimeout = 30 * time.Second

// Transport gives what reaches servers as c says. Answers are not unpacked: that
// is the business of [Client.Deliver]. Errors of the user are [Error].
func (c *Conn) Transport() (*http.Transport, error) {
	tlsConfig, err := c.tls()
	if err != nil {
		return nil, err
	}
	dial, err := c.dialer()
	if err != nil {
		return nil, err
	}
	proxy, err := c.proxy()
	if err != nil {
		return nil, err
	}
	timeout := cmp.Or(c.ConnectTimeout, defaultConnectTimeout)
	return &http.Transport{
		Proxy: proxy, DialContext: dial, TLSClientConfig: tlsConfig, TLSHandshakeTimeout: timeout,
		Protocols: c.protocols(), DisableCompression: true, ExpectContinueTimeout: time.Second,
	}, nil
}

func (c *Conn) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!c.H2Prior)
	p.SetHTTP2(!c.HTTP11)
	p.SetUnencryptedHTTP2(c.H2Prior)
	return p
}

func (c *Conn) tls() (*tls.Config, error) {
	t := &tls.Config{InsecureSkipVerify: c.Insecure, MinVersion: tls.VersionTLS12}
	if c.TLS13 {
		t.MinVersion = tls.VersionTLS13
	}
	var err error
	if t.RootCAs, err = c.authorities(); err != nil {
		return nil, err
	}
	if c.Cert == "" && c.Key == "" {
		return t, nil
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, cmp.Or(c.Key, c.Cert))
	if err != nil {
		return nil, errorf("--cert: %v", err)
	}
	t.Certificates = []tls.Certificate{pair}
	return t, nil
}

// authorities are those of --cacert, else those that AWS's tools trust.
func (c *Conn) authorities() (*x509.CertPool, error) {
	if c.CACert != "" {
		return Authorities("--cacert", c.CACert)
	}
	return Authorities(BundleVariable, os.Getenv(BundleVariable))
}

// BundleVariable names the file of the authorities that AWS's tools trust, in
// place of the system's.
const BundleVariable = "AWS_CA_BUNDLE"

// Authorities reads a file of certificates in PEM, which what names; nil if file is
// empty: the system's. The error is an [Error].
func Authorities(what, file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, errorf("%s: %v", what, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errorf("%s: %s holds no certificate in PEM", what, file)
	}
	return pool, nil
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialer connects to where --unix-socket, --connect-to, --resolve, -4 and -6 say.
func (c *Conn) dialer() (dialFunc, error) {
	d := &net.Dialer{Timeout: cmp.Or(c.ConnectTimeout, defaultConnectTimeout)}
	dial := loopback.Dial(d)
	network := "tcp"
	switch {
	case c.IPv4 && c.IPv6:
		return nil, errorf("--ipv4 and --ipv6 cannot both be")
	case c.IPv4:
		network = "tcp4"
	case c.IPv6:
		network = "tcp6"
	}
	resolve, err := resolutions(c.Resolve)
	if err != nil {
		return nil, err
	}
	connectTo, err := detours(c.ConnectTo)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		if c.UnixSocket != "" {
			return d.DialContext(ctx, "unix", c.UnixSocket)
		}
		return dialFirst(ctx, dial, network, resolve.of(detour(connectTo, addr)))
	}, nil
}

// dialFirst connects to the first of the addresses that takes the connection.
func dialFirst(ctx context.Context, dial dialFunc, network string, addrs []string) (conn net.Conn, err error) {
	for _, a := range addrs {
		if conn, err = dial(ctx, network, a); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// resolution is what --resolve says: addresses by host and port.
type resolution map[string][]string

func (r resolution) of(addr string) []string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return []string{addr}
	}
	to, ok := r[strings.ToLower(addr)]
	if !ok {
		to, ok = r["*:"+port]
	}
	if !ok {
		return []string{net.JoinHostPort(host, port)}
	}
	return to
}

func resolutions(flags []string) (resolution, error) {
	out := resolution{}
	for _, f := range flags {
		p := splitColons(strings.TrimLeft(f, "+"), 3)
		if len(p) != 3 || p[0] == "" || p[1] == "" || p[2] == "" {
			return nil, &Error{Text: "--resolve " + f + " is not host:port:address", Hint: "--resolve api.example.com:443:127.0.0.1"}
		}
		key := strings.ToLower(net.JoinHostPort(bare(p[0]), p[1]))
		for _, a := range strings.Split(p[2], ",") {
			out[key] = append(out[key], net.JoinHostPort(bare(a), p[1]))
		}
	}
	return out, nil
}

// detours are what --connect-to says: host, port, host2, port2; empty is any, or
// the same.
func detours(flags []string) ([][]string, error) {
	var out [][]string
	for _, f := range flags {
		p := splitColons(f, 4)
		if len(p) != 4 {
			return nil, errorf("--connect-to %s is not host:port:host2:port2", f)
		}
		out = append(out, p)
	}
	return out, nil
}

func detour(list [][]string, addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	for _, p := range list {
		if (p[0] == "" || strings.EqualFold(bare(p[0]), host)) && (p[1] == "" || p[1] == port) {
			return net.JoinHostPort(cmp.Or(bare(p[2]), host), cmp.Or(p[3], port))
		}
	}
	return addr
}

// splitColons splits at colons that are not in brackets; the last piece of a
// --resolve may hold more.
func splitColons(s string, n int) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth--
		case s[i] == ':' && depth == 0 && len(out) < n-1:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func bare(host string) string { return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]") }

// proxy is that of --proxy, else that of the environment, but for --noproxy.
func (c *Conn) proxy() (func(*http.Request) (*url.URL, error), error) {
	through := http.ProxyFromEnvironment
	if c.Proxy != "" {
		s := c.Proxy
		if !strings.Contains(s, "://") {
			s = "http://" + s
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return nil, errorf("--proxy %q is not a URL", c.Proxy)
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return nil, errorf("--proxy: %s is not http, https, socks5 or socks5h", u.Scheme)
		}
		if u.Port() == "" && u.Scheme != "https" {
			u.Host += ":1080" // as curl
		}
		through = http.ProxyURL(u)
	}
	return func(r *http.Request) (*url.URL, error) {
		if c.UnixSocket != "" || c.direct(r.URL.Hostname()) {
			return nil, nil
		}
		return through(r)
	}, nil
}

// direct says whether --noproxy names the host, or a domain that it is in.
func (c *Conn) direct(host string) bool {
	for _, n := range strings.FieldsFunc(c.NoProxy, func(r rune) bool { return r == ',' || r == ' ' }) {
		n = strings.ToLower(strings.TrimPrefix(bare(n), "."))
		host := strings.ToLower(host)
		if n == "*" || n == host || strings.HasSuffix(host, "."+n) {
			return true
		}
	}
	return false
}
