package cli

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/profile"
)

// cognito answers as the two services of AWS do, with the texts that were
// observed there.
type cognito struct {
	flows map[string]string // flow to the refusal "Code: message"; "" lets it go on
	getID string            // the refusal of GetId
	jwks  int
	now   time.Time
	got   []string // operations and flows
}

func (c *cognito) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	if strings.HasSuffix(r.URL.Path, "/jwks.json") {
		w.WriteHeader(c.jwks)
		return
	}
	if r.Method == http.MethodGet {
		return
	}
	var in struct{ AuthFlow string }
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &in)
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.got = append(c.got, op+" "+in.AuthFlow)
	refusal := c.getID
	if op == "InitiateAuth" {
		refusal = c.flows[in.AuthFlow]
	}
	if code, message, ok := strings.Cut(refusal, ": "); ok {
		w.Header().Set("x-amzn-errortype", code+":")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
		return
	}
	fmt.Fprint(w, `{}`)
}

const (
	noUser     = "UserNotFoundException: User does not exist."
	noSRP      = "InvalidParameterException: USER_SRP_AUTH is not enabled for the client."
	noPassword = "InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client"
	noCustom   = "InvalidParameterException: CUSTOM_AUTH is not enabled for the client."
	noLambda   = "InvalidParameterException: Custom auth lambda trigger is not configured for the user pool."
	badToken   = "NotAuthorizedException: Invalid login token. Couldn't verify signed token."
	noProvider = "NotAuthorizedException: Token is not from a supported provider of this identity pool."
	hasSecret  = "NotAuthorizedException: Client abc is configured with secret but SECRET_HASH was not received"
)

// examine has a doctor look at a server.
func examine(t *testing.T, c *cognito, change func(*doctor)) map[string]finding {
	t.Helper()
	if c.now.IsZero() {
		c.now = time.Now()
	}
	if c.jwks == 0 {
		c.jwks = http.StatusOK
	}
	srv := httptest.NewServer(c)
	defer srv.Close()
	d := &doctor{
		a:    &app{io: IOStreams{Out: io.Discard, Err: io.Discard}, env: func(string) string { return "" }},
		http: srv.Client(), now: time.Now,
		v: settingValues{
			endpoint: srv.URL, userPool: "eu-west-1_AbCdEf123", client: "abc",
			identityPool: "eu-west-1:11111111-2222-3333-4444-555555555555", home: t.TempDir(),
		},
	}
	if change != nil {
		change(d)
	}
	d.checkAll(t.Context(), nil)
	found := map[string]finding{}
	for _, f := range d.findings {
		if was, twice := found[f.Check]; twice {
			t.Errorf("two findings: %v and %v", was, f)
		}
		if f.Status != isOK && f.Fix == "" {
			t.Errorf("no fix for %v", f)
		}
		found[f.Check] = f
	}
	return found
}

// TestDoctorKnowsCognito holds what is made of the answers of AWS.
func TestDoctorKnowsCognito(t *testing.T) {
	flows := func(srp, password, custom string) map[string]string {
		return map[string]string{"USER_SRP_AUTH": srp, "USER_PASSWORD_AUTH": password, "CUSTOM_AUTH": custom}
	}
	for _, c := range []struct {
		name          string
		server        cognito
		change        func(*doctor)
		check, status string
		text          string
	}{
		{"all flows", cognito{flows: flows("", noUser, noUser)}, nil, "sign-in flows", isOK, "USER_SRP_AUTH, USER_PASSWORD_AUTH, CUSTOM_AUTH"},
		{"SRP alone", cognito{flows: flows("", noPassword, noCustom)}, nil, "sign-in flows", isOK, "USER_SRP_AUTH; not enabled: USER_PASSWORD_AUTH, CUSTOM_AUTH"},
		{"SRP and a refused user", cognito{flows: flows(noUser, noPassword, noLambda)}, nil, "sign-in flows", isOK, "USER_SRP_AUTH; not enabled: USER_PASSWORD_AUTH, CUSTOM_AUTH"},
		{"password alone", cognito{flows: flows(noSRP, noUser, noCustom)}, nil, "sign-in flows", isWarn, "--password-auth"},
		{"custom alone", cognito{flows: flows(noSRP, noPassword, noUser)}, nil, "sign-in flows", isWarn, "ALLOW_USER_SRP_AUTH"},
		{"no flow", cognito{flows: flows(noSRP, noPassword, noCustom)}, nil, "sign-in flows", isFail, "ALLOW_USER_SRP_AUTH"},
		{"a secret", cognito{flows: flows(hasSecret, hasSecret, hasSecret)}, nil, "app client", isFail, "GATEPASS_CLIENT_SECRET"},
		{
			"a secret that is set",
			cognito{flows: flows(hasSecret, hasSecret, hasSecret)},
			func(d *doctor) { d.v.secret = "s" }, "app client", isOK, "flows cannot be seen",
		},
		{
			"no client",
			cognito{flows: flows("ResourceNotFoundException: User pool client abc does not exist.", "", "")},
			nil, "app client", isFail, "abc does not exist",
		},
		{"throttled", cognito{flows: flows("TooManyRequestsException: Rate exceeded", "", "")}, nil, "app client", isWarn, "try again later"},
		{"no pool", cognito{jwks: 400}, nil, "user pool", isFail, "eu-west-1_AbCdEf123 does not exist (400 Bad Request)"},
		{"pool out of order", cognito{jwks: 503}, nil, "user pool", isFail, "try again later"},
		{"the identity pool verifies", cognito{getID: badToken}, nil, "identity pool", isOK, "knows the user pool and the app client"},
		{"another client", cognito{getID: noProvider}, nil, "identity pool", isFail, "add user pool eu-west-1_AbCdEf123 with client abc"},
		{
			"no identity pool",
			cognito{getID: "ResourceNotFoundException: IdentityPool 'x' not found."},
			nil, "identity pool", isFail, "does not exist",
		},
		{
			"guests",
			cognito{},
			func(d *doctor) { d.v.userPool, d.v.client = "", "" }, "identity pool", isOK, "lets guests in",
		},
		{
			"no guests",
			cognito{getID: "NotAuthorizedException: Unauthenticated access is not supported for this identity pool."},
			func(d *doctor) { d.v.userPool, d.v.client = "", "" }, "identity pool", isWarn, "lets no guests in",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := examine(t, &c.server, c.change)[c.check]
			if f.Status != c.status || !strings.Contains(f.Detail+" "+f.Fix, c.text) {
				t.Errorf("got %+v, want %s: %s", f, c.status, c.text)
			}
		})
	}
}

