package explain

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

// clockTolerance is how far two clocks may differ before that is worth a word.
const clockTolerance = time.Minute

func signatureOld(v *view) []Cause {
	made, judged := v.judged("Signature expired: ", "(")
	c := Cause{Name: "signature-old", Title: "The signature is too old"}
	if v.auth == authPresigned {
		return []Cause{v.urlOver(made, judged)}
	}
	if !made.IsZero() && !judged.IsZero() {
		c.Seen = append(c.Seen, "It was made at "+clockTime(made)+" and judged at "+clockTime(judged)+", "+span(judged.Sub(made))+" later; API Gateway allows 5 minutes.")
	}
	clock := v.clock()
	if v.clockIsRight() {
		c.Seen = append(c.Seen, "This machine's clock agrees with the service's.")
		c.Fix = []string{"Sign each attempt anew: do not repeat a signed request, by a retry, a queue or a pasted command.", v.command("call")}
		return []Cause{c}
	}
	if clock.Seen != nil {
		return []Cause{clock}
	}
	c.Fix = []string{"Sign each attempt anew.", v.command("call")}
	return []Cause{clock, c}
}

// urlOver is for a presigned URL that is no longer good.
func (v *view) urlOver(made, judged time.Time) Cause {
	c := Cause{Name: "url-expired", Title: "The presigned URL has expired", Fix: []string{v.presignCommand()}}
	if !made.IsZero() && !judged.IsZero() {
		c.Seen = []string{"It was made at " + clockTime(made) + " for " + clean(v.target.param("X-Amz-Expires")) + " s, and opened " + span(judged.Sub(made)) + " later."}
	}
	return c
}

func signatureEarly(v *view) []Cause {
	c := v.clock()
	made, judged := v.judged("Signature not yet current: ", "(")
	if !made.IsZero() && !judged.IsZero() && c.Seen == nil {
		c.Seen = []string{"The signature is of " + clockTime(made) + ", and the service's clock says " + clockTime(judged) + "."}
	}
	return []Cause{c}
}

// clock is for a clock that is wrong, with what is known about how much.
func (v *view) clock() Cause {
	c := Cause{Name: "clock", Title: "The clock of the machine that signed is wrong", Fix: []string{
		"sudo timedatectl set-ntp true",
		"gatepass call corrects itself by the service's Date; gatepass doctor shows the difference.",
	}}
	d, ok := v.skew()
	switch {
	case !ok || d.Abs() <= clockTolerance:
	case d > 0:
		c.Seen = []string{"This machine's clock is " + span(d) + " behind the service's Date."}
	default:
		c.Seen = []string{"This machine's clock is " + span(-d) + " ahead of the service's Date."}
	}
	return c
}

func (v *view) clockIsRight() bool {
	d, ok := v.skew()
	return ok && d.Abs() <= clockTolerance
}

// judged takes the time of the signature and of the service's clock out of the
// text.
func (v *view) judged(before, now string) (made, at time.Time) {
	_, rest, _ := strings.Cut(v.message, before)
	text, rest, _ := strings.Cut(rest, " ")
	_, rest, _ = strings.Cut(rest, now)
	clock, _, _ := strings.Cut(rest, " ")
	return stampTime(text), stampTime(clock)
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// span is a duration in two units at most.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < 2*time.Minute:
		return d.String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Round(time.Minute)/time.Minute))
	case d < 24*time.Hour:
		d = d.Round(time.Minute)
		if d%time.Hour == 0 {
			return fmt.Sprintf("%dh", int(d/time.Hour))
		}
		return fmt.Sprintf("%dh%dm", int(d/time.Hour), int(d%time.Hour/time.Minute))
	}
	if days := int(d.Round(24*time.Hour) / (24 * time.Hour)); days > 1 {
		return fmt.Sprintf("%d days", days)
	}
	return "1 day"
}

