package profile

import "strings"

// Things that are seen and have no place in a profile.
const (
	seenAppSync = "AppSync endpoint"
	seenDomain  = "sign-in domain"
	seenSecret  = "client secret"
	seenAPIKey  = "API key"
)

// whyUnused says what to do with what a profile does not hold.
var whyUnused = map[string]string{
	seenAppSync: "GraphQL, not a REST API",
	seenDomain:  "for sign-in in a browser",
	seenSecret:  "a profile holds no secrets: set GATEPASS_CLIENT_SECRET",
	seenAPIKey:  "a profile holds no secrets: pass it with --api-key",
}

// knownKeys are the paths of the formats whose keys are fixed. A path may stand
// anywhere in a file, under a variable or a stage.
var knownKeys = []struct{ path, field string }{
	// Amplify Gen 2, amplify_outputs.json
	{"auth.aws_region", fieldRegion},
	{"auth.user_pool_id", fieldUserPool},
	{"auth.user_pool_client_id", fieldClient},
	{"auth.identity_pool_id", fieldIdentityPool},
	{"auth.oauth.domain", seenDomain},
	// Amplify Gen 1, aws-exports.js
	{"aws_cognito_region", fieldRegion},
	{"aws_user_pools_id", fieldUserPool},
	{"aws_user_pools_web_client_id", fieldClient},
	{"aws_cognito_identity_pool_id", fieldIdentityPool},
	{"oauth.domain", seenDomain},
	{"aws_appsync_graphqlEndpoint", seenAppSync},
	// Amplify for Android, iOS and Flutter, amplifyconfiguration.json
	{"CognitoUserPool.Default.PoolId", fieldUserPool},
	{"CognitoUserPool.Default.AppClientId", fieldClient},
	{"CognitoUserPool.Default.AppClientSecret", seenSecret},
	{"CognitoUserPool.Default.Region", fieldRegion},
	{"CognitoUserPool.Default.Endpoint", fieldEndpoint},
	{"CognitoIdentity.Default.PoolId", fieldIdentityPool},
	{"OAuth.WebDomain", seenDomain},
	{"OAuth.AppClientSecret", seenSecret},
	// Amplify v6, Amplify.configure({...})
	{"Auth.Cognito.userPoolId", fieldUserPool},
	{"Auth.Cognito.userPoolClientId", fieldClient},
	{"Auth.Cognito.identityPoolId", fieldIdentityPool},
	{"Auth.Cognito.userPoolEndpoint", fieldEndpoint},
	{"Auth.Cognito.identityPoolEndpoint", fieldEndpoint},
	{"loginWith.oauth.domain", seenDomain},
	{"API.GraphQL.endpoint", seenAppSync},
	// Amplify v5
	{"Auth.region", fieldRegion},
	{"Auth.userPoolId", fieldUserPool},
	{"Auth.userPoolWebClientId", fieldClient},
	{"Auth.identityPoolId", fieldIdentityPool},
	{"Auth.endpoint", fieldEndpoint},
	// the guide's config.js
	{"cognito.REGION", fieldRegion},
	{"cognito.USER_POOL_ID", fieldUserPool},
	{"cognito.APP_CLIENT_ID", fieldClient},
	{"cognito.IDENTITY_POOL_ID", fieldIdentityPool},
}

// apiObjects are the places of objects that are an API: the path of the object,
// where a star is its name, and the member that is its URL.
var apiObjects = []struct{ path, url string }{
	{"API.REST.*", "endpoint"},
	{"custom.API.*", "endpoint"},
	{"awsAPIPlugin.*", "endpoint"},
	{"aws_cloud_logic_custom.*", "endpoint"},
	{"API.endpoints.*", "endpoint"},
	{"apiGateway", "URL"},
}

// publicPrefixes are what bundlers want variables to begin with that they put
// into a page.
var publicPrefixes = []string{
	"VITE_", "REACT_APP_", "NEXT_PUBLIC_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "VUE_APP_", "GATSBY_", "NG_APP_", "PUBLIC_",
}

// strangers are words in names of ids and APIs of others.
var strangers = []string{
	"google", "facebook", "apple", "github", "gitlab", "twitter", "auth0", "okta", "stripe", "paypal", "discord", "slack", "linkedin",
	"microsoft", "azure", "sentry", "mqtt", "firebase", "openai", "anthropic", "supabase", "twilio", "algolia", "spotify", "mapbox",
}

// plainKey is a key in one form for all ways to write it.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(withoutPrefix(key)))
}

func withoutPrefix(key string) string {
	for _, p := range publicPrefixes {
		if rest, ok := strings.CutPrefix(key, p); ok {
			return rest
		}
	}
	return key
}

