package proxy_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/proxy"
)

// echo is a WebSocket API that sends messages back.
func echo(t *testing.T) *upstream {
	return newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"notes"}})
		if err != nil {
			t.Error(err)
			return
		}
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if string(b) == "close" {
				_ = c.Close(4001, "as asked")
				return
			}
			if err := c.Write(r.Context(), kind, b); err != nil {
				return
			}
		}
	})
}

// TestWebSocket holds that a handshake is signed and that messages pass both ways,
// up to the codes they end with.
func TestWebSocket(t *testing.T) {
	up := echo(t)
	front := serve(t, strings.Replace(up.URL, "http://", "ws://", 1)+"/prod")
	c, _, err := websocket.Dial(t.Context(), front.URL+"/chat?room=a+b", &websocket.DialOptions{
		Subprotocols: []string{"notes"}, HTTPHeader: http.Header{"Authorization": {"Bearer x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := up.last().RequestURI; got != "/prod/chat?room=a+b" || c.Subprotocol() != "notes" {
		t.Errorf("%s, protocol %q", got, c.Subprotocol())
	}
	for _, text := range []string{"a", "", strings.Repeat("long ", 5000)} {
		if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		kind, b, err := c.Read(t.Context())
		if err != nil || kind != websocket.MessageText || string(b) != text {
			t.Fatalf("%q came back as %q, %v", text, b, err)
		}
	}
	_ = c.Write(t.Context(), websocket.MessageText, []byte("close"))
	_, _, err = c.Read(t.Context())
	if websocket.CloseStatus(err) != 4001 || !strings.Contains(err.Error(), "as asked") {
		t.Errorf("the end: %v", err)
	}
}

// TestWebSocketRefused holds that a handshake that is refused is an answer like any
// other.
func TestWebSocketRefused(t *testing.T) {
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no rooms", http.StatusNotFound) })
	_, resp, err := websocket.Dial(t.Context(), serve(t, up.URL).URL, nil)
	if err == nil || resp == nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("%v %v", resp, err)
	}
}

// TestCloseEndsWebSockets holds that Close leaves no socket open nor untold.
func TestCloseEndsWebSockets(t *testing.T) {
	up := echo(t)
	p := &proxy.Proxy{Upstream: proxy.Upstream{URL: up.URL, Region: "us-east-1"}, Credentials: credentials}
	front := serveProxy(t, p)
	c, _, err := websocket.Dial(t.Context(), front.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if text := metrics(t, p); !strings.Contains(text, "gatepass_proxy_websockets 1\n") {
		t.Errorf("one is open:\n%s", text)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if text := metrics(t, p); !strings.Contains(text, "gatepass_proxy_websockets 0\n") || !strings.Contains(text, `requests_total{code="101"} 1`) {
		t.Errorf("after the end:\n%s", text)
	}
	if _, _, err := c.Read(context.Background()); err == nil {
		t.Error("the socket lives on")
	}
}

func metrics(t *testing.T, p *proxy.Proxy) string {
	t.Helper()
	w := httptest.NewRecorder()
	p.Admin().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}