// wrongScope is for a credential of another region, service or day.
func wrongScope(v *view) []Cause {
	var list []Cause
	if v.says("to a valid region") {
		list = append(list, v.wrongRegion())
	}
	if v.says("correct service") {
		want := first(between(v.message, "correct service: '", "'"))
		c := Cause{Name: "service", Title: "The request was signed for another service than " + want, Fix: []string{"Sign for the service " + want + ".", v.command("call --service " + shellQuote(want))}}
		if v.scope.service != "" {
			c.Seen = []string{"It was signed for " + clean(v.scope.service) + "."}
		}
		list = append(list, c)
	}
	if v.says("valid terminator") {
		list = append(list, Cause{Name: "scope", Title: "The credential of the signature does not end with aws4_request", Fix: []string{v.command("call")}})
	}
	if v.says("Date in Credential scope") {
		list = append(list, Cause{
			Name: "day", Title: "The day in the credential is not that of the signature's time",
			Seen: []string{clean(firstLine(v.message))},
			Fix:  []string{"Take both from one clock, in UTC: one of them is local time, or was kept from yesterday.", v.command("call")},
		})
	}
	return list
}

func (v *view) wrongRegion() Cause {
	c := Cause{Name: "region", Title: "The request was signed for the wrong region"}
	region := v.scope.region
	if region == "" {
		region = strings.Join(between(v.message, "valid region, not '", "'"), "")
	}
	if region != "" {
		c.Seen = append(c.Seen, "It was signed for "+clean(region)+".")
	}
	if v.place.region != "" {
		c.Title += ": the API is in " + v.place.region
		c.Seen = append(c.Seen, "The host name says "+v.place.region+".")
		c.Fix = []string{v.command("call --region " + v.place.region)}
		return c
	}
	for _, api := range v.hostAPIs() {
		if api.Region != "" && api.Region != region {
			c.Seen = append(c.Seen, "The profile says that the API "+api.Name+" is in "+api.Region+".")
			c.Fix = []string{v.command("call --region " + api.Region)}
			return c
		}
	}
	if pool, _, ok := strings.Cut(v.Known.UserPoolID, "_"); ok && pool != region {
		c.Seen = append(c.Seen, "The user pool is in "+pool+", and the API is likely to be there too.")
		c.Fix = []string{v.command("call --region " + shellQuote(pool))}
		return c
	}
	c.Fix = []string{"Sign for the region the API is in: gatepass call --region REGION …"}
	if v.target.host != "" && !v.place.local {
		c.Fix = append(c.Fix, "dig +short CNAME "+shellQuote(v.target.host)+" shows it for a domain of your own: d-….execute-api.REGION.amazonaws.com")
	}
	return c
}

// mismatch is for a signature the service computed otherwise.
func mismatch(v *view) []Cause {
	t, ok := v.trace()
	if !ok {
		if echo := sigv4.Diagnose(v.message, echoOnly); echo != nil {
			return []Cause{{
				Name: "signature", Title: "The signature does not match the request",
				Seen: []string{v.notComparable()},
				Fix:  []string{"gatepass explain --curl 'curl …' --response FILE, or gatepass explain --har FILE"},
			}}
		}
		return append(v.suspicions(), Cause{
			Name: "signature", Title: "The signature does not match the request",
			Seen: []string{"The answer does not say what should have been signed."},
			Fix:  []string{v.command("explain"), "Or the secret access key is not that of the access key id."},
		})
	}
	found := sigv4.Diagnose(v.message, t)
	list, right := v.recognized()
	switch {
	case found == nil && list != nil:
		return list
	case found == nil && right:
		return []Cause{v.changedOnTheWay()}
	case found == nil:
		return append(v.suspicions(), v.silentMismatch())
	case found[0].Part == "key" && list != nil:
		return list
	case found[0].Part == "key" && right:
		return []Cause{{
			Name: "signature-key", Title: "The service has another secret for this access key",
			Seen: []string{"Both sides computed the signature over the same text; with the secret at hand for " + clean(v.scope.key) + " it is right."},
			Fix:  []string{"gatepass logout && gatepass login"},
		}}
	}
	return v.differences(found)
}

