//go:build !client

package main

import (
	"context"
	"fmt"
	"math/bits"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/sigv4"
)

// TestNodes runs several gatepass serve over one PostgreSQL, as behind a load
// balancer: what is done at one holds at all, and the end of one is not the end.
func TestNodes(t *testing.T) {
	c := newCluster(t)
	two := c.start("A", "B") // together, on an empty database
	a, b := two[0], two[1]
	t.Run("sign up and in", func(t *testing.T) { revoke(t, a, b, signUpAndIn(t, a, b)) })
	t.Run("load balancer", func(t *testing.T) { loadBalancer(t, a, b) })
	t.Run("guesses", func(t *testing.T) { guesses(t, a, b) })
	t.Run("control plane", func(t *testing.T) { controlPlane(t, a, b) })
	t.Run("quota", func(t *testing.T) { sharedQuota(t, a, b) })
	t.Run("connections", func(t *testing.T) { connections(t, a, b) })
	third := c.start("C")[0]
	t.Run("third node", func(t *testing.T) { signUpAndIn(t, b, third) })
	t.Run("killed node", func(t *testing.T) { killed(t, a, b, third) })
	t.Run("database restart", func(t *testing.T) { databaseRestart(t, b, third) })
}

// signUp makes a confirmed user over a node.
func signUp(t *testing.T, n *node, name string) {
	t.Helper()
	n.cognito("SignUp", map[string]any{"ClientId": appClient, "Username": name, "Password": password}).must(t, "SignUp")
	n.cognito("AdminConfirmSignUp", map[string]any{"UserPoolId": userPool, "Username": name}).must(t, "AdminConfirmSignUp")
}

func signIn(n *node, name, password string) reply {
	return n.cognito("InitiateAuth", map[string]any{
		"ClientId": appClient, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": map[string]string{"USERNAME": name, "PASSWORD": password},
	})
}

func refresh(n *node, token string) reply {
	return n.cognito("InitiateAuth", map[string]any{
		"ClientId": appClient, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": map[string]string{"REFRESH_TOKEN": token},
	})
}

// credentials swaps an ID token over a node.
func credentials(t *testing.T, n *node, idToken string) sigv4.Credentials {
	t.Helper()
	logins := map[string]string{"cognito-idp.us-east-1.amazonaws.com/" + userPool: idToken}
	id := n.cognito("GetId", map[string]any{"IdentityPoolId": identityPool, "Logins": logins}).must(t, "GetId").text("IdentityId")
	got := n.cognito("GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": logins}).must(t, "GetCredentialsForIdentity")
	return sigv4.Credentials{
		AccessKeyID: got.text("Credentials", "AccessKeyId"), SecretAccessKey: got.text("Credentials", "SecretKey"),
		SessionToken: got.text("Credentials", "SessionToken"),
	}
}

// Each step is at the other node; what one revokes the other refuses.
func signUpAndIn(t *testing.T, a, b *node) sigv4.Credentials {
	name := "ada-" + a.name + b.name
	signUp(t, a, name)
	tokens := signIn(b, name, password).must(t, "sign in")
	again := refresh(a, tokens.text("AuthenticationResult", "RefreshToken")).must(t, "refresh")
	creds := credentials(t, b, again.text("AuthenticationResult", "IdToken"))
	a.notes(creds).must(t, "a signed call")
	b.notes(creds).must(t, "a signed call")

	if got := a.cognito("RevokeToken", map[string]any{"ClientId": appClient, "Token": tokens.text("AuthenticationResult", "RefreshToken")}); got.status != http.StatusOK {
		t.Fatalf("RevokeToken: %d %s", got.status, got.body)
	}
	if got := refresh(b, tokens.text("AuthenticationResult", "RefreshToken")); got.text("__type") != "NotAuthorizedException" {
		t.Errorf("a revoked refresh token: %d %s", got.status, got.body)
	}
	return creds
}

// A role's sessions that are revoked at a node are refused at the other within
// seconds, and let in again.
func revoke(t *testing.T, a, b *node, creds sigv4.Credentials) {
	deny := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":%q}}}}`,
		time.Now().Add(2*time.Second).UTC().Format(time.RFC3339))
	a.iam(url.Values{
		"Action": {"PutRolePolicy"}, "Version": {"2010-05-08"}, "RoleName": {"User"}, "PolicyName": {"AWSRevokeOlderSessions"}, "PolicyDocument": {deny},
	}).must(t, "PutRolePolicy")
	took := until(t, "the session is revoked at the other node", func() bool { return b.notes(creds).status == http.StatusForbidden })
	t.Logf("revoked at the other node after %v", took.Round(time.Millisecond))
	a.iam(url.Values{"Action": {"DeleteRolePolicy"}, "Version": {"2010-05-08"}, "RoleName": {"User"}, "PolicyName": {"AWSRevokeOlderSessions"}}).must(t, "DeleteRolePolicy")
	until(t, "and is let in again", func() bool { return b.notes(creds).status == http.StatusOK })
}

