package sigv4_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gatepass/gatepass/sigv4"
)

var creds = sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func ExampleSigner_Sign() {
	r, err := http.NewRequest("POST", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/notes", strings.NewReader(`{"content":"hello"}`))
	if err != nil {
		panic(err)
	}
	hash, err := sigv4.HashBody(r)
	if err != nil {
		panic(err)
	}
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	if err := s.Sign(r, creds, hash, noon); err != nil {
		panic(err)
	}
	scope, _, _ := strings.Cut(r.Header.Get("Authorization"), ", Signature=")
	fmt.Println(r.Header.Get("X-Amz-Date"))
	fmt.Println(scope)
	// Output:
	// 20260115T120000Z
	// AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date
}

func ExampleSigner_Presign() {
	r, err := http.NewRequest("GET", "https://abcdef1234.execute-api.us-east-1.amazonaws.com/prod/notes?tag=a+b", nil)
	if err != nil {
		panic(err)
	}
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	u, err := s.Presign(r, creds, sigv4.EmptyHash, time.Minute, noon)
	if err != nil {
		panic(err)
	}
	first, _, _ := strings.Cut(u.RawQuery, "&")
	fmt.Println(first, u.Query().Get("X-Amz-Expires"))
	// Output: tag=a%20b 60
}

func ExampleVerifier_Parse() {
	r := httptest.NewRequest("GET", "/prod/notes", nil)
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	if err := s.Sign(r, creds, sigv4.EmptyHash, noon); err != nil {
		panic(err)
	}

	v := &sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	var keys sigv4.KeyCache
	claim, err := v.Parse(r, noon.Add(time.Minute))
	if err != nil {
		panic(err)
	}
	ok, err := claim.Verify(keys.Key(claim.AccessKeyID(), creds.SecretAccessKey, claim))
	if err != nil {
		panic(err)
	}
	fmt.Println(ok.Method(), ok.RawPath(), "by", ok.AccessKeyID())

	_, err = v.Parse(r, noon.Add(time.Hour))
	fmt.Println(errors.Is(err, sigv4.ErrExpired))
	// Output:
	// GET /prod/notes by AKIDEXAMPLE
	// true
}

func ExampleDiagnose() {
	trace := sigv4.Trace{CanonicalRequest: "GET\n/notes\n\nhost:localhost\n\nhost\ne3b0"}
	message := "The Canonical String for this request should have been\n'GET\n/notes\n\nhost:localhost:4566\n\nhost\ne3b0'\n"
	for _, f := range sigv4.Diagnose(message, trace) {
		fmt.Println(f.Part+":", f.Cause)
	}
	// Output: header host: One side has the port and the other not: sign the Host header as it is sent.
}
