package gateway

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Versions of the event and the answer of a Lambda proxy integration.
const (
	payload1 = "1.0"
	payload2 = "2.0"
)

// lambdaProxy is the Lambda proxy integration (AWS_PROXY): an event of the
// request to a function, an answer of what it returns.
type lambdaProxy struct {
	function  string // ARN or URL
	payload   string
	request   changes // HTTP APIs only, as responses
	responses map[string]changes
}

func newLambdaProxy(a *api, in apidef.Integration, st *apidef.Stage) (*lambdaProxy, error) {
	p := &lambdaProxy{function: in.URI, payload: in.Payload}
	switch {
	case in.Handler != nil:
		return nil, invalid("Integration.Handler", "AWS_PROXY needs a URI")
	case in.Method != "" && in.Method != http.MethodPost:
		return nil, invalid("Integration.Method", "a Lambda function is invoked by POST, not %s", in.Method)
	case p.payload == "" && a.isHTTP():
		p.payload = payload2
	case p.payload == "":
		p.payload = payload1
	}
	if p.payload != payload1 && (p.payload != payload2 || !a.isHTTP()) {
		return nil, invalid("Integration.Payload", "%q is not 1.0, or 2.0 on an HTTP API", in.Payload)
	}
	if err := noTemplates(a, &in); err != nil {
		return nil, err
	}
	var err error
	if p.request, p.responses, err = a.mappings(&in, st); err != nil {
		return nil, err
	}
	if err := p.checkMappings(a); err != nil {
		return nil, err
	}
	return p, checkFunction("Integration.URI", in.URI)
}

// checkMappings refuses what does nothing to an event. On REST APIs the path's
// variables are in the event anyway.
func (p *lambdaProxy) checkMappings(a *api) error {
	for _, ch := range p.request {
		if ch.in == inPath == a.isHTTP() {
			return invalid("Integration.Parameters", "a Lambda proxy integration of a %s API maps no %s", a.Protocol, ch.in)
		}
	}
	if !a.isHTTP() {
		p.request = nil
	}
	return nil
}

// checkFunction holds a function's address: an ARN or a URL that may be dialled.
func checkFunction(field, uri string) error {
	if isURL(uri) {
		_, err := checkURL(field, uri)
		return err
	}
	_, _, err := functionName(uri)
	return err
}

func (p *lambdaProxy) send(c *call, a *admitted) error {
	ctx, cancel := c.limited()
	defer cancel()
	o := c.outgoing(a, false)
	if err := p.request.apply(c, o); err != nil {
		return err
	}
	event, err := p.event(c, &o.admitted)
	if err != nil {
		return err
	}
	start := time.Now()
	answer, err := c.g.invoke(ctx, p.function, event)
	c.event.Integration = time.Since(start)
	if err != nil {
		return c.lambdaFault(err)
	}
	c.lambdaStatus = http.StatusOK
	out, err := p.read(c, answer)
	if err != nil {
		return c.malformed(err)
	}
	if list := p.responses[strconv.Itoa(out.status)]; len(list) > 0 {
		in := &mapInput{c: c, header: out.header.Clone(), body: []byte(out.body), answer: true}
		if out.status, err = list.changeAnswer(in, out.header, out.status); err != nil {
			return err
		}
	}
	return c.answerWith(out)
}

func (p *lambdaProxy) event(c *call, a *admitted) ([]byte, error) {
	switch {
	case p.payload == payload2:
		return c.event2(a)
	case c.api.isHTTP():
		return c.event1(a, !isText(a.header.Get("Content-Type")))
	}
	return c.event1(a, c.api.isBinary(a.header.Get("Content-Type")))
}

func (p *lambdaProxy) read(c *call, answer []byte) (*lambdaAnswer, error) {
	if p.payload == payload2 {
		return readAnswer2(answer)
	}
	out, err := readAnswer1(answer)
	if err != nil {
		return nil, err
	}
	if out.base64 && !c.api.isHTTP() && !c.api.wantsBinary(c.r.Header) {
		out.base64 = false // the text goes out as it is
	}
	return out, nil
}

// lambdaFault is E25, E26 or E27: what went wrong on the way to a function's
// answer. A function that failed is as one that answers nonsense.
func (c *call) lambdaFault(err error) error {
	if we := (*wire.Error)(nil); errors.As(err, &we) {
		return we
	}
	if errors.As(err, new(*functionError)) {
		c.lambdaStatus = http.StatusOK
		return c.malformed(err)
	}
	c.integrationError = err.Error()
	return c.backendFault(err)
}

// malformed is E26.
func (c *call) malformed(cause error) error {
	c.integrationError = cause.Error()
	e := refusal(http.StatusBadGateway, codeBackend, "Internal server error")
	e.Err = cause
	return e
}

// answerWith writes a whole answer.
func (c *call) answerWith(out *lambdaAnswer) error {
	body := []byte(out.body)
	if out.base64 {
		var err error
		if body, err = decode64(body); err != nil {
			return errBackend(misconfigured("the function's body is not base64"))
		}
	}
	c.integrationStatus = out.status
	return c.writeAnswer(out.status, out.header, body)
}