// balancer sends each request to the next node.
type balancer struct {
	nodes []*node
	turn  atomic.Int64
}

// RoundTrip keeps the Host that is signed.
func (lb *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	n := lb.nodes[int(lb.turn.Add(1))%len(lb.nodes)]
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	out.URL.Host = strings.TrimPrefix(n.url, "http://")
	return http.DefaultTransport.RoundTrip(out)
}

// The client signs in over SRP and calls the API while no two of its requests in
// a row reach the same node.
func loadBalancer(t *testing.T, nodes ...*node) {
	signUp(t, nodes[0], "grace")
	lb := &balancer{nodes: nodes}
	client := &gatepass.Client{
		Region: "us-east-1", UserPoolID: userPool, ClientID: appClient, IdentityPoolID: identityPool,
		Endpoint: "http://127.0.0.1:1", HTTPClient: &http.Client{Transport: lb},
	}
	s, err := client.SignIn(t.Context(), "grace", gatepass.Password(password))
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		resp, err := s.HTTPClient().Get("http://127.0.0.1:1/_aws/execute-api/notes/prod/notes")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%d", resp.StatusCode)
		}
	}
	if n := lb.turn.Load(); n < 8 {
		t.Errorf("%d requests", n)
	}
}

// Guesses at two nodes are counted together: five are compared, and one more for
// each lock that has run out meanwhile (they double from a second).
func guesses(t *testing.T, nodes ...*node) {
	signUp(t, nodes[0], "eve")
	var compared, refused atomic.Int64
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 3 {
				got := reply{}
				for busy := true; busy; busy = got.text("__type") == "TooManyRequestsException" { // which is told to come back
					got = signIn(nodes[i%2], "eve", fmt.Sprintf("Wrong-horse-%d", i))
				}
				switch got.text("message") {
				case "Incorrect username or password.":
					compared.Add(1)
				case "Password attempts exceeded":
					refused.Add(1)
				default:
					t.Errorf("%d %s", got.status, got.body)
				}
			}
		})
	}
	wg.Wait()
	most := int64(5 + bits.Len(uint(time.Since(begin)/time.Second)+1) - 1)
	if n := compared.Load(); n < 5 || n > most || n+refused.Load() != 24 {
		t.Errorf("%d guesses were compared, %d refused; want 5 to %d compared", n, refused.Load(), most)
	}
}

// What is made at one node is served there at once and soon at the other.
func controlPlane(t *testing.T, a, b *node) {
	got := a.control("POST", "/v2/apis", `{"name":"n","protocolType":"HTTP","target":"http://127.0.0.1:1","tags":{"_custom_id_":"made"}}`)
	if got.status != http.StatusCreated {
		t.Fatalf("CreateApi: %d %s", got.status, got.body)
	}
	served := func(n *node) bool {
		return n.call("GET", "/_aws/execute-api/made/x", "").status != http.StatusForbidden
	}
	if !served(a) {
		t.Error("it is not served where it was made")
	}
	took := until(t, "it is served at the other node", func() bool { return served(b) })
	t.Logf("served at the other node after %v", took.Round(time.Millisecond))
	if got := b.control("DELETE", "/v2/apis/made", ""); got.status != http.StatusNoContent {
		t.Errorf("DeleteApi: %d %s", got.status, got.body)
	}
	until(t, "it is gone at the first", func() bool { return !served(a) })
}

// A key's quota is one for all nodes.
func sharedQuota(t *testing.T, nodes ...*node) {
	month := time.Now().UTC().Month()
	passed := 0
	for i := range 2 * quota {
		switch got := nodes[i%2].call("GET", "/_aws/execute-api/notes/prod/counted", "", header("X-Api-Key", apiKey)); got.status {
		case http.StatusOK:
			passed++
		case http.StatusTooManyRequests:
		default:
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if month != time.Now().UTC().Month() {
		t.Log("the month of the quota ended meanwhile: nothing to be said of it")
		return
	}
	if passed != quota {
		t.Errorf("%d calls passed, want %d", passed, quota)
	}
}

// chat opens a connection to a node.
func chat(t *testing.T, n *node) (conn *websocket.Conn, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(n.url, "http", "ws", 1)+"/_aws/execute-api/chat/prod", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(-1)
	return conn, soon(t, "the connection", n.connected)
}

// heard is the next message.
func heard(t *testing.T, conn *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, message, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(message)
}

// A connection is managed from each node.
func connections(t *testing.T, a, b *node) {
	conn, id := chat(t, a)
	for _, n := range []*node{a, b} {
		for _, message := range []string{"hello from " + n.name, strings.Repeat("x", 128<<10)} {
			n.connections("POST", id, message).must(t, "POST at "+n.name)
			if got := heard(t, conn); got != message {
				t.Errorf("%d bytes came, want %d", len(got), len(message))
			}
		}
		if got := n.connections("GET", id, "").must(t, "GET at "+n.name); got.text("identity", "sourceIp") != "127.0.0.1" {
			t.Errorf("GET at %s: %s", n.name, got.body)
		}
		if got := n.connections("POST", id, strings.Repeat("x", 128<<10+1)); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("large at %s: %d", n.name, got.status)
		}
	}
	go func() { _, _, _ = conn.Read(context.Background()) }() // answers the closing handshake
	if got := b.connections("DELETE", id, ""); got.status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", got.status, got.body)
	}
	if left := soon(t, "$disconnect", a.left); left != id {
		t.Errorf("%s left, want %s", left, id)
	}
	for _, n := range []*node{a, b} {
		if got := n.connections("POST", id, "x"); got.status != http.StatusGone {
			t.Errorf("afterwards at %s: %d %s", n.name, got.status, got.body)
		}
	}
}