func (v *view) changedOnTheWay() Cause {
	return Cause{
		Name: "signature-changed", Title: "The signature is right, and something changed the request on its way",
		Seen: []string{"Computed again with the secret of " + clean(v.scope.key) + ", the signature is that of the request as it was sent."},
		Fix:  []string{"Look for a proxy, a gateway or a service worker between: it rewrites the host, the path or a header.", v.command("explain")},
	}
}

func (v *view) differences(found []sigv4.Finding) []Cause {
	out := make([]Cause, len(found))
	for i, f := range found {
		out[i] = v.difference(f)
		if i > 0 && slices.Equal(out[i-1].Fix, out[i].Fix) {
			out[i-1].Fix = nil // once is enough
		}
	}
	return out
}

// recognized finds the mistake of another signer by its signature, where the
// secret of its key is at hand, or finds the signature right.
func (v *view) recognized() (list []Cause, right bool) {
	own := v.Known.Credentials
	if v.Request == nil || !v.signed() || v.Request.NoBody || own.SecretAccessKey == "" || own.AccessKeyID != v.scope.key {
		return nil, false
	}
	found, err := sigv4.Recognize(v.sent(), sigv4.ExecuteAPI(), v.payload(), own)
	if found == nil {
		return nil, err == nil
	}
	return v.differences(found), false
}

// notComparable says why what the service computed cannot be compared.
func (v *view) notComparable() string {
	if v.Request != nil && v.auth == authNone {
		return "The answer says what should have been signed, but the request has no signature: browsers leave it out of recordings unless they are exported with sensitive data."
	}
	return "The answer says what should have been signed; the request, which it is compared with, is not known."
}

// echoOnly is the smallest trace Diagnose takes, to see whether there is an echo.
var echoOnly = sigv4.Trace{CanonicalRequest: "\n\n\n\n\n"}

// silentMismatch is for a service that does not say what it computed.
func (v *view) silentMismatch() Cause {
	c := Cause{
		Name: "signature", Title: "The signature does not match, and the answer does not say where",
		Seen: []string{"The service computed another signature over what it received."},
		Fix:  []string{"Compare the secret access key with the access key id " + clean(v.scope.key) + ".", v.command("explain")},
	}
	if v.Known.Credentials.AccessKeyID != "" && v.scope.key != "" && v.Known.Credentials.AccessKeyID != v.scope.key {
		c.Seen = append(c.Seen, "It was signed with "+clean(v.scope.key)+"; this profile's credentials are "+v.Known.Credentials.AccessKeyID+".")
	}
	return c
}

// difference makes a cause of a finding.
func (v *view) difference(f sigv4.Finding) Cause {
	name, title := differenceTitle(f.Part)
	c := Cause{Name: name, Title: title, Seen: []string{f.Cause}, Fix: []string{v.command("call")}}
	if f.Theirs != f.Ours { // session tokens are withheld and look alike
		c.Diff = []Part{{f.Part, clean(f.Theirs), clean(f.Ours)}}
	}
	switch f.Part {
	case "key":
		c.Fix = []string{"Sign each request as it is sent; where it is, and still refused: gatepass logout && gatepass login", v.command("call")}
		if v.scope.key != "" && (v.scope.key != v.Known.Credentials.AccessKeyID || strings.HasPrefix(v.scope.key, "AKIA")) {
			c.Fix = []string{"Copy secret and session token of " + clean(v.scope.key) + " again, without white space.", v.command("call")}
		}
	case "region":
		return v.wrongRegion()
	case "time", "header x-amz-date":
		c.Fix = []string{"Sign each attempt anew.", v.command("call")}
	}
	return c
}

