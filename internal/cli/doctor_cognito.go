package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatepass/gatepass"
	"github.com/gatepass/gatepass/internal/wire"
	"github.com/gatepass/gatepass/sigv4"
)

// checkPools checks the servers of the two pools, then the pools.
func (d *doctor) checkPools(ctx context.Context, pool, identity string) {
	reached := map[string]bool{}
	for _, base := range []string{pool, identity} {
		if _, done := reached[base]; base != "" && !done {
			reached[base] = d.checkHost(ctx, base)
		}
	}
	if pool != "" && reached[pool] && d.checkUserPool(ctx, pool) && d.v.client != "" {
		d.checkAppClient(ctx, pool)
	}
	if identity != "" && reached[identity] {
		d.checkIdentityPool(ctx, identity)
	}
}

// checkUserPool asks for the pool's public keys.
func (d *doctor) checkUserPool(ctx context.Context, base string) bool {
	const check = "user pool"
	resp, err := d.get(ctx, strings.TrimSuffix(base, "/")+"/"+d.v.userPool+"/.well-known/jwks.json")
	switch {
	case err != nil:
		d.fail(check, "check the network", "%s", reason(err))
		return false
	case resp.StatusCode == http.StatusOK:
		d.ok(check, "%s is there, with its keys", d.v.userPool)
		return true
	case resp.StatusCode >= 500:
		d.fail(check, "try again later", "the server answers %s", resp.Status)
		return false
	}
	d.fail(check, "compare it with the console, region included", "%s does not exist (%s)", d.v.userPool, resp.Status)
	return false
}

// The flows that can be asked for without a user, with what Cognito wants of a
// request before it looks for the user.
func probes(user string) []wire.InitiateAuthInput {
	return []wire.InitiateAuthInput{
		{AuthFlow: "USER_SRP_AUTH", AuthParameters: map[string]string{"USERNAME": user, "SRP_A": randomHex(384)}},
		{AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": user, "PASSWORD": rand.Text()}},
		{AuthFlow: "CUSTOM_AUTH", AuthParameters: map[string]string{"USERNAME": user}},
	}
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	b[0] &= 0x7f        // below the prime of the group
	return hex.EncodeToString(b)
}

// checkAppClient tries every flow for a user who does not exist: the refusal says
// whether client and flow do.
func (d *doctor) checkAppClient(ctx context.Context, base string) {
	const check = "app client"
	var enabled, off []string
	for _, in := range probes("gatepass-doctor-" + rand.Text()) {
		in.ClientId = d.v.client
		err := d.call(ctx, base, wire.TargetIDP, "InitiateAuth", in)
		e, refused := errors.AsType[*wire.Error](err)
		switch {
		case err != nil && !refused:
			d.fail(check, "check the network", "%s", reason(err))
			return
		case refused && e.Code == "ResourceNotFoundException":
			d.fail(check, "compare client_id with the app clients of the user pool", "%s does not exist in this region", d.v.client)
			return
		case refused && wantsSecret(e.Message):
			d.secret(check)
			return
		case refused && (e.Status >= 500 || e.Code == "TooManyRequestsException"):
			d.warn(check, "try again later", "%s", e.Error())
			return
		case refused && isDisabled(e):
			off = append(off, in.AuthFlow)
		default:
			enabled = append(enabled, in.AuthFlow)
		}
	}
	d.ok(check, "%s is there", d.v.client)
	d.flows(enabled, off)
}

// wantsSecret knows the texts in which Cognito asks for the secret of a client.
func wantsSecret(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "secret_hash was not received") || strings.Contains(m, "secret was not received") ||
		strings.Contains(m, "unable to verify secret hash")
}

// secret is for a client that has one: without it no more can be seen, and with
// it only a sign-in proves that it is right.
func (d *doctor) secret(check string) {
	if d.v.secret == "" {
		d.fail(check, "set GATEPASS_CLIENT_SECRET, or use an app client without a secret", "%s has a secret", d.v.client)
		return
	}
	d.ok(check, "%s is there and has a secret; its flows cannot be seen", d.v.client)
}

