package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatepass/gatepass/sigv4"
)

const (
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	target = "/prod/notes/42?cursor=abc&limit=10"
	host   = "abcdef1234.execute-api.us-east-1.amazonaws.com"
)

var (
	token = strings.Repeat("FwoGZXIvYXdzEXAMPLE0", 52)[:1024]
	at    = time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)
	body  = bytes.Repeat([]byte(`{"content":"hello"}`), 54)[:1024]
)

func credentials(id string) sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}
}

func get() *http.Request {
	r, err := http.NewRequest(http.MethodGet, "https://"+host+target, nil)
	check(err)
	r.Header.Set("Accept", "application/json")
	return r
}

func post() *http.Request {
	r, err := http.NewRequest(http.MethodPost, "https://"+host+"/prod/notes", bytes.NewReader(body))
	check(err)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func check(err error) {
	if err != nil {
		panic(err) // a benchmark that cannot run has nothing to say
	}
}

func signing() []row {
	return []row{
		{"sign GET, 1 KiB token", sign(get(), sigv4.EmptyHash), sdkSign(get(), sigv4.EmptyHash), "4"},
		{"sign POST 1 KiB, hash known", sign(post(), sigv4.HashOf(body)), sdkSign(post(), sigv4.HashOf(body)), "4"},
		{"presign GET", presign, sdkPresign, "3.5"},
		{"verify GET / sign it again with the SDK", verify(at), sdkVerify, "5"},
		{"refuse: expired / verify", verify(at.Add(time.Hour)), verify(at), "4"},
		{"refuse: malformed / verify", refuse("AWS4-HMAC-SHA256 nonsense"), verify(at), "4"},
		{"refuse: no credentials / verify", refuse(""), verify(at), "4"},
		{"1 credential / 1000 in turn", interleaved(1), interleaved(1000), "<1.1"},
		{"SHA-256 of what is hashed (floor) / sign GET", floor, sign(get(), sigv4.EmptyHash), ""},
	}
}

func sign(r *http.Request, h sigv4.Hash) func(*testing.B) {
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	c := credentials("ASIAEXAMPLEACCESSKEY")
	return func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(s.Sign(r, c, h, at))
		}
	}
}

func sdkCredentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: "ASIAEXAMPLEACCESSKEY", SecretAccessKey: secret, SessionToken: token}
}

func sdkSign(r *http.Request, h sigv4.Hash) func(*testing.B) {
	s, c, sum := v4.NewSigner(), sdkCredentials(), hex.EncodeToString(h[:])
	return func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(s.SignHTTP(context.Background(), c, r, sum, "execute-api", "us-east-1", at))
		}
	}
}

func presign(b *testing.B) {
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	r, c := get(), credentials("ASIAEXAMPLEACCESSKEY")
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Presign(r, c, sigv4.EmptyHash, time.Minute, at)
		check(err)
	}
}

func sdkPresign(b *testing.B) {
	s, c := v4.NewSigner(), sdkCredentials()
	r, err := http.NewRequest(http.MethodGet, "https://"+host+target+"&X-Amz-Expires=60", nil)
	check(err)
	sum := hex.EncodeToString(sigv4.EmptyHash[:])
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := s.PresignHTTP(context.Background(), c, r, sum, "execute-api", "us-east-1", at)
		check(err)
	}
}

// received is a signed request as a server meets it.
func received() *http.Request {
	signed := get()
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	check(s.Sign(signed, credentials("ASIAEXAMPLEACCESSKEY"), sigv4.EmptyHash, at))
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Host, r.Header, r.Body = host, signed.Header, http.NoBody
	return r
}

func verify(now time.Time) func(*testing.B) {
	return func(b *testing.B) {
		v := &sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		var keys sigv4.KeyCache
		var c sigv4.Claim
		r := received()
		refused := now != at
		b.ReportAllocs()
		for b.Loop() {
			err := v.ParseInto(&c, r, now)
			if (err != nil) != refused {
				panic(err)
			}
			if err == nil {
				_, err = c.Verify(keys.Key(c.AccessKeyID(), secret, &c))
				check(err)
			}
		}
	}
}

func refuse(authorization string) func(*testing.B) {
	return func(b *testing.B) {
		v := &sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		var c sigv4.Claim
		r := received()
		r.Header.Del("Authorization")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		b.ReportAllocs()
		for b.Loop() {
			if v.ParseInto(&c, r, at) == nil {
				panic("was let through")
			}
		}
	}
}

// sdkVerify is how servers verify with a signer: sign a copy, compare.
func sdkVerify(b *testing.B) {
	s, c := v4.NewSigner(), sdkCredentials()
	sum := hex.EncodeToString(sigv4.EmptyHash[:])
	in := get()
	check(s.SignHTTP(context.Background(), c, in, sum, "execute-api", "us-east-1", at))
	want := []byte(in.Header.Get("Authorization"))
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequest(in.Method, in.URL.String(), nil)
		check(err)
		r.Header.Set("Accept", in.Header.Get("Accept"))
		check(s.SignHTTP(context.Background(), c, r, sum, "execute-api", "us-east-1", at))
		if !hmac.Equal([]byte(r.Header.Get("Authorization")), want) {
			panic("does not verify")
		}
	}
}

func interleaved(n int) func(*testing.B) {
	return func(b *testing.B) {
		s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
		r := get()
		list := make([]sigv4.Credentials, n)
		for i := range list {
			list[i] = credentials(fmt.Sprintf("ASIAEXAMPLEACCES%04d", i))
			check(s.Sign(r, list[i], sigv4.EmptyHash, at))
		}
		i := 0
		b.ReportAllocs()
		for b.Loop() {
			check(s.Sign(r, list[i], sigv4.EmptyHash, at))
			if i++; i == n {
				i = 0
			}
		}
	}
}

// floor hashes what signing GET must hash: 1,298 bytes of canonical request and
// 142 of string to sign with a keyed state, 25 compressions.
func floor(b *testing.B) {
	canonical, toSign := make([]byte, 1298), make([]byte, 142+55)
	b.ReportAllocs()
	for b.Loop() {
		sha256.Sum256(canonical)
		sha256.Sum256(toSign)
	}
}
