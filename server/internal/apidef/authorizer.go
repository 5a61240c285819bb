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

// NotBuilt answers 501. It stands for an integration that there is not, so that the
// route and its guard stay and no wider route answers in their place.
func NotBuilt() Integration {
	return Integration{
		Type: Mock, Templates: map[string]string{"application/json": `{"statusCode": 501}`},
		Responses: []IntegrationResponse{{Status: 501, Templates: map[string]string{"application/json": `{"message":"Not Implemented"}`}}},
	}
}