// A node that is killed in the middle of writes loses nothing that it has
// acknowledged, the others go on, and its connections are gone.
func killed(t *testing.T, a, b, c *node) {
	conn, id := chat(t, a)
	told := make(chan int) // how many messages were acknowledged before its end
	go func() { told <- tell(t, b, id) }()
	nodes := []*node{a, b, c}
	acked := make([][]string, len(nodes))
	enough := make(chan struct{})
	var dead atomic.Bool
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() {
			after := 0
			for j := 0; after < 5; j++ {
				name := fmt.Sprintf("%s-%d", n.name, j)
				over := dead.Load()
				switch got := n.cognito("SignUp", map[string]any{"ClientId": appClient, "Username": name, "Password": password}); {
				case got.status == http.StatusOK:
					acked[i] = append(acked[i], name)
					if n == a && len(acked[i]) == 5 {
						close(enough)
					}
				case n != a || got.status != 0:
					t.Errorf("%s at %s: %d %s", name, n.name, got.status, got.body)
				}
				if over {
					after++
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(patience):
		t.Error("node A does not write")
	}
	a.kill()
	dead.Store(true)
	wg.Wait()
	for i, names := range acked {
		if len(names) < 5 {
			t.Errorf("node %s acknowledged %d", nodes[i].name, len(names))
		}
		for _, name := range names {
			if got := b.cognito("AdminGetUser", map[string]any{"UserPoolId": userPool, "Username": name}); got.status != http.StatusOK {
				t.Errorf("%s was acknowledged: %d %s", name, got.status, got.body)
			}
		}
	}
	for range <-told {
		heard(t, conn)
	}
	if got := c.connections("POST", id, "x"); got.status != http.StatusGone {
		t.Errorf("a connection of the dead node: %d %s", got.status, got.body)
	}
}

// tell sends messages to a connection until it is gone, and counts them.
func tell(t *testing.T, n *node, id string) (told int) {
	for {
		switch got := n.connections("POST", id, "x"); got.status {
		case http.StatusOK:
			told++
		case http.StatusGone:
			return told
		default:
			t.Errorf("after %d messages: %d %s", told, got.status, got.body)
			return told
		}
	}
}

// While the database is away nodes answer 503 and to try again; when it is back
// they are well by themselves, and connections that stayed open are reached.
func databaseRestart(t *testing.T, b, c *node) {
	signUp(t, b, "zoe")
	tokens := signIn(b, "zoe", password).must(t, "sign in")
	conn, id := chat(t, b)
	b.away.Store(true)
	b.postgres.Stop()
	for _, n := range []*node{b, c} {
		if got := n.call("GET", "/healthz", ""); got.status != http.StatusServiceUnavailable {
			t.Errorf("health of %s: %d %s", n.name, got.status, got.body)
		}
		for what, got := range map[string]reply{
			"refresh":      refresh(n, tokens.text("AuthenticationResult", "RefreshToken")),
			"sign in":      signIn(n, "zoe", password),
			"@connections": c.connections("POST", id, "lost"),
		} {
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
				t.Errorf("%s at %s: %d %v %s", what, n.name, got.status, got.header, got.body)
			}
		}
	}
	if err := b.postgres.Start(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{b, c} {
		until(t, "health of "+n.name, func() bool { return n.call("GET", "/healthz", "").status == http.StatusOK })
	}
	until(t, "the connection is reached", func() bool {
		got := c.connections("POST", id, "back")
		if got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", got.status, got.body)
		}
		return got.status == http.StatusOK
	})
	if got := heard(t, conn); got != "back" {
		t.Errorf("got %s", got)
	}
	for _, n := range []*node{b, c} { // a connection to the database of before may still be among theirs
		until(t, "refresh at "+n.name, func() bool {
			got := refresh(n, tokens.text("AuthenticationResult", "RefreshToken"))
			if got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
				t.Errorf("%d %s", got.status, got.body)
			}
			return got.status == http.StatusOK
		})
	}
	b.away.Store(false)
	signUpAndIn(t, c, b)
}
