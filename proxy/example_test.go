package proxy_test

import (
	"context"
	"log"
	"net/http"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/proxy"
)

// A Go program that lets other programs on this machine call an API as its user.
func Example() {
	ctx := context.Background()
	client := &gatepass.Client{UserPoolID: "eu-west-1_AbCdEf123", ClientID: "app", IdentityPoolID: "eu-west-1:id"}
	session, err := client.CurrentUser(ctx)
	if err != nil {
		log.Fatal(err)
	}
	p := &proxy.Proxy{
		Upstream:    proxy.Upstream{URL: "https://abc.execute-api.eu-west-1.amazonaws.com/prod"},
		Credentials: session.Credentials,
		Renew:       session.RenewCredentials,
	}
	defer p.Close()
	if err := p.Start(ctx); err != nil { // what is wrong shows before anybody calls
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", p))
}
