package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/server/internal/apigateway"
)

// node starts a server, over the database of another if that is given.
func node(t *testing.T, other *Server, log io.Writer) *Server {
	t.Helper()
	s := &Server{Config: Sample(""), Handlers: SampleHandlers(), Logger: slog.New(slog.NewTextHandler(log, nil))}
	if other == nil {
		if err := s.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s.start.Do(func() {})
	s.defaults()
	s.store = other.store
	if err := s.assemble(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// do runs an operation of a node's control plane.
func do(t *testing.T, s *Server, method, path, body string) apigateway.Reply {
	t.Helper()
	op, known := s.control.Find(method, path)
	if !known {
		t.Fatalf("no operation %s %s", method, path)
	}
	out, err := op.Run(context.Background(), apigateway.Request{Body: []byte(body)})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

// status is what a node answers to a call of an API.
func status(s *Server, path string) int {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code
}

// TestNodes: what one node deploys is served there at once, on another when it
// looks, and by both still when the database is gone (ErrUnavailable is not
// ErrNotFound).
func TestNodes(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(backend.Close)
	t.Setenv("GATEPASS_ROOT_KEY", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	var log bytes.Buffer
	a := node(t, nil, io.Discard)
	b := node(t, a, &log)
	tick, stop := make(chan time.Time), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { b.follow(ctx, tick); close(stop) }()

	do(t, a, "POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"`+backend.URL+`","tags":{"_custom_id_":"shared"}}`)
	do(t, a, "POST", "/apikeys", `{"name":"k","enabled":true}`) // sealed by one node, opened by the other
	const path = "/_aws/execute-api/shared/x"
	if got := status(a, path); got != http.StatusOK {
		t.Errorf("the node that wrote: %d", got)
	}
	if got := status(b, path); got != http.StatusForbidden {
		t.Errorf("the other node before it looked: %d", got)
	}
	tick <- time.Time{}
	tick <- time.Time{} // taken when the first look is over
	if got := status(b, path); got != http.StatusOK {
		t.Errorf("the other node after it looked: %d", got)
	}
	if log.Len() > 0 && strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("a look that finds something is no error: %s", log.String())
	}
	cancel()
	<-stop
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b.refresh(context.Background())
	if got := status(b, path); got != http.StatusOK {
		t.Errorf("without a database: %d", got)
	}
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Error("that the database is gone is not in the log")
	}
}

// TestNodesConflict: what the configuration declares stays when the database
// has an API of the same id from before.
func TestNodesConflict(t *testing.T) {
	t.Setenv("GATEPASS_ROOT_KEY", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	a := node(t, nil, io.Discard)
	t.Cleanup(func() { _ = a.Close() })
	a.declared.APIs = nil // as if it had been declared later
	do(t, a, "POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"http://127.0.0.1:9","tags":{"_custom_id_":"`+SampleAPI+`"}}`)
	do(t, a, "POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"http://127.0.0.1:9","tags":{"_custom_id_":"fine"}}`)
	var log bytes.Buffer
	b := node(t, a, &log)
	if got := status(b, "/_aws/execute-api/"+SampleAPI+"/"+SampleStage+"/notes"); got != http.StatusForbidden {
		t.Errorf("the declared API: %d", got)
	}
	if got := status(b, "/_aws/execute-api/fine/x"); got != http.StatusInternalServerError && got != http.StatusBadGateway && got != http.StatusServiceUnavailable {
		t.Errorf("another API: %d", got)
	}
	if !strings.Contains(log.String(), "not served") {
		t.Error("the log does not say what is not served")
	}
}

// TestDeployedAfterRestart: what was deployed is served when the server starts
// again over its file.
func TestDeployedAfterRestart(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(backend.Close)
	dsn := filepath.Join(t.TempDir(), "gate.db")
	for _, first := range []bool{true, false} {
		s := &Server{DSN: dsn, Config: Sample(""), Handlers: SampleHandlers()}
		if err := s.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if first {
			do(t, s, "POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"`+backend.URL+`","tags":{"_custom_id_":"kept"}}`)
		}
		if got := status(s, "/_aws/execute-api/kept/x"); got != http.StatusOK {
			t.Errorf("first %v: %d", first, got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
