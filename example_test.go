package gatepass_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatepass/gatepass"
)

// Sign in, then call an API as if there were no authentication at all.
func Example() {
	ctx := context.Background()
	c := &gatepass.Client{
		UserPoolID:     "eu-west-1_AbCdEf123",
		ClientID:       "4h57kls9d0example1234567ab",
		IdentityPoolID: "eu-west-1:11111111-2222-3333-4444-555555555555",
	}
	s, err := c.SignIn(ctx, "ada@example.com", gatepass.Password(os.Getenv("ADA_PASSWORD")))
	if err != nil {
		log.Fatal(err)
	}
	type note struct{ Text string }
	notes, err := gatepass.Call[[]note](ctx, s, "GET", "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/notes", nil)
	switch {
	case errors.Is(err, gatepass.ErrDenied):
		log.Fatal("signed in, but no policy allows it: ", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(notes)
}

// Any library that takes an http.Client makes signed requests.
func ExampleSession_HTTPClient() {
	var s *gatepass.Session // from SignIn or CurrentUser
	resp, err := s.HTTPClient("api.example").Post("https://api.example/prod/notes", "text/plain", strings.NewReader("hello"))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(os.Stdout, resp.Body)
}

// A challenge is a typed value; its methods make the legal replies.
func ExampleAnswer() {
	var c *gatepass.Client
	ask := func(what string) (answer string) {
		fmt.Print(what, ": ")
		_, _ = fmt.Scanln(&answer)
		return answer
	}
	_, err := c.SignIn(context.Background(), "ada", gatepass.Password(ask("password")),
		gatepass.Answer(func(_ context.Context, ch gatepass.Challenge) (gatepass.Reply, error) {
			switch ch := ch.(type) {
			case *gatepass.TOTP:
				return ch.Code(ask("code from " + ch.Device)), nil
			case *gatepass.NewPassword:
				return ch.Set(ask("new password"), nil), nil
			}
			return gatepass.Reply{}, gatepass.ErrUnhandledChallenge
		}))
	if err != nil {
		log.Fatal(err)
	}
}

// A session outlives the process in a FileStore.
func ExampleClient_CurrentUser() {
	home, err := os.UserConfigDir()
	if err != nil {
		log.Fatal(err)
	}
	c := &gatepass.Client{
		UserPoolID: "eu-west-1_AbCdEf123",
		ClientID:   "4h57kls9d0example1234567ab",
		Store:      gatepass.FileStore{Dir: filepath.Join(home, "notes", "session")},
	}
	s, err := c.CurrentUser(context.Background())
	if errors.Is(err, gatepass.ErrNotSignedIn) {
		s, err = c.SignIn(context.Background(), "ada", gatepass.Password(os.Getenv("ADA_PASSWORD")))
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("hello,", s.Claims().String("email"))
}

// A transport of your own goes under the signature.
func ExampleSession_Transport() {
	var s *gatepass.Session
	t := s.Transport("api.example")
	t.Base = &http.Transport{MaxIdleConnsPerHost: 100}
	_ = &http.Client{Transport: t}
}

// Errors say what a program can do about them.
func ExampleError() {
	err := error(&gatepass.Error{
		Op: "InitiateAuth", Code: "NotAuthorizedException", Message: "Password attempts exceeded",
		Cause: "too many wrong passwords",
	})
	fmt.Println(err)
	// Output: InitiateAuth: NotAuthorizedException: Password attempts exceeded (too many wrong passwords)
}
