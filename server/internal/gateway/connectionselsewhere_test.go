package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// post carries questions to a gateway, each answered by a goroutine of its own.
func post(to *Gateway) func(context.Context, uint32, []byte) ([]byte, error) {
	var mu sync.Mutex
	return func(_ context.Context, _ uint32, question []byte) ([]byte, error) {
		mu.Lock()
		answer := to.Asked(question)
		mu.Unlock()
		return answer(), nil
	}
}

// twoNodes are a node with a connection, and one that asks it.
func twoNodes(t *testing.T) (here, there *socketStand) {
	t.Helper()
	here, there = newSocketStand(t, apidef.AuthNone), newSocketStand(t, apidef.AuthNone)
	here.policy = strings.Replace(managePolicy, "/POST/", "/*/", 1)
	here.g.SetNode(7)
	there.g.SetNode(0xfedcba98)
	here.g.AskNode = post(there.g)
	return here, there
}

func TestConnectionsElsewhere(t *testing.T) {
	here, there := twoNodes(t)
	asked := here.g.AskNode
	here.g.AskNode = func(ctx context.Context, node uint32, question []byte) ([]byte, error) {
		if node != 0xfedcba98 {
			t.Errorf("asked node %x", node)
		}
		return asked(ctx, node, question)
	}
	conn, id := there.open()
	if raw, err := base64.URLEncoding.DecodeString(id); err != nil || len(id) != 16 || !strings.HasPrefix(string(raw), "\xfe\xdc\xba\x98") {
		t.Fatalf("id %s", id)
	}
	conn.SetReadLimit(-1)
	for _, message := range []string{"hello", "", "two\nlines", "\xff\x00", strings.Repeat("x", maxMessage)} {
		if got := here.managed("POST", id, message); got.status != 200 || got.body != "" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		if got := there.read(conn); got != message {
			t.Errorf("got %d bytes, want %d", len(got), len(message))
		}
	}
	if got := here.managed("POST", id, strings.Repeat("x", maxMessage+1)); got.status != 413 {
		t.Errorf("large: %d", got.status)
	}
	got := here.managed("GET", id, "")
	var about struct {
		ConnectedAt string
		Identity    struct{ SourceIP, UserAgent string }
	}
	if err := json.Unmarshal([]byte(got.body), &about); err != nil || got.status != 200 || about.ConnectedAt != "2026-01-15T10:20:30.000Z" || about.Identity.UserAgent != "test" {
		t.Errorf("%d %s", got.status, got.body)
	}
	there.deleted(here, conn, id)
}

