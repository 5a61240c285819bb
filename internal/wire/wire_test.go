package wire_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatepass/gatepass/internal/wire"
)

// The complete refusal recorded from AWS (aws-amplify/amplify-js#2443); its
// content-length was 143.
func TestRecordedError(t *testing.T) {
	const msg = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	w := httptest.NewRecorder()
	wire.WriteError(w, wire.JSON11, wire.Errorf("NotAuthorizedException", msg))
	want := `{"__type":"NotAuthorizedException","message":"` + msg + `"}`
	if w.Code != 400 || w.Body.String() != want || w.Header().Get("Content-Length") != "143" {
		t.Errorf("got %d %s %s", w.Code, w.Header().Get("Content-Length"), w.Body)
	}
	if got := w.Header().Get("x-amzn-errortype"); got != "NotAuthorizedException:" {
		t.Errorf("x-amzn-errortype %q", got)
	}
	if w.Header().Get("x-amzn-errormessage") != msg || w.Header().Get("x-amzn-requestid") == "" {
		t.Errorf("headers %v", w.Header())
	}
	e := wire.ReadError(w.Code, w.Header(), w.Body.Bytes())
	if e.Code != "NotAuthorizedException" || e.Message != msg {
		t.Errorf("read back %+v", e)
	}
}

func TestGatewayError(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{"MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`},
		{"AccessDeniedException", `{"Message":"Missing Authentication Token"}`},
	} {
		w := httptest.NewRecorder()
		wire.WriteError(w, wire.RESTGateway, &wire.Error{Code: c.code, Message: "Missing Authentication Token", Status: 403})
		if w.Code != 403 || w.Body.String() != c.want || w.Header().Get("x-amzn-ErrorType") != c.code {
			t.Errorf("%s: %d %s %v", c.code, w.Code, w.Body, w.Header())
		}
	}
}

func TestReadErrorForms(t *testing.T) {
	for name, c := range map[string]struct {
		h    http.Header
		body string
		want string
	}{
		"header with colon": {http.Header{"X-Amzn-Errortype": {"A:http://x"}}, `{}`, "A: "},
		"code":              {nil, `{"code":"B","message":"m"}`, "B: m"},
		"type with hash":    {nil, `{"__type":"com.amazonaws#C","Message":"M"}`, "C: M"},
		"no JSON":           {nil, `<html>`, "Bad Gateway: "},
		"Query service":     {nil, `<?xml version="1.0"?><ErrorResponse xmlns="https://x/"><Error><Code>D</Code><Message>m</Message></Error></ErrorResponse>`, "D: m"},
		"other XML":         {nil, `<Error><Code>E</Code></Error>`, "Bad Gateway: "},
	} {
		e := wire.ReadError(502, c.h, []byte(c.body))
		if got := e.Code + ": " + e.Message; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestF17(t *testing.T) {
	for name, body := range map[string]string{
		"null": `null`, "array": `[]`, "empty": ``, "string": `"x"`, "trailing": `{} {}`,
		"repeated":                `{"ClientId":"a","ClientId":"b"}`,
		"nested repeat":           `{"AuthParameters":{"A":"1","A":"2"}}`,
		"wrong case":              `{"clientid":"a"}`,
		"unknown":                 `{"LambdaConfig":{}}`,
		"invalid UTF-8":           "{\"ClientId\":\"\xff\"}",
		"half a character":        `{"ClientId":"\ud800"}`,
		"other half":              `{"ClientId":"\udc00x"}`,
		"two halves, wrong order": `{"ClientId":"\udc00\ud800"}`,
		"half and letter":         `{"ClientId":"\ud83d\u0041"}`,
		"deep":                    `{"AuthParameters":` + strings.Repeat(`{"a":`, 10001) + `1` + strings.Repeat(`}`, 10002),
		"NaN":                     `{"ClientId":NaN}`,
		"wrong type":              `{"ClientId":7}`,
	} {
		var in wire.InitiateAuthInput
		if err := wire.DecodeJSON([]byte(body), &in); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	var in wire.InitiateAuthInput
	if err := wire.DecodeJSON([]byte(`{"ClientId":"a","AuthParameters":{"SRP_A":"1"},"ClientMetadata":{"\ud83d\ude00":"\\ud800 \n"}}`), &in); err != nil {
		t.Error(err)
	}
}

func TestEpoch(t *testing.T) {
	at := time.Unix(1522664214, 0)
	b, err := json.Marshal(wire.Epoch{Time: at})
	if err != nil || string(b) != "1.522664214E9" {
		t.Fatalf("%s, %v", b, err)
	}
	var e wire.Epoch
	if err := json.Unmarshal(b, &e); err != nil || !e.Equal(at) {
		t.Errorf("%v, %v", e, err)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(`{"ClientId":"a","AuthParameters":{"SRP_A":"1"}}`))
	f.Add([]byte(`{"ClientId":"a","clientid":"b"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var ours, std wire.InitiateAuthInput
		if wire.DecodeJSON(data, &ours) != nil {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&std); err != nil {
			t.Fatalf("encoding/json refuses what we accept: %v", err)
		}
		if !reflect.DeepEqual(ours, std) {
			t.Fatalf("%q is read as another value than by encoding/json", data)
		}
	})
}
