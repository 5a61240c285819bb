//go:build !client

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatepass/gatepass/server"
	"github.com/gatepass/gatepass/server/store"
)

type serveOptions struct {
	gateFiles
	door
	db string
}

func newServe(a *app) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use: "serve",
		Long: `Serve what a gate.yaml, a SAM or CloudFormation template and OpenAPI documents
declare. Without a file: a ready-made user pool, identity pool, role and notes
API, with a user ada whose password is made and printed once, when the database
is new. The lines on stdout are for another terminal; the log goes to stderr,
and before it the template's outputs and what of the files is not served.

Lambda functions run elsewhere: sam local start-lambda runs all of a template
(--lambda-endpoint http://127.0.0.1:3001), or --function names the address of
each.
An API of --openapi has the name of its file as id, and the stage prod.`,
		Example: "  gatepass serve\n  gatepass serve -c gate.yaml --db gate.db\n" +
			"  gatepass serve --template template.yaml --parameter StageName=test --lambda-endpoint http://127.0.0.1:3001\n" +
			"  gatepass serve --openapi notes.yaml --function Notes=http://127.0.0.1:9000",
		Args: arguments(cobra.NoArgs),
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "`FILE`, a gate.yaml, that declares what is served; empty: the ready-made gate")
	f.StringVar(&o.template, "template", "", "`FILE`, a SAM or CloudFormation template whose user pools, roles and APIs are served")
	f.StringArrayVar(&o.parameters, "parameter", nil, "`NAME=VALUE` of a parameter of the template, or of what it imports; without a template, of a stage variable of --openapi")
	f.BoolVar(&o.allowUnknown, "allow-unknown", false, "leave out of the template what is not understood, even if it may guard something")
	f.StringArrayVar(&o.openapi, "openapi", nil, "`FILE`, an OpenAPI or Swagger document of an API")
	f.StringArrayVar(&o.functions, "function", nil, "`NAME=URL` that the events of a Lambda function are posted to")
	f.StringVar(&o.lambdaEndpoint, "lambda-endpoint", "", "`URL` of a Lambda service that has all other functions")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8787", "`ADDR` to listen on; port 0 takes a free one")
	f.StringVar(&o.db, "db", "", "`FILE` of the SQLite database, or a postgres:// URL; empty: in memory")
	f.BoolVar(&o.allowRemote, "allow-remote", false, "listen beyond this machine, with --tls-cert or a TLS proxy in front")
	o.addFlags(f)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) }
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) error {
	if err := o.checkListen(); err != nil {
		return err
	}
	g, err := newGate(o)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.io.Err, nil))
	ln, base, err := o.open(log)
	if err != nil {
		return err
	}
	srv := &server.Server{DSN: o.db, Config: g.config, Handlers: g.handlers, Endpoint: base, Logger: log}
	stopAdmin, err := o.serveAdmin(srv.Admin(), log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	defer stopAdmin()
	if err := srv.Start(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	_ = ctx.Done() // who reads that it is ready may end it: signals are heard from now on
	if _, err := fmt.Fprint(a.io.Out, g.lines(base, srv.Fresh())); err != nil {
		return errors.Join(&writeError{err}, ln.Close(), srv.Close())
	}
	for _, line := range g.told {
		fmt.Fprintln(a.io.Err, plain(line))
	}
	log.InfoContext(ctx, "serving", "endpoint", base, "database", o.database())
	err = runHTTP(ctx, ln, newHTTPServer(srv, log))
	log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return errors.Join(err, srv.Close())
}

// database names the database for the log, without what a URL may hold.
func (o serveOptions) database() string {
	switch {
	case store.InMemory(o.db):
		return "in memory"
	case isURL(o.db):
		return "postgres"
	}
	return o.db
}

// checkListen refuses addresses that other machines reach, unless asked for.
func (o *serveOptions) checkListen() error {
	why, instead := "gatepass serve speaks plain HTTP without --tls-cert", "listen on 127.0.0.1, or pass --allow-remote, with --tls-cert or a TLS proxy in front"
	if o.certificate != "" {
		why, instead = "they could try what the gate guards", "listen on 127.0.0.1, or pass --allow-remote"
	}
	return errors.Join(
		o.mayListen("--listen", o.listen, why, instead),
		o.mayListen("--admin", o.admin, "--admin shows them how busy the gate is", "listen on 127.0.0.1, or pass --allow-remote"))
}

// exists says whether a database file is there.
func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Size() > 0
}
