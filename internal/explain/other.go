package explain

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gatepass/gatepass/internal/wire"
)

// forbidden is for {"message":"Forbidden"}, the one answer with the most causes.
func forbidden(v *view) []Cause {
	if _, httpAPI := v.restAPI(); httpAPI {
		return v.httpAPIForbidden()
	}
	var list []Cause
	if v.Request != nil && (v.besideAPIs() || len(v.oddSegments()) > 0) {
		list = append(list, v.noRoute())
	}
	if v.place.local && (v.besideAPIs() || len(v.hostAPIs()) == 0) { // a mistyped address is likelier there than a key
		list = append(list, v.noStage(), v.apiKey())
	} else {
		list = append(list, v.apiKey(), v.noStage())
	}
	return append(list, Cause{
		Name: "resource-policy", Title: "A WAF rule or the API's resource policy stands in the way, or the API is private",
		Fix: []string{"Look at the WAF's sampled requests and the API's resource policy. A private API is reached through its VPC endpoint only."},
	})
}

func (v *view) apiKey() Cause {
	c := Cause{Name: "api-key", Title: "The route wants an API key", Fix: []string{v.command("call --api-key KEY")}}
	switch {
	case v.Request == nil:
	case v.Request.Header.Get("x-api-key") == "":
		c.Seen = []string{"The request has no x-api-key header."}
	default:
		c.Title = "The API key is not accepted"
		c.Seen = []string{"The request has an x-api-key header: the key is unknown, disabled, or in no usage plan of this stage."}
		c.Fix = []string{"Add the key to a usage plan that has this API and stage."}
	}
	return c
}

func (v *view) noStage() Cause {
	c := Cause{Name: "no-stage", Title: "There is no such API or stage here", Fix: []string{"Compare host and stage with the API's invoke URL."}}
	if path := segments(v.target.path); v.Request != nil && len(path) > 0 && v.place.service == "execute-api" {
		c.Seen = []string{"On this host the first part of the path, " + clean(path[0]) + ", is the stage."}
		if v.place.api != "" && v.place.region != "" {
			c.Fix = append(c.Fix, "aws apigateway get-stages --rest-api-id "+v.place.api+" --region "+v.place.region)
		}
	}
	if v.place.service == "execute-api" {
		c.Seen = append(c.Seen, "An API whose execute-api endpoint is switched off says so too: call its own domain.")
	}
	return c
}

// httpAPIForbidden is for an HTTP API, which says the same to every failure of
// IAM; only the request itself tells them apart.
func (v *view) httpAPIForbidden() []Cause {
	wrong, _ := v.recognized()
	list := append(v.suspicions(), wrong...)
	switch {
	case v.auth == authNone:
		list = append(list, v.unsigned())
	case v.auth == authToken:
		list = append(list, Cause{
			Name: "token-for-iam", Title: "The request has a token where the API wants a signature, or the token lacks a scope",
			Fix: []string{v.command("call"), "With a JWT authorizer: use an access token with the scope that the route asks for."},
		})
	}
	if v.over() {
		list = append(list, credentialsOver(v)...)
	}
	c := Cause{
		Name: "policy-missing", Title: "No policy allows the caller to call this path",
		Seen: []string{"This is an HTTP API: it says Forbidden to every failure of IAM, without a reason. Its access log has it as $context.error.message."},
		Fix:  []string{"Allow the path in a policy of the caller's role:"},
	}
	if d, ok := v.invocation(); ok {
		c.Policy = v.policyFor(d)
	}
	if v.signed() || v.auth == authUnknown {
		list = append(list, c)
	}
	return list
}

