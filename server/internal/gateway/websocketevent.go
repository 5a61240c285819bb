package gateway

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// newCall is an event of an open connection, on its way to a route.
func (s *socket) newCall(eventType string) *call {
	c := s.g.newCall(&answerWriter{header: http.Header{}}, s.r, s.target)
	c.id = c.extendedID
	c.identity, c.auth = s.identity, s.auth
	c.socket = &socketFacts{connectionID: s.id, connectedAt: s.connected, eventType: eventType}
	return c
}

// take gives the call its route, of the API as it is served now.
func (c *call) take(choose func(*socketRoutes) *route) {
	if !c.api.isSocket() || c.stage == nil {
		return
	}
	if c.route = choose(c.api.sockets); c.route != nil {
		c.socket.routeKey = c.route.Path
	}
}

// received hands a message to its route.
func (s *socket) received(kind websocket.MessageType, message []byte) {
	c := s.newCall(eventMessage)
	defer c.finish()
	c.socket.messageID = s.g.connectionID()
	c.take(func(r *socketRoutes) *route {
		if kind == websocket.MessageBinary {
			return r.byKey[defaultRoute]
		}
		return r.route(message)
	})
	if c.route == nil {
		c.failMessage(s, errForbidden())
		return
	}
	if err := c.meter(nil); err != nil {
		c.failMessage(s, err)
		return
	}
	header := http.Header{"Content-Type": {messageType(kind, message)}}
	answer, err := c.askRoute(&admitted{method: http.MethodPost, path: "/", header: header, body: message})
	if err != nil {
		c.failMessage(s, err)
		return
	}
	c.out.status = answer.status
	if len(c.route.Responses) > 0 && len(answer.body) > 0 {
		c.out.written = int64(len(answer.body))
		c.out.failed = s.send(answer.body, textOrBinary(answer.body))
	}
}

func messageType(kind websocket.MessageType, message []byte) string {
	switch {
	case kind == websocket.MessageBinary:
		return "application/octet-stream"
	case json.Valid(message):
		return "application/json"
	}
	return "text/plain;charset=UTF-8"
}

