package gateway

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// Guard serves h behind the checks of an AWS_IAM route, for every method and
// path: a call is one of the resource api/stage/METHOD/path, the whole path as it
// was sent. The handler gets the request it would have got without, less what is
// not verified: its headers and query are those of an integration, its body was
// read and hashed, and the caller is in its context ([IdentityFrom]). An error is
// ErrConfig.
func (g *Gateway) Guard(apiID, stage string, cors *apidef.CORS, h http.Handler) (http.Handler, error) {
	def := apidef.API{ID: apiID, Stages: []apidef.Stage{{Name: stage}}, CORS: cors}
	for _, path := range []string{"/", "/{proxy+}"} {
		def.Routes = append(def.Routes, apidef.Route{
			Path: path, Methods: []string{methodAny}, Auth: apidef.AuthIAM, Integration: apidef.Integration{Handler: h},
		})
	}
	ready, err := compile(def)
	if err != nil {
		return nil, err
	}
	for _, n := range []*node{&ready.root, ready.root.greedy} {
		n.routes[methodAny].via = map[string]integrator{stage: guarded{h}}
	}
	return &guard{g, ready}, nil
}

// guard is the gateway in front of one handler.
type guard struct {
	g   *Gateway
	api *api
}

func (gd *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	gd.g.prepare()
	c := gd.g.newCall(w, r, Target{API: gd.api.ID, Stage: gd.api.Stages[0].Name, Path: sentPath(r)})
	c.api, c.stage = gd.api, &gd.api.Stages[0]
	defer c.finish()
	if err := c.serve(); err != nil {
		c.refuse(err)
	}
}

func sentPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// guarded is the handler behind a guard: no deadline of an integration is on it.
type guarded struct{ handler http.Handler }

func (h guarded) send(c *call, a *admitted) error {
	if a.path != sentPath(c.r) {
		return errForbidden() // another path verified than the one the handler would see
	}
	c.addHeaders(a.header)
	out := c.r.WithContext(context.WithValue(c.r.Context(), identityKey{}, c.identity))
	u := *c.r.URL // its path may be one that a mux has shortened
	u.RawQuery, u.ForceQuery = a.query, false
	out.URL, out.Header, out.Trailer, out.TransferEncoding = &u, a.header, nil, nil
	out.RequestURI = a.path
	if a.query != "" {
		out.RequestURI += "?" + a.query
	}
	out.Body, out.ContentLength = http.NoBody, int64(len(a.body))
	if len(a.body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(a.body))
	}
	return c.runHandler(h.handler, out)
}
