// Package explain says why a request was refused: it reads the answer of an API
// behind API Gateway, of Cognito, of STS or of a gatepass server, together with
// the request as far as it is known, and names the likely causes with what was
// seen and what to do. It sends nothing and reads no clock; it never repeats a
// secret.
package explain

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

// Input is what is known of an exchange. Whatever is zero is unknown; more known
// means fewer causes.
type Input struct {
	Request  *Request // nil: only the answer is known
	Response Response
	Known    Known
	// Now is when the request was sent, by the clock of who sent it.
	Now time.Time
}

// Request is a request as it was sent.
type Request struct {
	Method string
	URL    string // in full, as it was written
	Host   string // where it is not that of the URL
	Header http.Header
	Body   []byte
	// NoBody says that the body is not known; Body is then empty.
	NoBody bool
}

// Response is an answer. Status 0 means that there was none a client could see.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // the beginning is enough
}

// Known is what the user's profile and session say. Nothing of it is sent, and
// no secret is repeated.
type Known struct {
	Profile string // name of the profile
	Region  string
	APIs    []API
	// Credentials are those at hand: with the secret of the key that signed, a
	// signer's mistake is found by its signature.
	Credentials    sigv4.Credentials
	Expires        time.Time // of Credentials
	IdentityID     string
	IdentityPoolID string
	UserPoolID     string
	ClientID       string
	SignedIn       bool
}

// API is one API of the profile.
type API struct{ Name, URL, Region string }

// Report is why an exchange went as it did.
type Report struct {
	Status    int    `json:"status"`
	Code      string `json:"code,omitempty"`    // the service's name of the refusal
	Message   string `json:"message,omitempty"` // its first line
	RequestID string `json:"request_id,omitempty"`
	Refused   bool   `json:"refused"` // false: nothing is wrong
	// Causes are ranked, the most likely first. A refusal has at least one.
	Causes []Cause `json:"causes"`
	// Decision is what a gatepass server says about its policies; nil: nothing.
	Decision *Decision `json:"decision,omitempty"`

	done, again string // the command that was run, and the one that says more
}

// Cause is one reason for a refusal.
type Cause struct {
	Name  string   `json:"name"`           // the same in every version, such as "clock"
	Title string   `json:"title"`          // what is wrong, in one line
	Seen  []string `json:"seen,omitempty"` // what says so
	Fix   []string `json:"fix,omitempty"`  // commands and edits
	Diff  []Part   `json:"diff,omitempty"` // where the signed texts differ
	// Policy is a policy document that would allow the call; nil: none is missing.
	Policy json.RawMessage `json:"policy,omitempty"`
}

// Part is one difference between what the service computed and what was signed.
type Part struct {
	Part    string `json:"part"`
	Service string `json:"service"`
	Signed  string `json:"signed"`
}

// Explain names the causes of an answer.
func Explain(in Input) Report {
	v := newView(in)
	r := Report{
		Status: in.Response.Status, Code: clean(v.code), Message: printable(firstLine(v.message)),
		RequestID: clean(v.requestID()), Refused: v.refused(), Decision: v.decision(), Causes: []Cause{},
	}
	if !r.Refused {
		return r
	}
	r.done, r.again = v.command("call"), "gatepass explain with the same request says more"
	if q := in.Request; q != nil && len(q.Body) == 0 && !q.NoBody {
		r.again = printable(v.command("explain")) + " says more"
	}
	if in.Response.Status == 0 || in.Response.Status >= http.StatusBadRequest {
		r.Causes = append(r.Causes, v.strays()...)
	}
	r.Causes = append(r.Causes, v.causes()...)
	for i := range r.Causes {
		r.Causes[i].tidy()
	}
	return r
}

// tidy makes a cause fit for a terminal, whatever it quotes.
func (c *Cause) tidy() {
	c.Title = printable(c.Title)
	for _, list := range []*[]string{&c.Seen, &c.Fix} {
		*list = slices.Clone(*list) // it may be the table's
		for i, s := range *list {
			(*list)[i] = printable(s)
		}
	}
}

