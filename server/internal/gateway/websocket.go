package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// The predefined routes of WebSocket APIs ("Working with routes for WebSocket
// APIs").
const (
	routeConnect    = "$connect"
	routeDisconnect = "$disconnect"
)

// maxSocketURL is the longest URL of a WebSocket API, in bytes ("Quotas for
// configuring and running a WebSocket API").
const maxSocketURL = 4096

// socketRoutes are the routes of a WebSocket API by their keys, and what chooses
// among them.
type socketRoutes struct {
	byKey     map[string]*route
	selection selection
}

func (a *api) isSocket() bool { return a != nil && a.sockets != nil }

// addSocketRoutes makes the routes. There must be a $connect, which says who may
// open a connection: to let anybody in where none is declared is how API Gateway
// has it, and no check may be missing by mistake.
func (a *api) addSocketRoutes() error {
	if a.Policy != "" || a.CORS != nil || len(a.Responses)+len(a.Models)+len(a.BinaryMediaTypes) > 0 {
		return invalid("Protocol", "gatepass has no Policy, CORS, Responses, Models and BinaryMediaTypes of WebSocket APIs")
	}
	selection, err := parseSelection(a.RouteSelection)
	if err != nil {
		return err
	}
	a.sockets = &socketRoutes{byKey: map[string]*route{}, selection: selection}
	for i := range a.Routes {
		if err := a.addSocketRoute(a.Routes[i]); err != nil {
			return fmt.Errorf("route %d, %q: %w", i, a.Routes[i].Path, err)
		}
	}
	if a.sockets.byKey[routeConnect] == nil {
		return invalid("Routes", "a WebSocket API needs the route $connect, whose Auth says who may connect")
	}
	for key := range a.sockets.byKey {
		if len(selection) == 0 && !strings.HasPrefix(key, "$") {
			return invalid("RouteSelection", "the route %q is never selected; use $request.body.action or the like", key)
		}
	}
	return nil
}

func (a *api) addSocketRoute(r apidef.Route) error {
	if err := a.validateSocketRoute(&r); err != nil {
		return err
	}
	ready := &route{Route: r}
	var err error
	if ready.authorizer, err = a.authorizerOf(&r); err != nil {
		return err
	}
	a.sockets.byKey[r.Path] = ready
	if isNoIntegration(&r.Integration) && (r.Path == routeConnect || r.Path == routeDisconnect) {
		return nil // it is optional there
	}
	return a.connect(ready)
}

func isNoIntegration(in *apidef.Integration) bool {
	return in.Type == "" && in.URI == "" && in.Handler == nil
}

func (a *api) validateSocketRoute(r *apidef.Route) error {
	predefined := r.Path == routeConnect || r.Path == routeDisconnect || r.Path == defaultRoute
	switch {
	case r.Path == "", strings.HasPrefix(r.Path, "$") && !predefined, len(r.Path) > 128:
		return invalid("Path", "%q is not $connect, $disconnect, $default or a route key of your own without $", r.Path)
	case a.sockets.byKey[r.Path] != nil:
		return invalid("Path", "the route key %q is declared twice", r.Path)
	case len(r.Methods) > 0:
		return invalid("Methods", "routes of WebSocket APIs have none")
	case r.APIKeyRequired && r.Path != routeConnect:
		return invalid("APIKeyRequired", "only $connect asks for a key")
	case r.Request != nil:
		return invalid("Request", "gatepass does not validate messages of WebSocket APIs")
	case r.Path != routeConnect && r.Auth != "" && r.Auth != apidef.AuthNone:
		return invalid("Auth", "only $connect asks for credentials; they hold for the connection")
	case r.Path == routeConnect && r.Auth != apidef.AuthIAM && r.Auth != apidef.AuthNone && r.Auth != apidef.AuthCustom:
		return invalid("Auth", "%q is not an authorization type of $connect; use AWS_IAM, CUSTOM or NONE", string(r.Auth))
	}
	return nil
}