func textOrBinary(message []byte) websocket.MessageType {
	if utf8.Valid(message) {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// failMessage tells the client that a message came to nothing, as API Gateway
// does.
func (c *call) failMessage(s *socket, err error) {
	c.event.Err = refused{err}
	e := asRefusal(err)
	text := fmt.Sprintf(`{"message": %s, "connectionId":"%s", "requestId":"%s"}`, jsonString(e.Message), s.id, c.extendedID)
	c.out.status, c.out.written = e.Status, int64(len(text))
	c.out.failed = s.send([]byte(text), websocket.MessageText)
}

// disconnected tells $disconnect how a connection ended.
func (s *socket) disconnected(err error) {
	c := s.newCall(eventDisconnect)
	defer c.finish()
	c.socket.routeKey = routeDisconnect
	c.socket.closeCode, c.socket.closeReason = s.ending(err)
	c.take(func(r *socketRoutes) *route { return r.byKey[routeDisconnect] })
	c.out.status = http.StatusOK
	if c.route == nil {
		return
	}
	answer, err := c.askRoute(&admitted{method: http.MethodPost, path: "/", header: http.Header{}})
	if err != nil {
		c.event.Err, c.out.status = refused{err}, asRefusal(err).Status
		return
	}
	c.out.status = answer.status
}

// answerWriter keeps what an integration answers.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
	long   bool // there was more
}

// Header is http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader is http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) { w.status = status }

var errAnswer = errors.New("the answer is longer than a message may be")

// Write is http.ResponseWriter.
func (w *answerWriter) Write(p []byte) (int, error) {
	if w.body.Len()+len(p) > maxMessage {
		w.long = true
		return len(p), nil
	}
	return w.body.Write(p)
}

type socketAnswer struct {
	status int
	header http.Header
	body   []byte
}

// askRoute sends an event to the route's integration and gives the answer; 200
// without an integration.
func (c *call) askRoute(a *admitted) (answer socketAnswer, err error) {
	if c.route.via == nil {
		return socketAnswer{status: http.StatusOK}, nil
	}
	kept := &answerWriter{header: http.Header{}}
	whole := c.out
	c.out = &response{w: kept, header: http.Header{}, amend: func(http.Header) {}}
	defer func() {
		c.out = whole
		if p := recover(); p != nil { // the connection is given up, or a handler broke off
			err = errBackend(fmt.Errorf("integration: %v", p))
		}
	}()
	if err := c.integrate(a); err != nil {
		return socketAnswer{}, err
	}
	if kept.long && len(c.route.Responses) > 0 {
		return socketAnswer{}, errBackend(errAnswer)
	}
	return socketAnswer{status: kept.status, header: kept.header, body: kept.body.Bytes()}, nil
}

// addSocketHeaders tells HTTP backends which event of which connection this is.
func (c *call) addSocketHeaders(h http.Header) {
	s := c.socket
	h[identityPrefix+"Connection-Id"] = []string{s.connectionID}
	h[identityPrefix+"Event-Type"] = []string{s.eventType}
	h[identityPrefix+"Route-Key"] = []string{s.routeKey}
	if s.messageID != "" {
		h[identityPrefix+"Message-Id"] = []string{s.messageID}
	}
}

// socketLambda is the Lambda proxy integration of a WebSocket API.
type socketLambda struct{ function string }

func newSocketLambda(in apidef.Integration) (*socketLambda, error) {
	switch {
	case in.Handler != nil:
		return nil, invalid("Integration.Handler", "AWS_PROXY needs a URI")
	case in.Method != "" && in.Method != http.MethodPost:
		return nil, invalid("Integration.Method", "a Lambda function is invoked by POST, not %s", in.Method)
	case in.Payload != "" && in.Payload != payload1:
		return nil, invalid("Integration.Payload", "%q is not 1.0, which WebSocket APIs have", in.Payload)
	}
	return &socketLambda{in.URI}, checkFunction("Integration.URI", in.URI)
}

func (p *socketLambda) send(c *call, a *admitted) error {
	ctx, cancel := c.limited()
	defer cancel()
	event, err := marshalEvent(c.socketEvent(a))
	if err != nil {
		return err
	}
	start := time.Now()
	text, err := c.g.invoke(ctx, p.function, event)
	c.event.Integration = time.Since(start)
	if err != nil {
		return c.lambdaFault(err)
	}
	c.lambdaStatus = http.StatusOK
	out, err := readAnswer1(text)
	if err != nil {
		return c.malformed(err)
	}
	return c.answerWith(out)
}

// socketEvent is what a Lambda function gets of a WebSocket API: headers with the
// handshake, a body with a message.
type socketEvent struct {
	Headers        map[string]string   `json:"headers,omitempty"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders,omitempty"`
	Query          map[string]string   `json:"queryStringParameters,omitempty"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	StageVariables map[string]string   `json:"stageVariables,omitempty"`
	Context        socketContext       `json:"requestContext"`
	Body           *string             `json:"body,omitempty"`
	Base64         bool                `json:"isBase64Encoded"`
}

type socketContext struct {
	RouteKey          string         `json:"routeKey"`
	DisconnectCode    int            `json:"disconnectStatusCode,omitempty"`
	MessageID         string         `json:"messageId,omitempty"`
	EventType         string         `json:"eventType"`
	ExtendedRequestID string         `json:"extendedRequestId"`
	RequestTime       string         `json:"requestTime"`
	MessageDirection  string         `json:"messageDirection"`
	DisconnectReason  *string        `json:"disconnectReason,omitempty"`
	Stage             string         `json:"stage"`
	ConnectedAt       int64          `json:"connectedAt"`
	RequestTimeEpoch  int64          `json:"requestTimeEpoch"`
	Identity          eventIdentity  `json:"identity"`
	RequestID         string         `json:"requestId"`
	DomainName        string         `json:"domainName"`
	ConnectionID      string         `json:"connectionId"`
	APIID             string         `json:"apiId"`
	Authorizer        map[string]any `json:"authorizer,omitempty"`
}

func (c *call) socketEvent(a *admitted) socketEvent {
	s := c.socket
	e := socketEvent{StageVariables: c.stage.Variables, Context: socketContext{
		RouteKey: s.routeKey, DisconnectCode: s.closeCode, MessageID: s.messageID, EventType: s.eventType,
		ExtendedRequestID: c.extendedID, RequestTime: clfTime(c.now), MessageDirection: "IN", Stage: c.stage.Name,
		ConnectedAt: s.connectedAt.UnixMilli(), RequestTimeEpoch: c.now.UnixMilli(), Identity: c.eventIdentity(),
		RequestID: cmp.Or(c.extendedID, c.id), DomainName: hostname(c.r.Host), ConnectionID: s.connectionID,
		APIID: c.target.API, Authorizer: c.eventAuthorizer(),
	}}
	switch s.eventType {
	case eventConnect:
		e.setHeaders(c.handshakeHeaders(a))
		e.setQuery(parseQuery(a.query))
	case eventDisconnect:
		e.Context.DisconnectReason = &s.closeReason
		e.setHeaders(http.Header{"Host": {c.r.Host}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}})
	default:
		text, encoded := string(a.body), false
		if !utf8.ValidString(text) || a.header.Get("Content-Type") == "application/octet-stream" {
			text, encoded = base64.StdEncoding.EncodeToString(a.body), true
		}
		e.Body, e.Base64 = &text, encoded
	}
	return e
}

// handshakeHeaders are those of an HTTP event, and what the handshake says of the
// protocol it offers.
func (c *call) handshakeHeaders(a *admitted) http.Header {
	h := c.eventHeaders(a)
	for key, values := range c.r.Header {
		if rest, ok := strings.CutPrefix(key, "Sec-Websocket-"); ok {
			delete(h, key)
			h["Sec-WebSocket-"+rest] = values
		}
	}
	return h
}

func (e *socketEvent) setHeaders(h http.Header) {
	e.MultiHeaders, e.Headers = h, map[string]string{}
	for name, values := range h {
		e.Headers[name] = values[len(values)-1]
	}
}

func (e *socketEvent) setQuery(query map[string][]string) {
	if len(query) == 0 {
		return
	}
	e.MultiQuery, e.Query = query, map[string]string{}
	for name, values := range query {
		e.Query[name] = values[len(values)-1]
	}
}
