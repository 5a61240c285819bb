package apidef

import "strings"

// Auth is what the routes that name an authorizer of the type ask of their callers;
// empty of no type that there is.
func (t AuthorizerType) Auth() Auth {
	switch t {
	case CognitoAuthorizer:
		return AuthCognito
	case JWTAuthorizer:
		return AuthJWT
	case TokenAuthorizer, RequestAuthorizer:
		return AuthCustom
	}
	return ""
}

// Sources are identity sources, of which several may stand in one text with commas
// between them.
func Sources(texts ...string) []string {
	var out []string
	for _, text := range texts {
		for source := range strings.SplitSeq(text, ",") {
			if source = strings.TrimSpace(source); source != "" {
				out = append(out, source)
			}
		}
	}
	return out
}
