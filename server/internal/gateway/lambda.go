package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxEvent is the size of an invocation's event and answer (Lambda quotas,
// "Invocation payload").
const maxEvent = 6<<20 + 100

// errNoFunction is an invocation of a function that nothing serves.
var errNoFunction = errors.New("gateway: no such Lambda function")

// functionError is the answer of a function that failed (X-Amz-Function-Error).
type functionError struct {
	kind   string // Handled or Unhandled
	answer []byte
}

func (e *functionError) Error() string {
	return "the function failed (" + e.kind + "): " + e.message()
}

// message is what the function threw, errorMessage in its answer.
func (e *functionError) message() string {
	return errorMessage(e.answer)
}

// invoke posts an event to a Lambda function and gives its answer. functionURI
// is a URL to post to, the function's ARN or API Gateway's invocation ARN, stage
// variables already in place. The error of a function that ran and failed is
// *functionError, of an event that is too large errPayload.
func (g *Gateway) invoke(ctx context.Context, functionURI string, event []byte) ([]byte, error) {
	res, err := g.post(ctx, functionURI, event, http.Header{headerInvocation: {invokeAndWait}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // what was read was checked
	return readAnswer(res)
}

// post sends an event to a function, with headers that become the request's.
func (g *Gateway) post(ctx context.Context, functionURI string, event []byte, header http.Header) (*http.Response, error) {
	g.prepare()
	at, err := g.current().functionURL(functionURI)
	if err != nil {
		return nil, err
	}
	if len(event) > maxEvent {
		return nil, errPayload()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, io.NopCloser(bytes.NewReader(event)))
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(len(event)) // and no GetBody: an event is posted once
	header["Content-Type"] = []string{"application/json"}
	header["User-Agent"] = []string{"AmazonAPIGateway"}
	req.Header = header
	return g.transport.RoundTrip(req) // follows no redirect
}

// readAnswer takes a whole answer of a function.
func readAnswer(res *http.Response) ([]byte, error) {
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the function's endpoint answered %s", res.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxEvent+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the function's answer broke off: %w", err)
	case len(answer) > maxEvent:
		return nil, &functionError{kind: "Unhandled", answer: []byte(`{"errorMessage":"the answer is larger than 6 MB"}`)}
	}
	if kind := res.Header.Get("X-Amz-Function-Error"); kind != "" {
		return nil, &functionError{kind: kind, answer: answer}
	}
	if isFailure(answer) {
		return nil, &functionError{kind: "Unhandled", answer: answer}
	}
	return answer, nil
}

// failureKeys are those of the object that Lambda runtimes make of an error.
var failureKeys = map[string]bool{
	"errorMessage": true, "errorType": true, "stackTrace": true, "trace": true, "requestId": true, "cause": true,
}

// isFailure tells a runtime's error from an answer: local emulators of the
// runtime give it without the header.
func isFailure(answer []byte) bool {
	if !bytes.Contains(answer, []byte(`"errorMessage"`)) {
		return false
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(answer, &keys) != nil || keys["errorMessage"] == nil || keys["errorType"] == nil {
		return false
	}
	for key := range keys {
		if !failureKeys[key] {
			return false
		}
	}
	return true
}

// functionURL is where events for a function are posted.
func (t *table) functionURL(functionURI string) (string, error) {
	if isURL(functionURI) {
		return functionURI, nil
	}
	name, qualifier, err := functionName(functionURI)
	if err != nil {
		return "", err
	}
	for _, key := range []string{name + ":" + qualifier, name} {
		if at, ok := t.functions[key]; ok {
			return at, nil
		}
	}
	if t.lambdaEndpoint == "" {
		return "", fmt.Errorf("%w: %q; declare where it is served", errNoFunction, name)
	}
	at := strings.TrimSuffix(t.lambdaEndpoint, "/") + "/2015-03-31/functions/" + name + "/invocations"
	if qualifier != "" {
		at += "?Qualifier=" + url.QueryEscape(qualifier)
	}
	return at, nil
}

func isURL(uri string) bool {
	return strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "https://")
}

// functionName reads a function's ARN, or API Gateway's invocation ARN around
// it. The qualifier (a version or an alias) may be empty.
func functionName(functionARN string) (name, qualifier string, err error) {
	arn := functionARN
	if _, path, ok := strings.Cut(arn, ":lambda:path/2015-03-31/functions/"); ok && strings.HasPrefix(arn, "arn:aws") {
		arn, ok = strings.CutSuffix(path, "/invocations")
		if !ok {
			return "", "", invalid("Integration.URI", "%q does not end with /invocations", functionARN)
		}
	}
	part := strings.Split(arn, ":")
	if len(part) < 7 || len(part) > 8 || part[0] != "arn" || part[2] != "lambda" || part[5] != "function" || !isFunctionName(part[6]) {
		return "", "", invalid("Integration.URI", "%q is not a Lambda function's ARN or a URL to post events to", functionARN)
	}
	if len(part) == 8 {
		if qualifier = part[7]; !isFunctionName(strings.TrimPrefix(qualifier, "$")) {
			return "", "", invalid("Integration.URI", "%q has no version or alias after its name", functionARN)
		}
	}
	return part[6], qualifier, nil
}

// isFunctionName holds for 1 to 140 of letters, digits, _ and -, and for the
// dots that emulators allow.
func isFunctionName(name string) bool {
	return name != "" && len(name) <= 140 && name != "." && name != ".." && !strings.ContainsFunc(name, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		return !letter && c != '_' && c != '-' && c != '.'
	})
}

// setFunctions keeps where functions are served; each must be an address that
// may be dialled.
func (t *table) setFunctions(functions map[string]string, endpoint string) error {
	for name, at := range functions {
		base, qualifier, _ := strings.Cut(name, ":")
		if !isFunctionName(base) || qualifier != "" && !isFunctionName(qualifier) {
			return invalid("Functions", "%q is not the name of a function", name)
		}
		if _, err := checkURL("Functions."+name, at); err != nil {
			return err
		}
	}
	if endpoint != "" {
		if _, err := checkURL("LambdaEndpoint", endpoint); err != nil {
			return err
		}
	}
	t.functions, t.lambdaEndpoint = functions, endpoint
	return nil
}
