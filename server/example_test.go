package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/server"
)

// A service that needs no proxy: its handler stands behind the checks of the
// gate, and a signed-in user calls it.
func ExampleServer_Protect() {
	gate := &server.Server{Config: server.Sample("Correct-horse-7"), Handlers: server.SampleHandlers()}
	defer gate.Close()
	notes, err := gate.Protect(server.Protection{API: "notes", Stage: "prod"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := server.IdentityFrom(r.Context())
		fmt.Fprintf(w, "notes of an %s caller", id.AuthenticationType)
	}))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/notes", notes)
	mux.Handle("/", gate) // sign-in and credentials, for this program and others
	front := httptest.NewServer(mux)
	defer front.Close()

	client := &gatepass.Client{
		Region: "us-east-1", Endpoint: front.URL,
		UserPoolID: server.SampleUserPool, ClientID: server.SampleClient, IdentityPoolID: server.SampleIdentityPool,
	}
	ada, err := client.SignIn(context.Background(), "ada", gatepass.Password("Correct-horse-7"))
	if err != nil {
		log.Fatal(err)
	}
	resp, err := ada.HTTPClient(front.Listener.Addr().String()).Get(front.URL + "/notes")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, string(text))
	// Output: 200 notes of an authenticated caller
}
