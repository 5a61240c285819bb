package gateway

import (
	"strings"
	"testing"

	"github.com/gatepass/gatepass/server/internal/apidef"
)

// TestE26AnswerFormats are the answers that were tried on AWS (reference 3.2).
func TestE26AnswerFormats(t *testing.T) {
	s := lambdaStand(t, nil, "")
	for _, tt := range []struct {
		answer string
		status int
		body   string
	}{
		{`{"statusCode":200,"body":"ok"}`, 200, "ok"},
		{`{"statusCode":"404","body":"no"}`, 404, "no"},
		{`{"body":"no status"}`, 200, "no status"},
		{`{"statusCode":200,"headers":null,"body":null}`, 200, ""},
		{`{"statusCode":200,"headers":{"x-text":"a","x-number":1,"x-bool":true}}`, 200, ""},
		{`{"statusCode":200,"body":"YQ==","isBase64Encoded":true}`, 200, "YQ=="},
		{`{"statusCode":200,"wrong":1}`, 502, ""},
		{`{"StatusCode":200}`, 502, ""},
		{`{"statusCode":200,"body":{"a":1}}`, 502, ""},
		{`{"statusCode":200,"body":1}`, 502, ""},
		{`{"statusCode":"abc"}`, 502, ""},
		{`{"statusCode":20}`, 502, ""},
		{`{"statusCode":200,"headers":{"x":{"a":1}}}`, 502, ""},
		{`{"statusCode":200,"headers":{"x":"a\r\nSet-Cookie: b"}}`, 502, ""},
		{`{"statusCode":200,"headers":[]}`, 502, ""},
		{`[200]`, 502, ""},
		{`"text"`, 502, ""},
		{`null`, 502, ""},
		{``, 502, ""},
	} {
		s.answer = answerWith(tt.answer)
		got := s.do(s.request("GET", "/prod/open", ""))
		if tt.status == 502 {
			tt.body = `{"message": "Internal server error"}`
		}
		if got.status != tt.status || got.body != tt.body {
			t.Errorf("%s: %d %s", tt.answer, got.status, got.body)
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	s := lambdaStand(t, nil, `{"statusCode":200,"headers":{"A":"3","b":"x","Date":"mine","content-length":7,"X-Gatepass-User-Sub":"m","www-authenticate":"Basic"},
		"multiValueHeaders":{"a":["1","2",true],"B":["x"],"Set-Cookie":["s=1","t=2"]},"body":"ok"}`)
	got := s.do(s.request("GET", "/prod/open", ""))
	for name, want := range map[string]string{
		"A": "1|2|true|3", "B": "x", "Set-Cookie": "s=1|t=2", "X-Amzn-Remapped-Date": "mine", "X-Amzn-Remapped-Content-Length": "7",
		"X-Amzn-Remapped-Www-Authenticate": "Basic", "X-Gatepass-User-Sub": "", "Content-Type": "application/json",
	} {
		if v := strings.Join(got.header[name], "|"); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	if got.body != "ok" || len(got.header["Date"]) != 1 || got.header.Get("Date") == "mine" {
		t.Errorf("%+v", got)
	}
}

func TestAnswerBinary(t *testing.T) {
	s := lambdaStand(t, func(a *apidef.API) { a.BinaryMediaTypes = []string{"image/png"} }, `{"statusCode":200,"headers":{"Content-Type":"image/png"},"body":"YWJj","isBase64Encoded":true}`)
	for accept, want := range map[string]string{"image/png": "abc", "image/png,*/*": "abc", "text/html,image/png": "YWJj", "": "YWJj"} {
		r := s.request("GET", "/prod/open", "")
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		if got := s.do(r); got.body != want {
			t.Errorf("Accept %q: %q", accept, got.body)
		}
	}
	s.answer = answerWith(`{"statusCode":200,"body":"!","isBase64Encoded":true}`)
	r := s.request("GET", "/prod/open", "")
	r.Header.Set("Accept", "image/png")
	if got := s.do(r); got.status != 500 {
		t.Errorf("not base64: %d %s", got.status, got.body)
	}
}

func TestAnswer2(t *testing.T) {
	for _, tt := range []struct {
		answer, body, contentType string
		status                    int
	}{
		{`{"statusCode":201,"body":"ok","headers":{"content-type":"text/html","x":1},"cookies":["a=1","b=2"]}`, "ok", "text/html", 201},
		{`{"statusCode":200,"body":"YWJj","isBase64Encoded":true}`, "abc", "text/plain;charset=UTF-8", 200},
		{`{"message":"hi"}`, `{"message":"hi"}`, "application/json", 200},
		{`[1, 2]`, `[1, 2]`, "application/json", 200},
		{`"hello"`, "hello", "application/json", 200},
		{`{"statusCode":"x"}`, "", "", 500},
		{`nonsense`, "", "", 500},
	} {
		s := lambdaStand(t, httpAPI(nothing), tt.answer)
		got := s.do(s.request("GET", "/prod/open", ""))
		if got.status != tt.status || tt.status != 500 && (got.body != tt.body || got.header.Get("Content-Type") != tt.contentType) {
			t.Errorf("%s: %d %s %s", tt.answer, got.status, got.header.Get("Content-Type"), got.body)
		}
		if tt.status == 201 && strings.Join(got.header["Set-Cookie"], "|") != "a=1|b=2" {
			t.Errorf("cookies %q", got.header["Set-Cookie"])
		}
	}
}

func TestAnswersWithoutBody(t *testing.T) {
	s := lambdaStand(t, nil, `{"statusCode":204,"body":"x"}`)
	if got := s.do(s.request("GET", "/prod/open", "")); got.status != 204 || got.body != "" || got.err != nil {
		t.Errorf("204: %+v", got)
	}
	s.answer = answerWith(`{"statusCode":200,"body":"x"}`)
	if got := s.do(s.request("HEAD", "/prod/open", "")); got.status != 200 || got.body != "" {
		t.Errorf("HEAD: %+v", got)
	}
}