func differenceTitle(part string) (name, title string) {
	if header, ok := strings.CutPrefix(part, "header "); ok {
		switch header {
		case "host":
			return "signature-host", "The host that was signed is not the one the service sees"
		case "x-amz-security-token":
			return "signature-token", "The session token is not the one that was signed"
		}
		return "signature-header", "The header " + header + " is not as it was signed"
	}
	title = map[string]string{
		"method": "The method is not the one that was signed", "path": "The path is not as it was signed",
		"query": "The query is not as it was signed", "payload": "The body is not the one that was signed",
		"signed headers": "The list of signed headers is not the one that was signed",
		"key":            "The signature is not that of this request with this key",
	}[part]
	if title == "" {
		title = "The " + part + " of the signature differs"
	}
	return "signature-" + strings.ReplaceAll(part, " ", "-"), title
}

func payloadHash(v *view) []Cause {
	c := Cause{Name: "payload", Title: "The hash of the body in X-Amz-Content-Sha256 is not the body's", Fix: []string{v.command("call")}}
	if v.says("must be its SHA-256") || v.Request != nil && strings.HasPrefix(v.Request.Header.Get("X-Amz-Content-Sha256"), "UNSIGNED") {
		c.Title = "The body was not signed, and API Gateway always hashes it"
		c.Seen = []string{"X-Amz-Content-Sha256 is UNSIGNED-PAYLOAD or the like, which only S3 takes."}
		return []Cause{c}
	}
	c.Seen = []string{"The body was changed or lost between the signer and the service, or was hashed before it was complete."}
	return []Cause{c}
}

// suspicions are what a signed request itself shows to be wrong, for answers
// that do not say it.
func (v *view) suspicions() []Cause {
	if v.Request == nil || !v.signed() {
		return nil
	}
	var list []Cause
	if v.place.region != "" && v.scope.region != "" && v.place.region != v.scope.region {
		list = append(list, v.wrongRegion())
	}
	if v.place.service == "execute-api" && v.scope.service != "" && v.scope.service != "execute-api" {
		list = append(list, Cause{Name: "service", Title: "The request was signed for another service than execute-api", Seen: []string{"It was signed for " + clean(v.scope.service) + "."}, Fix: []string{v.command("call --service execute-api")}})
	}
	if made := v.signedAt(); !made.IsZero() {
		list = append(list, v.lateness(made)...)
	}
	if strings.HasPrefix(v.scope.key, "ASIA") && !v.token() {
		list = append(list, v.noToken())
	}
	if h := v.Request.Header.Get("X-Amz-Content-Sha256"); h != "" && !v.Request.NoBody && h != sigv4.HashOf(v.Request.Body).String() {
		list = append(list, payloadHash(v)...)
	}
	return append(list, v.unsteady()...)
}

// lateness is for a signature that was out of time by the service's Date.
func (v *view) lateness(made time.Time) []Cause {
	at, err := http.ParseTime(v.Response.Header.Get("Date"))
	if err != nil || v.auth == authPresigned {
		return nil
	}
	switch late := at.Sub(made); {
	case late > 5*time.Minute:
		return []Cause{{Name: "signature-old", Title: "The signature is too old", Seen: []string{"It was " + span(late) + " old when it was judged; API Gateway allows 5 minutes."}, Fix: []string{v.command("call")}}}
	case late < -5*time.Minute:
		return []Cause{v.clock()}
	}
	return nil
}

// unsteady is for signed headers that change on the way.
func (v *view) unsteady() []Cause {
	t, ok := v.trace()
	if !ok {
		return nil
	}
	for _, name := range t.SignedHeaders {
		if who := sigv4.ChangedBy(name); who != "" {
			return []Cause{{
				Name: "signature-header", Title: "The signature covers " + name + ", which changes on the way",
				Seen: []string{"About this header: " + who + "."},
				Fix:  []string{"Leave " + name + " out of the signed headers.", v.command("call")},
			}}
		}
	}
	return nil
}
