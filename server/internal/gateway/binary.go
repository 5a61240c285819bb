package gateway

import (
	"encoding/base64"
	"mime"
	"net/http"
	"strings"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// mediaType is the type of a Content-Type header, in lower case and without
// parameters.
func mediaType(header string) string {
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		t, _, _ = strings.Cut(header, ";")
	}
	return strings.ToLower(strings.TrimSpace(t))
}

// isText tells the types whose bodies an HTTP API gives to a function as text.
func isText(contentType string) bool {
	t := mediaType(contentType)
	switch t {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "+json") || strings.HasSuffix(t, "+xml")
}

// isBinary tells whether a media type is one of the API's binary media types,
// in which a part may be *.
func (a *api) isBinary(header string) bool {
	if header == "" {
		return false
	}
	kind, sub, _ := strings.Cut(mediaType(header), "/")
	for _, t := range a.BinaryMediaTypes {
		wantKind, wantSub, _ := strings.Cut(strings.ToLower(t), "/")
		if (wantKind == "*" || wantKind == kind) && (wantSub == "*" || wantSub == sub) {
			return true
		}
	}
	return false
}

// wantsBinary tells whether the first media type that a caller accepts is a
// binary one: only that one counts (API Gateway Developer Guide, "Return binary
// media from a Lambda proxy integration").
func (a *api) wantsBinary(h http.Header) bool {
	first, _, _ := strings.Cut(h.Get("Accept"), ",")
	return a.isBinary(first)
}

// validateBinary holds the list to media types.
func validateBinary(a *apidef.API) error {
	for _, t := range a.BinaryMediaTypes {
		kind, sub, ok := strings.Cut(t, "/")
		if !ok || kind == "" || sub == "" || strings.ContainsAny(t, ", ;\r\n") || kind == "*" && sub != "*" {
			return invalid("BinaryMediaTypes", "%q is not a media type such as image/png, image/* or */*", t)
		}
	}
	return nil
}

func decode64(text []byte) ([]byte, error) {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, text)
	return out[:n], err
}

func encode64(body []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, body)
}
