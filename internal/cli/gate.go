//go:build !client

package cli

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/server"
)

// gate is what gatepass serve serves. Of the ready-made gate it holds the
// secrets that are made with a new database, to be printed once.
type gate struct {
	config      *server.Config
	told        []string // lines for stderr: outputs of a template, notes
	handlers    map[string]http.Handler
	password    string // of ada; empty: none was made
	adminKey    string
	adminSecret string
}

func newGate(o serveOptions) (*gate, error) {
	if err := o.gateFiles.check(); err != nil {
		return nil, err
	}
	if o.any() {
		return o.declared()
	}
	g := &gate{handlers: server.SampleHandlers()}
	switch {
	case isURL(o.db): // whose state is not known before it is open, when a password is too late
		return nil, hintf(usageErrorf("the ready-made gate is kept in memory or in a file, not in PostgreSQL"), "declare what is served with -c gate.yaml")
	case !exists(o.db): // else its secrets were printed when it was made
		g.password = newUserPassword()
	}
	var err error
	if g.config, err = o.sample(g.password); err == nil && g.password != "" {
		g.addAdmin()
	}
	return g, err
}

// declared is the gate of files. Without a gate.yaml, which declares its own, an
// administrator is made with a new database.
func (o serveOptions) declared() (*gate, error) {
	config, lines, err := o.read()
	if err != nil {
		return nil, err
	}
	g := &gate{config: config, handlers: server.SampleHandlers(), told: lines}
	if o.config != "" {
		if len(config.Admins) == 0 {
			g.told = append(g.told, noAdmin)
		}
		return g, nil
	}
	g.config.ShowDecisions = !o.allowRemote // to who develops the template
	if !isURL(o.db) && !exists(o.db) {
		g.addAdmin()
	}
	return g, nil
}

// noAdmin is said of a gate.yaml that leaves everyone out.
const noAdmin = "note: the gate.yaml declares no administrator (admins:), whose key signs gatepass outbox and the AWS CLI's calls"

func isURL(dsn string) bool { return strings.Contains(dsn, "://") }

// addAdmin declares an administrator with a new key.
func (g *gate) addAdmin() {
	g.adminKey = "AKIA" + rand.Text()[:16]
	g.adminSecret = randomBase64(30)
	g.config.Admins = append(g.config.Admins, server.Admin{
		Name: "admin", AccessKeyID: g.adminKey, Secret: server.Secret(g.adminSecret),
		Policies: map[string]server.Document{"all": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`},
	})
}

// lines are what serve prints: settings to copy into another terminal, and with
// a new database the secrets that were made.
func (g *gate) lines(base string, fresh bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# gatepass serves on %s; lines for another terminal:\n", base)
	for _, e := range g.exports(base) {
		fmt.Fprintf(&b, "export %s=%s\n", e[0], e[1])
	}
	if !fresh || g.adminKey == "" {
		return b.String()
	}
	fmt.Fprintf(&b, "# an administrator, for gatepass outbox and the AWS CLI; shown this once\n")
	fmt.Fprintf(&b, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", g.adminKey, g.adminSecret)
	if g.password == "" {
		return b.String()
	}
	fmt.Fprintf(&b, "# the password of ada, shown this once: %s\n", g.password)
	fmt.Fprintf(&b, "# then: gatepass login ada && gatepass call GET /notes\n")
	return b.String()
}

// exports are the settings for the first of everything the gate has.
func (g *gate) exports(base string) [][2]string {
	c := g.config
	out := [][2]string{{"GATEPASS_ENDPOINT", base}, {"GATEPASS_REGION", cmp.Or(c.Region, "us-east-1")}}
	if len(c.UserPools) > 0 {
		out = append(out, [2]string{"GATEPASS_USER_POOL_ID", c.UserPools[0].ID})
		if clients := c.UserPools[0].Clients; len(clients) > 0 {
			out = append(out, [2]string{"GATEPASS_CLIENT_ID", clients[0].ID})
		}
	}
	if len(c.IdentityPools) > 0 {
		out = append(out, [2]string{"GATEPASS_IDENTITY_POOL_ID", c.IdentityPools[0].ID})
	}
	if len(c.APIs) > 0 && len(c.APIs[0].Stages) > 0 {
		out = append(out, [2]string{"GATEPASS_API", apiURL(base, c.APIs[0].ID, c.APIs[0].Stages[0].Name)})
	}
	return out
}

// apiURL is the base URL of a stage in the form that needs no name resolution.
func apiURL(base, api, stage string) string {
	if stage == "$default" { // of HTTP APIs, which is served without its name
		return base + "/_aws/execute-api/" + api
	}
	return base + "/_aws/execute-api/" + api + "/" + stage
}

// newUserPassword makes a password of 130 random bits that every policy takes.
func newUserPassword() string { return "Aa1-" + strings.ToLower(rand.Text()) }

func randomBase64(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}
