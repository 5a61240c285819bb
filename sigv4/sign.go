package sigv4

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Signer signs requests for one region and service. Set the fields before
// first use and use it by pointer; it is then safe for concurrent use by any
// number of credentials, whose derived keys it keeps.
type Signer struct {
	// Region is the second element of the credential scope, e.g. "eu-west-1".
	Region string
	// Profile holds the service's rules, e.g. [ExecuteAPI].
	Profile Profile
	// SignHeaders names headers to sign, where the request has them, besides
	// Host, Content-Type and X-Amz-*, which are always signed. Headers that
	// proxies and transports change (Connection, User-Agent, X-Forwarded-* and
	// the like) are refused with [ErrUnsignable].
	SignHeaders []string

	keys KeyCache
	pool scratchPool
}

// The headers a signature is carried in.
const (
	headerAuthorization = "Authorization"
	headerDate          = "X-Amz-Date"
	headerToken         = "X-Amz-Security-Token"
	headerSHA256        = "X-Amz-Content-Sha256"
	headerLength        = "Content-Length"
	headerType          = "Content-Type"
)

// job is one signature in the making; nothing of it is in the request yet.
type job struct {
	*scratch
	target wireTarget
	method string
	sha256 string // what X-Amz-Content-Sha256 is to be, if the request has it
	when   string // the time, as X-Amz-Date
	scope
	stray bool // the request has headers of an earlier signature in odd spelling
}

// Sign sets Authorization, X-Amz-Date and, for temporary credentials,
// X-Amz-Security-Token, following AWS's "Create a signed AWS API request". Every
// trace of an earlier signature is replaced, so that a request can be signed
// again for each attempt; the header values of the earlier one are overwritten
// in place. Payload is the hash of the body ([HashBody]); now is the time,
// corrected for the clock's drift.
//
// Sign changes r.URL and r.Host where what they say would be sent in a form
// that receivers read differently from what is signed: dot segments, '+' and
// ';' in the query, the scheme's own port. It returns [ErrUnsignable], and
// leaves the request alone, where no such form exists.
func (s *Signer) Sign(r *http.Request, c Credentials, payload Hash, now time.Time) error {
	j := job{scratch: s.pool.get()}
	defer s.pool.put(j.scratch)
	if err := s.prepare(&j, r, &c, &payload, now); err != nil {
		return err
	}
	j.seal(j.when, &j.scope, s.keys.get(j.scope, c.SecretAccessKey))
	j.apply(r, c.SessionToken)
	return nil
}

// prepare builds the canonical request of a header signature.
func (s *Signer) prepare(j *job, r *http.Request, c *Credentials, payload *Hash, now time.Time) error {
	j.when = j.scratch.when(now)
	if err := s.open(j, r, c); err != nil {
		return err
	}
	j.addQuery(j.target.query)
	if err := s.collect(j, r, payload); err != nil {
		return err
	}
	j.addField(headerDate, nil, j.when)
	if c.SessionToken != "" && s.Profile.Token != TokenAfter {
		j.addField(headerToken, nil, c.SessionToken)
	}
	return s.canonical(j, payload)
}

// open checks what is to be signed and works out its target and scope.
func (s *Signer) open(j *job, r *http.Request, c *Credentials) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	if !scopeName(s.Region) || !scopeName(s.Profile.Service) {
		return unsignable("the signer's region or service is empty or has a / in it")
	}
	if j.method = r.Method; j.method == "" {
		j.method = http.MethodGet
	}
	if !upperCase(j.method) {
		return unsignable("the method is not in upper case")
	}
	j.scope = scope{c.AccessKeyID, j.when[:8], s.Region, s.Profile.Service}
	j.target, err = s.Profile.wireTarget(r)
	return err
}

// scopeName says whether s can be an element of a scope in a header.
func scopeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '/' || c == ',' || c == '=' {
			return false
		}
	}
	return s != ""
}

func upperCase(method string) bool {
	for i := range len(method) {
		if c := method[i]; c <= ' ' || c >= 0x7f || 'a' <= c && c <= 'z' {
			return false
		}
	}
	return method != ""
}

