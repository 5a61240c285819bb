package cfn

import (
	"slices"
	"strings"

	"github.com/gatepass/gatepass/server/internal/tree"
)

func (t *template) userPool(r *resource) {
	o := r.props
	p := UserPool{
		LogicalID: r.name, ID: t.id(r, 0), Name: o.Text("UserPoolName"), UsernameAttributes: o.Texts("UsernameAttributes"),
		AliasAttributes: o.Texts("AliasAttributes"), AutoVerifiedAttributes: o.Texts("AutoVerifiedAttributes"), MFA: o.Text("MfaConfiguration"),
	}
	naming := o.Sub("UsernameConfiguration")
	p.CaseSensitive = naming.Bool("CaseSensitive")
	admin := o.Sub("AdminCreateUserConfig")
	p.AdminCreateUserOnly = admin.Bool("AllowAdminCreateUserOnly")
	admin.Ignore("InviteMessageTemplate", "UnusedAccountValidityDays")
	policies := o.Sub("Policies")
	p.Password = passwordPolicy(policies.Sub("PasswordPolicy"))
	policies.Ignore("SignInPolicy")
	for _, d := range []*tree.Object{naming, admin, policies} {
		d.Done()
	}
	recovery := o.Sub("AccountRecoverySetting")
	for _, m := range recovery.Subs("RecoveryMechanisms") {
		if m.Text("Name") == "admin_only" {
			t.Fail(m.Path, "ForgotPassword is open to all users here")
		}
	}
	for _, factor := range o.Texts("EnabledMfas") {
		if factor != "SOFTWARE_TOKEN_MFA" && p.MFA != "" && p.MFA != "OFF" {
			t.Note(o.At("EnabledMfas"), "%s is not a factor here", factor)
		}
	}
	o.Ignore("UserPoolTags", "VerificationMessageTemplate", "EmailConfiguration", "SmsConfiguration", "EmailVerificationMessage", "EmailVerificationSubject",
		"SmsVerificationMessage", "SmsAuthenticationMessage", "DeletionProtection", "UserPoolTier", "UserAttributeUpdateSettings")
	for _, a := range o.Subs("Schema") {
		t.Note(a.Path, "the attribute %s: there are the standard ones, none of them required, and no others", a.Text("Name"))
	}
	o.Done()
	t.out.UserPools = append(t.out.UserPools, p)
}

func passwordPolicy(o *tree.Object) *PasswordPolicy {
	if !o.Present() {
		return nil
	}
	p := &PasswordPolicy{
		MinimumLength: o.Int("MinimumLength"), TemporaryDays: o.Int("TemporaryPasswordValidityDays"), Upper: o.Bool("RequireUppercase"),
		Lower: o.Bool("RequireLowercase"), Numbers: o.Bool("RequireNumbers"), Symbols: o.Bool("RequireSymbols"),
	}
	o.Done()
	return p
}

// pool is the user pool of an id.
func (t *template) pool(path, id string) *UserPool {
	i := slices.IndexFunc(t.out.UserPools, func(p UserPool) bool { return p.ID == id })
	if i < 0 {
		t.Fail(path, "the user pool %q is not in this template", id)
		return &UserPool{}
	}
	return &t.out.UserPools[i]
}

func (t *template) client(r *resource) {
	o := r.props
	c := Client{LogicalID: r.name, ID: r.name, Name: o.Text("ClientName"), Secret: o.Bool("GenerateSecret"), ReadAttributes: o.Texts("ReadAttributes"), WriteAttributes: o.Texts("WriteAttributes")}
	for _, f := range o.Texts("ExplicitAuthFlows") {
		if f = flow(f); f == "ALLOW_CUSTOM_AUTH" {
			t.Note(o.At("ExplicitAuthFlows"), "there are no custom challenges")
		} else {
			c.AuthFlows = append(c.AuthFlows, f)
		}
	}
	units := o.Sub("TokenValidityUnits")
	c.AccessTokenMinutes = t.duration(o.At("AccessTokenValidity"), o.Int("AccessTokenValidity"), units.Text("AccessToken"), "hours", 1)
	c.IDTokenMinutes = t.duration(o.At("IdTokenValidity"), o.Int("IdTokenValidity"), units.Text("IdToken"), "hours", 1)
	c.RefreshTokenDays = t.duration(o.At("RefreshTokenValidity"), o.Int("RefreshTokenValidity"), units.Text("RefreshToken"), "days", 24*60)
	rotation := o.Sub("RefreshTokenRotation")
	c.RotateRefresh = rotation.Text("Feature") == "ENABLED"
	for _, p := range o.Texts("SupportedIdentityProviders") {
		if p != "COGNITO" {
			t.Note(o.At("SupportedIdentityProviders"), "users of %s do not sign in here", p)
		}
	}
	if o.Bool("AllowedOAuthFlowsUserPoolClient") {
		t.Note(o.At("AllowedOAuthFlowsUserPoolClient"), "there are no OAuth endpoints and no login pages: users sign in through the API")
	}
	pool := t.pool(o.Path, o.Text("UserPoolId"))
	pool.Clients = append(pool.Clients, c)
	o.Ignore("PreventUserExistenceErrors", "EnableTokenRevocation", "AllowedOAuthFlows", "AllowedOAuthScopes",
		"CallbackURLs", "LogoutURLs", "DefaultRedirectURI", "AuthSessionValidity")
	o.Done()
}

