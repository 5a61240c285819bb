package curl

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// A Request is what options describe, ready to be signed and sent. Close it when
// it is not sent any more.
type Request struct {
	*http.Request
	Payload *Body
}

// Close removes what was spooled to disk.
func (r *Request) Close() error { return r.Payload.Close() }

// Build makes the request. Bodies from files are read when they are sent; a body
// from stdin is read now. Errors of the user are [Error].
func (o *Options) Build(ctx context.Context, stdin io.Reader) (*Request, error) {
	if err := o.conflicts(); err != nil {
		return nil, err
	}
	src := &source{stdin: stdin}
	its, err := o.items(src)
	if err != nil {
		return nil, err
	}
	body, typ, extra, err := o.payload(src, its)
	if err != nil {
		return nil, err
	}
	r, err := o.request(ctx, src, its, body, typ, extra)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return &Request{Request: r, Payload: body}, nil
}

// conflicts are curl's: one way to make a body, one method.
func (o *Options) conflicts() error {
	ways := 0
	for _, way := range []bool{o.Head, len(o.Data) > 0 && !o.Get, len(o.Form) > 0, o.Upload != ""} {
		if way {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errorf("only one of --head, --data, --form and --upload-file can make the request")
	case o.Get && (len(o.Form) > 0 || o.Upload != ""):
		return errorf("--get is for --data only")
	case strings.ToUpper(o.Method) != o.Method && o.Method != "":
		return &Error{Text: "the method " + quoteArg(o.Method) + " is not in capital letters", Hint: "methods are case-sensitive: -X " + strings.ToUpper(o.Method)}
	case o.Method != "" && !token(o.Method):
		return errorf("%q is not a method", o.Method)
	}
	return nil
}

// payload gives the body and its type, or what -G puts into the query.
func (o *Options) payload(src *source, its *items) (body *Body, typ string, extra []string, err error) {
	body = new(Body)
	switch {
	case o.Upload != "":
		err = src.file(body, "--upload-file", o.Upload)
	case len(o.Form) > 0:
		body, typ, err = o.form(src)
	case len(o.Data) > 0:
		body, err = o.data(src)
		typ = o.dataType()
	}
	if err != nil {
		return body, "", nil, err
	}
	if o.Get && len(o.Data) > 0 {
		raw, err := body.all(maxMemory)
		return new(Body), "", []string{string(raw)}, errors.Join(err, body.Close())
	}
	return o.itemPayload(body, typ, its)
}

func (o *Options) dataType() string {
	for _, d := range o.Data {
		if d.Kind == DataJSON {
			return "application/json"
		}
	}
	return "application/x-www-form-urlencoded"
}

func (o *Options) itemPayload(body *Body, typ string, its *items) (*Body, string, []string, error) {
	if its.json == nil && its.body == nil {
		return body, typ, nil, nil
	}
	if body.given || o.Head {
		return body, "", nil, errorf("the items give a body, and so does a flag")
	}
	if its.body != nil {
		return its.body, "", nil, nil
	}
	body.addBytes(its.json)
	return body, "application/json", nil, nil
}

func (o *Options) request(ctx context.Context, src *source, its *items, body *Body, typ string, extra []string) (*http.Request, error) {
	query, err := o.extraQuery(src, its)
	if err != nil {
		return nil, err
	}
	u, err := o.location(append(extra, query...))
	if err != nil {
		return nil, err
	}
	o.uploadURL(u)
	r, err := http.NewRequestWithContext(ctx, o.method(body), u.String(), nil)
	if err != nil {
		return nil, errorf("%v", err)
	}
	r.URL = u
	o.defaults(r.Header, typ, its.json != nil)
	if err := o.header(r, src, its.headers); err != nil {
		return nil, err
	}
	return r, body.attach(r)
}

func (o *Options) method(body *Body) string {
	switch {
	case o.Method != "":
		return o.Method
	case o.Head:
		return http.MethodHead
	case o.Upload != "":
		return http.MethodPut
	case body.given:
		return http.MethodPost
	}
	return http.MethodGet
}

// defaults are the headers that curl sends of its own accord, or by a flag of
// their own.
func (o *Options) defaults(h http.Header, typ string, items bool) {
	h.Set("Accept", "*/*")
	if typ != "" {
		h.Set("Content-Type", typ)
	}
	if typ == "application/json" && len(o.Data) > 0 {
		h.Set("Accept", "application/json")
	}
	if items {
		h.Set("Accept", "application/json, */*;q=0.5")
	}
	if o.Compressed {
		h.Set("Accept-Encoding", acceptEncoding)
	}
	if o.Range != "" {
		h.Set("Range", "bytes="+o.Range)
	}
	for key, value := range map[string]string{"User-Agent": o.UserAgent, "Referer": o.Referer, "Cookie": o.Cookie} {
		if value != "" {
			h.Set(key, value)
		}
	}
}

// attach makes the body the request's.
func (b *Body) attach(r *http.Request) error {
	if b.size == 0 {
		if b.given || r.Method != http.MethodGet && r.Method != http.MethodHead {
			r.Body = http.NoBody
		}
		return nil
	}
	r.ContentLength, r.GetBody = b.size, b.Open
	var err error
	r.Body, err = b.Open()
	return err
}
