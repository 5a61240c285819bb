package apidef

import "strings"

// Invokes reports whether an integration of the type calls a Lambda function, with
// or without mappings. It is called by POST.
func (t IntegrationType) Invokes() bool { return t == Lambda || t == LambdaCustom }

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
