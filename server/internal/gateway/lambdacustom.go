package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// How a function is invoked (Lambda, "Invoke", InvocationType).
const (
	headerInvocation = "X-Amz-Invocation-Type"
	invokeAndWait    = "RequestResponse"
	invokeAsEvent    = "Event"
)

// callFunction makes x a Lambda custom integration: the event and the answer are
// made by templates and mappings ("Set up Lambda custom integrations"). Invoke takes
// headers; of a path and a query that are mapped a function would see nothing.
func (x *custom) callFunction(a *api, in *apidef.Integration) error {
	switch {
	case a.isSocket():
		return invalid("Integration.Type", "only REST APIs have AWS integrations; AWS_PROXY invokes a Lambda function")
	case in.Handler != nil:
		return invalid("Integration.Handler", "AWS needs a URI")
	case in.Method != "" && in.Method != http.MethodPost:
		return invalid("Integration.Method", "a Lambda function is invoked by POST, not %s", in.Method)
	}
	for _, ch := range x.request {
		if ch.in == inQuery && ch.name == "Qualifier" {
			return invalid("Integration.Parameters", "Qualifier is not mapped; the function's ARN names a version or an alias")
		}
	}
	x.request = slices.DeleteFunc(x.request, func(ch change) bool { return ch.in != inHeader })
	x.method, x.function = http.MethodPost, in.URI
	return checkFunction("Integration.URI", in.URI)
}

// askFunction invokes the function with the event that a template made. A function
// that failed has answered too: an integration response is for its errorMessage.
func (x *custom) askFunction(ctx context.Context, c *call, o *outgoing) (*integrationAnswer, error) {
	if len(o.body) == 0 {
		o.body = []byte("{}")
	}
	kind := cmp.Or(o.header.Get(headerInvocation), invokeAndWait)
	switch {
	case kind != invokeAndWait && kind != invokeAsEvent:
		return nil, badRequest("The invocation type is not " + invokeAndWait + " or " + invokeAsEvent)
	case !json.Valid(o.body) || !utf8.Valid(o.body):
		return nil, badRequest("Could not parse request body into json")
	}
	o.header[headerInvocation] = []string{kind}
	start := time.Now()
	back, err := c.g.askFunction(ctx, x.function, o)
	c.event.Integration = time.Since(start)
	if err != nil {
		return nil, c.lambdaFault(err)
	}
	c.lambdaStatus, c.integrationStatus, c.integrationRequest = back.status, back.status, back.header.Get("X-Amzn-Requestid")
	return back, nil
}

func (g *Gateway) askFunction(ctx context.Context, function string, o *outgoing) (*integrationAnswer, error) {
	res, err := g.post(ctx, function, o.body, o.header)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // what was read was checked
	back := &integrationAnswer{status: res.StatusCode, header: res.Header}
	if o.header.Get(headerInvocation) == invokeAsEvent {
		return back, accepted(res)
	}
	back.body, err = readAnswer(res)
	if failed := (*functionError)(nil); errors.As(err, &failed) {
		back.body, err = failed.answer, nil
	}
	return back, err
}

// accepted holds for an event that was taken: 202, or 200 where an emulator has run
// the function at once. What it returned is nobody's.
func accepted(res *http.Response) error {
	if res.StatusCode != http.StatusAccepted && res.StatusCode != http.StatusOK {
		return fmt.Errorf("the function's endpoint answered %s", res.Status)
	}
	return nil
}

// selects is what selection patterns are held to: the status, or of a function its
// errorMessage, which is empty where it has none.
func (x *custom) selects(back *integrationAnswer) string {
	if x.function == "" {
		return strconv.Itoa(back.status)
	}
	return errorMessage(back.body)
}

// errorMessage is what a function threw, in its answer.
func errorMessage(answer []byte) string {
	fields, err := object(answer)
	if err != nil {
		return ""
	}
	text := ""
	if json.Unmarshal(fields["errorMessage"], &text) != nil {
		return ""
	}
	return text
}
