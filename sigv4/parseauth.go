package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// authParts are the three parts of an Authorization header.
type authParts struct {
	credential, signedHeaders, signature          string
	hasCredential, hasSignedHeaders, hasSignature bool
	unknown                                       string
}

// parseHeader makes rule 6. The texts give the header's hash and not the header,
// as AWS does now: it may hold somebody's token.
func (c *Claim) parseHeader(header string) *Error {
	alg, rest, _ := strings.Cut(header, " ")
	if strings.IndexByte(alg, '=') >= 0 {
		return incomplete(6, "Authorization header must begin with the algorithm name, which cannot include an equal-sign. "+hashed(header))
	}
	if alg != algorithm && strings.HasPrefix(alg, "AWS") {
		return incomplete(6, "Unsupported AWS 'algorithm': '"+alg+"'.")
	}
	var p authParts
	if !p.split(rest) {
		return incomplete(6, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"+hash64(header)+"'.")
	}
	if err := c.requireParts(&p, header); err != nil {
		return err
	}
	if alg != algorithm {
		return incomplete(6, "Unsupported AWS 'algorithm': '"+alg+"'.")
	}
	if p.unknown != "" {
		return incomplete(6, "Authorization header has a part other than 'Credential', 'SignedHeaders' and 'Signature'. "+hashed(header))
	}
	c.credential, c.signed, c.query.value[slotSignature] = p.credential, p.signedHeaders, p.signature
	if token := c.request.Header[headerToken]; len(token) > 0 {
		c.token = token[0]
	}
	return nil
}

// split takes the parts in any order; of a repeated part the last counts.
func (p *authParts) split(rest string) bool {
	for more := strings.Trim(rest, " ") != ""; more; {
		var part string
		part, rest, more = strings.Cut(rest, ",")
		key, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		if !ok {
			return false
		}
		switch key {
		case "Credential":
			p.credential, p.hasCredential = value, true
		case "SignedHeaders":
			p.signedHeaders, p.hasSignedHeaders = value, true
		case "Signature":
			p.signature, p.hasSignature = value, true
		default:
			p.unknown = part
		}
	}
	return true
}

// requireParts names everything that is missing in one text.
func (c *Claim) requireParts(p *authParts, header string) *Error {
	h := c.request.Header
	if date := h[headerDate]; len(date) > 0 {
		c.dateText = date[0]
	} else if date := h["Date"]; len(date) > 0 {
		c.dateText = date[0]
	}
	if p.hasCredential && p.hasSignature && p.hasSignedHeaders && c.dateText != "" {
		return nil
	}
	var b strings.Builder
	for _, part := range [...]struct {
		has  bool
		name string
	}{{p.hasCredential, "Credential"}, {p.hasSignature, "Signature"}, {p.hasSignedHeaders, "SignedHeaders"}} {
		if !part.has {
			b.WriteString("Authorization header requires '" + part.name + "' parameter. ")
		}
	}
	if c.dateText == "" {
		b.WriteString("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
	}
	return incomplete(6, b.String()+hashed(header))
}

func hashed(header string) string {
	return "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hash64(header)
}

func hash64(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// parseQuery makes rule 7 for presigned requests.
func (c *Claim) parseQuery() *Error {
	c.presigned = true
	q := &c.query
	if alg := unescape(q.value[slotAlgorithm]); q.seen[slotAlgorithm] && alg != algorithm {
		return incomplete(7, "Unsupported AWS 'algorithm': '"+alg+"'.")
	}
	var b strings.Builder
	for _, slot := range [...]int{slotAlgorithm, slotCredential, slotSignature, slotSignedHeaders, slotDate, slotExpires} {
		if !q.seen[slot] {
			b.WriteString("AWS query-string parameters must include '" + presignNames[slot] + "'. ")
		}
	}
	if b.Len() > 0 {
		return incomplete(7, b.String()+"Re-examine the query-string parameters.")
	}
	c.credential, c.signed = unescape(q.value[slotCredential]), unescape(q.value[slotSignedHeaders])
	c.dateText, c.token = unescape(q.value[slotDate]), unescape(q.value[slotToken])
	return c.checkMixture()
}

// checkMixture refuses a presigned request whose headers say otherwise.
func (c *Claim) checkMixture() *Error {
	if date := c.request.Header[headerDate]; len(date) > 0 && date[0] != c.dateText {
		return mixed("Found both 'X-Amz-Date' as a query-string param and a different 'X-Amz-Date' as HTTP header.")
	}
	if len(c.request.Header[headerToken]) > 0 {
		return mixed("Found 'X-Amz-Security-Token' as HTTP header of a request that is signed in the query.")
	}
	return nil
}

func (c *Claim) signatureText() string {
	if c.presigned {
		return unescape(c.query.value[slotSignature])
	}
	return c.query.value[slotSignature]
}

// checkDate makes rules 9 to 11.
func (c *Claim) checkDate() *Error {
	if err := c.readDate(); err != nil {
		return err
	}
	window := c.verifier.Profile.window()
	if err := c.checkExpired(window); err != nil {
		return err
	}
	if limit := c.now.Add(window); c.at.After(limit) {
		return c.late(11, ErrNotYetCurrent, "Signature not yet current: ", " is still later than ", limit, '+', window)
	}
	return nil
}

// readDate makes rule 9.
func (c *Claim) readDate() *Error {
	at, ok := parseStamp(c.dateText)
	if ok {
		copy(c.when[:], c.dateText)
	} else if !c.presigned && len(c.request.Header[headerDate]) == 0 {
		t, err := http.ParseTime(c.dateText)
		at, ok = t.UTC(), err == nil
		c.when = stampOf(at)
	}
	if !ok {
		return incomplete(9, "Date must be in ISO-8601 'basic format'. Got '"+c.dateText+"'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	c.at = at
	return nil
}

// checkExpired compares in whole seconds, the precision of the date.
func (c *Claim) checkExpired(life time.Duration) *Error {
	if c.presigned {
		seconds, ok := parseExpires(unescape(c.query.value[slotExpires]))
		if !ok {
			return incomplete(7, "X-Amz-Expires must be a whole number of seconds from 1 to 604800.")
		}
		life = min(time.Duration(seconds)*time.Second, c.verifier.Profile.maxExpires())
	}
	if limit := c.now.Truncate(time.Second).Add(-life); c.at.Before(limit) {
		return c.late(10, ErrExpired, "Signature expired: ", " is now earlier than ", limit, '-', life)
	}
	return nil
}

// parseExpires reads canonical decimals only: no sign, zero or space in front.
func parseExpires(s string) (int, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' || len(s) > 6 {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= int(week/time.Second)
}

// late is AWS's text for a time outside the window, which shows the server's.
func (c *Claim) late(rule int, kind error, what, relation string, limit time.Time, sign byte, span time.Duration) *Error {
	edge, now := stampOf(limit), stampOf(c.now)
	b := make([]byte, 0, 128)
	b = append(append(b, what...), c.when[:]...)
	b = append(append(b, relation...), edge[:]...)
	b = append(append(b, " ("...), now[:]...)
	b = append(b, ' ', sign, ' ')
	if span%time.Minute == 0 {
		b = append(strconv.AppendInt(b, int64(span/time.Minute), 10), " min.)"...)
	} else {
		b = append(strconv.AppendInt(b, int64(span/time.Second), 10), " sec.)"...)
	}
	e := invalid(rule, kind, string(b))
	e.Time = c.now
	return e
}

// checkScope makes rules 12 and 13. AWS puts every fault of the scope into one
// text, each with a space after it.
func (c *Claim) checkScope() *Error {
	term, err := c.readScope()
	if err != nil {
		return err
	}
	sc := c.scope
	if sc.region == c.verifier.Region && sc.service == c.verifier.Profile.Service && term == terminator && sc.date == string(c.when[:8]) {
		return nil
	}
	c.scope = scope{}
	return c.scopeFaults(sc.region, sc.service, term, sc.date)
}

// readScope makes rule 12 and gives the last of the five elements.
func (c *Claim) readScope() (term string, err *Error) {
	id, rest, _ := strings.Cut(c.credential, "/")
	date, rest, _ := strings.Cut(rest, "/")
	region, rest, _ := strings.Cut(rest, "/")
	service, term, ok := strings.Cut(rest, "/")
	if !ok || id == "" || strings.IndexByte(term, '/') >= 0 {
		return "", incomplete(12, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"+c.credential+"'")
	}
	c.scope = scope{id, date, region, service}
	return term, nil
}

func (c *Claim) scopeFaults(region, service, term, date string) *Error {
	var b strings.Builder
	if region != c.verifier.Region {
		b.WriteString("Credential should be scoped to a valid region, not '" + region + "'. ")
	}
	if want := c.verifier.Profile.Service; service != want {
		b.WriteString("Credential should be scoped to correct service: '" + want + "'. ")
	}
	if term != terminator {
		b.WriteString("Credential should be scoped with a valid terminator: 'aws4_request', not '" + term + "'. ")
	}
	if day := string(c.when[:8]); date != day {
		b.WriteString("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			date + "' != '" + day + "', from '" + string(c.when[:]) + "'. ")
	}
	return invalid(13, ErrScope, b.String())
}