// invocation is the call as a policy names it, as far as the URL says it.
func (v *view) invocation() (refusedCall, bool) {
	if v.Request == nil || v.place.api == "" || v.place.region == "" {
		return refusedCall{}, false
	}
	path := strings.TrimPrefix(v.target.path, "/")
	stage, rest, _ := strings.Cut(path, "/")
	arn := fmt.Sprintf("arn:%s:execute-api:%s:*:%s/%s/%s/%s", partition(v.place.region), v.place.region, v.place.api, stage, v.Request.Method, rest)
	return refusedCall{action: "execute-api:Invoke", resource: clean(arn)}, true
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// firewall is for CloudFront's own page.
func firewall(v *view) []Cause {
	return []Cause{{
		Name: "cloudfront", Title: "CloudFront or a WAF rule in front of the API refused the request",
		Seen: []string{"The answer is CloudFront's page and not API Gateway's."},
		Fix:  []string{"Look at the WAF's sampled requests; check that the distribution allows the method, and has the host name among its alternate names."},
	}}
}

// unauthorized is for a 401, which IAM never gives.
func unauthorized(v *view) []Cause {
	c := Cause{
		Name: "token-refused", Title: "The route takes tokens, and the request has none that it accepts",
		Seen: []string{"IAM answers 403; 401 comes from a Cognito, JWT or Lambda authorizer."},
		Fix:  []string{v.command("call --auth id"), v.command("call --auth access"), "An authorizer without scopes wants the ID token, one with scopes the access token."},
	}
	if h := v.Response.Header.Get("WWW-Authenticate"); h != "" {
		c.Seen = append(c.Seen, "It says: "+clean(h))
	}
	if v.signed() {
		c.Seen = append(c.Seen, "The request is signed, and has no bearer token.")
	}
	return []Cause{c}
}

func throttled(v *view) []Cause {
	c := Cause{Name: "throttled", Title: "Too many requests", Fix: []string{"Slow down and try again: " + v.command("call --retry 5")}}
	if v.says("Limit Exceeded") {
		c.Title = "The quota of the API key's usage plan is used up"
		c.Fix = []string{"Wait for the next period, or raise the quota of the usage plan."}
	}
	if after := v.Response.Header.Get("Retry-After"); after != "" {
		c.Seen = []string{"The service wants to be left alone for " + clean(after) + " s."}
	}
	return []Cause{c}
}

// known is for refusals that the client half has words for.
func known(v *view) []Cause {
	cause, is := wire.Condition(v.code, v.message)
	if is == nil {
		return nil
	}
	return []Cause{{Name: "refused", Title: upper(cause), Seen: []string{clean(v.code + ": " + firstLine(v.message))}}}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// statusCauses is what a status alone says.
func statusCauses() map[int]Cause {
	return map[int]Cause{
		0:   {Name: "no-answer", Title: "There was no answer that the client could see", Fix: []string{"Look at the network: gatepass doctor. In a browser: an answer without CORS headers is hidden, often a 403; ask the API outside the browser."}},
		400: {Name: "bad-request", Title: "The API refused the content of the request", Fix: []string{"Compare parameters and body with what the API's model wants."}},
		404: {Name: "not-found", Title: "There is no such route or stage, or the API itself has nothing there", Fix: []string{"Compare path and method with the routes. An HTTP API says Not Found to routes it does not have."}},
		405: {Name: "method", Title: "The path does not take this method", Fix: []string{"Use a method the route has."}},
		410: {Name: "gone", Title: "The WebSocket connection is gone", Fix: []string{"Forget its id; the client has to connect again."}},
		413: {Name: "too-large", Title: "The body is larger than API Gateway takes (10 MiB)", Fix: []string{"Upload to S3 by a presigned URL and send the key, or send the body in parts."}},
		414: {Name: "uri-too-long", Title: "The URL, or the resource name made from it, is too long", Fix: []string{"With IAM the whole method ARN may have 1600 bytes: move data from the path into the query or the body."}},
		415: {Name: "media-type", Title: "The API does not take this Content-Type", Fix: []string{"Send a Content-Type that the API has a mapping for, usually application/json."}},
		431: {Name: "headers-too-long", Title: "The headers are over 10 KiB", Fix: []string{"Leave out cookies and large tokens."}},
		500: {Name: "integration", Title: "API Gateway could not use its integration", Fix: []string{"Allow API Gateway to invoke the function (aws lambda add-permission), and look at the stage's execution log."}},
		502: {Name: "integration-answer", Title: "The backend answered in a form that API Gateway cannot use", Fix: []string{"A Lambda proxy must return {\"statusCode\": …, \"headers\": …, \"body\": \"…\"} with a string as body; see the function's log for a crash."}},
		503: {Name: "unavailable", Title: "The service, or the backend, does not take requests now", Fix: []string{"Try again later; an HTTP API says so when the backend takes over 30 s."}},
		504: {Name: "integration-timeout", Title: "The backend took longer than API Gateway waits (29 s)", Fix: []string{"Answer at once and do the work afterwards, or find out why the backend hangs: network of the VPC, security groups, cold starts."}},
	}
}

func byStatus(v *view) []Cause {
	s := v.Response.Status
	if s >= 300 && s < 400 {
		return redirect(v)
	}
	c, ok := statusCauses()[s]
	if !ok {
		return nil
	}
	if s == http.StatusInternalServerError && strings.HasPrefix(v.code, "Authorizer") {
		c = authorizerFailed
	}
	if v.message != "" {
		c.Seen = append(slices.Clone(c.Seen), "It says: "+clean(firstLine(v.message)))
	}
	if v.place.local && s >= http.StatusInternalServerError {
		c.Fix = append([]string{"Look at the log of gatepass serve: it says why, under the request id."}, c.Fix...)
	}
	return []Cause{c}
}

// authorizerFailed is AuthorizerConfigurationException and AuthorizerFailure, whose
// message is null.
var authorizerFailed = Cause{
	Name: "authorizer-failed", Title: "The Lambda authorizer failed, or its answer is not one",
	Fix: []string{"Run the authorizer's function with this request: it must return principalId and policyDocument, or on an HTTP API with simple responses isAuthorized."},
}

func redirect(v *view) []Cause {
	c := Cause{Name: "redirect", Title: "The service redirects, and a signature is good for one address only"}
	if to := v.Response.Header.Get("Location"); to != "" {
		c.Seen = []string{"It points to " + clean(to) + "."}
		if v.Request != nil && strings.Contains(to, "://") {
			c.Fix = []string{v.commandFor("call", clean(to))}
		}
	}
	return []Cause{c}
}

// unknown is for answers nobody has words for.
func unknown(v *view) []Cause {
	c := Cause{Name: "api", Title: fmt.Sprintf("The API itself answered %d", v.Response.Status)}
	rest, httpAPI := v.restAPI()
	switch {
	case v.Response.Header.Get("x-amzn-ErrorType") != "":
		c.Title = "The service refused with " + clean(v.code)
	case rest || httpAPI:
		c.Seen = append(c.Seen, "API Gateway passed the answer on; nothing in it is API Gateway's own.")
	default:
		c.Seen = append(c.Seen, "Nothing in the answer is API Gateway's: it may come from a proxy in front of it, or from another service.")
	}
	if text := http.StatusText(v.Response.Status); text != "" && len(c.Title) < 40 {
		c.Title += " " + text
	}
	if v.message != "" {
		c.Seen = append(c.Seen, "It says: "+clean(firstLine(v.message)))
	}
	c.Fix = []string{"See the API's own documentation and log."}
	return []Cause{c}
}
