package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
	"github.com/gatepass/gatepass/sigv4"
)

// socketStand is a stand with a WebSocket API whose backend is a function.
type socketStand struct {
	*stand
	function *httptest.Server
	events   chan map[string]any // that the function got
	answers  chan string         // what it says, one each; else {"statusCode":200}
}

// newSocketStand serves $connect (auth), join, two (with a route response),
// $default and $disconnect, all of one function.
func newSocketStand(t *testing.T, auth apidef.Auth, change ...func(*apidef.API)) *socketStand {
	t.Helper()
	s := &socketStand{stand: newStand(t), events: make(chan map[string]any, 64), answers: make(chan string, 64)}
	s.function = httptest.NewServer(http.HandlerFunc(s.invoked))
	t.Cleanup(s.function.Close)
	in := apidef.Integration{Type: apidef.Lambda, URI: s.function.URL}
	a := apidef.API{
		ID: "abc123", Protocol: apidef.WebSocket, RouteSelection: "$request.body.action",
		Stages: []apidef.Stage{{Name: "prod", Variables: map[string]string{"color": "red"}}},
		Routes: []apidef.Route{
			{Path: "$connect", Auth: auth, Integration: in},
			{Path: "join", Integration: in},
			{Path: "two", Integration: in, Responses: []apidef.MethodResponse{{Status: 200}}},
			{Path: "$default", Auth: apidef.AuthNone, Integration: in},
			{Path: "$disconnect", Integration: in},
		},
	}
	for _, c := range change {
		c(&a)
	}
	s.serve(a)
	t.Cleanup(func() { _ = s.g.Close() })
	return s
}

func (s *socketStand) invoked(w http.ResponseWriter, r *http.Request) {
	var event map[string]any
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		s.t.Error(err)
	}
	answer := `{"statusCode":200}` // chosen before the test hears of the event and offers the next
	select {
	case answer = <-s.answers:
	default:
	}
	s.events <- event
	_, _ = io.WriteString(w, answer)
}

// event waits for the function's next event, of a route.
func (s *socketStand) event(routeKey string) (event, about map[string]any) {
	s.t.Helper()
	select {
	case event = <-s.events:
	case <-time.After(hangs):
		s.t.Fatalf("no event of %s", routeKey)
	}
	about, _ = event["requestContext"].(map[string]any)
	if about["routeKey"] != routeKey {
		s.t.Fatalf("event of %v, want %s: %v", about["routeKey"], routeKey, event)
	}
	return event, about
}

// dial opens a connection with the headers and query of r.
func (s *socketStand) dial(r *http.Request, protocols ...string) (*websocket.Conn, *http.Response, error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hangs)
	defer cancel()
	u := *r.URL
	at, err := url.Parse(s.srv.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	u.Scheme, u.Host = "ws", at.Host
	conn, res, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{HTTPHeader: r.Header, Host: testHost, Subprotocols: protocols})
	if err == nil {
		s.t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, res, err
}

// open is a connection that must come about.
func (s *socketStand) open() (*websocket.Conn, string) {
	s.t.Helper()
	conn, res, err := s.dial(s.request("GET", "/prod", ""))
	if err != nil {
		s.t.Fatalf("%v, %v", err, res)
	}
	_, about := s.event("$connect")
	id, _ := about["connectionId"].(string)
	return conn, id
}

func (s *socketStand) write(conn *websocket.Conn, text string) {
	s.t.Helper()
	if err := conn.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *socketStand) read(conn *websocket.Conn) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hangs)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// closed is how the other side ends the connection.
func (s *socketStand) closed(conn *websocket.Conn) websocket.StatusCode {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hangs)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err == nil {
		s.t.Fatalf("a message came: %s", text)
	}
	return websocket.CloseStatus(err)
}

const socketPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/prod/$connect"}}`

