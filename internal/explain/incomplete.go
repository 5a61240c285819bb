package explain

import (
	"strings"

	"github.com/gatepass/gatepass/sigv4"
)

// noKeyValue is for an Authorization header that is no signature. API Gateway
// says it on routes with IAM authorization, and on every path it does not have.
func noKeyValue(v *view) []Cause {
	c := Cause{
		Name: "token-for-iam", Title: "The Authorization header has a token where the API wants a signature",
		Fix: []string{v.command("call"), "If the route should take tokens: give it a Cognito or JWT authorizer instead of AWS_IAM."},
	}
	switch v.auth {
	case authToken:
		c.Seen = []string{"The Authorization header is a bearer token or a JWT."}
	case authOther:
		c.Title = "The Authorization header is not a signature"
		c.Seen = []string{"The Authorization header is of another scheme."}
	case authSigned:
		c.Title = "The Authorization header is damaged"
		c.Seen = []string{"It begins as a signature and has a part without an equal-sign: a line break, or a comma, got into it."}
		c.Fix = []string{v.command("call")}
	}
	if v.auth == authSigned {
		return []Cause{c}
	}
	route := v.noRoute()
	route.Seen = append([]string{"API Gateway gives this answer to any Authorization header that is not SigV4 on a path it does not have."}, route.Seen...)
	if v.besideAPIs() || len(v.oddSegments()) > 0 {
		return []Cause{route, c}
	}
	return []Cause{c, route}
}

// partsMissing is for an Authorization header that lacks parts of a signature.
func partsMissing(v *view) []Cause {
	missing := between(v.message, "requires '", "' parameter")
	if len(missing) > 0 && (v.auth == authToken || v.auth == authOther) {
		return noKeyValue(v)
	}
	if len(missing) == 0 {
		return []Cause{{
			Name: "no-date", Title: "The request has no date",
			Seen: []string{"It has neither X-Amz-Date nor Date; browsers and proxies take headers out that CORS does not allow."},
			Fix:  []string{"Send the X-Amz-Date that was signed, and allow it in Access-Control-Allow-Headers.", v.command("call")},
		}}
	}
	return []Cause{{
		Name: "incomplete", Title: "The Authorization header is incomplete",
		Seen: []string{"It lacks " + strings.Join(missing, ", ") + "."},
		Fix:  []string{"Send the header in one line, as the signer made it: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", v.command("call")},
	}}
}

func queryPartsMissing(v *view) []Cause {
	return []Cause{{
		Name: "incomplete", Title: "The presigned URL is incomplete",
		Seen: []string{"It lacks " + strings.Join(between(v.message, "include '", "'"), ", ") + "."},
		Fix:  []string{"Put the whole URL between plain quotes ' ': a shell ends it at the first &.", v.presignCommand()},
	}}
}

func signedHeaderLost(v *view) []Cause {
	name := first(between(v.message, "'", "' is named as a SignedHeader"))
	c := Cause{
		Name: "header-lost", Title: "The header " + name + " was signed and did not reach the service",
		Fix: []string{"Leave " + name + " out of the signed headers, or let it through.", v.command("call")},
	}
	if who := sigv4.ChangedBy(name); who != "" {
		c.Seen = []string{"About this header: " + who + "."}
	}
	if v.Request != nil && v.Request.Header.Get(name) != "" {
		c.Seen = append(c.Seen, "The request as it was sent still has it: something between took it out.")
	}
	return []Cause{c}
}

func hostUnsigned(v *view) []Cause {
	return []Cause{{
		Name: "host-unsigned", Title: "The signature does not cover the Host header",
		Seen: []string{"SignedHeaders has no host in it."},
		Fix:  []string{"Sign host, as every signer must.", v.command("call")},
	}}
}

func amzUnsigned(v *view) []Cause {
	_, name, _ := strings.Cut(v.message, "which were not signed: ")
	return []Cause{{
		Name: "header-unsigned", Title: "The header " + clean(firstLine(name)) + " is not signed",
		Seen: []string{"Every x-amz-* header must be signed; this one was added after signing."},
		Fix:  []string{"Set the header before signing, or take it out.", v.command("call")},
	}}
}

func algorithm(v *view) []Cause {
	return []Cause{{
		Name: "algorithm", Title: "The signature is of another algorithm than AWS4-HMAC-SHA256",
		Seen: between(v.message, "Unsupported AWS ", "."),
		Fix:  []string{v.command("call")},
	}}
}

func credentialForm(v *view) []Cause {
	return []Cause{{
		Name: "credential-form", Title: "The credential of the signature is not five parts joined by /",
		Seen: []string{"It must be KEYID/DAY/REGION/SERVICE/aws4_request. An access key id with a space or a / in it, or an empty region, breaks it."},
		Fix:  []string{"Set access key id and region again, without white space.", v.command("call")},
	}}
}

func dateForm(v *view) []Cause {
	return []Cause{{
		Name: "date-form", Title: "The date of the request is not in the form 20060102T150405Z",
		Seen: quotedIn(v.message, "Got '", "It is "),
		Fix:  []string{"Write X-Amz-Date in UTC, without dashes, colons or fractions.", v.command("call")},
	}}
}

func signedTwice(v *view) []Cause {
	return []Cause{{
		Name: "signed-twice", Title: "The request is authenticated in two ways",
		Seen: []string{clean(firstLine(v.message))},
		Fix:  []string{"Use either the Authorization header or a presigned URL, and sign once: a proxy or an interceptor may sign again.", v.command("call")},
	}}
}

// between gives what stands between two texts, each time they occur.
func between(s, before, after string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(s, before)
		if !ok {
			return out
		}
		found, rest, ok := strings.Cut(rest, after)
		if !ok {
			return out
		}
		if i := strings.LastIndex(found, before); i >= 0 {
			found = found[i+len(before):]
		}
		out, s = append(out, clean(found)), rest
	}
}

func quotedIn(s, before, say string) []string {
	for _, q := range between(s, before, "'") {
		return []string{say + "'" + q + "'."}
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return "(unknown)"
	}
	return list[0]
}
