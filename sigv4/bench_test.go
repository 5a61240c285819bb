package sigv4

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

var longToken = strings.Repeat("FwoGZXIvYXdzEXAMPLETOKEN/wEaDExa", 32) // 1024 characters

const benchTarget = "/prod/notes/42?limit=10&cursor=abc"

func benchRequest(t testing.TB) (*http.Request, Credentials) {
	r := newRequest(t, "GET", benchTarget, "")
	r.Body = nil
	r.Header.Set("Accept", "application/json")
	return r, Credentials{"ASIAEXAMPLEACCESSKEY", testSecret, longToken}
}

func BenchmarkSign(b *testing.B) {
	r, c := benchRequest(b)
	s := apiSigner()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Sign(r, c, EmptyHash, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignFresh(b *testing.B) {
	r, c := benchRequest(b)
	s := apiSigner()
	b.ReportAllocs()
	for b.Loop() {
		r.Header = make(http.Header, 4)
		if err := s.Sign(r, c, EmptyHash, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignPost(b *testing.B) {
	r, c := benchRequest(b)
	r.Method, r.ContentLength = "POST", 1024
	r.Header.Set("Content-Type", "application/json")
	h := HashOf(make([]byte, 1024))
	s := apiSigner()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Sign(r, c, h, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignThousand(b *testing.B) {
	r, _ := benchRequest(b)
	s := apiSigner()
	creds := make([]Credentials, 1000)
	for i := range creds {
		creds[i] = Credentials{fmt.Sprintf("ASIAEXAMPLE%09d", i), fmt.Sprintf("%040d", i), longToken}
		if err := s.Sign(r, creds[i], EmptyHash, testTime); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.Sign(r, creds[i%len(creds)], EmptyHash, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPresign(b *testing.B) {
	r, c := benchRequest(b)
	s := apiSigner()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Presign(r, c, EmptyHash, time.Minute, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func benchVerify(b *testing.B, in *http.Request, secret string) {
	v, claim := apiVerifier(), new(Claim)
	var keys KeyCache
	b.ReportAllocs()
	for b.Loop() {
		if err := v.ParseInto(claim, in, testTime); err != nil {
			b.Fatal(err)
		}
		if _, err := claim.Verify(keys.Key(claim.AccessKeyID(), secret, claim)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	r, c := benchRequest(b)
	if err := apiSigner().Sign(r, c, EmptyHash, testTime); err != nil {
		b.Fatal(err)
	}
	benchVerify(b, received(r), c.SecretAccessKey)
}

func BenchmarkVerifyPresigned(b *testing.B) {
	r, c := benchRequest(b)
	u, err := apiSigner().Presign(r, c, EmptyHash, time.Minute, testTime)
	if err != nil {
		b.Fatal(err)
	}
	r.URL = u
	benchVerify(b, received(r), c.SecretAccessKey)
}

func benchReject(b *testing.B, in *http.Request, now time.Time) {
	v, claim := apiVerifier(), new(Claim)
	b.ReportAllocs()
	for b.Loop() {
		if err := v.ParseInto(claim, in, now); err == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkRejectExpired(b *testing.B) {
	benchReject(b, signed(b, "GET", benchTarget, ""), testTime.Add(time.Hour))
}

func BenchmarkRejectMalformed(b *testing.B) {
	in := signed(b, "GET", benchTarget, "")
	in.Header.Set("Authorization", strings.Replace(in.Header.Get("Authorization"), "SignedHeaders=", "SignedHeaders", 1))
	benchReject(b, in, testTime)
}

func BenchmarkRejectMissing(b *testing.B) {
	in := signed(b, "GET", benchTarget, "")
	in.Header.Del("Authorization")
	benchReject(b, in, testTime)
}

// TestAllocations holds what signing and verifying may allocate.
func TestAllocations(t *testing.T) {
	r, c := benchRequest(t)
	s, v, claim := apiSigner(), apiVerifier(), new(Claim)
	var keys KeyCache
	sign := func() {
		if err := s.Sign(r, c, EmptyHash, testTime); err != nil {
			t.Fatal(err)
		}
	}
	sign()
	in := received(r)
	in.Body = nil
	verify := func() {
		if err := v.ParseInto(claim, in, testTime); err != nil {
			t.Fatal(err)
		}
		if _, err := claim.Verify(keys.Key(claim.AccessKeyID(), c.SecretAccessKey, claim)); err != nil {
			t.Fatal(err)
		}
	}
	presign := func() {
		if _, err := s.Presign(r, c, EmptyHash, time.Minute, testTime); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name string
		run  func()
		most float64
	}{{"sign again", sign, 1}, {"verify", verify, 0}, {"presign", presign, 6}} {
		if got := testing.AllocsPerRun(200, row.run); got > row.most && !raceEnabled() {
			t.Errorf("%s: %v allocations, at most %v", row.name, got, row.most)
		}
	}
}

// raceEnabled: under the race detector a pool drops some of what it is given.
func raceEnabled() bool {
	p := scratchPool{}
	for range 64 {
		p.put(&scratch{})
		if p.pool.Get() == nil {
			return true
		}
	}
	return false
}

// BenchmarkFloor is the hashing that no signer of benchRequest can avoid: 25
// compressions of SHA-256.
func BenchmarkFloor(b *testing.B) {
	canonical, sts := make([]byte, 1298), make([]byte, 142)
	k := derive(scope{"id", "20260115", "us-east-1", "execute-api"}, testSecret)
	m := newMAC()
	var sum [32]byte
	b.ReportAllocs()
	for b.Loop() {
		h := HashOf(canonical)
		copy(sts, h[:])
		m.sum(k, sts, &sum)
	}
}
