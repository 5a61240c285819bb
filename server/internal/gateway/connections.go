package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/server/internal/apidef"
)

const actionManage = "execute-api:ManageConnections"

// managedPath is the route of the @connections API.
const managedPath = "/@connections/{connectionId}"

// action is what a policy must allow for this call.
func (c *call) action() string {
	if c.route != nil && c.route.Path == managedPath {
		return actionManage
	}
	return actionInvoke
}

// managedConnection reads /@connections/ID, however it is escaped.
func managedConnection(path string) (id string, ok bool) {
	return strings.CutPrefix(unescape(path), "/@connections/")
}

// manage is the @connections API (API Gateway Management API): every call is
// signed and needs execute-api:ManageConnections.
func (c *call) manage(id string) error {
	switch c.r.Method {
	case http.MethodGet, http.MethodPost, http.MethodDelete:
	default:
		return errMethod()
	}
	c.route = &route{Route: apidef.Route{Path: managedPath, Methods: []string{c.r.Method}, Auth: apidef.AuthIAM}}
	c.target.Path = "/@connections/" + id // of its ARN
	v, err := c.verify()
	if err != nil {
		return err
	}
	if raw, err := base64.URLEncoding.DecodeString(id); err != nil || len(raw) == 0 {
		return badRequest("Invalid connectionId: " + id)
	}
	if len(v.Body()) > maxMessage {
		return refusal(http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long: at most 128 KiB")
	}
	doc, err := c.g.manage(c.r.Context(), connectionCall{API: c.target.API, Stage: c.target.Stage, ID: id, Method: c.r.Method, message: v.Body()})
	if err != nil {
		return err
	}
	c.managed(doc)
	return nil
}

// managed answers a call of the @connections API that was obeyed.
func (c *call) managed(doc []byte) {
	switch c.r.Method {
	case http.MethodDelete:
		c.out.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		c.out.WriteHeader(http.StatusOK)
	default:
		c.out.header.Set("Content-Type", "application/json")
		c.out.header.Set("Content-Length", strconv.Itoa(len(doc)))
		c.out.WriteHeader(http.StatusOK)
		_, _ = c.out.Write(doc) // a client that has gone needs no answer
	}
}

// connectionCall is a call of the @connections API that was allowed.
type connectionCall struct {
	API, Stage, ID, Method string
	message                []byte
}

// manage obeys a call where the connection is; the answer is empty but to GET.
func (g *Gateway) manage(ctx context.Context, q connectionCall) ([]byte, error) {
	if s := g.sockets.find(q); s != nil {
		return s.manage(q)
	}
	return g.manageElsewhere(ctx, q)
}

// errGone is the answer to a connection that has ended.
func errGone() error { return refusal(http.StatusGone, "GoneException", "Gone") }

// manage obeys a call about this connection.
func (s *socket) manage(q connectionCall) ([]byte, error) {
	if !s.opened() {
		return nil, errGone()
	}
	switch q.Method {
	case http.MethodGet:
		return s.describe()
	case http.MethodPost:
		return nil, s.post(q.message)
	}
	s.close(websocket.StatusNormalClosure, "Connection Closed Normally")
	return nil, nil
}

// post sends the client a message.
func (s *socket) post(message []byte) error {
	if err := s.send(message, textOrBinary(message)); err != nil {
		return &wire.Error{Status: http.StatusGone, Code: "GoneException", Message: "Gone: the connection does not take messages", Err: err}
	}
	return nil
}

// describe tells who is connected.
func (s *socket) describe() ([]byte, error) {
	const layout = "2006-01-02T15:04:05.000Z"
	return json.Marshal(map[string]any{
		"connectedAt":  s.connected.UTC().Format(layout),
		"lastActiveAt": time.UnixMilli(s.active.Load()).UTC().Format(layout),
		"identity":     map[string]string{"sourceIp": s.identity.SourceIP, "userAgent": s.r.UserAgent()},
	})
}
