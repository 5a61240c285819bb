package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatepass/gatepass/internal/loopback"
	"github.com/gatepass/gatepass/policy"
	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// call is one request on its way through the gateway.
type call struct {
	g        *Gateway
	r        *http.Request
	out      *response
	target   Target
	now      time.Time
	start    time.Time // for durations
	id       string
	traceID  string
	api      *api          // nil if unknown
	stage    *apidef.Stage // nil if unknown
	route    *route
	values   []string // of the route's path variables, raw
	identity Identity
	auth     authorized
	event    Event
	asked    policy.Request // what policies denied; zero: nothing
	facts
}

func (g *Gateway) newCall(w http.ResponseWriter, r *http.Request, t Target) *call {
	c := &call{g: g, r: r, target: t, start: time.Now(), now: g.now()}
	c.name()
	c.api, c.stage = g.current().find(t)
	c.identity.SourceIP = sourceIP(r)
	c.out = &response{w: w, header: http.Header{}, amend: c.amend, r: r, stall: g.stall}
	return c
}

// name makes the call's three ids, which share a string: a UUID of version 4 (RFC
// 9562 section 4), that of the trace, and 11 bytes in base64.
func (c *call) name() {
	id := c.g.random()
	out := hex.AppendEncode(make([]byte, 0, 36+len("Root=1-")+8+1+24+16), id[:4])
	for _, group := range [...][]byte{id[4:6], id[6:8], id[8:10], id[10:16]} {
		out = hex.AppendEncode(append(out, '-'), group)
	}
	out = append(out, "Root=1-"...)
	var second [4]byte
	binary.BigEndian.PutUint32(second[:], uint32(c.now.Unix()))
	out = hex.AppendEncode(append(hex.AppendEncode(out, second[:]), '-'), id[16:28])
	trace := len(out)
	all := string(base64.StdEncoding.AppendEncode(out, id[28:]))
	c.id, c.traceID, c.extendedID = all[:36], all[36:trace], all[trace:]
}