// serveSocket answers a call of a WebSocket API: a handshake, or one of the
// @connections API.
func (c *call) serveSocket() error {
	if err := c.checkSocket(); err != nil {
		return err
	}
	if c.stage == nil {
		return errForbidden()
	}
	if id, ok := managedConnection(c.target.Path); ok {
		return c.manage(id)
	}
	if strings.Trim(c.target.Path, "/") != "" {
		return errForbidden()
	}
	if !isHandshake(c.r) {
		c.out.w.Header().Set("Upgrade", "websocket") // RFC 9110 section 15.5.22
		return refusal(http.StatusUpgradeRequired, "UpgradeRequiredException", "Upgrade Required")
	}
	return c.openSocket()
}

// checkSocket is check, but that a protocol upgrade is wanted here.
func (c *call) checkSocket() error {
	if len(c.r.RequestURI) > maxSocketURL {
		return errURI()
	}
	plain := *c.r
	plain.Header = maps.Clone(c.r.Header)
	if isHandshake(c.r) {
		delete(plain.Header, "Upgrade")
	}
	whole := c.r
	c.r = &plain
	err := c.check()
	c.r = whole
	return err
}

// isHandshake tells the opening handshake of RFC 6455 section 4.1.
func isHandshake(r *http.Request) bool {
	upgrade := false
	for name := range connectionNames(r.Header) {
		upgrade = upgrade || strings.EqualFold(name, "upgrade")
	}
	return upgrade && r.Method == http.MethodGet && r.ProtoAtLeast(1, 1) && len(r.Header["Upgrade"]) == 1 &&
		strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		r.Header.Get("Sec-WebSocket-Version") == "13" && len(r.Header.Values("Sec-WebSocket-Key")) == 1
}

// openSocket asks $connect and opens the connection.
func (c *call) openSocket() error {
	c.route = c.api.sockets.byKey[routeConnect]
	id := c.g.connectionID()
	c.socket = &socketFacts{connectionID: id, connectedAt: c.now, eventType: eventConnect, routeKey: routeConnect}
	address := c.target
	c.id = c.extendedID          // one id, as API Gateway has it
	c.target.Path = routeConnect // of its ARN
	a, err := c.admit()
	if err != nil {
		return err
	}
	if err := c.meter(a); err != nil {
		return err
	}
	a.method, a.path = http.MethodPost, "/"
	for _, key := range []string{"Sec-Websocket-Protocol", "Origin"} { // never signed: libraries and browsers add them
		if values := c.r.Header[key]; len(values) > 0 {
			a.header[key] = values
		}
	}
	answer, err := c.askRoute(a)
	if err != nil {
		return err
	}
	if answer.status >= http.StatusMultipleChoices {
		return refusal(answer.status, errorNameOf(answer.status), http.StatusText(answer.status))
	}
	c.target = address
	return c.upgrade(newSocket(c, address, id), answer.header["Sec-Websocket-Protocol"])
}

// errorNameOf names the refusal of a $connect integration.
func errorNameOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "UnauthorizedException"
	case status >= http.StatusInternalServerError:
		return "InternalServerException"
	}
	return "ForbiddenException"
}

// upgrade completes the handshake. Pages of any origin may connect, as at API
// Gateway: nothing here is authenticated by a cookie.
func (c *call) upgrade(s *socket, protocols []string) error {
	if !c.g.sockets.add(s) { // before the client knows, who may tell others
		return errUnavailable(errClosing)
	}
	c.amend(c.out.w.Header())
	conn, err := websocket.Accept(&frameHijacker{ResponseWriter: c.out.w}, c.r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, Subprotocols: protocols,
		OnPingReceived: s.pinged, OnPongReceived: s.ponged,
	})
	c.out.wrote = true
	if err != nil {
		c.g.sockets.remove(s)
		s.cancel()
		c.out.status, c.event.Err = http.StatusBadRequest, err
		return nil // Accept has answered
	}
	c.out.status = http.StatusSwitchingProtocols
	conn.SetReadLimit(maxMessage)
	s.begin(conn)
	c.opened = s
	return nil
}
