package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/gatepasstest"
	"github.com/gatepass/gatepass/server"
)

// chat answers a message with its text, and with what the gate says of the caller.
func chat(w http.ResponseWriter, r *http.Request) {
	var in struct{ Text string }
	if body, err := io.ReadAll(r.Body); err != nil || json.Unmarshal(body, &in) != nil {
		http.Error(w, "no message", http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{
		"text": in.Text, "caller": r.Header.Get("X-Gatepass-Identity-Id"), "connection": r.Header.Get("X-Gatepass-Connection-Id"),
	})
}

// chatStand is a stand with a WebSocket API chat, whose callers may also use
// @connections.
func chatStand(t *testing.T) config {
	t.Helper()
	st := gatepasstest.New(t, func(s *server.Server) {
		c := server.Sample("")
		c.Admins = admins()
		c.Roles[0].Policies["chat"] = `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:chat/prod/$connect"},
			{"Effect":"Allow","Action":"execute-api:ManageConnections","Resource":"arn:aws:execute-api:*:*:chat/prod/*/@connections/*"}]}`
		c.APIs = append(c.APIs, server.API{
			ID: "chat", Protocol: "WEBSOCKET", RouteSelection: "$request.body.action", Stages: []server.Stage{{Name: "prod"}},
			Routes: []server.Route{
				{Path: "$connect", Auth: "AWS_IAM"},
				{Path: "echo", Handler: "chat", TwoWay: true},
			},
		})
		s.Config, s.Handlers = c, server.SampleHandlers()
		s.Handlers["chat"] = http.HandlerFunc(chat)
	})
	st.AddUser("ada")
	cfg := configOf(st)
	cfg.API = st.URL + "/_aws/execute-api/chat/prod"
	return cfg
}

func TestWebSocketNode(t *testing.T) {
	need(t, "install Node 20 or later", "node")
	if exec.Command("node", "--experimental-websocket", "-e", "0").Run() == nil {
		t.Setenv("NODE_OPTIONS", "--experimental-websocket") // the one of browsers, which Node 22 has without
	}
	script(t, chatStand(t), "ws.mjs")
}

// TestConnectionsBoto3 speaks to a connection as a backend in Python does.
func TestConnectionsBoto3(t *testing.T) {
	python := boto3(t)
	cfg := chatStand(t)
	conn, id := openChat(t, cfg)
	got := make(chan string, 1)
	go func() {
		_, text, _ := conn.Read(t.Context())
		got <- string(text)
		_, _, _ = conn.Read(t.Context()) // answers the close
	}()
	keys := []string{"ADMIN_KEY=" + adminKey, "ADMIN_SECRET=" + adminSecret, "CLERK_KEY=" + clerkKey, "CONNECTION_ID=" + id}
	t.Log(run(t, cfg, keys, python, filepath.Join("py", "connections.py")))
	if text := <-got; text != "hello from boto3" {
		t.Errorf("the client got %q", text)
	}
}

// openChat opens a connection with a URL that the AWS SDK for Go presigned, and
// gives its id.
func openChat(t *testing.T, cfg config) (*websocket.Conn, string) {
	t.Helper()
	r, err := http.NewRequest("GET", cfg.API+"?X-Amz-Expires=600", nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	keys := aws.Credentials{AccessKeyID: adminKey, SecretAccessKey: adminSecret}
	u, _, err := v4.NewSigner().PresignHTTP(t.Context(), keys, r, hex.EncodeToString(empty[:]), "execute-api", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(u, "http://", "ws://", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"action":"echo"}`)); err != nil {
		t.Fatal(err)
	}
	_, text, err := conn.Read(t.Context())
	var answer struct{ Connection string }
	if err != nil || json.Unmarshal(text, &answer) != nil || answer.Connection == "" {
		t.Fatalf("%s %v", text, err)
	}
	return conn, answer.Connection
}

// TestIdentityTokenJose verifies the gate's identity token as a backend in Node
// does.
func TestIdentityTokenJose(t *testing.T) {
	need(t, "install Node 20 or later", "node")
	st := gatepasstest.New(t, func(s *server.Server) {
		s.Config, s.Handlers = server.Sample(""), map[string]http.Handler{"notes": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Header.Get("X-Gatepass-Identity"))
		})}
		s.Config.APIs[0].IdentityToken = "notes-backend"
	})
	resp, err := st.SignedIn("ada").HTTPClient().Get(st.API + "/notes")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s %v", resp.StatusCode, raw, err)
	}
	t.Setenv("IDENTITY_TOKEN", string(raw))
	script(t, configOf(st), "identitytoken.mjs")
}