// causes are those of the first rule that fits.
func (v *view) causes() []Cause {
	for i := range rules {
		if r := &rules[i]; r.fits(v) {
			if list := r.causes(v); len(list) > 0 {
				return list
			}
		}
	}
	return unknown(v)
}

// rule tells a kind of refusal. What is empty does not count.
type rule struct {
	code   string // normal form, see normalCode
	text   string // in the message
	status int
	causes func(*view) []Cause
}

func (r *rule) fits(v *view) bool {
	return (r.code == "" || r.code == normalCode(v.code)) &&
		(r.text == "" || v.says(r.text)) &&
		(r.status == 0 || r.status == v.Response.Status)
}

// rules are tried in order. Texts come before codes, because an API may answer
// with texts of its own under API Gateway's codes, and a saved body has no code.
var rules = []rule{
	{text: "Missing Authentication Token", causes: missingToken},
	{code: "MissingAuthenticationToken", causes: missingToken},
	{text: "not a valid key=value pair (missing equal-sign)", causes: noKeyValue},
	{text: "Invalid key=value pair (missing equal-sign)", causes: noKeyValue},
	{text: "Authorization header requires", causes: partsMissing},
	{text: "AWS query-string parameters must include", causes: queryPartsMissing},
	{text: "is named as a SignedHeader, but it does not exist", causes: signedHeaderLost},
	{text: "must be a 'SignedHeader'", causes: hostUnsigned},
	{text: "headers present in the request which were not signed", causes: amzUnsigned},
	{text: "Unsupported AWS 'algorithm'", causes: algorithm},
	{text: "Authorization header must begin with the algorithm name", causes: algorithm},
	{text: "Credential must have exactly 5", causes: credentialForm},
	{text: "Date must be in ISO-8601", causes: dateForm},
	{text: "Found both", causes: signedTwice},
	{text: "Found more than one", causes: signedTwice},
	{text: "Signature expired", causes: signatureOld},
	{text: "Signature not yet current", causes: signatureEarly},
	{text: "Credential should be scoped", causes: wrongScope},
	{text: "Date in Credential scope does not match", causes: wrongScope},
	{text: "'X-Amz-Content-Sha256' must be its SHA-256", causes: payloadHash},
	{text: "The provided 'x-amz-content-sha256' header does not match", causes: payloadHash},
	{text: "signature we calculated does not match", causes: mismatch},
	{text: "security token included in the request is invalid", causes: unknownKey},
	{text: "security token included in the request is expired", causes: credentialsOver},
	{text: "is not authorized to perform", causes: denied},
	{text: "User is not authorized to access this resource", causes: authorizerDenied},
	{text: "Not authorized to perform sts:AssumeRole", causes: trustDenied},

	{text: "Logins don't match", causes: cognito},
	{text: "Token is not from a supported provider", causes: cognito},
	{text: "Invalid login token", causes: cognito},
	{text: "Invalid identity pool configuration", causes: cognito},
	{text: "Access to Identity", causes: cognito},
	{text: "Unauthenticated access is not supported", causes: cognito},
	{text: "ambiguous role mapping", causes: cognito},
	{text: "Basic (classic) flow is not enabled", causes: cognito},
	{text: "IdentityPool '", causes: cognito},
	{text: "Identity '", causes: cognito},

	{code: "InvalidSignature", causes: mismatch},
	{code: "ExpiredToken", causes: credentialsOver},
	{code: "UnrecognizedClient", causes: unknownKey},
	{code: "AccessDenied", causes: authorizerDenied},
	{code: "TooManyRequests", causes: throttled},
	{status: http.StatusTooManyRequests, causes: throttled},
	{text: "Request blocked", causes: firewall},
	{text: "The request could not be satisfied", causes: firewall},
	{causes: preflight},
	{status: http.StatusForbidden, text: "Forbidden", causes: forbidden},
	{code: "Forbidden", causes: forbidden},
	{status: http.StatusUnauthorized, causes: unauthorized},
	{causes: known},
	{causes: byStatus},
}
