package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/bench/kit"
	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/sigv4"
)

const password = "Correct-Horse-9!"

// serve is one of the processes.
func serve(what, up string) error {
	switch what {
	case "gate":
		s := &server.Server{Config: config(up)}
		if err := s.Start(context.Background()); err != nil {
			return err
		}
		return kit.Serve(s)
	case "tuned":
		return kit.Serve(kit.Reverse(up, true))
	case "bare":
		return kit.Serve(bare(up))
	}
	return kit.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"message":"hello, world!"}`)
	}))
}

// config is the ready-made gate with a backend elsewhere.
func config(up string) *server.Config {
	c := server.Sample(password)
	c.ShowDecisions = false
	c.APIs[0].Routes = []server.Route{
		{Path: "/notes", Methods: []string{"GET"}, Auth: "AWS_IAM", URI: up},
		{Path: "/public", Methods: []string{"GET"}, Auth: "NONE", URI: up},
	}
	return c
}

// tokenSize is about the length of the gate's session tokens.
const tokenSize = 700

const (
	open   = "gate, no authentication"
	signed = "gate, AWS_IAM"
)

// session signs ada in at a gate.
func session(base string) *gatepass.Session {
	c := &gatepass.Client{UserPoolID: server.SampleUserPool, ClientID: server.SampleClient, IdentityPoolID: server.SampleIdentityPool, Endpoint: base}
	s, err := c.SignIn(context.Background(), "ada", gatepass.Password(password))
	kit.Check(err)
	return s
}

// request is a GET of the gate's, signed for a minute or two, as it goes on the
// wire: everybody gets the same headers, and whoever does not verify them forwards
// or drops them.
func request(c kit.Candidate, base string) []byte {
	path := "/public"
	if c.Name == signed {
		path = "/notes"
	}
	creds := gatepass.Credentials{Credentials: sigv4.Credentials{
		AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: strings.Repeat("s", 40), SessionToken: strings.Repeat("T", tokenSize),
	}}
	if strings.HasPrefix(c.Name, "gate") {
		var err error
		creds, err = session(base).Credentials(context.Background())
		kit.Check(err)
	}
	r, err := http.NewRequest(http.MethodGet, base+"/_aws/execute-api/"+server.SampleAPI+"/"+server.SampleStage+path+"?limit=10", nil)
	kit.Check(err)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "bench")
	signer := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	kit.Check(signer.Sign(r, creds.Credentials, sigv4.EmptyHash, time.Now()))
	text := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n", r.URL.RequestURI(), r.URL.Host)
	for key, values := range r.Header {
		text += key + ": " + values[0] + "\r\n"
	}
	return []byte(text + "\r\n")
}
