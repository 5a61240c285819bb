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

// InvokesFunction tells a URI that an integration of type AWS may have: not one of
// another service than Lambda, nor of another action than to invoke a function.
func InvokesFunction(uri string) bool {
	part := strings.SplitN(uri, ":", 6)
	switch {
	case len(part) < 6 || part[0] != "arn":
		return part[0] != "arn" // a URL to post events to
	case part[2] == "apigateway":
		return part[4] == "lambda" && strings.HasPrefix(part[5], "path/2015-03-31/functions/")
	}
	return part[2] == "lambda"
}