func TestSocketSignedHandshake(t *testing.T) {
	s := newSocketStand(t, apidef.AuthIAM)
	s.policy = strings.Replace(socketPolicy, "$", "${$}", 1)
	header := s.signed("GET", "/prod?room=1&room=2", "")
	header.Header.Set("X-Gatepass-Identity-Id", "of the client")
	presigned := s.request("GET", "/prod", "")
	u, err := s.signer.Presign(presigned, s.creds, sigv4.EmptyHash, time.Minute, testTime)
	if err != nil {
		t.Fatal(err)
	}
	presigned.URL = u
	for name, r := range map[string]*http.Request{"header": header, "presigned": presigned} {
		conn, res, err := s.dial(r)
		if err != nil {
			t.Fatalf("%s: %v %v", name, err, res)
		}
		event, about := s.event("$connect")
		identity, _ := about["identity"].(map[string]any)
		if identity["cognitoIdentityId"] != "us-east-1:7b2c" || identity["userArn"] == nil || about["eventType"] != "CONNECT" {
			t.Errorf("%s: identity %v", name, about)
		}
		text, _ := json.Marshal(event)
		for _, never := range []string{"Signature=", "X-Amz-Signature", sessionTok, "of the client"} {
			if strings.Contains(string(text), never) {
				t.Errorf("%s: the event has %s: %s", name, never, text)
			}
		}
		_ = conn.Close(websocket.StatusNormalClosure, "bye")
		_, about = s.event("$disconnect")
		if about["disconnectStatusCode"] != 1000.0 || about["disconnectReason"] != "bye" || about["eventType"] != "DISCONNECT" {
			t.Errorf("%s: %v", name, about)
		}
	}
}

func TestSocketHandshakeRefusals(t *testing.T) {
	s := newSocketStand(t, apidef.AuthIAM)
	denied := strings.Replace(socketPolicy, "$connect", "GET/", 1)
	wrong := s.signed("GET", "/prod", "")
	wrong.Header.Set("Authorization", strings.Replace(wrong.Header.Get("Authorization"), "Signature=", "Signature=0", 1)[:len(wrong.Header.Get("Authorization"))])
	for _, c := range []struct {
		name, policy string
		r            *http.Request
		errorType    string
	}{
		{"E1 unsigned", allowAll, s.request("GET", "/prod", ""), "MissingAuthenticationTokenException"},
		{"E16 wrong signature", allowAll, wrong, "InvalidSignatureException"},
		{"E17 denied", denied, s.signed("GET", "/prod", ""), "AccessDeniedException"},
		{"E19 stage", allowAll, s.signed("GET", "/dev", ""), "ForbiddenException"},
		{"E19 path", allowAll, s.signed("GET", "/prod/x", ""), "ForbiddenException"},
	} {
		s.policy = c.policy
		_, res, err := s.dial(c.r)
		if err == nil || res == nil || res.StatusCode != 403 || res.Header.Get("x-amzn-ErrorType") != c.errorType {
			t.Errorf("%s: %v %+v", c.name, err, res)
		}
	}
	s.policy = allowAll
	if got := s.do(s.signed("GET", "/prod", "")); got.status != 426 || got.header.Get("Upgrade") != "websocket" {
		t.Errorf("no handshake: %d %v", got.status, got.header)
	}
	if len(s.events) != 0 {
		t.Errorf("the function was asked: %v", <-s.events)
	}
}

func TestSocketConnectMayRefuse(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	for answer, want := range map[string]int{
		`{"statusCode":401}`: 401, `{"statusCode":503}`: 503, `{"statusCode":302}`: 302,
		`"nonsense"`: 502, `{"errorMessage":"boom","errorType":"Error"}`: 502,
	} {
		s.answers <- answer
		_, res, err := s.dial(s.request("GET", "/prod", ""))
		if err == nil || res == nil || res.StatusCode != want {
			t.Errorf("%s: %v %+v", answer, err, res)
		}
		s.event("$connect")
	}
}

func TestSocketSubprotocol(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	s.answers <- `{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"v2"}}`
	conn, _, err := s.dial(s.request("GET", "/prod", ""), "v1", "v2")
	if err != nil || conn.Subprotocol() != "v2" {
		t.Errorf("%v %v", err, conn)
	}
	event, _ := s.event("$connect")
	if h, _ := event["headers"].(map[string]any); h["Sec-WebSocket-Protocol"] != "v1,v2" {
		t.Errorf("headers %v", h)
	}
}

