package wire

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Protocol is how an answer is laid out.
type Protocol int

// The protocols of the services.
const (
	JSON11      Protocol = iota // Cognito: JSON with __type
	Query                       // STS: XML
	RESTGateway                 // API Gateway REST: {"message"}
	QueryIAM                    // IAM: the XML of STS in another namespace
)

// namespace is that of the XML of a Query service.
func (p Protocol) namespace() string {
	if p == QueryIAM {
		return "https://iam.amazonaws.com/doc/2010-05-08/"
	}
	return "https://sts.amazonaws.com/doc/2011-06-15/"
}

// NewRequestID makes a random UUID (RFC 9562, version 4).
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// WriteError is the single writer of refusals. The request id header is kept if
// the caller has set one.
func WriteError(w http.ResponseWriter, p Protocol, err error) {
	e := AsError(err)
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	id := requestID(w)
	switch p {
	case JSON11:
		writeJSONError(w, status, e)
	case Query, QueryIAM:
		writeQueryError(w, status, e, id, p.namespace())
	case RESTGateway:
		writeGatewayError(w, status, e, id)
	}
}

func requestID(w http.ResponseWriter) string {
	h := w.Header()
	if h.Get("x-amzn-RequestId") == "" {
		h.Set("x-amzn-RequestId", NewRequestID())
	}
	return h.Get("x-amzn-RequestId")
}

// The trailing colon of the error type and the message header are as AWS sends
// them; SDKs cut at the colon.
func writeJSONError(w http.ResponseWriter, status int, e *Error) {
	w.Header().Set("x-amzn-ErrorType", e.Code+":")
	if e.Message != "" {
		w.Header().Set("x-amzn-ErrorMessage", headerSafe(e.Message))
	}
	send(w, status, TypeJSON11, marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message,omitempty"`
	}{e.Code, e.Message}))
}

func writeGatewayError(w http.ResponseWriter, status int, e *Error, id string) {
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.Header().Set("x-amz-apigw-id", base64.StdEncoding.EncodeToString([]byte(id[:11]))[:15]+"=")
	key := "message"
	if e.Code == "AccessDeniedException" {
		key = "Message" // the one capital letter API Gateway has
	}
	send(w, status, TypeJSON, marshal(map[string]string{key: e.Message}))
}

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func writeQueryError(w http.ResponseWriter, status int, e *Error, id, namespace string) {
	kind := "Sender"
	if status >= 500 {
		kind = "Receiver"
	}
	body, err := xml.MarshalIndent(queryError{Namespace: namespace, Type: kind, Code: e.Code, Message: e.Message, RequestID: id}, "", "  ")
	if err != nil {
		body = nil // the texts are ours: it cannot fail
	}
	send(w, status, TypeXML, append(body, '\n'))
}

// WriteJSON answers 200 in JSON 1.1; nil is the empty object.
func WriteJSON(w http.ResponseWriter, v any) {
	requestID(w)
	if v == nil {
		v = struct{}{}
	}
	send(w, http.StatusOK, TypeJSON11, marshal(v))
}

// WriteXML answers 200 in a Query protocol: v is <{action}Result>, or nil where
// the service has none.
func WriteXML(w http.ResponseWriter, p Protocol, action string, v any) {
	id := requestID(w)
	inner, err := xml.Marshal(v)
	if err != nil {
		WriteError(w, p, err)
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>%s<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>\n",
		action, p.namespace(), inner, id, action)
	send(w, http.StatusOK, TypeXML, b.Bytes())
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nothing to tell it
}

// marshal writes JSON as AWS does: no HTML escapes, no newline.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`{"__type":"InternalErrorException"}`) // shapes always marshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// headerSafe keeps a text on one header line.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, s)
}