// isDisabled says whether a flow is refused for every user of the client.
func isDisabled(e *wire.Error) bool {
	if e.Code != "InvalidParameterException" {
		return false
	}
	for _, text := range []string{"not enabled for", "not supported", "not configured", "does not support the flow"} {
		if strings.Contains(e.Message, text) {
			return true
		}
	}
	return false
}

func (d *doctor) flows(enabled, off []string) {
	const check = "sign-in flows"
	text := strings.Join(enabled, ", ")
	if len(off) > 0 {
		text += "; not enabled: " + strings.Join(off, ", ")
	}
	switch {
	case len(enabled) == 0:
		d.fail(check, "enable ALLOW_USER_SRP_AUTH for the app client", "%s", strings.TrimPrefix(text, "; "))
	case enabled[0] == "USER_SRP_AUTH":
		d.ok(check, "%s", text)
	case enabled[0] == "USER_PASSWORD_AUTH":
		d.warn(check, "sign in with gatepass login --password-auth, or enable ALLOW_USER_SRP_AUTH", "%s", text)
	default:
		d.warn(check, "enable ALLOW_USER_SRP_AUTH for the app client to sign in with a password", "%s", text)
	}
}

func (d *doctor) call(ctx context.Context, base, target, op string, in any) error {
	var out map[string]any
	return wire.Caller{HTTP: d.http}.Call(ctx, base, target, op, in, &out)
}

// checkIdentityPool asks for an identity: as the user who is signed in, else with
// a token that names the app client and is signed by nobody, so that nothing is
// made on the server; without a user pool as a guest.
func (d *doctor) checkIdentityPool(ctx context.Context, base string) {
	const check = "identity pool"
	in := wire.GetIdInput{IdentityPoolId: d.v.identityPool}
	if s, err := d.a.session(ctx, d.v); err == nil {
		d.credentials(ctx, check, s)
		return
	}
	if d.v.userPool != "" && d.v.client != "" {
		in.Logins = d.logins()
	}
	err := d.call(ctx, base, wire.TargetIdentity, "GetId", in)
	e, refused := errors.AsType[*wire.Error](err)
	switch {
	case err == nil:
		d.ok(check, "lets guests in")
	case !refused:
		d.fail(check, "check the network", "%s", reason(err))
	case e.Code == "ResourceNotFoundException":
		d.fail(check, "compare identity_pool_id with the console, region included", "%s does not exist", d.v.identityPool)
	case strings.Contains(e.Message, "Invalid login token"):
		d.ok(check, "is there and knows the user pool and the app client, as far as can be seen without a sign-in")
	case strings.Contains(e.Message, "not from a supported provider"), strings.Contains(e.Message, "Logins don't match"):
		d.fail(check, "add user pool "+d.v.userPool+" with client "+d.v.client+" to its identity providers", "does not take tokens of this app client")
	case strings.Contains(e.Message, "Unauthenticated access"):
		d.warn(check, "set user_pool_id and client_id, or let the pool take guests", "is there and lets no guests in")
	default:
		d.warn(check, e.Cause, "%s: %s", e.Code, e.Message)
	}
}

// credentials asks for those of the user who is signed in.
func (d *doctor) credentials(ctx context.Context, check string, s *gatepass.Session) {
	creds, err := s.Credentials(ctx)
	who := cmp.Or(s.Username(), "guests")
	if err != nil {
		d.fail(check, hintOf(err), "gives %s no credentials: %s", who, textOf(err))
		return
	}
	d.ok(check, "gives credentials to %s, as %s", who, creds.IdentityID)
}

// logins is a login of the user pool whose token has everything but a signature.
func (d *doctor) logins() map[string]string {
	region, _, _ := strings.Cut(d.v.userPool, "_")
	host := sigv4.HostOf("cognito-idp", region)
	provider := host + "/" + d.v.userPool
	part := func(v any) string {
		b, _ := json.Marshal(v) // maps of strings and numbers always do
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := d.now()
	token := part(map[string]string{"alg": "RS256", "kid": "gatepass-doctor"}) + "." + part(map[string]any{
		"iss": (&url.URL{Scheme: "https", Host: host, Path: "/" + d.v.userPool}).String(), "aud": d.v.client,
		"sub": "gatepass-doctor", "token_use": "id", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
	return map[string]string{provider: token}
}