func TestSocketMessages(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	conn, id := s.open()
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`).MatchString(id) {
		t.Errorf("connection id %q", id)
	}
	s.write(conn, `{"action":"join","room":1}`)
	event, about := s.event("join")
	if event["body"] != `{"action":"join","room":1}` || event["isBase64Encoded"] != false || event["headers"] != nil {
		t.Errorf("event %v", event)
	}
	for key, want := range map[string]any{
		"eventType": "MESSAGE", "connectionId": id, "messageDirection": "IN", "stage": "prod", "apiId": "abc123", "domainName": testHost,
		"connectedAt": 1768472430000.0, "requestTime": "15/Jan/2026:10:20:30 +0000",
	} {
		if about[key] != want {
			t.Errorf("%s: %v, want %v", key, about[key], want)
		}
	}
	if v, _ := event["stageVariables"].(map[string]any); v["color"] != "red" {
		t.Errorf("stage variables %v", v)
	}
	if about["messageId"] == "" || about["messageId"] == about["connectionId"] || about["messageId"] == about["requestId"] || about["requestId"] != about["extendedRequestId"] {
		t.Errorf("ids %v", about)
	}
	for _, text := range []string{"not JSON", `{"action":"other"}`, `{"action":"$connect"}`, `{"action":"$disconnect"}`, `[]`, `{"action":"join"} {}`} {
		s.write(conn, text)
		if event, _ := s.event("$default"); event["body"] != text {
			t.Errorf("%s: %v", text, event)
		}
	}
	if err := conn.Write(context.Background(), websocket.MessageBinary, []byte{0xff, 0}); err != nil {
		t.Fatal(err)
	}
	if event, _ := s.event("$default"); event["body"] != "/wA=" || event["isBase64Encoded"] != true {
		t.Errorf("binary: %v", event)
	}
}

// What a function answers goes to the client only where the route says so, in the
// order of the messages.
func TestSocketRouteResponse(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	conn, id := s.open()
	s.answers <- `{"statusCode":200,"body":"never"}`
	s.write(conn, `{"action":"join"}`)
	for _, text := range []string{"one", "two", "three"} {
		s.answers <- `{"statusCode":200,"body":"` + text + `"}`
		s.write(conn, `{"action":"two"}`)
	}
	for _, want := range []string{"one", "two", "three"} {
		if got := s.read(conn); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s.answers <- `{"errorMessage":"boom","errorType":"Error"}`
	s.write(conn, `{"action":"join"}`)
	want := regexp.MustCompile(`^\{"message": "Internal server error", "connectionId":"` + id + `", "requestId":"[^"]{16}"\}$`)
	if got := s.read(conn); !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
}

func TestSocketWithoutRoute(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) { a.Routes = a.Routes[:1] })
	conn, id := s.open()
	s.write(conn, `{"action":"join"}`)
	want := regexp.MustCompile(`^\{"message": "Forbidden", "connectionId":"` + id + `", "requestId":"[^"]{16}"\}$`)
	if got := s.read(conn); !want.MatchString(got) {
		t.Errorf("got %s", got)
	}
}