// fieldOf says what the last key of a path that no format fixes may mean; empty:
// nothing known.
func fieldOf(path []string) string {
	key := plainKey(path[len(path)-1])
	switch {
	case hasAny(key, strangers...):
		return ""
	case strings.Contains(key, "clientsecret"):
		return seenSecret
	case isOneOf(key, "cognitoendpoint", "userpoolendpoint", "identitypoolendpoint", "gatepassendpoint", "awsendpointurl", "cognitoidpendpoint"):
		return fieldEndpoint
	case hasAny(key, "arn", "secret", "provider", "group", "redirect"):
		return ""
	case isOneOf(key, "cognitodomain", "userpooldomain", "oauthdomain", "hosteduidomain", "cognitohosteduidomain"):
		return seenDomain
	case len(path) > 1 && isOneOf(plainKey(path[len(path)-2]), "s3", "storage", "data", "analytics", "geo", "notifications", "predictions"):
		return ""
	case isOneOf(key, "region", "awsregion", "cognitoregion", "awscognitoregion", "authregion", "userpoolregion", "awsprojectregion", "awsdefaultregion", "gatepassregion"):
		return fieldRegion
	case strings.Contains(key, "identitypool") && !hasAny(key, "name", "endpoint", "region", "url"):
		return fieldIdentityPool
	case strings.Contains(key, "client") && !hasAny(key, "name", "token", "url"):
		return fieldClient
	case strings.Contains(key, "userpool") && !hasAny(key, "name", "domain", "endpoint", "region", "url", "client"):
		return fieldUserPool
	case hasAny(key, "graphql", "appsync") && !hasAny(key, "region", "type", "key", "id"):
		return seenAppSync
	}
	return ""
}

// saysID says whether a key names an id plainly enough that a value of another
// form is worth a word.
func saysID(key string) bool {
	key = plainKey(key)
	return strings.HasSuffix(key, "poolid") || strings.HasSuffix(key, "clientid") || strings.HasSuffix(key, "region")
}

// saysAPI says whether a key names the URL of an API.
func saysAPI(key string) bool {
	key = plainKey(key)
	if hasAny(key, strangers...) || hasAny(key, "graphql", "appsync", "key", "docs", "swagger", "console") {
		return false
	}
	words := isOneOf(key, "api", "apiurl") || strings.HasSuffix(key, "api") || hasAny(key, "invokeurl", "gatewayurl", "backendurl")
	return words || strings.Contains(key, "api") && hasAny(key, "url", "uri", "endpoint", "base", "host", "gateway", "root")
}

func hasAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func isOneOf(s string, words ...string) bool {
	for _, w := range words {
		if s == w {
			return true
		}
	}
	return false
}

// hasPath says whether path ends with the dotted pattern, in which a star is any
// key.
func hasPath(path []string, pattern string) bool {
	want := strings.Split(pattern, ".")
	if len(path) < len(want) {
		return false
	}
	for i, key := range path[len(path)-len(want):] {
		if want[i] != "*" && want[i] != key {
			return false
		}
	}
	return true
}

// apiName makes a short name of the key of an API's URL: NotesApiEndpoint4F160690
// is notes. What has no name of its own is api.
func apiName(key string) string {
	var kept []string
	for _, w := range words(withoutHash(withoutPrefix(key))) {
		if !isOneOf(w, "api", "apis", "url", "uri", "endpoint", "base", "invoke", "rest", "http", "gateway", "gatepass", "aws", "root", "host", "output", "id") {
			kept = append(kept, w)
		}
	}
	if name := strings.Join(kept, "-"); isAPIName(name) {
		return name
	}
	return "api"
}

// withoutHash removes the eight hexadecimal digits that CDK puts behind names.
func withoutHash(key string) string {
	if hasHash(key) {
		return key[:len(key)-8]
	}
	return key
}

func hasHash(key string) bool {
	n := len(key) - 8
	return n > 0 && span(key[n:], func(c byte) bool { return isDigit(c) || 'A' <= c && c <= 'F' }) == 8
}

// words cuts camelCase, SNAKE_CASE and kebab-case into lower-case words.
func words(s string) []string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case !isAlnum(c):
			c = ' '
		case i > 0 && isUpper(c) && (isLower(s[i-1]) || isDigit(s[i-1]) || isUpper(s[i-1]) && i+1 < len(s) && isLower(s[i+1])):
			b.WriteByte(' ')
		}
		b.WriteByte(c)
	}
	return strings.Fields(strings.ToLower(b.String()))
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