// A stage's connections are its own at another node too.
func TestConnectionsElsewhereOfAnotherStage(t *testing.T) {
	here, there := twoNodes(t)
	_, id := there.open()
	here.serve(apidef.API{
		ID: "abc123", Protocol: apidef.WebSocket, Stages: []apidef.Stage{{Name: "dev"}},
		Routes: []apidef.Route{{Path: "$connect", Auth: apidef.AuthNone}},
	})
	here.policy = strings.Replace(here.policy, "/prod/", "/*/", 1)
	if got := here.do(here.signed("POST", "/dev/%40connections/"+url.QueryEscape(id), "x")); got.status != 410 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Who may not manage the connection asks nobody; nor does one of this node, of
// nobody or of no form.
func TestConnectionsNobodyIsAsked(t *testing.T) {
	here, there := twoNodes(t)
	_, id := there.open()
	here.g.AskNode = func(context.Context, uint32, []byte) ([]byte, error) {
		t.Error("asked")
		return nil, ErrNoNode
	}
	for name, id := range map[string]string{
		"own": here.g.connectionID(), "nobody": base64.URLEncoding.EncodeToString(make([]byte, 11)), "short": "AAAA", "long": id[:12] + id,
	} {
		if got := here.managed("POST", id, "x"); got.status != 410 && got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	here.policy = socketPolicy
	if got := here.managed("POST", id, "x"); got.status != 403 {
		t.Errorf("denied: %d %s", got.status, got.body)
	}
}

// What the answer is when there is none.
func TestConnectionsElsewhereFaults(t *testing.T) {
	here, there := twoNodes(t)
	_, id := there.open()
	for name, c := range map[string]struct {
		answer string
		err    error
		status int
		kind   string
	}{
		"dead":       {"", ErrNoNode, 410, "GoneException"},
		"wrapped":    {"", fmt.Errorf("x: %w", ErrNoNode), 410, "GoneException"},
		"fault":      {"", errors.New("no database"), 503, "ServiceUnavailableException"},
		"no answer":  {"", nil, 503, "ServiceUnavailableException"},
		"not known":  {"?", nil, 503, "ServiceUnavailableException"},
		"unreadable": {"x", nil, 503, "ServiceUnavailableException"},
		"gone":       {"-", nil, 410, "GoneException"},
	} {
		here.g.AskNode = func(context.Context, uint32, []byte) ([]byte, error) { return []byte(c.answer), c.err }
		got := here.managed("POST", id, "x")
		if got.status != c.status || got.header.Get("x-amzn-ErrorType") != c.kind || (got.status == 503) != (got.header.Get("Retry-After") != "") {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
	}
	if got := string(here.g.Asked([]byte("nonsense"))()); got != "?" {
		t.Errorf("nonsense: %q", got)
	}
}

// Questions about a connection are obeyed in the order in which they came,
// whichever goroutine is faster.
func TestConnectionsElsewhereInOrder(t *testing.T) {
	_, there := twoNodes(t)
	conn, id := there.open()
	answers := make(chan func() []byte, 50)
	for i := range cap(answers) {
		q, err := connectionCall{API: "abc123", Stage: "prod", ID: id, Method: "POST", message: fmt.Append(nil, i)}.question()
		if err != nil {
			t.Fatal(err)
		}
		answers <- there.g.Asked(q)
	}
	close(answers)
	var work sync.WaitGroup
	for answer := range answers {
		work.Go(func() {
			if got := string(answer()); got != "+" {
				t.Errorf("got %q", got)
			}
		})
	}
	for i := range cap(answers) {
		if got := there.read(conn); got != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, got)
		}
	}
	work.Wait()
}

// Only so many calls wait for other nodes.
func TestConnectionsElsewhereAtOnce(t *testing.T) {
	here, there := twoNodes(t)
	_, id := there.open()
	waiting, release := make(chan struct{}), make(chan struct{})
	here.g.AskNode = func(context.Context, uint32, []byte) ([]byte, error) {
		waiting <- struct{}{}
		<-release
		return []byte{answerDone}, nil
	}
	var calls sync.WaitGroup
	for range askedAtOnce {
		r := here.signed("POST", "/prod/%40connections/"+url.QueryEscape(id), "x")
		calls.Go(func() {
			if got := here.do(r); got.status != 200 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
		<-waiting
	}
	if got := here.managed("POST", id, "x"); got.status != 429 || got.header.Get("x-amzn-ErrorType") != "LimitExceededException" {
		t.Errorf("one more: %d %s", got.status, got.body)
	}
	close(release)
	calls.Wait()
}

// A process that the others have given up ends its connections, so that their
// clients come back under its new number.
func TestSetNode(t *testing.T) {
	_, there := twoNodes(t)
	conn, id := there.open()
	ended := make(chan websocket.StatusCode, 1)
	go func() { ended <- there.closed(conn) }()
	there.g.SetNode(0xfedcba98) // the same: nothing happens
	there.g.SetNode(9)
	if code := <-ended; code != websocket.StatusGoingAway {
		t.Errorf("closed with %d", code)
	}
	there.event("$disconnect")
	if there.g.sockets.add(&socket{id: id}) {
		t.Error("a connection of the old number is let in")
	}
	if _, id := there.open(); nodeOf(id) != 9 {
		t.Errorf("id %s", id)
	}
}
