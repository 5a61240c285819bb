package cli

import (
	"net/http"

	"github.com/gatepass/gatepass/internal/explain"
	"github.com/gatepass/gatepass/internal/wire"
)

// refusal turns an answer of 400 or more, whose body the user has seen, into an
// error with the likely cause; a 403 gets the next step too.
func refusal(resp *http.Response, body []byte) error {
	e := wire.ReadError(resp.StatusCode, resp.Header, body)
	out := &statusError{status: resp.Status, code: e.Code, err: e}
	if e.Code == http.StatusText(resp.StatusCode) {
		out.code = "" // the status has said it
	}
	if resp.StatusCode == http.StatusForbidden {
		what, next := refusalHint(resp, body)
		return &hinted{err: out, hint: what, next: next}
	}
	if e.Cause != "" {
		return hintf(out, "%s", e.Cause)
	}
	return out
}

// refusalHint says in two lines why an API answered 403: what is wrong, and what
// to do.
func refusalHint(resp *http.Response, body []byte) (what, next string) {
	in := explain.Input{Response: explain.Response{Status: resp.StatusCode, Header: resp.Header, Body: body}}
	if r := resp.Request; r != nil {
		in.Request = &explain.Request{Method: r.Method, URL: r.URL.String(), Host: r.Host, Header: r.Header, NoBody: r.ContentLength != 0}
	}
	r := explain.Explain(in)
	return r.Hint()
}
