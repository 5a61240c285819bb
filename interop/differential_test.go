package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatepass/gatepass/sigv4"
)

const cases = 5000

var (
	diffKeys = sigv4.Credentials{
		AccessKeyID: "ASIAEXAMPLEACCESSKEY", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		SessionToken: "FwoGZXIvYXdzEXAMPLETOKEN//////////wEaDExample==",
	}
	diffAt = time.Date(2026, 1, 15, 10, 20, 30, 0, time.UTC)
)

// drawn is a random request, before anybody signs it.
type drawn struct {
	method, path, query string
	headers             http.Header
	body                []byte
}

func draw(r *rand.Rand) drawn {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	segments := []string{"notes", "a%20b", "a%2Fb", "%C3%A9", "us-east-1:1111", "me@x.io", "it's", "a+b", "a,b", "(x)", "~u", "%7Eu", "a=b", "@connections", "Ab%3D", "$default", "*", ".", "..", "", "%25", "a%2520b", "!x"}
	names := []string{"a", "b", "A", "a-b", "a_b", "f[x]", "agent-role", "agent%3Acontains", "k%20k", "%C3%BC", "x~", "z"}
	values := []string{"", "1", "2", "10", "a b", "a%20b", "a+b", "%2B", "%2F", "a/b", "*", "it's", "%E2%82%AC", "%41", "=", "a=b", "x,y", "@", ":", "!", "(1)"}
	d := drawn{method: pick([]string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}), path: "/prod", headers: http.Header{}}
	depth := 1
	for range r.IntN(5) {
		seg := pick(segments)
		switch {
		case seg == ".." && depth == 0:
			continue // above the root: gatepass refuses to sign that, the others differ in what they make of it
		case seg == "..":
			depth--
		case seg != "." && seg != "":
			depth++
		}
		d.path += "/" + seg
	}
	var pairs []string
	for range r.IntN(6) {
		switch v := strings.ReplaceAll(pick(values), " ", "%20"); r.IntN(8) {
		case 0:
			pairs = append(pairs, pick(names))
		default:
			pairs = append(pairs, pick(names)+"="+v)
		}
	}
	d.query = strings.Join(pairs, "&")
	for range r.IntN(4) {
		d.headers.Add("X-Amz-Meta-"+pick([]string{"A", "B", "Long-Name", "C"}), pick([]string{"v", "a  b", "  trimmed ", "a,b", `"q   q"`, "x=y; z", "é"})) // a name may be drawn twice
	}
	if r.IntN(2) == 0 {
		d.headers.Set("Content-Type", pick([]string{"application/json", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"}))
	}
	d.body = []byte(strings.Repeat("x", r.IntN(64)))
	return d
}

func (d drawn) request(t *testing.T) *http.Request {
	t.Helper()
	target := "https://abcdef1234.execute-api.us-east-1.amazonaws.com" + d.path
	if d.query != "" {
		target += "?" + d.query
	}
	r, err := http.NewRequest(d.method, target, nil)
	if err != nil {
		t.Fatalf("%q: %v", target, err)
	}
	r.Header = d.headers.Clone()
	return r
}

// ours signs with gatepass; what it leaves in the request is what would be sent.
func ours(t *testing.T, s *sigv4.Signer, d drawn) *http.Request {
	t.Helper()
	r := d.request(t)
	if err := s.Sign(r, diffKeys, sigv4.HashOf(d.body), diffAt); err != nil {
		t.Fatalf("%s %q: %v", d.method, r.URL, err)
	}
	return r
}

// sdk signs the request as gatepass sends it with aws-sdk-go-v2.
func sdk(t *testing.T, wire *http.Request, d drawn) *http.Request {
	t.Helper()
	r, err := http.NewRequest(d.method, wire.URL.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = d.headers.Clone()
	sum := sigv4.HashOf(d.body)
	c := aws.Credentials{AccessKeyID: diffKeys.AccessKeyID, SecretAccessKey: diffKeys.SecretAccessKey, SessionToken: diffKeys.SessionToken}
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", diffAt); err != nil {
		t.Fatal(err)
	}
	return r
}

// accepted: gatepass's verifier takes a request that somebody else signed.
func accepted(t *testing.T, v *sigv4.Verifier, keys *sigv4.KeyCache, r *http.Request, body []byte) error {
	t.Helper()
	in := httptest.NewRequest(r.Method, "/", bytes.NewReader(body))
	in.RequestURI, in.Host, in.Header = r.URL.RequestURI(), r.URL.Host, r.Header.Clone()
	claim, err := v.Parse(in, diffAt)
	if err != nil {
		return err
	}
	_, err = claim.Verify(keys.Key(claim.AccessKeyID(), diffKeys.SecretAccessKey, claim))
	return err
}

// What gatepass respells or refuses before it signs never reaches the comparison:
// a '+' or ';' in a query, dot segments (aws-crt gets them, the SDK does not
// normalise), and paths above the root.

// TestDifferentialSDK: the same Authorization, byte for byte, as aws-sdk-go-v2
// makes for the request on the wire, and what the SDK signs is accepted.
func TestDifferentialSDK(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	v := &sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	var keys sigv4.KeyCache
	for i := range cases {
		d := draw(r)
		mine := ours(t, s, d)
		theirs := sdk(t, mine, d)
		if a, b := mine.Header.Get("Authorization"), theirs.Header.Get("Authorization"); a != b {
			t.Errorf("case %d: %s %q %q\nours %s\nsdk  %s", i, d.method, mine.URL, d.headers, a, b)
		}
		if err := accepted(t, v, &keys, theirs, d.body); err != nil {
			t.Errorf("case %d: %s %q of the SDK: %v", i, d.method, theirs.URL, err)
		}
		if t.Failed() && i > 20 {
			t.FailNow()
		}
	}
	t.Logf("%d requests, no difference", cases)
}

// TestDifferentialCRT: the same as aws-crt makes of the path before gatepass
// normalised it.
func TestDifferentialCRT(t *testing.T) {
	need(t, "install Node 20 or later", "node")
	if _, err := os.Stat(filepath.Join("node_modules", "aws-crt")); err != nil {
		missing(t, "the npm packages are not installed: cd interop && npm ci")
	}
	cmd := exec.Command("node", filepath.Join("js", "crt.mjs"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	s := &sigv4.Signer{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	v := &sigv4.Verifier{Region: "us-east-1", Profile: sigv4.ExecuteAPI()}
	var keys sigv4.KeyCache
	var want, what []string
	var lines bytes.Buffer
	for range cases {
		d := draw(r)
		mine := ours(t, s, d)
		if err := accepted(t, v, &keys, mine, d.body); err != nil { // aws-crt's is the same, if it is
			t.Fatalf("%s %q: %v", d.method, mine.URL, err)
		}
		want = append(want, mine.Header.Get("Authorization"))
		what = append(what, fmt.Sprintf("%s %q %q", d.method, d.path+"?"+mine.URL.RawQuery, d.headers))
		doc, err := json.Marshal(crtCase(d, mine))
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(doc, '\n'))
	}
	go func() { _, _ = io.Copy(in, &lines); _ = in.Close() }()
	compare(t, bufio.NewScanner(out), want, what)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func crtCase(d drawn, mine *http.Request) map[string]any {
	target := d.path
	if mine.URL.RawQuery != "" {
		target += "?" + mine.URL.RawQuery
	}
	headers := [][2]string{{"host", mine.URL.Host}}
	for _, k := range slices.Sorted(maps.Keys(d.headers)) {
		for _, v := range d.headers[k] {
			headers = append(headers, [2]string{k, v})
		}
	}
	sum := sigv4.HashOf(d.body)
	return map[string]any{
		"method": d.method, "target": target, "headers": headers, "hash": hex.EncodeToString(sum[:]), "region": "us-east-1",
		"date": diffAt.Format(time.RFC3339), "accessKeyId": diffKeys.AccessKeyID, "secretAccessKey": diffKeys.SecretAccessKey, "sessionToken": diffKeys.SessionToken,
	}
}

func compare(t *testing.T, got *bufio.Scanner, want, what []string) {
	t.Helper()
	n, differ := 0, 0
	for ; n < len(want) && got.Scan(); n++ {
		if got.Text() != want[n] {
			if differ++; differ < 10 {
				t.Errorf("case %d: %s\nours %s\ncrt  %s", n, what[n], want[n], got.Text())
			}
		}
	}
	if n != len(want) {
		t.Fatalf("aws-crt answered %d of %d", n, len(want))
	}
	t.Logf("%d requests, %d differences", n, differ)
}
