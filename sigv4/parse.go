package sigv4

import (
	"net/http"
	"strings"
	"time"
)

// A Verifier checks signatures for one region and service. Set the fields
// before first use and use it by pointer; it is then safe for concurrent use.
type Verifier struct {
	// Region is what the credential scope must name.
	Region string
	// Profile holds the service's rules, e.g. [ExecuteAPI].
	Profile Profile
	// Lenient also accepts header signatures as the sigV4Client.js of widely
	// used tutorials makes them: over the host without its port, and over the
	// path as sent where that has no "%25" in it (with one, a signature would
	// be good for two resources). Only a server on loopback needs it.
	Lenient bool
	// EchoCanonical has the refusal of a wrong signature say what the canonical
	// request and string to sign should have been, as AWS does. The text
	// contains the session token if that is signed, never the signature.
	EchoCanonical bool
	// AllowHeaders names unsigned headers that [Verified.Header] carries
	// besides the usual ones of content negotiation.
	AllowHeaders []string

	pool scratchPool
}

// A Claim is what a request says about who signed it. Nothing in it is proven
// before [Claim.Verify]. The zero Claim is one for [Verifier.ParseInto].
type Claim struct {
	verifier *Verifier
	request  *http.Request
	now      time.Time

	presigned bool
	rawPath   string
	rawQuery  string
	query     queryAuth

	credential string // as given, rule 12
	scope             // its parts; the date is the scope's
	signed     string // SignedHeaders as given
	signature  [32]byte
	exact      bool   // the signature was 64 lower-case hexadecimal digits
	dateText   string // the date as given
	when       stamp
	at         time.Time
	token      string
	names      []string // of the signed headers, cut once; the first in room
	room       [8]string
	values     [8][]string // of the first signed headers, looked up once

	body     []byte
	bodyHash Hash
	bodyRead bool
	verified Verified
}

// AccessKeyID is the access key id that the request names.
func (c *Claim) AccessKeyID() string { return c.accessKeyID }

// SessionToken is the session token of the request, or empty.
func (c *Claim) SessionToken() string { return c.token }

// Presigned says whether the signature is in the query.
func (c *Claim) Presigned() bool { return c.presigned }

// Time is when the request says it was signed, in UTC.
func (c *Claim) Time() time.Time { return c.at }

// Region is the region of the scope, which is the verifier's.
func (c *Claim) Region() string { return c.region }

// Service is the service of the scope, which is the verifier's.
func (c *Claim) Service() string { return c.service }

// Parse reads the claim of a request that a server has received, and makes
// every check that needs neither key nor body, in AWS's order. It works on
// r.RequestURI, so it must see the request before anything rewrites it. The
// error is an [*Error].
func (v *Verifier) Parse(r *http.Request, now time.Time) (*Claim, error) {
	c := new(Claim)
	if err := v.ParseInto(c, r, now); err != nil {
		return nil, err
	}
	return c, nil
}

// ParseInto is [Verifier.Parse] into a Claim that is used again, which then
// allocates nothing. What was Verified with the Claim before is void.
func (v *Verifier) ParseInto(c *Claim, r *http.Request, now time.Time) error {
	*c = Claim{}
	c.verifier, c.request, c.now = v, r, now
	if err := c.parse(); err != nil {
		return err
	}
	return nil
}

func (c *Claim) parse() *Error {
	if err := c.parseTarget(); err != nil {
		return err
	}
	mode, err := c.query.mode(c.request.Header[headerAuthorization])
	if err != nil {
		return err
	}
	switch mode {
	case Header:
		err = c.parseHeader(c.request.Header[headerAuthorization][0])
	case Presigned:
		err = c.parseQuery()
	default:
		return missing()
	}
	if err != nil {
		return err
	}
	return c.check()
}

// check makes the rules that header and query have in common, 7 to 13, and
// then those AWS does not make.
func (c *Claim) check() *Error {
	for _, rule := range [...]func(*Claim) *Error{
		(*Claim).checkSignedHeaders, (*Claim).checkDate, (*Claim).checkScope, (*Claim).checkHeaders,
	} {
		if err := rule(c); err != nil {
			return err
		}
	}
	c.exact = decodeSignature(&c.signature, c.signatureText())
	return nil
}

