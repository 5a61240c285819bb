package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// lambdaAnswer is what a function returned, as an answer to the caller.
type lambdaAnswer struct {
	status int
	header http.Header
	body   string
	base64 bool // the body is to be decoded
}

// answer1Keys are all that an answer of version 1.0 may have ("Output format of
// a Lambda function for proxy integration").
var answer1Keys = []string{"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}

// readAnswer1 reads an answer of version 1.0.
func readAnswer1(text []byte) (*lambdaAnswer, error) {
	fields, err := object(text)
	if err != nil {
		return nil, err
	}
	for key := range fields {
		if !slices.Contains(answer1Keys, key) {
			return nil, fmt.Errorf("the function's answer has the key %q", key)
		}
	}
	out := &lambdaAnswer{status: http.StatusOK, header: http.Header{}}
	err = out.readFields(fields)
	out.contentType("application/json")
	return out, err
}

// readAnswer2 reads an answer of version 2.0: whatever is JSON and has no
// statusCode is a body.
func readAnswer2(text []byte) (*lambdaAnswer, error) {
	if !json.Valid(text) {
		return nil, errors.New("the function's answer is not JSON")
	}
	fields, err := object(text)
	if err != nil || fields["statusCode"] == nil {
		return bodyAlone(text), nil
	}
	out := &lambdaAnswer{status: http.StatusOK, header: http.Header{}}
	err = errors.Join(out.readFields(fields), out.readCookies(fields["cookies"]))
	out.contentType("text/plain;charset=UTF-8")
	return out, err
}

// bodyAlone is the answer of a function that returned only a body.
func bodyAlone(text []byte) *lambdaAnswer {
	out := &lambdaAnswer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: string(text)}
	if s := ""; json.Unmarshal(text, &s) == nil && !isNull(text) {
		out.body = s
	}
	return out
}

// object reads a JSON object by its keys as they are written.
func object(text []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return nil, errors.New("the function's answer is not a JSON object")
	}
	return fields, nil
}

func isNull(text json.RawMessage) bool {
	return len(text) == 0 || string(bytes.TrimSpace(text)) == "null"
}

// readStatus takes a number or a text that is one.
func (a *lambdaAnswer) readStatus(text json.RawMessage) error {
	if isNull(text) {
		return nil
	}
	var err error
	a.status, err = readStatus(strings.Trim(string(text), `"`))
	return err
}

// readMulti takes multiValueHeaders, which come before headers of the same name.
func (a *lambdaAnswer) readMulti(text json.RawMessage) error {
	if isNull(text) {
		return nil
	}
	var multi map[string]json.RawMessage
	if err := json.Unmarshal(text, &multi); err != nil {
		return errors.New("the function's multiValueHeaders are not an object")
	}
	for name, value := range multi {
		values := []json.RawMessage{value}
		if list := []json.RawMessage(nil); json.Unmarshal(value, &list) == nil {
			values = list
		}
		for _, v := range values {
			if err := a.addHeader(name, v, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *lambdaAnswer) readHeaders(text json.RawMessage) error {
	if isNull(text) {
		return nil
	}
	var single map[string]json.RawMessage
	if err := json.Unmarshal(text, &single); err != nil {
		return errors.New("the function's headers are not an object")
	}
	for name, value := range single {
		if err := a.addHeader(name, value, true); err != nil {
			return err
		}
	}
	return nil
}

// addHeader adds a value, a text, a number or a truth value; once, if the header
// may have it already.
func (a *lambdaAnswer) addHeader(name string, value json.RawMessage, once bool) error {
	if isNull(value) {
		return nil
	}
	text := string(value)
	switch value[0] {
	case '{', '[':
		return fmt.Errorf("the function's header %q is not a text", name)
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
	}
	key := remapped(http.CanonicalHeaderKey(name))
	if !tokenForm().MatchString(name) || !isHeaderValue(text) {
		return fmt.Errorf("the function's header %q cannot be sent", name)
	}
	if key != "" && !(once && slices.Contains(a.header[key], text)) {
		a.header[key] = append(a.header[key], text)
	}
	return nil
}

// isHeaderValue holds for what can be sent without being split or changed.
func isHeaderValue(v string) bool {
	return !strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// remappedHeaders are those of an answer that only the gateway gives; the
// function's come under another name ("Amazon API Gateway important notes").
var remappedHeaders = map[string]bool{
	"Authorization": true, "Connection": true, "Content-Length": true, "Content-Md5": true, "Date": true,
	"Expect": true, "Host": true, "Max-Forwards": true, "Proxy-Authenticate": true, "Server": true, "Te": true,
	"Trailer": true, "Upgrade": true, "User-Agent": true, "Www-Authenticate": true, "X-Amzn-Requestid": true,
}

// remapped is the name a function's header is answered under; empty for none.
func remapped(key string) string {
	switch {
	case key == "Transfer-Encoding":
		return ""
	case remappedHeaders[key]:
		return "X-Amzn-Remapped-" + key
	}
	return key
}

func (a *lambdaAnswer) readCookies(text json.RawMessage) error {
	if isNull(text) {
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return errors.New("the function's cookies are not a list of texts")
	}
	for _, cookie := range list {
		if !isHeaderValue(cookie) {
			return errors.New("a cookie of the function cannot be sent")
		}
	}
	a.header["Set-Cookie"] = append(a.header["Set-Cookie"], list...)
	return nil
}

func (a *lambdaAnswer) readBody(body, base64 json.RawMessage) error {
	if !isNull(body) {
		if err := json.Unmarshal(body, &a.body); err != nil {
			return errors.New("the function's body is not a text")
		}
	}
	if !isNull(base64) {
		if err := json.Unmarshal(base64, &a.base64); err != nil {
			return errors.New("the function's isBase64Encoded is not true or false")
		}
	}
	return nil
}

// readFields reads what both versions have.
func (a *lambdaAnswer) readFields(fields map[string]json.RawMessage) error {
	return errors.Join(
		a.readStatus(fields["statusCode"]), a.readMulti(fields["multiValueHeaders"]),
		a.readHeaders(fields["headers"]), a.readBody(fields["body"], fields["isBase64Encoded"]))
}

// contentType gives an answer without a Content-Type one.
func (a *lambdaAnswer) contentType(t string) {
	if a.header["Content-Type"] == nil {
		a.header["Content-Type"] = []string{t}
	}
}
