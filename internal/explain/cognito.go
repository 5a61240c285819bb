package explain

import "strings"

// cognitoRow is a refusal of an identity pool.
type cognitoRow struct {
	text string
	Cause
}

// cognitoRows are tried in order.
var cognitoRows = []cognitoRow{
	{"Logins don't match", Cause{
		Name: "other-login", Title: "The identity belongs to another login than the one that was sent",
		Seen: []string{"An identity id kept from another user, another user pool or before a merge gives this."},
		Fix:  []string{"Forget the kept identity id: gatepass logout && gatepass login", "Check that the identity pool has this user pool and app client among its providers."},
	}},
	{"Token is not from a supported provider", Cause{
		Name: "provider", Title: "The identity pool does not know the user pool or the app client of the token",
		Seen: []string{"The identity pool compares the token's iss with its providers and its aud with their client id."},
		Fix:  []string{"Add user pool and app client to the identity pool, or use the app client it has.", "gatepass token id --claims shows iss and aud"},
	}},
	{"Issuer doesn't match providerName", Cause{
		Name: "issuer", Title: "The token is filed under another provider than the one that issued it",
		Fix: []string{"The key in Logins must be cognito-idp.REGION.amazonaws.com/USER-POOL-ID of the pool that issued the token."},
	}},
	{"Missing a required claim: aud", Cause{
		Name: "access-token", Title: "An access token was sent where the identity pool wants the ID token",
		Fix: []string{"Send the ID token: gatepass token id"},
	}},
	{"Token expired", Cause{Name: "token-expired", Title: "The ID token has expired", Fix: []string{"gatepass token id gives a fresh one; gatepass login if the session is over"}}},
	{"Couldn't verify signed token", Cause{
		Name: "token-signature", Title: "The ID token's signature is not its user pool's",
		Seen: []string{"The token was damaged, is of another server, or of a pool that was made anew."}, Fix: []string{"gatepass logout && gatepass login"},
	}},
	{"Can't pass in a Cognito token", Cause{Name: "wrong-token", Title: "A token of an identity pool was sent where that of a user pool belongs", Fix: []string{"Send the user pool's ID token: gatepass token id"}}},
	{"Invalid login token", Cause{Name: "login-token", Title: "The identity pool does not take the token", Fix: []string{"gatepass token id --claims shows what is in it"}}},
	{"Invalid identity pool configuration", Cause{
		Name: "pool-roles", Title: "The identity pool cannot take the role it is set to give",
		Seen: []string{"No role is set for signed-in users (or for guests), or its trust policy does not let this pool take it."},
		Fix:  []string{"In the role's trust policy: Federated cognito-identity.amazonaws.com, …:aud the identity pool's id, …:amr authenticated (or unauthenticated); and sts:TagSession if tags are mapped.", "aws cognito-identity get-identity-pool-roles --identity-pool-id POOL"},
	}},
	{"Access to Identity", Cause{
		Name: "identity-forbidden", Title: "The identity has logins, and the request came without one of them",
		Seen: []string{"Or the identity was merged into another, or disabled."},
		Fix:  []string{"Sign in before asking for credentials: gatepass login", "Forget the kept identity id: gatepass logout && gatepass login"},
	}},
	{"Unauthenticated access is not supported", Cause{
		Name: "no-guests", Title: "The identity pool takes no guests",
		Fix: []string{"gatepass login", "Or allow unauthenticated identities in the identity pool (gatepass: allow_guests in gate.yaml)."},
	}},
	{"ambiguous role mapping", Cause{
		Name: "role-mapping", Title: "No rule of the role mapping fits the user, and the pool denies in that case",
		Fix: []string{"Give the user a group with a role, or set what the pool does with ambiguous roles to AuthenticatedRole."},
	}},
	{"Basic (classic) flow is not enabled", Cause{
		Name: "classic-flow", Title: "The identity pool does not allow the classic flow (GetOpenIdToken)",
		Fix: []string{"Use GetCredentialsForIdentity, as gatepass does, or allow the classic flow in the identity pool."},
	}},
	{"IdentityPool '", Cause{
		Name: "no-pool", Title: "There is no such identity pool in this region",
		Fix: []string{"Compare the identity pool id, and the region in front of it, with the pool's: gatepass profile show"},
	}},
	{"Identity '", Cause{Name: "no-identity", Title: "There is no such identity in this pool any more", Fix: []string{"Forget the kept identity id: gatepass logout && gatepass login"}}},
}

func cognito(v *view) []Cause {
	for _, row := range cognitoRows {
		if !v.says(row.text) {
			continue
		}
		c := row.Cause
		c.Seen = append([]string{"It says: " + clean(firstLine(v.message))}, c.Seen...)
		c.Seen = append(c.Seen, v.poolsKnown(c.Name)...)
		if id := v.Known.IdentityPoolID; id != "" {
			fix := make([]string, len(c.Fix))
			for i, f := range c.Fix {
				fix[i] = strings.Replace(f, "--identity-pool-id POOL", "--identity-pool-id "+id, 1)
			}
			c.Fix = fix
		}
		return []Cause{c}
	}
	return nil
}

// poolsKnown says what the profile has, where the pools do not fit together.
func (v *view) poolsKnown(name string) []string {
	k := v.Known
	if name != "provider" && name != "no-pool" && name != "pool-roles" || k.IdentityPoolID == "" {
		return nil
	}
	return []string{"The profile has user pool " + k.UserPoolID + ", app client " + k.ClientID + ", identity pool " + k.IdentityPoolID + "."}
}