// parseTarget makes rules 1, 2 and 4 on the raw request target.
func (c *Claim) parseTarget() *Error {
	target := c.request.RequestURI
	if target == "" || target[0] != '/' {
		return malformed(1, "The request target must be a path that begins with /")
	}
	c.rawPath, c.rawQuery, _ = strings.Cut(target, "?")
	if holds(c.rawPath, &controlSet) || strings.IndexByte(target, '#') >= 0 {
		return malformed(1, "The request target has a control byte or a # in it")
	}
	if bad := badEscape(c.rawPath); bad != "" {
		return malformed(1, bad)
	}
	if _, ok := normalizePath(c.rawPath); !ok {
		return malformed(1, "The path climbs above the root")
	}
	if !upperCase(c.request.Method) {
		return malformed(2, "The method must be in upper case")
	}
	return c.query.scan(c.rawQuery)
}

// checkSignedHeaders makes rules 7 and 8.
func (c *Claim) checkSignedHeaders() *Error {
	host := false
	last := ""
	c.names = c.room[:0]
	for rest := c.signed; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, ";")
		c.names = append(c.names, name)
		if name <= last || !lowerName(name) {
			return invalid(7, ErrIncomplete, "SignedHeaders must be sorted, in lower case and without repetition, got '"+c.signed+"'")
		}
		last = name
		host = host || name == "host" || name == ":authority"
	}
	if !host {
		return invalid(8, ErrIncomplete, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	if strings.HasSuffix(c.signed, ";") {
		return invalid(7, ErrIncomplete, "SignedHeaders ends with a semicolon, got '"+c.signed+"'")
	}
	return nil
}

func lowerName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

// signs says whether SignedHeaders has a name, in whatever case it is asked.
func (c *Claim) signs(name string) bool {
	for _, n := range c.names {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// checkHeaders refuses signed headers that are not there and AWS's headers that
// are there unsigned: nobody could say who put them in.
func (c *Claim) checkHeaders() *Error {
	for n, name := range c.names {
		values, _, ok := c.header(name)
		if !ok {
			return incomplete(7, "'"+name+"' is named as a SignedHeader, but it does not exist in the HTTP request.")
		}
		if n < len(c.values) {
			c.values[n] = values
		}
	}
	for key, values := range c.request.Header {
		if !isAmz(key) {
			continue
		}
		if !c.signs(key) && !c.unsignedToken(key) {
			return invalid(0, ErrIncomplete, "There were headers present in the request which were not signed: "+strings.ToLower(key))
		}
		if err := checkAmz(key, values); err != nil {
			return err
		}
	}
	return nil
}

// unsignedToken says whether a header is a session token that the profile lets
// a client add after signing.
func (c *Claim) unsignedToken(key string) bool {
	return !c.presigned && key == headerToken && c.verifier.Profile.Token != TokenSigned
}

// checkAmz refuses the headers that have one value only with more, and hashes
// that stand for not hashing the body.
func checkAmz(key string, values []string) *Error {
	switch key {
	case headerDate, headerToken, headerSHA256:
		if len(values) != 1 {
			return mixed("Found more than one '" + key + "' HTTP header.")
		}
	}
	if key == headerSHA256 && !isHex(values[0]) {
		return invalid(0, ErrSignatureMismatch, "The body is always hashed: 'X-Amz-Content-Sha256' must be its SHA-256 in lower-case hexadecimal, got '"+values[0]+"'")
	}
	return nil
}

// header is the value of a signed header as the server received it.
func (c *Claim) header(name string) (values []string, one string, ok bool) {
	switch name {
	case "host", ":authority":
		return nil, c.request.Host, c.request.Host != ""
	}
	var room [64]byte
	key := room[:0]
	up := true
	for i := range len(name) {
		b := name[i]
		if up && 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		up = b == '-'
		key = append(key, b)
	}
	values, ok = c.request.Header[string(key)]
	return values, "", ok && len(values) > 0
}
