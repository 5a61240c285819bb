package gateway

import (
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
	s := c.g.sockets.find(id, c.target)
	if s == nil {
		return errGone()
	}
	switch c.r.Method {
	case http.MethodGet:
		return c.describe(s)
	case http.MethodPost:
		return c.post(s, v.Body())
	}
	s.close(websocket.StatusNormalClosure, "Connection Closed Normally")
	c.out.WriteHeader(http.StatusNoContent)
	return nil
}

// errGone is the answer to a connection that has ended, or is another node's:
// connections are known to the process that holds them.
func errGone() error {
	return refusal(http.StatusGone, "GoneException", "Gone: this server has no such connection")
}

// post sends the client a message.
func (c *call) post(s *socket, message []byte) error {
	if len(message) > maxMessage {
		return refusal(http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long: at most 128 KiB")
	}
	if err := s.send(message, textOrBinary(message)); err != nil {
		return &wire.Error{Status: http.StatusGone, Code: "GoneException", Message: "Gone: the connection does not take messages", Err: err}
	}
	c.out.WriteHeader(http.StatusOK)
	return nil
}

// describe tells who is connected.
func (c *call) describe(s *socket) error {
	const layout = "2006-01-02T15:04:05.000Z"
	body, err := json.Marshal(map[string]any{
		"connectedAt":  s.connected.UTC().Format(layout),
		"lastActiveAt": time.UnixMilli(s.active.Load()).UTC().Format(layout),
		"identity":     map[string]string{"sourceIp": s.identity.SourceIP, "userAgent": s.r.UserAgent()},
	})
	if err != nil {
		return err
	}
	c.out.header.Set("Content-Type", "application/json")
	c.out.header.Set("Content-Length", strconv.Itoa(len(body)))
	c.out.WriteHeader(http.StatusOK)
	_, _ = c.out.Write(body) // a client that has gone needs no answer
	return nil
}