// random gives the bytes of a request's ids. They are names, not secrets: where
// nobody says otherwise, the runtime's generator is asked and not the system.
func (g *Gateway) random() (id [39]byte) {
	if g.Rand != nil {
		id = randomFrom(g.Rand)
	} else {
		for i := range 5 {
			binary.LittleEndian.PutUint64(id[min(8*i, len(id)-8):], rand.Uint64())
		}
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func randomFrom(src io.Reader) (id [39]byte) {
	if _, err := io.ReadFull(src, id[:]); err != nil {
		copy(id[:], strconv.FormatInt(time.Now().UnixNano(), 16))
	}
	return id
}

// amend adds the gateway's headers to every answer.
func (c *call) amend(h http.Header) {
	if c.api.isHTTP() {
		setHeaders(h, []headerValue{{"Apigw-Requestid", c.extendedID}})
	} else {
		setHeaders(h, []headerValue{{"X-Amzn-Requestid", c.id}, {"X-Amz-Apigw-Id", c.extendedID}})
	}
	if c.g.ShowDecisions && c.event.Verdict != "" && c.identity.UserARN != "" {
		h.Set(headerDecision, c.event.Verdict)
	}
	if c.g.Denied != nil && c.asked.Action != "" && c.identity.UserARN != "" {
		h.Set(headerDenial, c.g.Denied(c.asked, *c.event.Decision, c.event.Verdict))
	}
	if c.api == nil || c.api.CORS == nil {
		return
	}
	applyCORS(c.api, h, c.r.Header.Get("Origin"))
	if c.isPreflight() {
		c.preflightHeaders(h)
	}
}

// serve is the order of a call.
func (c *call) serve() error {
	if c.api.isSocket() {
		return c.serveSocket()
	}
	if err := c.check(); err != nil {
		return err
	}
	if c.stage == nil {
		return c.errNoStage()
	}
	if c.isPreflight() {
		c.out.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := c.match(); err != nil {
		return err
	}
	a, err := c.admit()
	if err != nil {
		return err
	}
	if err := c.meter(a); err != nil {
		return err
	}
	if err := c.checkRequest(a); err != nil {
		return err
	}
	return c.integrate(a)
}

// check is what costs nothing: method, sizes, spelling.
func (c *call) check() error {
	r := c.r
	switch {
	case !slices.Contains(methods, r.Method):
		return errMethod()
	case len(r.RequestURI) > maxURL:
		return errURI()
	case r.ContentLength > maxPayload:
		return errPayload()
	case !isHost(r):
		return badRequest("The Host header is not one host name")
	}
	if err := checkTarget(r.RequestURI); err != nil {
		return err
	}
	line := 0
	if c.api.isHTTP() { // whose limit is of the request line and the headers
		line = len(r.Method) + len(r.RequestURI) + len("  HTTP/1.1\r\n")
	}
	return checkHeaders(r, line)
}

// match finds the route. A path that a backend might read as another, whose
// route asks for more than this one, is refused.
func (c *call) match() error {
	c.route, c.values = c.api.match(c.target.Path, c.r.Method)
	if c.route == nil {
		return c.errNoRoute()
	}
	if hasEncodedSlash(c.target.Path) && !c.route.EncodedSlash {
		return badRequest("The path has an escaped slash in it, which this route does not take")
	}
	for _, path := range readings(c.target.Path) {
		other, _ := c.api.match(path, c.r.Method)
		if other != nil && other.demands(c.route) {
			return badRequest("The path can be read as another, which asks for other credentials: spell it as " + path)
		}
	}
	return nil
}

func (c *call) verifier() *sigv4.Verifier {
	lenient := c.g.Lenient == LenientAlways || c.g.Lenient == LenientLoopback && loopback.Is(hostname(c.r.Host))
	i := 0
	if lenient {
		i |= 1
	}
	if loopback.Is(c.identity.SourceIP) {
		i |= 2 // a developer at this machine sees what AWS would show
	}
	return c.g.verifiers[i]
}

// addHeaders sets what a backend may trust, in place of anything a client sent.
func (c *call) addHeaders(h http.Header) {
	list := c.trusted()
	setHeaders(h, list[:])
	if c.socket != nil {
		c.addSocketHeaders(h)
	}
}

// trusted is what a backend may trust, less what a WebSocket's call adds: where
// it came from, which call it is, who calls. Empty values stand for nothing.
func (c *call) trusted() [18]headerValue {
	proto, port := c.arrival()
	id := &c.identity
	return [...]headerValue{
		{"X-Forwarded-For", id.SourceIP},
		{"X-Forwarded-Port", port},
		{"X-Forwarded-Proto", proto},
		{"X-Amzn-Trace-Id", c.traceID},
		{"X-Amzn-Apigateway-Api-Id", c.target.API},
		{identityPrefix + "Request-Id", c.id},
		{identityPrefix + "Api-Id", c.target.API},
		{identityPrefix + "Stage", c.target.Stage},
		{identityPrefix + "Source-Ip", id.SourceIP},
		{identityPrefix + "User-Arn", id.UserARN},
		{identityPrefix + "Account-Id", id.AccountID},
		{identityPrefix + "User-Id", id.UserID},
		{identityPrefix + "Access-Key-Id", id.AccessKeyID},
		{identityPrefix + "Identity-Id", id.IdentityID},
		{identityPrefix + "Identity-Pool-Id", id.IdentityPoolID},
		{identityPrefix + "Authentication-Type", id.AuthenticationType},
		{identityPrefix + "Authentication-Provider", id.AuthenticationProvider},
		{identityPrefix + "User-Sub", id.UserSub},
	}
}

// arrival is the protocol and the port that the call came to.
func (c *call) arrival() (proto, port string) {
	proto, port = "http", "80"
	if c.r.TLS != nil {
		proto, port = "https", "443"
	}
	switch addr := c.r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		port = strconv.Itoa(addr.Port)
	case net.Addr:
		if _, p, err := net.SplitHostPort(addr.String()); err == nil {
			port = p
		}
	}
	return proto, port
}

// finish reports the call, also one that is given up by a panic.
func (c *call) finish() {
	c.logAccess()
	if c.g.Event == nil {
		return
	}
	path, query, _ := strings.Cut(c.r.RequestURI, "?")
	e := c.event
	e.RequestID, e.API, e.Stage, e.Method = c.id, c.target.API, c.target.Stage, c.r.Method
	e.Path, e.Query, e.Identity = path, redact(query), c.identity
	e.UserAgent = c.r.UserAgent()
	e.Status, e.Written, e.Duration = c.out.status, c.out.written, time.Since(c.start)
	if c.route != nil {
		e.Route = c.route.Path
	}
	if c.socket != nil {
		e.Kind = c.socket.eventType
	}
	if e.Err == nil && c.out.failed != nil {
		e.Err = c.out.failed
	}
	c.g.Event(c.r.Context(), e)
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	host, _, _ = strings.Cut(host, "%") // no zone in a policy's address
	return host
}

func trimGreedy(name string) string { return strings.TrimSuffix(name, "+") }
