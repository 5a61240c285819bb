package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// socketServer is a WebSocket API that verifies handshakes: it sends messages back,
// closes with the code that a message "close CODE REASON" names, and greets who
// comes to /greet.
type socketServer struct {
	secret string
	ended  chan websocket.StatusCode // of each connection
}

// startSocketServer serves for the credentials in a file that credential_process
// would print, and leaves its URL in $WS.
func startSocketServer(ts *testscript.TestScript, _ bool, args []string) {
	var keys struct{ SecretAccessKey string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &keys))
	s := &socketServer{secret: keys.SecretAccessKey, ended: make(chan websocket.StatusCode, 100)}
	srv := httptest.NewServer(s)
	ts.Defer(srv.Close)
	ts.Setenv("WS", strings.Replace(srv.URL, "http://", "ws://", 1))
	ts.Value(socketKey{}).(*socketState).server = s
}

type socketKey struct{}

type socketState struct{ server *socketServer }

// socketEnds CODE wants the next connection that has ended to have said that code.
func socketEnds(ts *testscript.TestScript, _ bool, args []string) {
	select {
	case code := <-ts.Value(socketKey{}).(*socketState).server.ended:
		if got := strconv.Itoa(int(code)); got != args[0] {
			ts.Fatalf("the connection ended with %s, want %s", got, args[0])
		}
	case <-time.After(5 * time.Minute):
		ts.Fatalf("the connection has not ended")
	}
}

func (s *socketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	claim, err := v.Parse(r, time.Now())
	if err == nil {
		var keys sigv4.KeyCache
		_, err = claim.Verify(keys.Key(claim.AccessKeyID(), s.secret, claim))
	}
	if refused, ok := errors.AsType[*sigv4.Error](err); ok {
		wire.WriteError(w, wire.RESTGateway, &wire.Error{Code: refused.Code, Message: refused.Message, Status: refused.Status})
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/greet") {
		_ = c.Write(r.Context(), websocket.MessageText, []byte("hello "+r.URL.RawQuery))
	}
	s.ended <- websocket.CloseStatus(s.echo(c, r))
}

func (s *socketServer) echo(c *websocket.Conn, r *http.Request) error {
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil {
			return err
		}
		words := strings.SplitN(string(b), " ", 3)
		switch words[0] {
		case "close":
			code, _ := strconv.Atoi(words[1])
			return errors.Join(c.Close(websocket.StatusCode(code), words[2]), websocket.CloseError{Code: websocket.StatusCode(code)})
		case "drop":
			return c.CloseNow()
		}
		if kind == websocket.MessageBinary {
			b = append([]byte("binary "), b...)
		}
		if err := c.Write(r.Context(), kind, b); err != nil {
			return err
		}
	}
}

// interrupted CODE args... starts gatepass with an open stdin, waits for the first
// line on stdout, interrupts it as Ctrl-C does, and wants that exit code.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("gatepass", args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnv(ts)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	in, err := cmd.StdinPipe()
	ts.Check(err)
	defer in.Close()
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), line)
	ts.Check(err)
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait() // the code says it
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// A handshake that is refused for its time is signed again by the API's clock.
func TestSocketFollowsTheClock(t *testing.T) {
	ahead := time.Now().Add(20 * time.Minute)
	var handshakes atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handshakes.Add(1)
		w.Header().Set("Date", ahead.UTC().Format(http.TimeFormat))
		at, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if ahead.Sub(at).Abs() > 5*time.Minute {
			w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"message":"Signature expired: too old"}`)
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte("hello"))
			_ = conn.Close(websocket.StatusNormalClosure, "")
		}
	}))
	defer srv.Close()
	cmd := exec.Command("gatepass", "ws", "--aws-profile", "env", "--region", "us-east-1", strings.Replace(srv.URL, "http", "ws", 1))
	cmd.Env = append(os.Environ(), "GATEPASS_HOME="+t.TempDir(), "AWS_ACCESS_KEY_ID=AKIDTEST", "AWS_SECRET_ACCESS_KEY=secret")
	if out, err := cmd.Output(); err != nil || string(out) != "hello\n" || handshakes.Load() != 2 {
		t.Errorf("%q, %v after %d handshakes", out, err, handshakes.Load())
	}
}
