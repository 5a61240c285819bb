package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server"
)

const goodConfig = `region: us-east-1
user_pools:
  - id: us-east-1_Notes
    clients:
      - id: web
identity_pools:
  - id: us-east-1:11111111-2222-4333-8444-555555555555
    authenticated_role: NotesUser
    providers:
      - {user_pool: us-east-1_Notes, client: web}
    role_mappings:
      - {user_pool: us-east-1_Notes, client: web, type: rules, otherwise: deny, rules: [{claim: a, match: Equals, value: b, role: NotesUser}]}
roles:
  - name: NotesUser
    policies:
      notes:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}]
apis:
  - id: notes
    stages: [prod]
    routes:
      - {path: /notes, methods: [GET], auth: AWS_IAM, uri: "http://127.0.0.1:3000"}
`

func TestParseConfig(t *testing.T) {
	c, err := server.ParseConfig("gate.yaml", []byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	if c.APIs[0].Routes[0].Auth != "AWS_IAM" || !strings.Contains(string(c.Roles[0].Policies["notes"]), `"Effect": "Allow"`) {
		t.Errorf("%+v", c)
	}
}

// M04: whatever is wrong is refused with its line.
func TestM04(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		line     int
		says     string
	}{
		"unknown key":           {"region: us-east-1", "regoin: us-east-1", 1, "regoin"},
		"repeated key":          {"    clients:", "    id: us-east-1_Other\n    clients:", 4, "id"},
		"wrong type":            {"stages: [prod]", "stages: {prod: 1}", 21, ""},
		"bad region":            {"region: us-east-1", "region: us-east-1@evil", 1, "not an AWS region"},
		"bad pool id":           {"id: us-east-1_Notes", "id: notes pool", 3, "user pool id"},
		"unknown role":          {"authenticated_role: NotesUser", "authenticated_role: Nobody", 8, "Nobody"},
		"unknown client":        {"client: web}", "client: app}", 10, "app"},
		"mapping of a stranger": {"client: web, type", "client: app, type", 12, "app"},
		"unknown mapping type":  {"type: rules", "type: rule", 12, "rule"},
		"mapping without else":  {"otherwise: deny, ", "", 12, "deny"},
		"token with rules":      {"type: rules", "type: token", 12, "rules"},
		"unknown match":         {"match: Equals", "match: equals", 12, "Equals"},
		"role of a rule":        {"role: NotesUser}]", "role: Nobody}]", 12, "Nobody"},
		"malformed policy":      {"Effect: Allow", "Effect: allow", 17, "Effect"},
		"unknown auth":          {"auth: AWS_IAM", "auth: MAGIC", 20, "MAGIC"},
		"no auth":               {"auth: AWS_IAM, ", "", 20, ""},
		"key of two words":      {"Effect: Allow", "Effect: Allow, Condition: {Bool: {aws:SecureTransport: [x]}}", 18, `put quotes around "aws:SecureTransport"`},
		"no space":              {"stages: [prod]", "stages: [{name:prod}]", 21, `"name:prod"`},
		"no backend":            {`, uri: "http://127.0.0.1:3000"`, "", 23, "uri, handler, function or integration"},
		"metadata backend C17":  {"http://127.0.0.1:3000", "http://169.254.169.254", 20, ""},
	} {
		text := strings.Replace(goodConfig, c.old, c.new, 1)
		if text == goodConfig {
			t.Fatalf("%s: nothing was replaced", name)
		}
		_, err := server.ParseConfig("gate.yaml", []byte(text))
		var ce *server.ConfigError
		if !errors.As(err, &ce) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ce.Line != c.line || !strings.Contains(ce.Error(), c.says) || strings.Contains(ce.Error(), "\n") {
			t.Errorf("%s: %q, want line %d and %q", name, ce, c.line, c.says)
		}
	}
}

// A handler that the program does not have is named, with its line.
func TestUnknownHandler(t *testing.T) {
	c, err := server.ParseConfig("gate.yaml", []byte(strings.Replace(goodConfig, `uri: "http://127.0.0.1:3000"`, "handler: nothing", 1)))
	if err != nil {
		t.Fatal(err)
	}
	err = (&server.Server{Config: c}).Start(t.Context())
	var ce *server.ConfigError
	if !errors.As(err, &ce) || ce.Line != 23 || !strings.Contains(ce.Message, "nothing") {
		t.Errorf("%+v", err)
	}
}

// An identity pool accepts declared issuers alone.
func TestOIDCProviders(t *testing.T) {
	good := strings.Replace(goodConfig, "identity_pools:", "oidc_providers:\n  - {issuer: \"https://idp.example\", clients: [app]}\nidentity_pools:", 1)
	good = strings.Replace(good, "    role_mappings:", "    oidc_providers: [\"https://idp.example\"]\n    role_mappings:\n"+
		"      - {issuer: \"https://idp.example\", type: rules, otherwise: deny, rules: [{claim: c, match: Equals, value: d, role: NotesUser}]}", 1)
	if _, err := server.ParseConfig("gate.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new string }{
		"plain HTTP":            {`issuer: "https://idp.example", clients`, `issuer: "http://idp.example", clients`},
		"no clients":            {"clients: [app]", "clients: []"},
		"undeclared":            {`oidc_providers: ["https://idp.example"]`, `oidc_providers: ["https://other.example"]`},
		"mapping of a stranger": {`issuer: "https://idp.example", type`, `issuer: "https://other.example", type`},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		var ce *server.ConfigError
		if _, err := server.ParseConfig("gate.yaml", []byte(bad)); bad == good || !errors.As(err, &ce) || ce.Line == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
