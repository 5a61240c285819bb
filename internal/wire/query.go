package wire

import (
	"net/http"
	"net/url"
)

// GetCallerIdentityResult is the result of sts:GetCallerIdentity.
type GetCallerIdentityResult struct {
	XMLName struct{} `xml:"GetCallerIdentityResult"`
	Arn     string
	UserId  string
	Account string
}

// ParseQuery reads a request of the Query protocol: the body of a POST, or the
// query of a GET, never a mixture. A parameter given twice is refused.
func ParseQuery(r *http.Request, body []byte) (url.Values, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if q, _ := url.ParseQuery(text); q.Has("Action") || q.Has("Version") {
			return nil, malformedQuery("parameters stand in the query and in the body")
		}
		text = string(body)
	}
	v, err := url.ParseQuery(text)
	if err != nil {
		return nil, malformedQuery("the parameters are not form encoded")
	}
	for k, list := range v {
		if len(list) > 1 {
			return nil, malformedQuery("the parameter " + k + " is given twice")
		}
	}
	return v, nil
}

func malformedQuery(text string) *Error {
	return &Error{Code: "MalformedQueryString", Message: text, Status: http.StatusBadRequest}
}