// TestDoctorMakesNoIdentity holds that with a user pool the identity pool is
// never asked for a guest, which would make one.
func TestDoctorMakesNoIdentity(t *testing.T) {
	c := &cognito{getID: badToken}
	examine(t, c, nil)
	if n := len(c.got); n != 4 || c.got[3] != "GetId " {
		t.Errorf("asked %q", c.got)
	}
}

func TestDoctorClock(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, c := range []struct {
		off    time.Duration
		status string
		text   string
	}{
		{0, isOK, "that of "},
		{10 * time.Second, isOK, "10s ahead of "},
		{-10 * time.Second, isOK, "10s behind "},
		{2 * time.Minute, isWarn, "2m0s ahead of "},
		{-6 * time.Minute, isFail, "6m0s behind "},
	} {
		f := examine(t, &cognito{now: now}, func(d *doctor) { d.now = func() time.Time { return now.Add(c.off) } })["clock"]
		if f.Status != c.status || !strings.HasPrefix(f.Detail, c.text) {
			t.Errorf("%s off: %+v", c.off, f)
		}
	}
}

// TestDoctorTLS holds what is said of a server with a certificate: one that
// nobody vouches for, one that is well, and one that runs out.
func TestDoctorTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	u, _ := url.Parse(srv.URL)
	ends := srv.Certificate().NotAfter
	for _, c := range []struct {
		client *http.Client
		now    time.Time
		status string
		text   string
	}{
		{&http.Client{}, time.Now(), isFail, "SSL_CERT_FILE"},
		{srv.Client(), time.Now(), isOK, u.Host + ", TLS 1.3, certificate until " + ends.Format(time.DateOnly)},
		{srv.Client(), ends.Add(-time.Hour), isWarn, "renew"},
	} {
		d := &doctor{http: c.client, now: func() time.Time { return c.now }}
		d.checkHost(t.Context(), srv.URL)
		f := d.findings[0]
		if f.Check != "tls" || f.Status != c.status || !strings.Contains(f.Detail+f.Fix, c.text) {
			t.Errorf("got %+v, want %s: %s", f, c.status, c.text)
		}
	}
}

// TestDoctorNames holds that a host that does not exist is told apart from one
// that does not answer.
func TestDoctorNames(t *testing.T) {
	was := net.DefaultResolver
	defer func() { net.DefaultResolver = was }()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go knowNoName(far)
		return near, nil
	}}
	d := &doctor{http: &http.Client{}, now: time.Now}
	if d.checkHost(t.Context(), "https://cognito-idp.eu-nowhere-1.invalid") {
		t.Error("a host that does not exist was reached")
	}
	if f := d.findings[0]; f.Check != "dns" || f.Status != isFail || f.Fix == "" || !strings.HasPrefix(f.Detail, "there is no ") {
		t.Errorf("got %+v", f)
	}
	d.findings = nil
	if d.checkHost(t.Context(), "http://127.0.0.1:1") || d.findings[0].Check != "connection" {
		t.Errorf("got %+v", d.findings)
	}
}

// knowNoName answers the questions of a connection (RFC 1035 section 4) with NXDOMAIN.
func knowNoName(conn net.Conn) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, q); err != nil {
			return
		}
		q[2], q[3] = 0x81, 0x83
		if _, err := conn.Write(append(length[:], q...)); err != nil {
			return
		}
	}
}

// TestDoctorAPIs holds what is said of APIs, in the order of their names.
func TestDoctorAPIs(t *testing.T) {
	answer := func(status int, errorType string) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-amzn-errortype", errorType)
			w.WriteHeader(status)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	well := answer(403, "MissingAuthenticationTokenException")
	d := &doctor{http: &http.Client{}, now: time.Now, v: settingValues{apis: map[string]profile.API{
		"a": {URL: well},
		"b": {URL: answer(403, "ForbiddenException")},
		"c": {URL: answer(502, "")},
		"d": {URL: "http://api.invalid"},
		"e": {URL: "ws" + strings.TrimPrefix(well, "http")},
	}}}
	d.checkAPIs(t.Context())
	var got []string
	for _, f := range d.findings {
		got = append(got, f.Check+" "+f.Status)
	}
	want := []string{"api a ok", "api b warn", "api c warn", "api d fail", "api e ok"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
