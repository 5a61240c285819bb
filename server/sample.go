package server

import "net/http"

// The ids of the ready-made gate of [Sample]. They are names, not secrets.
const (
	SampleUserPool     = "us-east-1_Gatepass1"
	SampleClient       = "gatepass0sample0client0000"
	SampleIdentityPool = "us-east-1:6a7e9a55-0000-4000-8000-000000000001"
	SampleAPI          = "notes"
	SampleStage        = "prod"
)

// SampleHandlers are the backends [Sample] names.
func SampleHandlers() map[string]http.Handler {
	return map[string]http.Handler{"notes": NotesHandler()}
}

// Sample is a ready-made gate: a user pool with e-mail confirmation, an app
// client, an identity pool, a role, and a notes API whose /notes the role may
// call, whose /admin it may not, and whose /public is open. With a password there
// is a confirmed user ada (ada@example.com). Set Server.Handlers to
// [SampleHandlers].
func Sample(password string) *Config {
	c := &Config{
		ShowDecisions: true, // its policies are in this file for all to read
		UserPools: []UserPool{{
			ID: SampleUserPool, Name: "sample", AliasAttributes: []string{"email"}, AutoVerifiedAttributes: []string{"email"}, MFA: "OPTIONAL",
			Clients: []Client{{
				ID: SampleClient, Name: "sample",
				AuthFlows: []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
			}},
		}},
		IdentityPools: []IdentityPool{{
			ID: SampleIdentityPool, Name: "sample", AuthenticatedRole: "NotesUser",
			Providers: []Provider{{UserPool: SampleUserPool, Client: SampleClient}},
		}},
		Roles: []Role{{Name: "NotesUser", Policies: map[string]Document{
			"notes": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:notes/prod/*/notes"}}`,
		}}},
		APIs: []API{{
			ID: SampleAPI, Name: "notes", Stages: []Stage{{Name: SampleStage}}, CORS: &CORS{AllowOrigins: []string{"*"}},
			Routes: []Route{
				{Path: "/notes", Methods: []string{"GET", "POST"}, Auth: "AWS_IAM", Handler: "notes"},
				{Path: "/admin", Methods: []string{"GET"}, Auth: "AWS_IAM", Handler: "notes"},
				{Path: "/public", Methods: []string{"GET"}, Auth: "NONE", Handler: "notes"},
			},
		}},
	}
	if password != "" {
		c.UserPools[0].Users = []User{{
			Username: "ada", Password: Secret(password), Attributes: map[string]string{"email": "ada@example.com", "email_verified": "true"},
		}}
	}
	return c
}