func TestSocketLimits(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	conn, _ := s.open()
	text := strings.Repeat("x", maxFrame)
	s.write(conn, text)
	if event, _ := s.event("$default"); event["body"] != text {
		t.Error("a frame of 32 KiB did not come whole")
	}
	s.write(conn, text+"x")
	if code := s.closed(conn); code != websocket.StatusMessageTooBig {
		t.Errorf("a longer frame: closed with %d", code)
	}
	if _, about := s.event("$disconnect"); about["disconnectStatusCode"] != 1009.0 {
		t.Errorf("%v", about)
	}

	conn, _ = s.open()
	w, err := conn.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for range 128 { // frames of a few KiB, as the library flushes them
		if _, err := io.WriteString(w, text[:1<<10]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if event, _ := s.event("$default"); len(event["body"].(string)) != maxMessage {
		t.Error("a message of 128 KiB did not come whole")
	}
	if w, err = conn.Writer(context.Background(), websocket.MessageText); err != nil {
		t.Fatal(err)
	}
	for range 129 {
		if _, err := io.WriteString(w, text[:1<<10]); err != nil {
			break // closed meanwhile
		}
	}
	_ = w.Close()
	if code := s.closed(conn); code != websocket.StatusMessageTooBig {
		t.Errorf("a longer message: closed with %d", code)
	}
	s.event("$disconnect")
}

func TestSocketHTTPBackend(t *testing.T) {
	s := newSocketStand(t, apidef.AuthIAM, func(a *apidef.API) {
		for i := range a.Routes {
			a.Routes[i].Integration = apidef.Integration{URI: "BACKEND/hook"}
			a.Routes[i].Responses = []apidef.MethodResponse{{Status: 200}}
		}
	})
	conn, res, err := s.dial(s.signed("GET", "/prod", ""))
	if err != nil {
		t.Fatal(err, res)
	}
	connect := s.forwarded()
	id := connect.header.Get("X-Gatepass-Connection-Id")
	if connect.method != "POST" || connect.target != "/hook" || connect.header.Get("X-Gatepass-Event-Type") != "CONNECT" || id == "" {
		t.Errorf("connect %+v", connect)
	}
	s.write(conn, `{"action":"join"}`)
	if got := s.read(conn); got != "ok" {
		t.Errorf("answer %q", got)
	}
	message := s.forwarded()
	h := message.header
	if string(message.body) != `{"action":"join"}` || h.Get("Content-Type") != "application/json" || h.Get("X-Gatepass-Route-Key") != "join" ||
		h.Get("X-Gatepass-Connection-Id") != id || h.Get("X-Gatepass-Identity-Id") != "us-east-1:7b2c" || h.Get("X-Gatepass-Message-Id") == "" {
		t.Errorf("message %+v", message)
	}
}

func TestSocketConfigurationRefused(t *testing.T) {
	ok := apidef.Integration{Type: apidef.Lambda, URI: "http://127.0.0.1:1/"}
	connect := apidef.Route{Path: "$connect", Auth: apidef.AuthNone}
	for says, a := range map[string]apidef.API{
		"needs the route $connect": {},
		"not an authorization":     {Routes: []apidef.Route{{Path: "$connect"}}},
		"only $connect":            {Routes: []apidef.Route{connect, {Path: "$default", Auth: apidef.AuthIAM, Integration: ok}}},
		"declared twice":           {Routes: []apidef.Route{connect, connect}},
		"route key":                {Routes: []apidef.Route{connect, {Path: "$other", Integration: ok}}},
		"exactly one of":           {Routes: []apidef.Route{connect, {Path: "$default"}}},
		"never selected":           {Routes: []apidef.Route{connect, {Path: "join", Integration: ok}}},
		"have none":                {Routes: []apidef.Route{{Path: "$connect", Auth: apidef.AuthNone, Methods: []string{"GET"}}}},
		"$request.body.NAME":       {RouteSelection: "$request.header.x", Routes: []apidef.Route{connect}},
		"JSONPath":                 {RouteSelection: "$request.body.a[?(@.b)]", Routes: []apidef.Route{connect}},
		"gatepass has no Policy":   {Policy: "{}", Routes: []apidef.Route{connect}},
	} {
		a.ID, a.Protocol, a.Stages = "abc123", apidef.WebSocket, []apidef.Stage{{Name: "prod"}}
		if err := Validate(a); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// The examples of "Working with routes for WebSocket APIs".
func TestRouteSelectionExpressions(t *testing.T) {
	const message = `{"service":"chat","action":"join","data":{"room":"room1234","list":["a",{"b":2}]},"n":1.50,"yes":true}`
	for expr, want := range map[string]string{
		`$request.body.action`:                               "join",
		`${request.body.action}`:                             "join",
		`${request.body.service}/${request.body.action}`:     "chat/join",
		`${request.body.action}-${request.body.invalidPath}`: "join-",
		`action`:                       "action",
		`\$default`:                    "$default",
		`$request.body.data.room`:      "room1234",
		`$request.body.data['room']`:   "room1234",
		`$request.body.data.list[1].b`: "2",
		`$request.body.n`:              "1.50",
		`$request.body.yes`:            "true",
		`$request.body.data.list[7]`:   "",
		`$request.body.data.list`:      `[a, {"b":2}]`,
		``:                             "",
	} {
		s, err := parseSelection(expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if got, ok := s.key([]byte(message)); !ok || got != want {
			t.Errorf("%s: %q %v, want %q", expr, got, ok, want)
		}
	}
	for _, expr := range []string{"$request.body.", "${request.body.a", "$x", "${request.header.x}", "$request.body.a..b", "a$b"} {
		if _, err := parseSelection(expr); err == nil {
			t.Errorf("%s is taken", expr)
		}
	}
}

// A Lambda authorizer decides about $connect, and what it says of the caller is
// in every event.
func TestSocketLambdaAuthorizer(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) {
		uri := a.Routes[0].Integration.URI
		a.Authorizers = []apidef.Authorizer{{Name: "door", Type: apidef.RequestAuthorizer, URI: uri, IdentitySource: []string{"route.request.querystring.token"}}}
		a.Routes[0].Auth, a.Routes[0].Authorizer = apidef.AuthCustom, "door"
	})
	says := func(effect string) string {
		return `{"principalId":"ada","context":{"team":"red"},"policyDocument":{"Version":"2012-10-17","Statement":{"Effect":"` + effect +
			`","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/prod/$connect"}}}`
	}
	s.answers <- says("Allow")
	conn, res, err := s.dial(s.request("GET", "/prod?token=t1", ""))
	if err != nil {
		t.Fatal(err, res)
	}
	asked := <-s.events
	if asked["type"] != "REQUEST" || asked["methodArn"] != "arn:aws:execute-api:us-east-1:111122223333:abc123/prod/$connect" {
		t.Errorf("asked %v", asked)
	}
	s.event("$connect")
	s.write(conn, "x")
	_, about := s.event("$default")
	if said, _ := about["authorizer"].(map[string]any); said["team"] != "red" || said["principalId"] != "ada" {
		t.Errorf("authorizer %v", about)
	}
	s.answers <- says("Deny")
	if _, res, err = s.dial(s.request("GET", "/prod?token=t2", "")); err == nil || res.StatusCode != 403 {
		t.Errorf("denied: %v %v", err, res)
	}
	if _, res, err = s.dial(s.request("GET", "/prod", "")); err == nil || res.StatusCode != 401 {
		t.Errorf("without a token: %v %v", err, res)
	}
}

// MOCK answers without a backend, with templates and mappings.
func TestSocketMock(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) {
		a.Routes = []apidef.Route{a.Routes[0], {Path: "ping", Responses: []apidef.MethodResponse{{Status: 200}}, Integration: apidef.Integration{
			Type: apidef.Mock, Templates: map[string]string{"$default": `{"statusCode":200}`},
			Responses: []apidef.IntegrationResponse{{Status: 200, Templates: map[string]string{"application/json": `{"pong":"$context.connectionId","route":"$context.routeKey"}`}}},
		}}}
	})
	conn, id := s.open()
	s.write(conn, `{"action":"ping"}`)
	if got, want := s.read(conn), `{"pong":"`+id+`","route":"ping"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An HTTP backend that wants the connection in a header of its own.
func TestSocketHTTPMapping(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone, func(a *apidef.API) {
		a.Routes = []apidef.Route{a.Routes[0], {Path: "$default", Responses: []apidef.MethodResponse{{Status: 200}}, Integration: apidef.Integration{
			Type: apidef.HTTPCustom, URI: "BACKEND/hook", Method: "PUT", Responses: []apidef.IntegrationResponse{{Status: 200}},
			Parameters: map[string]string{"integration.request.header.X-Connection": "context.connectionId"},
			Templates:  map[string]string{"$default": `{"said":$input.json('$.text')}`},
		}}}
	})
	conn, id := s.open()
	s.write(conn, `{"text":"hi"}`)
	if got := s.read(conn); got != "ok" {
		t.Errorf("answer %s", got)
	}
	if got := s.forwarded(); got.method != "PUT" || got.header.Get("X-Connection") != id || string(got.body) != `{"said":"hi"}` || got.header.Get("X-Gatepass-Event-Type") != "MESSAGE" {
		t.Errorf("backend saw %+v", got)
	}
}

// What is deployed while a connection is open holds from its next message on.
func TestSocketFollowsTheDeployment(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	conn, _ := s.open()
	a := apidef.API{ID: "abc123", Protocol: apidef.WebSocket, Stages: []apidef.Stage{{Name: "prod", Throttle: &apidef.Throttle{}}}, Routes: []apidef.Route{
		{Path: "$connect", Auth: apidef.AuthNone},
		{Path: "$default", Integration: apidef.Integration{Type: apidef.Lambda, URI: s.function.URL}},
	}}
	s.serve(a)
	s.write(conn, `{"action":"join"}`)
	if got := s.read(conn); !strings.HasPrefix(got, `{"message": "Too Many Requests"`) {
		t.Errorf("throttled: %s", got)
	}
	a.Stages[0].Throttle = nil
	s.serve(a)
	s.write(conn, `{"action":"join"}`)
	s.event("$default")
	s.serve()
	s.write(conn, `{"action":"join"}`)
	if got := s.read(conn); !strings.HasPrefix(got, `{"message": "Forbidden"`) {
		t.Errorf("no API: %s", got)
	}
}

// What libraries and browsers add to a signed handshake is told to $connect.
func TestSocketHandshakeHeaders(t *testing.T) {
	s := newSocketStand(t, apidef.AuthIAM)
	r := s.signed("GET", "/prod", "")
	r.Header.Set("Origin", "https://app.example")
	r.Header.Set("X-Unsigned", "of anybody")
	if _, res, err := s.dial(r, "v1"); err != nil {
		t.Fatal(err, res)
	}
	event, _ := s.event("$connect")
	h, _ := event["headers"].(map[string]any)
	if h["Sec-WebSocket-Protocol"] != "v1" || h["Origin"] != "https://app.example" || h["X-Unsigned"] != nil || h["Authorization"] != nil {
		t.Errorf("headers %v", h)
	}
}

// An API key may be asked for with the handshake.
func TestSocketAPIKey(t *testing.T) {
	s := newSocketStand(t, apidef.AuthNone)
	const value = "0123456789abcdefghij"
	err := s.g.Serve(apidef.Catalog{
		APIs: []apidef.API{{
			ID: "abc123", Protocol: apidef.WebSocket, Stages: []apidef.Stage{{Name: "prod"}},
			Routes: []apidef.Route{{Path: "$connect", Auth: apidef.AuthNone, APIKeyRequired: true, Integration: apidef.Integration{Type: apidef.Lambda, URI: s.function.URL}}},
		}},
		Keys:  []apidef.APIKey{{ID: "k1", Name: "k1", Value: value, Enabled: true}},
		Plans: []apidef.UsagePlan{{ID: "p1", Name: "p1", Stages: []apidef.PlanStage{{API: "abc123", Stage: "prod"}}, Keys: []string{"k1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, res, err := s.dial(s.request("GET", "/prod", "")); err == nil || res.StatusCode != 403 {
		t.Errorf("without a key: %v %v", err, res)
	}
	r := s.request("GET", "/prod", "")
	r.Header.Set("X-Api-Key", value)
	if _, res, err := s.dial(r); err != nil {
		t.Fatal(err, res)
	}
	if _, about := s.event("$connect"); about["identity"].(map[string]any)["apiKeyId"] != "k1" {
		t.Errorf("identity %v", about)
	}
}