// collect gathers the headers of the request that are to be signed.
func (s *Signer) collect(j *job, r *http.Request, payload *Hash) error {
	if err := refuseVolatile(s.SignHeaders); err != nil {
		return err
	}
	j.addField("Host", nil, j.target.host)
	if words := payload.words(); words != "" {
		j.sha256 = words
		j.addField(headerSHA256, nil, words)
	}
	hop := r.Header["Connection"]
	for key, values := range r.Header {
		if key == headerAuthorization || key == headerDate || key == headerToken {
			continue
		}
		if len(values) == 0 || !s.signs(key) || nominated(hop, key) {
			j.stray = j.stray || strings.EqualFold(key, headerAuthorization) && key != headerAuthorization
			continue
		}
		if err := j.addHeader(key, values, payload); err != nil {
			return err
		}
	}
	if r.ContentLength > 0 && s.lists(headerLength) {
		j.addField(headerLength, nil, strconv.FormatInt(r.ContentLength, 10))
	}
	return nil
}

// signs says whether a header is signed where it is present. Content-Length is
// the transport's, which takes it from the request and not from the header.
func (s *Signer) signs(key string) bool {
	if isAmz(key) || strings.EqualFold(key, headerType) {
		return true
	}
	return s.lists(key) && !strings.EqualFold(key, headerLength) && !strings.EqualFold(key, "Host")
}

func (s *Signer) lists(key string) bool {
	return slices.ContainsFunc(s.SignHeaders, func(name string) bool { return strings.EqualFold(name, key) })
}

// addHeader adds one header of the request. The three that signing sets are
// left out: what an earlier signature wrote there does not count.
func (j *job) addHeader(key string, values []string, payload *Hash) error {
	for _, own := range [...]string{headerDate, headerToken} {
		if strings.EqualFold(key, own) {
			j.stray = j.stray || key != own
			return nil
		}
	}
	if strings.EqualFold(key, headerSHA256) {
		if payload.words() != "" && key == headerSHA256 {
			return nil // collect has written it
		}
		if len(values) != 1 || !isHex(values[0]) {
			return unsignable("X-Amz-Content-Sha256 is not one SHA-256 in hexadecimal; the body is always hashed")
		}
		j.sha256 = payload.String()
		j.addField(key, nil, j.sha256)
		return nil
	}
	for _, v := range values {
		if strings.ContainsAny(v, "\r\n\x00") {
			return unsignable("the header " + key + " has a line break in its value")
		}
	}
	j.addField(key, values, "")
	return nil
}

func isHex(s string) bool {
	var sum [32]byte
	return decodeSignature(&sum, s)
}

// canonical writes the canonical request from what was collected.
func (s *Signer) canonical(j *job, payload *Hash) error {
	if twice := j.sortFields(); twice != "" {
		return unsignable("the header " + twice + " is there in two spellings")
	}
	j.begin(j.method, j.target.path, s.Profile.EncodePath)
	j.canon = append(j.appendQuery(j.canon), '\n')
	j.appendFields()
	j.appendPayload(payload)
	return nil
}

// apply writes the signature into the request. The Authorization header is the
// only allocation when a request is signed again.
func (j *job) apply(r *http.Request, token string) {
	j.target.apply(r.URL)
	if r.Host != j.target.host && (r.Host != "" || r.URL.Host != j.target.host) {
		r.Host = j.target.host
	}
	if r.Header == nil {
		r.Header = make(http.Header, 3)
	}
	if j.stray {
		removeStray(r.Header)
	}
	spare := setHeader(r.Header, headerDate, j.when, nil)
	spare = setHeader(r.Header, headerAuthorization, j.authorization(), spare)
	if j.sha256 != "" {
		r.Header[headerSHA256] = []string{j.sha256}
	}
	if token == "" {
		delete(r.Header, headerToken)
		return
	}
	setHeader(r.Header, headerToken, token, spare)
}

func (j *job) authorization() string {
	out := append(j.out[:0], algorithm+" Credential="...)
	out = append(append(out, j.accessKeyID...), '/')
	out = appendScope(out, &j.scope)
	out = append(out, ", SignedHeaders="...)
	out = append(out, j.canon[j.list[0]:j.list[1]]...)
	out = append(out, ", Signature="...)
	j.out = hex.AppendEncode(out, j.sum[:])
	return string(j.out)
}

// setHeader sets a header to one value, in place where it has one already, else
// in room that the three headers of a signature share.
func setHeader(h http.Header, key, value string, spare []string) []string {
	if old := h[key]; len(old) == 1 {
		old[0] = value
		return spare
	}
	if len(spare) == 0 {
		spare = make([]string, 3)
	}
	spare[0] = value
	h[key] = spare[:1:1]
	return spare[1:]
}

func removeStray(h http.Header) {
	for key := range h {
		for _, own := range [...]string{headerAuthorization, headerDate, headerToken} {
			if strings.EqualFold(key, own) && key != own {
				delete(h, key)
			}
		}
	}
}