// flow is the new name of an old one.
func flow(f string) string {
	old := map[string]string{
		"USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH_FLOW_ONLY": "ALLOW_CUSTOM_AUTH",
	}
	if now := old[f]; now != "" {
		return now
	}
	return f
}

// duration is a number of units in units of so many minutes.
func (t *template) duration(path string, n int, unit, usual string, minutes int) int {
	if unit == "" {
		unit = usual
	}
	of := map[string]int{"minutes": 1, "hours": 60, "days": 24 * 60}[unit]
	if n == 0 {
		return 0
	}
	if n > 10*365*24*60 || of == 0 || n*of%minutes != 0 {
		t.Fail(path, "%d %s is not a time that is kept here: whole minutes, of refresh tokens whole days", n, unit)
	}
	return n * of / minutes
}

func (t *template) group(r *resource) {
	o := r.props
	g := Group{Name: t.id(r, 0), Role: t.roleName(o.At("RoleArn"), o.Text("RoleArn"))}
	if o.Has("Precedence") {
		g.Precedence = new(o.Int("Precedence"))
	}
	pool := t.pool(o.Path, o.Text("UserPoolId"))
	pool.Groups = append(pool.Groups, g)
	o.Ignore("GroupName", "Description")
	o.Done()
}

func (t *template) user(r *resource) {
	o := r.props
	u := User{Name: o.Text("Username"), Attributes: map[string]string{}}
	for _, a := range o.Subs("UserAttributes") {
		u.Attributes[a.Text("Name")] = a.Text("Value")
	}
	pool := t.pool(o.Path, o.Text("UserPoolId"))
	pool.Users = append(pool.Users, u)
	o.Ignore("DesiredDeliveryMediums", "ForceAliasCreation", "MessageAction", "ClientMetadata", "ValidationData")
	o.Done()
}

func (t *template) identityPool(r *resource) {
	o := r.props
	p := IdentityPool{
		LogicalID: r.name, ID: t.id(r, 0), Name: o.Text("IdentityPoolName"), AllowGuests: o.Bool("AllowUnauthenticatedIdentities"),
		AllowClassic: o.Bool("AllowClassicFlow"), OIDCProviderARNs: o.Texts("OpenIdConnectProviderARNs"), DeveloperProvider: o.Text("DeveloperProviderName"),
	}
	for _, pr := range o.Subs("CognitoIdentityProviders") {
		pool, ok := strings.CutPrefix(pr.Text("ProviderName"), t.providerPrefix())
		if !ok {
			t.Fail(pr.At("ProviderName"), "%q is not a user pool of this region", pr.Text("ProviderName"))
		}
		p.Providers = append(p.Providers, Provider{UserPool: pool, Client: pr.Text("ClientId"), ServerSideCheck: pr.Bool("ServerSideTokenCheck")})
		pr.Done()
	}
	o.Ignore("IdentityPoolTags")
	o.Done()
	t.out.IdentityPools = append(t.out.IdentityPools, p)
}

func (t *template) attachment(r *resource) {
	o := r.props
	id := o.Text("IdentityPoolId")
	i := slices.IndexFunc(t.out.IdentityPools, func(p IdentityPool) bool { return p.ID == id })
	if i < 0 {
		t.Fail(o.Path, "the identity pool %q is not in this template", id)
		return
	}
	p := &t.out.IdentityPools[i]
	roles := o.Sub("Roles")
	p.AuthenticatedRole = t.roleName(roles.At("authenticated"), roles.Text("authenticated"))
	p.UnauthenticatedRole = t.roleName(roles.At("unauthenticated"), roles.Text("unauthenticated"))
	roles.Done()
	mappings := o.Sub("RoleMappings")
	for _, f := range mappings.Fields() {
		p.Mappings = append(p.Mappings, t.mapping(f.Key, mappings.Sub(f.Key)))
	}
	o.Done()
}

func (t *template) mapping(key string, o *tree.Object) Mapping {
	if name := o.Text("IdentityProvider"); name != "" {
		key = name
	}
	provider, client, ok := strings.Cut(key, ":")
	pool, known := strings.CutPrefix(provider, t.providerPrefix())
	if !ok || !known {
		t.Fail(o.Path, "%q is not a client of a user pool", key)
	}
	m := Mapping{UserPool: pool, Client: client, Type: strings.ToLower(o.Text("Type")), Otherwise: "deny"}
	if o.Text("AmbiguousRoleResolution") == "AuthenticatedRole" {
		m.Otherwise = "authenticated_role"
	}
	rules := o.Sub("RulesConfiguration")
	for _, x := range rules.Subs("Rules") {
		m.Rules = append(m.Rules, Rule{Claim: x.Text("Claim"), Match: x.Text("MatchType"), Value: x.Text("Value"), Role: t.roleName(x.At("RoleARN"), x.Text("RoleARN"))})
		x.Done()
	}
	rules.Done()
	o.Done()
	return m
}
